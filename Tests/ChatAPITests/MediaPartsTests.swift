import GuardCore
import Testing

@testable import ChatAPI

struct MediaPartsTests {
    struct Trial: CustomTestStringConvertible {
        var dialect: any Dialect
        var body: String
        /// The places of what is no text.
        var media: [String]
        /// The body without it.
        var rest: String

        var testDescription: String { "\(dialect.name) \(media)" }
    }

    static let trials = [
        Trial(
            dialect: ChatCompletions(),
            body:
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://example.org/a.png"}},{"type":"file","file":{"file_id":"f1"}}]}]}"#,
            media: ["/messages/0/content/1/image_url/url", "/messages/0/content/2/file/file_id"],
            rest: #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}"#
        ),
        Trial(
            dialect: ChatCompletions(),
            body:
                #"{"model":"m","messages":[{"role":"assistant","content":"a","audio":{"id":"a1"}},{"role":"user","content":"b"}]}"#,
            media: ["/messages/0/audio/id"],
            rest: #"{"model":"m","messages":[{"role":"assistant","content":"a"},{"role":"user","content":"b"}]}"#
        ),
        Trial(
            dialect: Messages(),
            body:
                #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"url","url":"https://example.org/a"}}]}]}]}"#,
            media: ["/messages/0/content/0/source/data", "/messages/0/content/1/content/1/source/url"],
            rest:
                #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"a"}]}]}]}"#
        ),
        Trial(
            dialect: Responses(),
            body:
                #"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image","file_id":"f1"}]},{"type":"reasoning","summary":[],"encrypted_content":"AAAA"}]}"#,
            media: ["/input/0/content/1/file_id"],
            rest:
                #"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"a"}]},{"type":"reasoning","summary":[],"encrypted_content":"AAAA"}]}"#
        ),
        Trial(
            dialect: Ollama(.generate),
            body: #"{"model":"m","prompt":"a","images":["AAAA","BBBB"]}"#,
            media: ["/images/0", "/images/1"],
            rest: #"{"model":"m","prompt":"a","images":[]}"#
        ),
        Trial(
            dialect: GenerateContent(model: "m", isStream: false),
            body:
                #"{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"text":"a","thoughtSignature":"AAAA"},{"fileData":{"fileUri":"https://example.org/f"}}]}]}"#,
            media: ["/contents/0/parts/0/inlineData/data", "/contents/0/parts/2/fileData/fileUri"],
            rest: #"{"contents":[{"role":"user","parts":[{"text":"a","thoughtSignature":"AAAA"}]}]}"#
        ),
        Trial(
            dialect: GenerateContent(model: "m", isStream: false),
            body:
                #"{"contents":[{"parts":[{"text":"a"},{"fileData":{"file_uri":"https://example.org/f"}},{"file_data":{"fileUri":"f"}}]}]}"#,
            media: ["/contents/0/parts/1/fileData/file_uri", "/contents/0/parts/2/file_data/fileUri"],
            rest: #"{"contents":[{"parts":[{"text":"a"}]}]}"#
        ),
        Trial(
            dialect: Responses(),
            body:
                #"{"model":"m","input":"a","tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["f1","f2"]}},{"type":"image_generation","input_image_mask":{"image_url":"https://example.org/a"}},{"type":"image_generation","input_image_mask":{"file_id":"f3"}}]}"#,
            media: [
                "/tools/0/container/file_ids/0", "/tools/0/container/file_ids/1", "/tools/1/input_image_mask/image_url",
                "/tools/2/input_image_mask/file_id",
            ],
            rest:
                #"{"model":"m","input":"a","tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":[]}}]}"#
        ),
        Trial(
            dialect: ChatCompletions(),
            body:
                #"{"model":"m","messages":[{"role":"user","content":[{"type":"document_url","document_url":"https://example.org/a"},{"type":"image","image":"AAAA"},{"type":"image_embeds","image_embeds":[0.5]},{"type":"text","text":"a"}]}]}"#,
            media: [
                "/messages/0/content/0", "/messages/0/content/0/document_url", "/messages/0/content/1",
                "/messages/0/content/1/image", "/messages/0/content/2",
            ],
            rest: #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}"#
        ),
        Trial(
            dialect: Messages(),
            body:
                #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"new","of":"AAAA"}},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a b"}}]}]}"#,
            media: [
                "/messages/0/content/0", "/messages/0/content/0/source/type", "/messages/0/content/0/source/of",
            ],
            rest:
                #"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a b"}}]}]}"#
        ),
    ]

    @Test(arguments: trials)
    func whatIsNoTextIsFoundAndTakenOut(trial: Trial) throws {
        let request = try trial.dialect.request(parsing: Array(trial.body.utf8))
        #expect(request.unscanned.media == trial.media)
        let rest = try MediaParts.removed(from: request)
        #expect(String(decoding: rest.serialized, as: UTF8.self) == trial.rest)
        #expect(rest.unscanned.media.isEmpty)
        let words = request.segments.filter { segment in !trial.media.contains { segment.path.hasPrefix($0) } }
        #expect(rest.segments.map(\.text) == words.map(\.text))
    }

    /// What does not look like data is read as words. The LLM may be shown what it names all the same.
    @Test func anAddressThatLooksLikeWordsIsMediaToo() throws {
        let body =
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.org/café.png"}},{"type":"text","text":"a"}]}]}"#
        let request = try ChatCompletions().request(parsing: Array(body.utf8))
        #expect(request.unscanned.media == ["/messages/0/content/0/image_url/url"])
        #expect(request.segments.map(\.text).contains { $0.hasPrefix("https://") })
    }

    /// What is written may be longer than what was read, and than what is ever read.
    @Test func aRequestThatIsWrittenLongerThanItIsReadLosesItsMediaToo() throws {
        let text = String(repeating: #"\b"#, count: 2 << 20)
        let body =
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"\#(text)"},{"type":"image_url","image_url":{"url":"https://example.org/a"}}]}]}"#
        let request = try ChatCompletions().request(parsing: Array(body.utf8))
        #expect(request.serialized.count > JSONLimits().bytes)
        let rest = try MediaParts.removed(from: request)
        #expect(rest.unscanned.media.isEmpty)
        #expect(!String(decoding: rest.serialized, as: UTF8.self).contains("image_url"))
    }

    @Test(arguments: ["input_embeds", "input_ids", "prompt_embeds", "prompt_token_ids", "prompt_token_ids_b64"])
    func aPromptThatIsNoTextIsRefused(member: String) throws {
        let prompts: [(dialect: any Dialect, members: String)] = [
            (TextCompletions(), ""), (TextCompletions(), #","prompt":"a""#),
            (ChatCompletions(), #","messages":[{"role":"user","content":"a"}]"#),
        ]
        for value in [#""AAAA""#, #"["AAAA"]"#, "[0.5]", "[17]"] {
            for prompt in prompts {
                let body = #"{"model":"m"\#(prompt.members),"\#(member)":\#(value)}"#
                let error = #expect(throws: ChatAPIError.self) {
                    try prompt.dialect.request(parsing: Array(body.utf8))
                }
                #expect(error?.status == 400 && error?.parameter == member)
            }
        }
    }

    /// Where nothing is taken out of the body of an answer, every string of the part goes.
    @Test func aPartOfAnAnswerThatNobodyKnowsIsEmptied() throws {
        let body =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":[{"type":"picture","picture":{"x":["AAAA"]}}]}}]}"#
        let answer = try ChatCompletions().answer(parsing: Array(body.utf8))
        let edits = Dictionary(answer.unscanned.media.map { ($0, "") }) { first, _ in first }
        let written = String(decoding: answer.editing(replacements: edits).serialized, as: UTF8.self)
        #expect(written == body.replacing("AAAA", with: ""))
    }

    /// What a tool is called with is text, whatever its members are called.
    @Test func aToolsArgumentsAreNoMedia() throws {
        let body =
            #"{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"source":{"type":"base64","data":"AAAA"}}}]}]}"#
        let request = try Messages().request(parsing: Array(body.utf8))
        #expect(request.unscanned.media.isEmpty)
    }
}
