"""An origin that keeps every byte that reached it, and answers whatever a test tells it to."""

import json
import re
import socket
import struct
import threading
import time

ANSWER = json.dumps(
    {
        "id": "chatcmpl-wire",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "echo",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "a clean answer"}, "finish_reason": "stop"}
        ],
    }
).encode()
FINE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)


class WireOrigin:
    """`script(connection)` is called for each connection, with what `Connection` offers."""

    def __init__(self, script=None):
        self.script = script or serve
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            connection = Connection(sock, len(self.connections))
            self.connections.append(connection)
            threading.Thread(target=self.run, args=(connection,), daemon=True).start()

    def run(self, connection):
        try:
            self.script(connection)
        except OSError:
            pass  # The gateway has closed.
        finally:
            connection.close()

    def forget(self):
        """Drops what was seen, once nothing of it is still on its way: a connection that stays open keeps what is to come."""
        limit = time.monotonic() + 30
        while any(connection.unread and not connection.is_closed for connection in self.connections):
            assert time.monotonic() < limit, [connection.unread for connection in self.connections]
            time.sleep(0.01)
        for connection in self.connections:
            connection.seen.clear()

    @property
    def seen(self):
        return [bytes(connection.seen) for connection in self.connections if connection.seen]

    @property
    def requests(self):
        """All requests that came, read as strictly as can be: whatever another reader could see otherwise fails."""
        return [request for data in self.seen for request in read_requests(data)]

    def close(self):
        self.listener.close()
        for connection in self.connections:
            connection.close()


class Connection:
    def __init__(self, sock, number):
        self.sock = sock
        self.number = number
        self.seen = bytearray()
        self.unread = b""
        self.is_closed = False

    def more(self):
        data = self.sock.recv(65536)
        self.seen += data
        self.unread += data
        return bool(data)

    def request(self):
        """Waits for a whole request; None at the end of the connection."""
        while True:
            head, found, rest = self.unread.partition(b"\r\n\r\n")
            if found:
                length = re.search(rb"(?mi)^content-length: *(\d+)", head)
                chunked = re.search(rb"(?mi)^transfer-encoding: *chunked", head)
                if chunked and rest.endswith(b"0\r\n\r\n"):
                    self.unread = b""
                    return head
                if not chunked and len(rest) >= int(length[1] if length else 0):
                    self.unread = rest[int(length[1]) if length else 0 :]
                    return head
            if not self.more():
                return None

    def send(self, data):
        self.sock.sendall(data)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.is_closed = True
        try:
            self.sock.close()
        except OSError:
            pass


def serve(connection):
    while connection.request():
        connection.send(FINE)


LINE = re.compile(rb"(GET|POST|HEAD|OPTIONS|PUT|DELETE|PATCH) (/[!-~]*) HTTP/1\.1")
FIELD = re.compile(rb"([!#$%&'*+.^`|~0-9A-Za-z-]+): ([\t -~\x80-\xff]*)")


class Request:
    def __init__(self, method, target, fields, body):
        self.method, self.target, self.fields, self.body = method, target, fields, body

    def values(self, name):
        return [value for field, value in self.fields if field == name]

    def __repr__(self):
        return f"{self.method} {self.target} {self.fields} {self.body[:200]!r}"


def read_requests(data):
    requests = []
    while data:
        head, found, data = data.partition(b"\r\n\r\n")
        assert found, f"not a whole head: {head!r}"
        line, *lines = head.split(b"\r\n")
        first = LINE.fullmatch(line)
        assert first, f"not a request line: {line!r}"
        fields = []
        for text in lines:
            field = FIELD.fullmatch(text)
            assert field, f"not a field: {text!r}"
            fields.append((field[1].decode().lower(), field[2].decode("latin-1")))
        request = Request(first[1].decode(), first[2].decode(), fields, b"")
        assert len(request.values("host")) == 1, request
        lengths, codings = request.values("content-length"), request.values("transfer-encoding")
        assert len(lengths) + len(codings) <= 1, request
        if lengths:
            assert re.fullmatch("0|[1-9][0-9]*", lengths[0]), request
            assert len(data) >= int(lengths[0]), f"the body is cut: {request}"
            request.body, data = data[: int(lengths[0])], data[int(lengths[0]) :]
        elif codings:
            assert codings == ["chunked"], request
            request.body, data = read_chunks(data)
        requests.append(request)
    return requests


def read_chunks(data):
    body = b""
    while True:
        size, found, data = data.partition(b"\r\n")
        assert found and re.fullmatch(b"[0-9a-fA-F]{1,8}", size), f"not a chunk size: {size!r}"
        length = int(size, 16)
        chunk, end, data = data[:length], data[length : length + 2], data[length + 2 :]
        assert len(chunk) == length and end == b"\r\n", f"a chunk does not end where it says: {end!r}"
        if length == 0:
            return body, data
        body += chunk
