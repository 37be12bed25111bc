"""An OpenTelemetry collector that reads what it is sent with OpenTelemetry's own messages."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse


class Collector:
    """Takes spans at /v1/traces; answers with the statuses in `script` first."""

    def __init__(self, port=0):
        self.requests = []
        self.heads = []
        self.script = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status = collector.script.pop(0) if collector.script else 200
                collector.heads.append((self.path, dict(self.headers), status))
                if status == 200:
                    collector.requests.append(ExportTraceServiceRequest.FromString(body))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(status)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", str(len(answer)))
                if status == 503:
                    self.send_header("retry-after", "1")
                self.end_headers()
                self.wfile.write(answer)

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.endpoint = f"http://127.0.0.1:{self.port}/v1/traces"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def spans(self):
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def await_spans(self, condition, seconds=60):
        """The spans, once they are as wanted."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            spans = self.spans
            if condition(spans):
                return spans
            time.sleep(0.05)
        raise AssertionError(f"not in {seconds} s: {[span.name for span in self.spans]}")

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=10)


def attributes(span):
    """Names to plain values."""

    def plain(value):
        kind = value.WhichOneof("value")
        return [plain(v) for v in value.array_value.values] if kind == "array_value" else getattr(value, kind)

    return {pair.key: plain(pair.value) for pair in span.attributes}
