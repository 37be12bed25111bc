"""Every limit of the configuration: something trips it, and the counter of its word moves."""

import gzip
import json
import random
import re
import socket
import string
import threading
import time

import pytest

from frames import DATA, END_HEADERS, HEADERS, PING, RST_STREAM, FrameClient
from harness import ROOT
from policies import rules_only
from wire import ANSWER, FINE, WireOrigin

SMALL = json.dumps({"model": "echo", "messages": [{"role": "user", "content": "hello"}]})
HEAD = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
# A limit that belongs to another, and is tripped with it.
TOGETHER = {"body_grace": "body_rate"}


def post(content, fields=""):
    return f"{HEAD}{fields}Content-Length: {len(content)}\r\n\r\n{content}"


def large(size):
    return json.dumps({"model": "echo", "messages": [{"role": "user", "content": "a" * size}]})


def send(gateway, text):
    return gateway.raw(text.encode() if isinstance(text, str) else text, seconds=60).decode(errors="replace")


def sent_slowly(gateway, first, piece, pause, seconds=30):
    """Sends a beginning and then piece after piece, until the gateway closes."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=seconds) as tcp:
        with gateway.context.wrap_socket(tcp, server_hostname="127.0.0.1") as tls:
            tls.sendall(first.encode())
            stop = threading.Event()

            def drip():
                while not stop.wait(pause):
                    try:
                        tls.sendall(piece)
                    except OSError:
                        return

            thread = threading.Thread(target=drip)
            thread.start()
            received = b""
            try:
                while chunk := tls.recv(65536):
                    received += chunk
            except OSError:
                pass
            stop.set()
            thread.join()
    return received.decode(errors="replace")


def silent(gateway):
    """A connection that has asked once and says no more."""
    return sent_slowly(gateway, post(SMALL), b"", 60)


def hold_connections(gateway, count):
    """Opens one connection after the other and closes none; returns how many were refused."""
    held, refused = [], 0
    try:
        for _ in range(count):
            tcp = socket.create_connection(("127.0.0.1", gateway.port), timeout=30)
            held.append(tcp)
            try:
                held.append(gateway.context.wrap_socket(tcp, server_hostname="127.0.0.1"))
            except OSError:
                refused += 1
    finally:
        for connection in held:
            connection.close()
    return refused


def unread(gateway):
    """Asks for an answer that fits into no buffer, and reads nothing of it until the gateway gives up."""
    with socket.socket() as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        tcp.settimeout(60)
        tcp.connect(("127.0.0.1", gateway.port))
        with gateway.context.wrap_socket(tcp, server_hostname="127.0.0.1") as tls:
            tls.sendall(b"GET /huge HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await_count(gateway, "client_write_timeout")
    return ""


def frames(gateway, act):
    client = FrameClient(gateway)
    try:
        act(client)
        client.read(lambda: client.is_closed)
    except OSError:
        pass
    client.close()


def open_streams(client, count):
    block = [(b":method", b"POST"), (b":scheme", b"https"), (b":path", b"/v1/chat/completions"), (b":authority", b"a")]
    for _ in range(count):
        stream, client.next_stream = client.next_stream, client.next_stream + 2
        client.send(HEADERS, END_HEADERS, stream, client.encoder.encode(block))


def reset_streams(client, count):
    for _ in range(count):
        open_streams(client, 1)
        client.send(RST_STREAM, 0, client.next_stream - 2, (8).to_bytes(4, "big"))


def continue_for_ever(client, count):
    client.send(HEADERS, 0, 1, b"")
    for _ in range(count):
        client.send(9, 0, 1, b"")


def hold_bodies(client, bodies):
    """Bodies that are begun and not ended, each on a stream of its own."""
    for content in bodies:
        open_streams(client, 1)
        for start in range(0, len(content), 16000):
            client.send(DATA, 0, client.next_stream - 2, content[start : start + 16000])
    client.read(lambda: "503" in client.statuses.values())


def two_bodies(gateway):
    client = FrameClient(gateway)
    hold_bodies(client, [b"a" * 30000, b"a" * 30000])
    client.close()


# The key, its value, what trips it, the word, and what the client is told where it is told anything.
TABLE = [
    ("request_body", "1KiB", lambda g: send(g, post(large(2000), "Connection: close\r\n")), "body_too_large", "413"),
    ("held_answer", "64", lambda g: send(g, post(SMALL, "Connection: close\r\n")), "upstream_response_too_large", "502"),
    ("connections", 2, lambda g: hold_connections(g, 6), "too_many_connections", None),
    ("connections_per_client", 2, lambda g: hold_connections(g, 6), "too_many_connections_from_client", None),
    ("header_bytes", "1KiB", lambda g: send(g, f"{HEAD}X: {'a' * 2000}\r\n\r\n"), "headers_too_large", "431"),
    ("header_count", 4, lambda g: send(g, HEAD + "X: a\r\n" * 4 + "\r\n"), "too_many_headers", "431"),
    ("uri_bytes", "64", lambda g: send(g, f"GET /{'a' * 100} HTTP/1.1\r\nHost: a\r\n\r\n"), "uri_too_long", "414"),
    ("header_time", "1s", lambda g: sent_slowly(g, HEAD, b"X: a\r\n", 0.2), "request_header_timeout", "408"),
    (
        "body_time",
        "1s",
        lambda g: sent_slowly(g, f"{HEAD}Content-Length: 99999\r\n\r\n", b"a" * 100, 0.2),
        "request_body_timeout",
        "408",
    ),
    ("body_idle_time", "1s", lambda g: sent_slowly(g, post(SMALL)[:-2], b"", 60), "request_body_timeout", "408"),
    (
        "body_rate",
        "1MiB",
        lambda g: sent_slowly(g, f"{HEAD}Content-Length: 99999\r\n\r\n", b"a", 0.2),
        "request_body_timeout",
        "408",
    ),
    ("idle_time", "1s", silent, "connection_idle", "200"),
    ("write_stall_time", "1s", unread, "client_write_timeout", None),
    ("buffered_bytes", "1KiB", lambda g: send(g, post(large(2000), "Connection: close\r\n")), "too_much_buffered", "503"),
    ("connection_buffered_bytes", "50KiB", two_bodies, "too_much_buffered_by_connection", None),
    ("pipelined_requests", 2, lambda g: send(g, post(SMALL) * 6), "too_many_pipelined_requests", "400"),
    ("concurrent_streams", 2, lambda g: frames(g, lambda c: open_streams(c, 6)), "http2_protocol_error", None),
    ("stream_resets", 5, lambda g: frames(g, lambda c: reset_streams(c, 12)), "http2_flood", None),
    (
        "control_frames",
        5,
        lambda g: frames(g, lambda c: [c.send(PING, 0, 0, b"12345678") for _ in range(12)]),
        "http2_flood",
        None,
    ),
    ("continuation_frames", 3, lambda g: frames(g, lambda c: continue_for_ever(c, 12)), "http2_flood", None),
]
MORE = {"body_rate": {"body_grace": "1s"}, "connection_buffered_bytes": {"request_body": "40KiB"}}


@pytest.fixture(scope="module")
def wire():
    def script(connection):
        while head := connection.request():
            if b" /huge " in head:
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"a" * 50_000_000)
            else:
                connection.send(FINE)

    server = WireOrigin(script)
    yield server
    server.close()


def count(gateway, word):
    found = re.search(rf'guardian_errors_total{{word="{word}"}} (\d+)', gateway.metrics())
    return int(found[1]) if found else 0


def await_count(gateway, word, seconds=60):
    limit = time.monotonic() + seconds
    while not count(gateway, word):
        assert time.monotonic() < limit, f"{word} was not counted:\n{gateway.metrics()}"
        time.sleep(0.05)


def served(gateway):
    """A request is answered, once the connections of before are gone."""
    limit = time.monotonic() + 30
    while True:
        try:
            assert gateway.request(body=SMALL.encode()).status == 200
            return
        except OSError:
            assert time.monotonic() < limit, "no connection is taken any more"
            time.sleep(0.1)


@pytest.mark.parametrize("key, value, trip, word, told", TABLE, ids=[row[0] for row in TABLE])
def test_each_limit_is_held_told_and_counted(start_gateway, wire, key, value, trip, word, told):
    limits = {key: value, **MORE.get(key, {})}
    gateway = start_gateway(wire.url, rules_only(), {"limits": limits, "unrecognised_paths": "pass"})
    assert count(gateway, word) == 0
    answer = trip(gateway)
    await_count(gateway, word)
    if told:
        assert f"HTTP/1.1 {told} " in answer
        if told != "200":
            assert word in answer
    # Whoever keeps to it is served.
    if key not in ("request_body", "held_answer", "buffered_bytes", "header_bytes", "header_count", "uri_bytes"):
        served(gateway)
    assert gateway.close() == 0


def test_no_limit_is_left_out():
    documented = set(re.findall(r"(?m)^\| `limits\.([a-z0-9_]+)`", (ROOT / "README.md").read_text()))
    assert documented == {row[0] for row in TABLE} | set(TOGETHER)


def packed(gateway, content, told):
    head = {"content-encoding": "gzip"}
    answer = gateway.request(body=content, headers=head)
    assert answer.status == told, answer.body
    return answer


def test_what_a_packed_body_unpacks_to_is_limited_in_size_and_in_ratio(start_gateway, wire):
    gateway = start_gateway(wire.url, rules_only(), {"limits": {"request_body": "4MiB"}})
    # Almost nothing on the wire: 300 bytes become 300 KB, a thousand times as much.
    packed(gateway, gzip.compress(b" " * 300_000 + SMALL.encode()), 413)
    assert count(gateway, "body_too_dense") == 1
    long = json.dumps({"model": "echo", "messages": [{"role": "user", "content": "a quiet word " * 400_000}]})
    # Letters that hardly pack, so that the size is what is too much.
    noise = "".join(random.Random(1).choices(string.ascii_lowercase, k=100_000))
    packed(gateway, gzip.compress((long[:-4] + noise + '"}]}').encode()), 413)
    assert count(gateway, "body_too_large") == 1
    packed(gateway, gzip.compress(SMALL.encode()), 200)
    assert gateway.close() == 0
