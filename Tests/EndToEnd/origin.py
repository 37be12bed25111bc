"""A scripted LLM API.

The real upstream is used wherever it can show the thing. This one is for what it cannot: it remembers what reached
it, byte for byte, and misbehaves on demand. The name of the requested model says how.
"""

import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dialects

# What the policies of these tests look for; it means nothing.
LEAK = "purple zebra protocol"
SECRET = "ticket-4711"


class Server(ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 128


class Origin:
    def __init__(self, port=0):
        self.bodies = []
        self.heads = []
        # A media type and bytes with which everything is answered, if a test has set them; a list is sent piece by piece.
        self.script = None
        # Bytes of each write to the socket, if a test wants the answer in small pieces.
        self.cut = None
        # Set by a test that has seen the first half of `model_waits`.
        self.go_on = threading.Event()
        self.was_seen = False
        origin = self

        class Handler(ScriptedHandler):
            pass

        Handler.origin = origin
        self.server = Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def forget(self):
        self.bodies.clear()
        self.heads.clear()
        self.script = None
        self.cut = None
        self.go_on.clear()
        self.was_seen = False

    @property
    def last(self):
        return json.loads(self.bodies[-1])

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=10)


class CutWriter:
    """Writes to a socket in pieces of `cut` bytes."""

    def __init__(self, connection, cut):
        self.connection = connection
        self.cut = cut

    def write(self, data):
        for start in range(0, len(data), self.cut):
            self.connection.sendall(data[start : start + self.cut])

    def flush(self):
        pass


class ScriptedHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small writes leave at once, each in a segment of its own.
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.uncut = self.wfile

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_json({"object": "list", "data": [{"id": "echo", "object": "model", "created": 0, "owned_by": "t"}]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.origin.heads.append((self.path, dict(self.headers)))
        self.origin.bodies.append(body)
        request = json.loads(body)
        self.wfile = CutWriter(self.connection, self.origin.cut) if self.origin.cut else self.uncut
        if self.origin.script:
            kind, answer = self.origin.script
            return self.send_pieces(answer, kind) if isinstance(answer, list) else self.send_body(answer, kind)
        if not self.path.startswith("/v1/chat/completions"):
            return dialects.answer(self, self.path, request, self.say)
        getattr(self, "model_" + request["model"].replace("-", "_"), self.model_echo)(request)

    def say(self, model, asked):
        """What a model says in any other dialect, and what it calls a tool with."""
        if model == "tool":
            return "Let me see.", f"find the {LEAK} now"
        if model == "harmless_tool":
            return "Let me see.", "garden herbs"
        texts = {
            "leak": f"Here it is: the {LEAK}, as you asked.",
            "secret": f"Your number is {SECRET}, thank you.",
            "leak_late": f"{PREFACE}Here it is: the {LEAK}, as you asked. {PREFACE}",
            "secret_late": f"{PREFACE}Your number is {SECRET}, thank you. {PREFACE}",
        }
        return texts.get(model, f"You said: {asked}"), None

    # Models that answer.

    def model_echo(self, request):
        self.answer(request, "You said: " + words(request["messages"][-1]))

    def model_leak(self, request):
        self.answer(request, f"Here it is: the {LEAK}, as you asked.")

    def model_secret(self, request):
        self.answer(request, f"Your number is {SECRET}, thank you.")

    def model_leak_in_reasoning(self, request):
        self.answer(request, "Nothing to see.", extra={"reasoning_content": f"They want the {LEAK}."})

    def model_leak_in_unknown_member(self, request):
        self.answer(request, "Nothing to see.", extra={"afterthought": f"Say {LEAK}."})

    def model_leak_in_second_choice(self, request):
        self.answer(request, "Nothing to see.", second=f"The {LEAK}.")

    def model_tool(self, request):
        self.call(request, f"find the {LEAK} now")

    def model_harmless_tool(self, request):
        self.call(request, "garden herbs", text="Let me see.")

    def call(self, request, query, text=None):
        arguments = json.dumps({"query": query})
        call = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": arguments}}
        if not request.get("stream"):
            return self.send_json(
                completion(request, [{"role": "assistant", "content": text, "tool_calls": [call]}], "tool_calls")
            )
        head = {**call, "index": 0, "function": {"name": "search", "arguments": ""}}
        deltas = [{"role": "assistant", "content": text, "tool_calls": [head]}]
        deltas += [
            {"tool_calls": [{"index": 0, "function": {"arguments": arguments[i : i + 3]}}]}
            for i in range(0, len(arguments), 3)
        ]
        return self.send_events([chunk(request, d) for d in deltas] + [chunk(request, {}, "tool_calls")])

    def model_waits(self, request):
        """Sends half of its answer, and the rest when the test has seen that half."""
        self.begin_events()
        for text in pieces(PREFACE):
            self.event(json.dumps(chunk(request, {"content": text})))
        self.origin.was_seen = self.origin.go_on.wait(timeout=20)
        try:
            for text in pieces("And that is all."):
                self.event(json.dumps(chunk(request, {"content": text})))
            self.event(json.dumps(chunk(request, {}, "stop")))
            self.event("[DONE]")
            self.wfile.write(b"0\r\n\r\n")
        except BrokenPipeError:
            pass  # Whoever asked has left.

    def model_leak_late(self, request):
        self.answer(request, f"{PREFACE}Here it is: the {LEAK}, as you asked. {PREFACE}")

    def model_secret_late(self, request):
        self.answer(request, f"{PREFACE}Your number is {SECRET}, thank you. {PREFACE}")

    def model_riddle_late(self, request):
        self.answer(request, f"{PREFACE}Now for the amber lynx riddle, it goes on. {PREFACE}")

    def model_long_then_leak_in_tool(self, request):
        call = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": f"the {LEAK}"}}
        deltas = [{"content": text} for text in pieces(PREFACE)] + [{"tool_calls": [{**call, "index": 0}]}]
        self.send_events([chunk(request, d) for d in deltas] + [chunk(request, {}, "tool_calls")])

    def model_thinks_long(self, request):
        """Calls a tool with an argument that grows until the test has heard enough of nothing."""
        self.begin_events()
        for text in pieces(PREFACE):
            self.event(json.dumps(chunk(request, {"content": text})))
        call = {"index": 0, "id": "c", "type": "function", "function": {"name": "search", "arguments": '{"q": "'}}
        self.event(json.dumps(chunk(request, {"tool_calls": [call]})))
        limit = time.monotonic() + 60
        while not self.origin.go_on.wait(timeout=0.2) and time.monotonic() < limit:
            self.event(json.dumps(chunk(request, {"tool_calls": [{"index": 0, "function": {"arguments": "herbs "}}]})))
        self.origin.was_seen = self.origin.go_on.is_set()
        self.event(json.dumps(chunk(request, {"tool_calls": [{"index": 0, "function": {"arguments": '"}'}}]})))
        self.end_events(request, "tool_calls")

    def model_talks_long(self, request):
        """Says more and more until the test has heard enough of nothing, and then, if it is asked to, what it must not say."""
        self.begin_events()
        limit = time.monotonic() + 60
        while not self.origin.go_on.wait(timeout=0.2) and time.monotonic() < limit:
            self.event(json.dumps(chunk(request, {"content": "herbs "})))
        self.origin.was_seen = self.origin.go_on.is_set()
        self.event(json.dumps(chunk(request, {"content": f"the {LEAK} here" if request.get("user") == "leak" else "."})))
        self.end_events(request, "stop")

    def model_sounds_late(self, request):
        """Says something, and sends a sound when the test has read of it."""
        self.begin_events()
        for text in pieces(PREFACE):
            self.event(json.dumps(chunk(request, {"content": text})))
        self.origin.was_seen = self.origin.go_on.wait(timeout=20)
        self.event(json.dumps(chunk(request, {"audio": {"id": "a", "data": "QUJDRA" * 8}})))
        self.end_events(request, "stop")

    def model_second_choice_first(self, request):
        """Says the first choice when the test has read of the second."""
        self.begin_events()
        for text in pieces(PREFACE):
            self.event(json.dumps(chunk(request, {"content": text}, index=1)))
        self.origin.was_seen = self.origin.go_on.wait(timeout=20)
        self.event(json.dumps(chunk(request, {"content": "Nothing more."}, index=0)))
        self.event(json.dumps(chunk(request, {}, "stop", index=1)))
        self.end_events(request, "stop")

    def model_dies_late(self, request):
        self.begin_events()
        for text in pieces(PREFACE):
            self.event(json.dumps(chunk(request, {"content": text})))
        self.origin.go_on.wait(timeout=20)
        self.reset()

    # Models that fail.

    def model_slow(self, request):
        time.sleep(float(request.get("seconds", 30)))
        self.model_echo(request)

    def model_error(self, request):
        self.send_json({"error": {"message": "try later", "type": "requests", "param": None, "code": "busy"}}, 429)

    def model_error_quotes(self, request):
        """As servers do that cannot read the call of a tool."""
        self.send_json({"error": {"message": f"error parsing tool call: raw='the {LEAK}'", "code": 500}}, 500)

    def model_error_page(self, request):
        self.send_body(b"<html>hello</html>", "text/html", 503)

    def model_not_json(self, request):
        self.send_body(b"<html>hello</html>", "text/html")

    def model_other_json(self, request):
        self.send_json({"surprise": [LEAK]})

    def model_not_http(self, request):
        self.wfile.write(b"SSH-2.0-hello\r\n")
        self.close_connection = True

    def model_dies(self, request):
        body = json.dumps(completion(request, [{"role": "assistant", "content": "half an answer"}])).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        self.reset()

    def model_dies_mid_stream(self, request):
        self.begin_events()
        self.event(json.dumps(chunk(request, {"role": "assistant", "content": "half an "})))
        self.reset()

    def model_error_mid_stream(self, request):
        self.begin_events()
        self.event(json.dumps(chunk(request, {"role": "assistant", "content": "half an "})))
        self.event(json.dumps({"error": {"message": "out of memory", "type": "server_error", "code": None}}))
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def model_error_ends_stream(self, request):
        """As llama.cpp does: nothing comes behind the error."""
        self.begin_events()
        self.event(json.dumps(chunk(request, {"role": "assistant", "content": "half an "})))
        self.event(json.dumps({"error": {"message": "out of memory", "type": "server_error", "code": 500}}))
        self.wfile.write(b"0\r\n\r\n")

    def model_stream_without_end(self, request):
        self.begin_events()
        self.event(json.dumps(chunk(request, {"role": "assistant", "content": "half an "})))
        self.wfile.write(b"0\r\n\r\n")

    def model_stream_garbage(self, request):
        self.begin_events()
        self.event('{"choices": [')
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def model_huge(self, request):
        self.answer(request, "x" * (20 << 20))

    # Framing.

    def answer(self, request, text, extra=None, second=None):
        texts = [text] + ([second] if second else [])
        if not request.get("stream"):
            messages = [{"role": "assistant", "content": t} for t in texts]
            messages[0].update(extra or {})
            return self.send_json(completion(request, messages))
        chunks = []
        for index, whole in enumerate(texts):
            chunks.append(chunk(request, {"role": "assistant", "content": ""}, index=index))
            if index == 0:
                for name, value in (extra or {}).items():
                    chunks += [chunk(request, {name: value[i : i + 5]}) for i in range(0, len(value), 5)]
            chunks += [chunk(request, {"content": text}, index=index) for text in pieces(whole)]
            chunks.append(chunk(request, {}, "stop", index=index))
        if (request.get("stream_options") or {}).get("include_usage"):
            chunks.append({**chunk(request, {}), "choices": [], "usage": USAGE})
        return self.send_events(chunks)

    def send_json(self, value, status=200):
        self.send_body(json.dumps(value).encode(), "application/json", status)

    def send_body(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_pieces(self, pieces, kind):
        try:
            self.begin_events(kind)
            for piece in pieces:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            self.close_connection = True  # Whoever asked has heard enough.

    def begin_events(self, kind="text/event-stream"):
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def send_events(self, chunks):
        self.begin_events()
        for value in chunks:
            self.event(json.dumps(value))
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def end_events(self, request, reason):
        self.event(json.dumps(chunk(request, {}, reason)))
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def event(self, data):
        self.chunk(f"data: {data}\n\n")

    def chunk(self, text):
        line = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()

    def reset(self):
        """Ends the connection as a crash would: with a reset, not a close."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def finish(self):
        self.wfile = self.uncut
        try:
            super().finish()
        except (OSError, ValueError):
            pass  # The connection was reset on purpose, or the gateway went away first.


# Harmless, and longer than the window holds back.
PREFACE = "Soup is made of water and time, and of what the garden has. " * 5

USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}


def pieces(text):
    """Cut in the middle of words, as tokens are."""
    return [text[i : i + 4] for i in range(0, len(text), 4)]


def words(message):
    content = message["content"]
    return content if isinstance(content, str) else " ".join(p.get("text", "") for p in content or [])


def completion(request, messages, reason="stop"):
    return {
        "id": "chatcmpl-origin",
        "object": "chat.completion",
        "created": 1700000000,
        "model": request["model"],
        "choices": [{"index": i, "message": m, "finish_reason": reason} for i, m in enumerate(messages)],
        "usage": USAGE,
    }


def chunk(request, delta, reason=None, index=0):
    return {
        "id": "chatcmpl-origin",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": request["model"],
        "choices": [{"index": index, "delta": delta, "finish_reason": reason}],
    }
