"""Whole answers as their APIs would stream them: texts, and what tools are called with, in pieces.

Each function gives the bytes of a stream that says what the answer says.
"""

import json


def pieces(text):
    return [text[i : i + 4] for i in range(0, len(text), 4)]


def without(value, *names):
    return {name: item for name, item in value.items() if name not in names}


def data(events, named=False, done=False):
    lines = [f"event: {event.get('type')}\n" * named + f"data: {json.dumps(event)}\n\n" for event in events]
    return ("".join(lines) + "data: [DONE]\n\n" * done).encode()


def streamed(stem, answer):
    """The media type and the bytes of a stream that says what `answer`, of the dialect `stem`, does."""
    kind = "application/x-ndjson" if stem.startswith("ollama") else "text/event-stream"
    return kind, STREAMS[stem](answer)


def chat(answer):
    head = {**without(answer, "choices", "usage"), "object": "chat.completion.chunk"}
    events = []

    def send(index, delta, **more):
        events.append({**head, "choices": [{"index": index, "delta": delta, "finish_reason": None, **more}]})

    for choice in answer["choices"]:
        index, message = choice["index"], dict(choice["message"])
        calls = message.pop("tool_calls", [])
        flowing = {n: v for n, v in message.items() if isinstance(v, str) and n != "role"}
        send(index, without(message, *flowing))
        for name, value in flowing.items():
            for piece in pieces(value):
                send(index, {name: piece})
        for number, call in enumerate(calls):
            function = call.get("function")
            if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
                send(index, {"tool_calls": [{"index": number, **call}]})
                continue
            send(index, {"tool_calls": [{"index": number, **call, "function": {**function, "arguments": ""}}]})
            for piece in pieces(function["arguments"]):
                send(index, {"tool_calls": [{"index": number, "function": {"arguments": piece}}]})
        send(index, {}, **without(choice, "index", "message"))
    events.append({**head, "choices": [], "usage": answer.get("usage")})
    return data(events, done=True)


def completions(answer):
    head = without(answer, "choices", "usage")
    events = []
    for choice in answer["choices"]:
        base = {"index": choice["index"], "finish_reason": None, "logprobs": None}
        events += [{**head, "choices": [{**base, "text": piece}]} for piece in pieces(choice["text"])]
        events.append({**head, "choices": [{**base, **choice, "text": ""}]})
    events.append({**head, "choices": [], "usage": answer.get("usage")})
    return data(events, done=True)


def messages(answer):
    end = {"stop_reason": answer["stop_reason"], "stop_sequence": answer["stop_sequence"]}
    events = [{"type": "message_start", "message": {**answer, "content": [], **dict.fromkeys(end)}}]
    for index, block in enumerate(answer["content"]):
        empty, deltas = dict(block), []
        for name, kind in [("thinking", "thinking_delta"), ("text", "text_delta"), ("signature", "signature_delta")]:
            if isinstance(block.get(name), str):
                empty[name] = ""
                deltas += [{"type": kind, name: piece} for piece in pieces(block[name])]
        if "citations" in block:
            empty["citations"] = []
            deltas += [{"type": "citations_delta", "citation": citation} for citation in block["citations"]]
        if "input" in block:
            empty["input"] = {}
            deltas += [{"type": "input_json_delta", "partial_json": p} for p in pieces(json.dumps(block["input"]))]
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": 5}})
    return data([*events, {"type": "message_stop"}], named=True)


def responses(answer):
    events = [{"type": "response.created", "response": {**answer, "status": "in_progress", "output": []}}]
    for index, item in enumerate(answer["output"]):
        empty = {**item, **{name: [] for name in ("summary", "content") if name in item}}
        place = {"output_index": index, "item_id": "i"}
        if isinstance(item.get("arguments"), str):
            empty["arguments"] = ""
        events.append({"type": "response.output_item.added", **place, "item": empty})
        for number, part in enumerate(item.get("summary") or []):
            where = {**place, "summary_index": number}
            name = "response.reasoning_summary"
            events.append({"type": f"{name}_part.added", **where, "part": {**part, "text": ""}})
            events += [{"type": f"{name}_text.delta", **where, "delta": p} for p in pieces(part["text"])]
            events.append({"type": f"{name}_text.done", **where, "text": part["text"]})
            events.append({"type": f"{name}_part.done", **where, "part": part})
        for number, part in enumerate(item.get("content") or []):
            where = {**place, "content_index": number}
            kind = part.get("type")
            if kind not in ("output_text", "refusal", "reasoning_text"):
                continue
            name = "refusal" if kind == "refusal" else "text"
            first = {**part, name: "", **({"annotations": []} if "annotations" in part else {})}
            events.append({"type": "response.content_part.added", **where, "part": first})
            events += [{"type": f"response.{kind}.delta", **where, "delta": p} for p in pieces(part[name])]
            events.append({"type": f"response.{kind}.done", **where, name: part[name]})
            events.append({"type": "response.content_part.done", **where, "part": part})
        if isinstance(item.get("arguments"), str):
            name = "response.function_call_arguments"
            events += [{"type": f"{name}.delta", **place, "delta": p} for p in pieces(item["arguments"])]
            events.append({"type": f"{name}.done", **place, "arguments": item["arguments"]})
        events.append({"type": "response.output_item.done", **place, "item": item})
    events.append({"type": "response.completed", "response": answer})
    return data([{**event, "sequence_number": number} for number, event in enumerate(events)], named=True)


def ollama(answer, holder):
    said = answer[holder] if holder else answer
    head = {"model": answer["model"], "created_at": answer["created_at"], "done": False}
    lines = []
    for name in ("thinking", "content", "response"):
        if isinstance(said.get(name), str):
            for piece in pieces(said[name]):
                part = {"role": "assistant", "content": "", name: piece} if holder else {name: piece}
                lines.append({**head, **({holder: part} if holder else part)})
    end = {name: "" if name in ("content", "response") else item for name, item in said.items() if name != "thinking"}
    lines.append({**answer, holder: end} if holder else end)
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def gemini(answer):
    head = without(answer, "candidates", "usageMetadata")
    events = []
    for candidate in answer["candidates"]:
        content = candidate["content"]
        for part in content["parts"]:
            texts = pieces(part["text"]) if isinstance(part.get("text"), str) else [None]
            for text in texts:
                cut = part if text is None else {**part, "text": text}
                said = {"index": candidate["index"], "content": {**content, "parts": [cut]}}
                events.append({**head, "candidates": [said]})
        events.append({**head, "candidates": [{**candidate, "content": {**content, "parts": [{"text": ""}]}}]})
    events[-1]["usageMetadata"] = answer.get("usageMetadata")
    return data(events)


STREAMS = {
    "openai.chat": chat,
    "openai.completions": completions,
    "openai.responses": responses,
    "anthropic.messages": messages,
    "ollama.chat": lambda answer: ollama(answer, "message"),
    "ollama.generate": lambda answer: ollama(answer, None),
    "gemini.generate": gemini,
}
