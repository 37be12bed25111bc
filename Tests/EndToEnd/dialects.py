"""How the scripted LLM API answers in dialects other than OpenAI's chat completions.

Each function gives an answer, or the events of a streamed one, that say `text` or call a tool with `call`.
"""

import json


def answer(handler, path, request, say):
    """Answers as the API at `path` would. `say` gives the text, and what a tool is called with, if one is."""
    path, _, query = path.partition("?")
    model = path.rsplit("/", 1)[-1].rpartition(":")[0] if "/models/" in path else request["model"]
    if path == "/v1/embeddings":
        return handler.send_json(EMBEDDING)
    if path.endswith(("/count_tokens", ":countTokens")):
        return handler.send_json({"input_tokens": 7, "totalTokens": 7})
    text, call = say(model.replace("-", "_"), user_text(path, request))
    if path == "/v1/completions":
        return text_completion(handler, request, text)
    if path == "/v1/responses":
        return response(handler, request, text, call)
    if path == "/v1/messages":
        return message(handler, request, text, call)
    if path in ("/api/chat", "/api/generate"):
        return ollama(handler, path, request, text, call)
    return gemini(handler, path.endswith(":streamGenerateContent"), text, call)


def user_text(path, request):
    """The last string of the request's conversation."""
    for name in ("prompt", "input", "contents", "messages"):
        if name in request:
            return last_string(request[name])
    return ""


def last_string(value):
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return last_string(value[-1]) if value else ""
    for name in ("content", "parts", "text", "output"):
        if name in value:
            return last_string(value[name])
    return ""


def pieces(text):
    return [text[i : i + 4] for i in range(0, len(text), 4)]


EMBEDDING = {
    "object": "list",
    "model": "m",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.5]}],
    "usage": {"prompt_tokens": 1, "total_tokens": 1},
}


def text_completion(handler, request, text):
    def whole(text, reason):
        choice = {"index": 0, "text": text, "finish_reason": reason, "logprobs": None}
        return {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]}

    if not request.get("stream"):
        usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
        return handler.send_json({**whole(text, "stop"), "usage": usage})
    return handler.send_events([whole(p, None) for p in pieces(text)] + [whole("", "stop")])


def response(handler, request, text, call):
    usage = {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 8,
    }
    base = {
        "id": f"resp_{len(handler.origin.bodies)}",
        "object": "response",
        "created_at": 1,
        "model": request["model"],
        "error": None,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "metadata": {},
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": request.get("tools", []),
        "temperature": 1.0,
        "top_p": 1.0,
    }
    part = {"type": "output_text", "text": text, "annotations": []}
    items = [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}]
    if call:
        items.append(
            {
                "id": "fc_1",
                "type": "function_call",
                "call_id": "call_1",
                "name": "search",
                "arguments": json.dumps({"query": call}),
                "status": "completed",
            }
        )
    done = {**base, "status": "completed", "output": items, "usage": usage}
    if not request.get("stream"):
        return handler.send_json(done)
    begun = {**base, "status": "in_progress", "output": [], "usage": None}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events = [
        ("response.created", {"response": begun}),
        ("response.in_progress", {"response": begun}),
        ("response.output_item.added", {"output_index": 0, "item": {**items[0], "status": "in_progress", "content": []}}),
        ("response.content_part.added", {**place, "part": {**part, "text": ""}}),
        *[("response.output_text.delta", {**place, "delta": p, "logprobs": []}) for p in pieces(text)],
        ("response.output_text.done", {**place, "text": text, "logprobs": []}),
        ("response.content_part.done", {**place, "part": part}),
        ("response.output_item.done", {"output_index": 0, "item": items[0]}),
    ]
    if call:
        arguments = items[1]["arguments"]
        place = {"item_id": "fc_1", "output_index": 1}
        events += [
            ("response.output_item.added", {"output_index": 1, "item": {**items[1], "arguments": ""}}),
            *[("response.function_call_arguments.delta", {**place, "delta": p}) for p in pieces(arguments)],
            ("response.function_call_arguments.done", {**place, "arguments": arguments, "name": "search"}),
            ("response.output_item.done", {"output_index": 1, "item": items[1]}),
        ]
    events.append(("response.completed", {"response": done}))
    return named_events(handler, [{"type": t, "sequence_number": n, **e} for n, (t, e) in enumerate(events)])


def message(handler, request, text, call):
    blocks = [{"type": "text", "text": text}]
    if call:
        blocks.append({"type": "tool_use", "id": "toolu_1", "name": "search", "input": {"query": call}})
    base = {"id": "msg_1", "type": "message", "role": "assistant", "model": request["model"], "stop_sequence": None}
    reason = "tool_use" if call else "end_turn"
    if not request.get("stream"):
        usage = {"input_tokens": 3, "output_tokens": 5}
        return handler.send_json({**base, "content": blocks, "stop_reason": reason, "usage": usage})
    usage = {"input_tokens": 3, "output_tokens": 1}
    events = [
        {"type": "message_start", "message": {**base, "content": [], "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *[delta(0, {"type": "text_delta", "text": p}) for p in pieces(text)],
        {"type": "content_block_stop", "index": 0},
    ]
    if call:
        events += [
            {"type": "content_block_start", "index": 1, "content_block": {**blocks[1], "input": {}}},
            *[delta(1, {"type": "input_json_delta", "partial_json": p}) for p in pieces(json.dumps({"query": call}))],
            {"type": "content_block_stop", "index": 1},
        ]
    events += [
        {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    return named_events(handler, events)


def delta(index, value):
    return {"type": "content_block_delta", "index": index, "delta": value}


def named_events(handler, events):
    handler.begin_events()
    for event in events:
        handler.chunk(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n")
    handler.wfile.write(b"0\r\n\r\n")


def ollama(handler, path, request, text, call):
    def line(words, calls=None, **more):
        said = {"message": {"role": "assistant", "content": words}} if path == "/api/chat" else {"response": words}
        if calls:
            said["message"]["tool_calls"] = calls
        return {"model": request["model"], "created_at": "2026-01-01T00:00:00Z", **said, "done": False, **more}

    calls = [{"function": {"name": "search", "arguments": {"query": call}}}] if call else None
    end = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 5}
    if request.get("stream") is False:
        return handler.send_json(line(text, calls, **end))
    handler.send_response(200)
    handler.send_header("content-type", "application/x-ndjson")
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    lines = [line(p) for p in pieces(text)]
    if calls:
        lines.append(line("", calls))
    for value in [*lines, line("", **end)]:
        handler.chunk(json.dumps(value) + "\n")
    handler.wfile.write(b"0\r\n\r\n")


def gemini(handler, is_stream, text, call):
    def event(parts, **more):
        candidate = {"content": {"parts": parts, "role": "model"}, "index": 0, **more}
        return {"candidates": [candidate], "modelVersion": "m", "responseId": "r"}

    calls = [{"functionCall": {"name": "search", "args": {"query": call}}}] if call else []
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8}
    if not is_stream:
        return handler.send_json({**event([{"text": text}, *calls], finishReason="STOP"), "usageMetadata": usage})
    events = [event([{"text": p}]) for p in pieces(text)]
    events.append({**event(calls or [{"text": ""}], finishReason="STOP"), "usageMetadata": usage})
    handler.begin_events()
    for value in events:
        handler.chunk(f"data: {json.dumps(value)}\n\n")
    handler.wfile.write(b"0\r\n\r\n")
