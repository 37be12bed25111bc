"""A server of OpenAI's API with a guard model that is a script: what it says depends on the words it is asked about."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class EngineServer:
    def __init__(self):
        self.requests = []
        # How it answers: `guards`, or one of the misbehaviours below.
        self.mood = "guards"
        # What is said of a text with `mauve` in it, and of all others.
        self.words = ("unsafe: weapons", "safe")
        self.go_on = threading.Event()
        engine = self

        class Handler(EngineHandler):
            pass

        Handler.engine = engine
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forget(self):
        self.requests.clear()
        self.mood = "guards"
        self.words = ("unsafe: weapons", "safe")
        self.go_on.clear()

    def close(self):
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()


class EngineHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send(b"{}")

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.engine.requests.append((self.path, dict(self.headers), request))
        try:
            getattr(self, self.engine.mood)(request)
        except ConnectionError:
            self.close_connection = True

    def guards(self, request):
        asked = request.get("prompt") or json.dumps(request["messages"])
        said = self.engine.words[0 if "mauve" in asked else 1]
        if "prompt" in request:
            return self.send(json.dumps({"choices": [{"text": said, "logprobs": None}]}).encode())
        self.send(json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]}).encode())

    def garbage(self, _):
        self.send(b"\xff\xfe{{{")

    def chats(self, _):
        self.send(b'{"choices":[{"message":{"content":"What a lovely question!"}}]}')

    def lies(self, _):
        top = [{"token": "unsafe", "logprob": -0.001}, {"token": "safe", "logprob": -7}]
        logprobs = {"content": [{"token": "safe", "logprob": -7, "top_logprobs": top}]}
        self.send(json.dumps({"choices": [{"message": {"content": "safe"}, "logprobs": logprobs}]}).encode())

    def breaks(self, _):
        self.send(b'{"error":{"message":"out of memory"}}', 500)

    def hangs_up(self, _):
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{")
        self.close_connection = True

    def speaks_no_http(self, _):
        self.wfile.write(b"SSH-2.0-hello\r\n")
        self.close_connection = True

    def stalls(self, _):
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{")
        self.engine.go_on.wait(timeout=60)
        self.close_connection = True

    def floods(self, _):
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            self.wfile.write(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")

    def send(self, body, status=200):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
