import Testing

@testable import ChatAPI

/// A streamed answer of a dialect, as its API sends it.
struct StreamFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let dialect: any Dialect
    let bytes: [UInt8]
    /// Words that come piece by piece, in the order of the answer.
    let flowing: [String]
    /// Words that wait for the end.
    let held: String

    var testDescription: String { name }

    private static func events(_ lines: [String], named: Bool = false, done: Bool = false) -> [UInt8] {
        var text = ""
        for line in lines {
            if named, let type = (try? JSONParser.parse(Array(line.utf8)))?.object?["type"]?.string {
                text += "event: \(type)\n"
            }
            text += "data: \(line)\n\n"
        }
        return Array((done ? text + "data: [DONE]\n\n" : text).utf8)
    }

    static let all: [StreamFixture] = [
        StreamFixture(
            name: "chat",
            dialect: ChatCompletions(),
            bytes: events(
                [
                    #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Soup is"}}]}"#,
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" made of wäter."}}]}"#,
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{\"q\":"}}]}}]}"#,
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"garden herbs\"}"}}]}}]}"#,
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
                ],
                done: true
            ),
            flowing: ["Soup is made of wäter."],
            held: "garden herbs"
        ),
        StreamFixture(
            name: "chat in parts",
            dialect: ChatCompletions(),
            bytes: events(
                [
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Soup is"}}]}"#,
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" made of wäter."}}]}"#,
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":[{"type":"reference","reference_ids":[1]}]}}]}"#,
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"garden"}}]}"#,
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" herbs"}}]}"#,
                    #"{"id":"c","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":9}}"#,
                ],
                done: true
            ),
            flowing: ["Soup is made of wäter."],
            held: "garden herbs"
        ),
        StreamFixture(
            name: "completions",
            dialect: TextCompletions(),
            bytes: events(
                [
                    #"{"id":"c","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"Soup is","finish_reason":null}]}"#,
                    #"{"id":"c","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":" made of wäter.","finish_reason":null}]}"#,
                    #"{"id":"c","object":"text_completion","created":1,"model":"m","choices":[{"index":0,"text":"","finish_reason":"stop","note":"garden herbs"}]}"#,
                ],
                done: true
            ),
            flowing: ["Soup is made of wäter."],
            held: "garden herbs"
        ),
        StreamFixture(
            name: "messages",
            dialect: Messages(),
            bytes: events(
                [
                    #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}"#,
                    #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
                    #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"They want"}}"#,
                    #"{"type":"ping"}"#,
                    #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" soup."}}"#,
                    #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"AAAA"}}"#,
                    #"{"type":"content_block_stop","index":0}"#,
                    #"{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"BBBB"}}"#,
                    #"{"type":"content_block_stop","index":1}"#,
                    #"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}"#,
                    #"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Soup is"}}"#,
                    #"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":" made of wäter."}}"#,
                    #"{"type":"content_block_stop","index":2}"#,
                    #"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}"#,
                    #"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"q\":"}}"#,
                    #"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"\"garden herbs\"}"}}"#,
                    #"{"type":"content_block_stop","index":3}"#,
                    #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}"#,
                    #"{"type":"message_stop"}"#,
                ],
                named: true
            ),
            flowing: ["They want soup.", "Soup is made of wäter."],
            held: "garden herbs"
        ),
        StreamFixture(
            name: "responses",
            dialect: Responses(),
            bytes: events(
                [
                    #"{"type":"response.created","sequence_number":0,"response":{"id":"r","object":"response","created_at":1,"status":"in_progress","model":"m","instructions":"Be so brief.","output":[]}}"#,
                    #"{"type":"response.output_item.added","output_index":0,"item":{"id":"s","type":"reasoning","summary":[]}}"#,
                    #"{"type":"response.reasoning_summary_part.added","item_id":"s","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}"#,
                    #"{"type":"response.reasoning_summary_text.delta","item_id":"s","output_index":0,"summary_index":0,"delta":"They want"}"#,
                    #"{"type":"response.reasoning_summary_text.delta","item_id":"s","output_index":0,"summary_index":0,"delta":" soup."}"#,
                    #"{"type":"response.reasoning_summary_text.done","item_id":"s","output_index":0,"summary_index":0,"text":"They want soup."}"#,
                    #"{"type":"response.reasoning_summary_part.done","item_id":"s","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":"They want soup."}}"#,
                    #"{"type":"response.output_item.done","output_index":0,"item":{"id":"s","type":"reasoning","summary":[{"type":"summary_text","text":"They want soup."}]}}"#,
                    #"{"type":"response.output_item.added","output_index":1,"item":{"id":"m","type":"message","role":"assistant","status":"in_progress","content":[]}}"#,
                    #"{"type":"response.content_part.added","item_id":"m","output_index":1,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}"#,
                    #"{"type":"response.output_text.delta","item_id":"m","output_index":1,"content_index":0,"delta":"Soup is"}"#,
                    #"{"type":"response.output_text.delta","item_id":"m","output_index":1,"content_index":0,"delta":" made of wäter."}"#,
                    #"{"type":"response.output_text.done","item_id":"m","output_index":1,"content_index":0,"text":"Soup is made of wäter."}"#,
                    #"{"type":"response.content_part.done","item_id":"m","output_index":1,"content_index":0,"part":{"type":"output_text","text":"Soup is made of wäter.","annotations":[{"type":"url_citation","title":"A page","url":"https://example.org/"}]}}"#,
                    #"{"type":"response.content_part.added","item_id":"m","output_index":1,"content_index":1,"part":{"type":"refusal","refusal":""}}"#,
                    #"{"type":"response.refusal.delta","item_id":"m","output_index":1,"content_index":1,"delta":"No more"}"#,
                    #"{"type":"response.refusal.delta","item_id":"m","output_index":1,"content_index":1,"delta":" of it."}"#,
                    #"{"type":"response.refusal.done","item_id":"m","output_index":1,"content_index":1,"refusal":"No more of it."}"#,
                    #"{"type":"response.content_part.done","item_id":"m","output_index":1,"content_index":1,"part":{"type":"refusal","refusal":"No more of it."}}"#,
                    #"{"type":"response.output_item.done","output_index":1,"item":{"id":"m","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Soup is made of wäter.","annotations":[{"type":"url_citation","title":"A page","url":"https://example.org/"}]},{"type":"refusal","refusal":"No more of it."}]}}"#,
                    #"{"type":"response.output_item.added","output_index":2,"item":{"id":"f","type":"function_call","call_id":"c","name":"g","arguments":"","status":"in_progress"}}"#,
                    #"{"type":"response.function_call_arguments.delta","item_id":"f","output_index":2,"delta":"{\"q\":\"garden"}"#,
                    #"{"type":"response.function_call_arguments.done","item_id":"f","output_index":2,"arguments":"{\"q\":\"garden herbs\"}"}"#,
                    #"{"type":"response.output_item.done","output_index":2,"item":{"id":"f","type":"function_call","call_id":"c","name":"g","arguments":"{\"q\":\"garden herbs\"}","status":"completed"}}"#,
                    #"{"type":"response.completed","response":{"id":"r","object":"response","created_at":1,"status":"completed","model":"m","instructions":"Be so brief.","output":[],"usage":{"input_tokens":3,"output_tokens":9}}}"#,
                ],
                named: true
            ),
            flowing: ["They want soup.", "Soup is made of wäter."],
            held: "garden herbs"
        ),
        StreamFixture(
            name: "ollama chat",
            dialect: Ollama(.chat),
            bytes: Array(
                """
                {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":"They want"},"done":false}
                {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":" soup."},"done":false}
                {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Soup is"},"done":false}
                {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":" made of wäter."},"done":false}
                {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"q":"garden herbs"}}}]},"done":false}
                {"model":"m","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":9}

                """.utf8
            ),
            flowing: ["They want soup.", "Soup is made of wäter."],
            held: "garden herbs"
        ),
        StreamFixture(
            name: "ollama generate",
            dialect: Ollama(.generate),
            bytes: Array(
                """
                {"model":"m","created_at":"2026-01-01T00:00:00Z","response":"Soup is","done":false}
                {"model":"m","created_at":"2026-01-01T00:00:00Z","response":" made of wäter.","done":false}
                {"model":"m","created_at":"2026-01-01T00:00:00Z","response":"","done":true,"done_reason":"stop","note":"garden herbs","prompt_eval_count":3,"eval_count":9}

                """.utf8
            ),
            flowing: ["Soup is made of wäter."],
            held: "garden herbs"
        ),
        StreamFixture(
            name: "gemini",
            dialect: GenerateContent(model: "m", isStream: true),
            bytes: events([
                #"{"candidates":[{"content":{"parts":[{"text":"They want","thought":true}],"role":"model"},"index":0}],"modelVersion":"m","responseId":"r"}"#,
                #"{"candidates":[{"content":{"parts":[{"text":" soup.","thought":true}],"role":"model"},"index":0}],"modelVersion":"m","responseId":"r"}"#,
                #"{"candidates":[{"content":{"parts":[{"text":"Soup is"}],"role":"model"},"index":0}],"modelVersion":"m","responseId":"r"}"#,
                #"{"candidates":[{"content":{"parts":[{"text":" made of wäter."}],"role":"model"},"index":0}],"modelVersion":"m","responseId":"r"}"#,
                #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"q":"garden herbs"}}}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":9},"modelVersion":"m","responseId":"r"}"#,
            ]),
            flowing: ["They want soup.", "Soup is made of wäter."],
            held: "garden herbs"
        ),
    ]
}
