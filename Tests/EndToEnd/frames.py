"""An HTTP/2 client that shows every frame, and can send any, right or wrong."""

import socket
import ssl
import time
from dataclasses import dataclass

import hpack

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4


@dataclass
class Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def last_stream(self):
        return int.from_bytes(self.payload[:4], "big")

    @property
    def error_code(self):
        start = 0 if self.kind == RST_STREAM else 4
        return int.from_bytes(self.payload[start : start + 4], "big")


class FrameClient:
    def __init__(self, gateway):
        tcp = socket.create_connection(("127.0.0.1", gateway.port), timeout=60)
        self.sock = gateway.http2_context.wrap_socket(tcp, server_hostname="127.0.0.1")
        assert self.sock.selected_alpn_protocol() == "h2"
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.frames, self.statuses = [], {}
        self.unread = b""
        self.next_stream = 1
        self.is_closed = False
        self.sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self.send(SETTINGS, 0, 0, b"")

    def send(self, kind, flags, stream, payload):
        head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
        self.sock.sendall(head + payload)

    def ask(self, fields, content):
        """Sends fields as they are, and a body."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        block = self.encoder.encode([(n.encode("latin-1"), v.encode("latin-1")) for n, v in fields])
        self.send(HEADERS, END_HEADERS, stream, block)
        self.send(DATA, END_STREAM, stream, content)
        return stream

    def post(self, content, path="/v1/chat/completions"):
        fields = [(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "localhost")]
        return self.ask(fields + [("content-type", "application/json")], content)

    def read(self, condition, seconds=60):
        """Reads until the condition holds or the gateway closes. Pings and settings are answered as every client does."""
        limit = time.monotonic() + seconds
        while not condition() and not self.is_closed:
            assert time.monotonic() < limit, self.frames
            self.sock.settimeout(max(0.1, limit - time.monotonic()))
            try:
                data = self.sock.recv(65536)
            except (ConnectionResetError, ssl.SSLError):
                data = b""
            if not data:
                self.is_closed = True
                return
            self.unread += data
            while len(self.unread) >= 9 and len(self.unread) >= 9 + int.from_bytes(self.unread[:3], "big"):
                self.take(int.from_bytes(self.unread[:3], "big"))

    def take(self, size):
        head, payload, self.unread = self.unread[:9], self.unread[9 : 9 + size], self.unread[9 + size :]
        frame = Frame(head[3], head[4], int.from_bytes(head[5:9], "big"), payload)
        self.frames.append(frame)
        try:
            if frame.kind in (PING, SETTINGS) and not frame.flags & ACK:
                self.send(frame.kind, ACK, 0, payload if frame.kind == PING else b"")
            elif frame.kind == DATA and payload:
                for stream in (0, frame.stream):
                    self.send(WINDOW_UPDATE, 0, stream, size.to_bytes(4, "big"))
        except OSError:
            pass  # The gateway has closed; what it sent before is still to be read.
        if frame.kind == HEADERS:
            self.statuses[frame.stream] = dict(self.decoder.decode(payload)).get(":status")

    def of(self, kind, stream=None):
        return [frame for frame in self.frames if frame.kind == kind and stream in (None, frame.stream)]

    def is_answered(self, stream):
        return any(f.flags & END_STREAM for kind in (HEADERS, DATA) for f in self.of(kind, stream))

    def close(self):
        self.sock.close()
