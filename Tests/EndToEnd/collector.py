"""An OpenTelemetry collector that reads what it is sent with OpenTelemetry's own messages."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse


class Collector:
    """Takes spans at /v1/traces and log records at /v1/logs; answers with the statuses in `script` first.

    `rejections` holds how many parts of each further request are rejected, of none beyond that.
    """

    def __init__(self, port=0):
        self.requests = []
        self.log_requests = []
        self.rejections = []
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
                rejected = 0
                if status == 200:
                    rejected = collector.rejections.pop(0) if collector.rejections else 0
                    if self.path == "/v1/logs":
                        collector.log_requests.append(ExportLogsServiceRequest.FromString(body))
                    else:
                        collector.requests.append(ExportTraceServiceRequest.FromString(body))
                response = ExportLogsServiceResponse() if self.path == "/v1/logs" else ExportTraceServiceResponse()
                if rejected:
                    response.partial_success.rejected_log_records = rejected
                answer = response.SerializeToString()
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
        self.log_endpoint = f"http://127.0.0.1:{self.port}/v1/logs"
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

    @property
    def log_records(self):
        return [
            record
            for request in self.log_requests
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    def await_log_records(self, count, seconds=60):
        """The log records, once there are so many."""
        limit = time.monotonic() + seconds
        while len(self.log_records) < count:
            assert time.monotonic() < limit, f"{len(self.log_records)} log records in {seconds} s, not {count}"
            time.sleep(0.05)
        return self.log_records

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
