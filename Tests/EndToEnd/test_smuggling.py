"""Requests that one reader takes for one thing and the next for another, sent as raw bytes over TLS.

Whatever the gateway makes of them, what reaches the origin must be requests that nobody can read in two ways, as many as were
answered, and nothing of what was hidden inside one may have become a request or a field.
"""

import json
import re

import pytest

from frames import GOAWAY, RST_STREAM, SETTINGS, FrameClient
from policies import rules_only
from wire import WireOrigin

JSON = b'{"model":"echo","messages":[{"role":"user","content":"hello"}]}'
N = len(JSON)
HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: smuggled\r\nX-Smuggled: 1\r\n\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (N, JSON)


@pytest.fixture(scope="module")
def wire():
    origin = WireOrigin()
    yield origin
    origin.close()


@pytest.fixture(scope="module")
def wire_gateway(start_gateway, wire):
    """Judges what it knows, and streams through what it does not."""
    return start_gateway(wire.url, rules_only(), {"unrecognised_paths": "pass"})


@pytest.fixture(params=["/v1/chat/completions", "/elsewhere"], ids=["judged", "streamed"])
def path(request):
    return request.param.encode()


def post(path, fields, body=b"", first=None, host=b"Host: localhost\r\n"):
    line = first or b"POST %s HTTP/1.1" % path
    return line + b"\r\n" + host + b"Content-Type: application/json\r\n" + fields + b"\r\n" + body


def answers(received):
    """The statuses of the final answers in a connection's bytes."""
    return [int(code) for code in re.findall(rb"(?:^|(?<=[\n}]))HTTP/1\.1 ([2-5]\d\d) ", received)]


def check(wire, received):
    statuses = answers(received)
    requests = wire.requests
    for request in requests:
        told = f"{request.target} {request.fields}".lower()
        assert "smuggled" not in told, request
        assert request.target in ("/v1/chat/completions", "/elsewhere", "/v1/models"), request
    # As many as were answered by the origin; one that the gateway refused midway may have been begun, and cut.
    assert len(requests) == statuses.count(200), (statuses, requests)
    return statuses, requests


def length(text=b"%d" % N):
    return b"Content-Length: " + text + b"\r\n"


CODING = b"Transfer-Encoding: chunked\r\n"

# Name: fields, body. All must be refused.
REFUSED = {
    "CL.TE": (length(b"%d" % (5 + len(HIDDEN))) + CODING, b"0\r\n\r\n" + HIDDEN),
    "TE.CL": (CODING + length(b"4"), b"%x\r\n%s\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)),
    "TE.TE, unknown second": (CODING + b"Transfer-Encoding: x\r\n", CHUNKS + HIDDEN),
    "TE.TE, twice": (CODING + CODING, CHUNKS + HIDDEN),
    "TE, list": (b"Transfer-Encoding: chunked, identity\r\n", CHUNKS),
    "TE, list of two": (b"Transfer-Encoding: gzip, chunked\r\n", CHUNKS),
    "TE, identity": (b"Transfer-Encoding: identity\r\n" + length(), JSON),
    "TE, prefix": (b"Transfer-Encoding: xchunked\r\n", CHUNKS),
    "TE, suffix": (b"Transfer-Encoding: chunkedx\r\n", CHUNKS),
    "TE, parameter": (b"Transfer-Encoding: chunked;x=1\r\n", CHUNKS),
    "TE, quoted": (b'Transfer-Encoding: "chunked"\r\n', CHUNKS),
    "TE, vertical tab": (b"Transfer-Encoding: \x0bchunked\r\n", CHUNKS),
    "TE, NUL": (b"Transfer-Encoding: chunked\x00\r\n", CHUNKS),
    "TE, high byte": (b"Transfer-Encoding: chunked\xff\r\n", CHUNKS),
    "TE, empty": (b"Transfer-Encoding:\r\n" + length(), JSON),
    "TE, comma": (b"Transfer-Encoding: ,chunked\r\n", CHUNKS),
    "TE, space before colon": (b"Transfer-Encoding : chunked\r\n" + length(), JSON),
    "TE, tab before colon": (b"Transfer-Encoding\t: chunked\r\n" + length(), JSON),
    "TE, behind a bare line feed": (b"X: x\nTransfer-Encoding: chunked\r\n", CHUNKS),
    "TE, behind a bare carriage return": (b"X: x\rTransfer-Encoding: chunked\r\n" + length(), JSON),
    "TE, folded": (b"Transfer-Encoding:\r\n chunked\r\n", CHUNKS),
    "TE, name in two lines": (b"Transfer-Encoding\r\n : chunked\r\n" + length(), JSON),
    "TE, underscore": (b"Transfer_Encoding: chunked\r\n" + length(), JSON),
    "CL, underscore": (b"Content_Length: 5\r\n" + length(), JSON),
    "CL, twice, differing": (length() + length(b"5"), JSON),
    "CL, twice, the same": (length() + length(), JSON),
    "CL, list": (length(b"%d, %d" % (N, N)), JSON),
    "CL, plus": (length(b"+%d" % N), JSON),
    "CL, minus": (length(b"-1"), JSON),
    "CL, minus zero": (length(b"-0"), JSON),
    "CL, hexadecimal": (length(b"0x%x" % N), JSON),
    "CL, two numbers": (length(b"%d %d" % (N, N)), JSON),
    "CL, beyond 64 bits": (length(b"18446744073709551616"), JSON),
    "CL, beyond 63 bits": (length(b"9223372036854775808"), JSON),
    "CL, empty": (length(b""), JSON),
    "CL, fraction": (length(b"%d.0" % N), JSON),
    "CL, folded": (b"Content-Length:\r\n %d\r\n" % N, JSON),
    "CL, space before colon": (b"Content-Length : %d\r\n" % N, JSON),
    "a bare line feed ends a field": (b"X-A: b\nX-B: c\r\n" + length(), JSON),
    "a bare line feed ends the head": (length() + b"\n" + JSON, b""),
    "bare line feeds end field and head": (b"Content-Length: %d\n\n" % N + JSON, b""),
    "a folded field": (b"X-A: b\r\n c\r\n" + length(), JSON),
    "a folded field, tab": (b"X-A: b\r\n\tTransfer-Encoding: chunked\r\n" + length(), JSON),
    "NUL in a value": (b"X-A: b\x00c\r\n" + length(), JSON),
    "NUL in a name": (b"X\x00A: b\r\n" + length(), JSON),
    "a field without a name": (b": b\r\n" + length(), JSON),
    "a field without a colon": (b"X-A\r\n" + length(), JSON),
    "a space in a name": (b"X A: b\r\n" + length(), JSON),
    "a second host": (b"Host: smuggled\r\n" + length(), JSON),
    "an underscore twin of a field of ours": (b"X_Forwarded_For: 192.0.2.1\r\n" + length(), JSON),
    "two keys": (b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n" + length(), JSON),
    "an expectation nobody knows": (b"Expect: 100-continue, smuggled\r\n" + length(), JSON),
}

# Chunked bodies: all are cut short or refused.
BROKEN_CHUNKS = {
    "size with a plus": b"+%x\r\n%s\r\n0\r\n\r\n" % (N, JSON),
    "size with a minus": b"-1\r\n%s\r\n0\r\n\r\n" % JSON,
    "size with a prefix": b"0x%x\r\n%s\r\n0\r\n\r\n" % (N, JSON),
    "size beyond 64 bits": b"1000000000000000%x\r\n%s\r\n0\r\n\r\n" % (N, JSON),
    "size with an underscore": b"0_%x\r\n%s\r\n0\r\n\r\n" % (N, JSON),
    "no size": b"\r\n%s\r\n0\r\n\r\n" % JSON,
    "size ends in a bare line feed": b"%x\n%s\r\n0\r\n\r\n" % (N, JSON),
    "data longer than its size": b"%x\r\n%sXX\r\n0\r\n\r\n" % (N, JSON),
    "data without its end": b"%x\r\n%s0\r\n\r\n" % (N, JSON),
    "data ends in a bare line feed": b"%x\r\n%s\n0\r\n\r\n" % (N, JSON),
    "extension with a bare line feed": b"%x;a=b\nc\r\n%s\r\n0\r\n\r\n" % (N, JSON),
    "extension that hides a chunk": b"%x;\n%x\r\n%s\r\n0\r\n\r\n" % (N, len(HIDDEN), JSON),
    "extension without an end": b"%x;%s" % (N, b"a" * 70_000),
    "trailers with a length": b"%x\r\n%s\r\n0\r\nContent-Length: 9\r\n\r\n" % (N, JSON),
    "trailers with a coding": b"%x\r\n%s\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n" % (N, JSON),
    "the last chunk in bare line feeds": b"%x\r\n%s\r\n0\n\n" % (N, JSON),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_head_that_can_be_read_in_two_ways_is_refused(wire_gateway, wire, path, kind):
    wire.forget()
    fields, body = REFUSED[kind]
    received = wire_gateway.raw(post(path, fields, body + HIDDEN))
    statuses, requests = check(wire, received)
    assert statuses and 400 <= statuses[0] < 500, received[:200]
    assert requests == []
    # Where the next request would begin is not certain, so nothing behind it is answered.
    assert len(statuses) == 1, statuses


@pytest.mark.parametrize("kind", BROKEN_CHUNKS)
def test_a_body_that_can_be_read_in_two_ways_does_not_arrive_whole(wire_gateway, wire, path, kind):
    wire.forget()
    received = wire_gateway.raw(post(path, CODING + b"Connection: close\r\n", BROKEN_CHUNKS[kind] + HIDDEN), seconds=60)
    statuses = answers(received)
    assert len(statuses) <= 1 and 200 not in statuses, received[:200]
    for data in wire.seen:
        # A streamed request may have been begun. Then its end must be missing.
        assert b"smuggled" not in data.lower(), data
        assert not data.endswith(b"0\r\n\r\n"), data


LINES = {
    "another host in the target": (b"POST http://smuggled%s HTTP/1.1", b"Host: localhost\r\n"),
    "user information in the target": (b"POST http://localhost@smuggled%s HTTP/1.1", b"Host: localhost\r\n"),
    "no host": (b"POST %s HTTP/1.1", b""),
    "a path as the host": (b"POST %s HTTP/1.1", b"Host: localhost/smuggled\r\n"),
    "user information in the host": (b"POST %s HTTP/1.1", b"Host: a@smuggled\r\n"),
    "a space in the host": (b"POST %s HTTP/1.1", b"Host: localhost smuggled\r\n"),
    "a space before the host": (b"POST %s HTTP/1.1", b" Host: smuggled\r\nHost: localhost\r\n"),
    "two versions": (b"POST %s HTTP/1.1 HTTP/1.1", b"Host: localhost\r\n"),
    "two targets": (b"POST /smuggled %s HTTP/1.1", b"Host: localhost\r\n"),
    "a tab for a space": (b"POST\t%s HTTP/1.1", b"Host: localhost\r\n"),
    "version 2": (b"POST %s HTTP/2.0", b"Host: localhost\r\n"),
    "version 1.10": (b"POST %s HTTP/1.10", b"Host: localhost\r\n"),
    "a version in small letters": (b"POST %s http/1.1", b"Host: localhost\r\n"),
    "no version": (b"POST %s", b"Host: localhost\r\n"),
    "a bare line feed ends the line": (b"POST %s HTTP/1.1\nX-Smuggled: 1", b"Host: localhost\r\n"),
    "a carriage return in the target": (b"POST %s\rsmuggled HTTP/1.1", b"Host: localhost\r\n"),
    "NUL in the target": (b"POST %s\x00smuggled HTTP/1.1", b"Host: localhost\r\n"),
    "dot segments": (b"POST /v1/../smuggled/..%s HTTP/1.1", b"Host: localhost\r\n"),
    "an encoded slash": (b"POST /smuggled%%2f..%s HTTP/1.1", b"Host: localhost\r\n"),
    "a fragment": (b"POST %s#smuggled HTTP/1.1", b"Host: localhost\r\n"),
    "a tunnel": (b"CONNECT smuggled:443%s HTTP/1.1", b"Host: localhost\r\n"),
    "a trace": (b"TRACE %s HTTP/1.1", b"Host: localhost\r\n"),
}


@pytest.mark.parametrize("kind", LINES)
def test_a_request_line_that_can_be_read_in_two_ways_is_refused(wire_gateway, wire, path, kind):
    wire.forget()
    line, host = LINES[kind]
    received = wire_gateway.raw(post(path, length(), JSON + HIDDEN, first=line % path, host=host))
    statuses, requests = check(wire, received)
    assert requests == [] and len(statuses) <= 1, (received[:200], requests)
    assert not statuses or 400 <= statuses[0] < 600, received[:200]


HARMLESS = {
    "absolute form for the same host": post(b"", length() + b"Connection: close\r\n", JSON, first=b"POST http://localhost%s HTTP/1.1"),
    "chunk extensions": post(b"", CODING + b"Connection: close\r\n", b'%x;a="b"\r\n%s\r\n0;c\r\n\r\n' % (N, JSON)),
    "trailers": post(
        b"", CODING + b"Connection: close\r\n",
        b"%x\r\n%s\r\n0\r\nX-Smuggled: 1\r\nHost: smuggled\r\nAuthorization: Bearer smuggled\r\n\r\n" % (N, JSON),
    ),
    "hop-by-hop names of fields that matter": post(
        b"", length() + b"Connection: close, content-length, host, x-smuggled\r\nX-Smuggled: 1\r\n", JSON
    ),
    "an upgrade, and bytes of the other protocol": post(
        b"", length() + b"Connection: Upgrade\r\nUpgrade: websocket\r\n", JSON + HIDDEN
    ),
    "an upgrade to h2c": post(
        b"", length() + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        JSON + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ),
    "a request behind the last one": post(b"", length() + b"Connection: close\r\n", JSON + HIDDEN),
    "a request of HTTP/1.0": post(b"", length(), JSON + HIDDEN, first=b"POST %s HTTP/1.0"),
    "empty lines in front": b"\r\n" + post(b"", length() + b"Connection: close\r\n", JSON),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_can_be_read_in_one_way_is_forwarded_in_one_way(wire_gateway, wire, path, kind):
    wire.forget()
    request = HARMLESS[kind].replace(b"POST  HTTP", b"POST %s HTTP" % path)
    request = request.replace(b"localhost%s HTTP", b"localhost%s HTTP" % path).replace(b"POST %s HTTP", b"POST %s HTTP" % path)
    statuses, requests = check(wire, wire_gateway.raw(request, seconds=60))
    assert statuses == [200]
    assert json.loads(requests[0].body) == json.loads(JSON)
    assert requests[0].target == path.decode()
    for name in ("transfer-encoding", "upgrade", "http2-settings", "trailer"):
        assert requests[0].values(name) in ([], ["chunked"]), requests[0]


def test_what_is_pipelined_is_counted_as_it_was_sent(wire_gateway, wire, path):
    wire.forget()
    one = post(path, length(), JSON)
    many = one + post(path, CODING, CHUNKS) + one + post(path, length() + b"Connection: close\r\n", JSON)
    statuses, requests = check(wire, wire_gateway.raw(many, seconds=60))
    assert statuses == [200] * 4
    assert [json.loads(request.body) for request in requests] == [json.loads(JSON)] * 4


# HTTP/2: names and values are counted bytes there, so they can hold what HTTP/1 uses for its lines.

FINE = [(":method", "POST"), (":scheme", "https"), (":path", None), (":authority", "localhost")]
JSON_FIELDS = [("content-type", "application/json")]


def instead(name, value):
    return [(n, value if n == name else v) for n, v in FINE] + JSON_FIELDS


HTTP2 = {
    "CR LF in a value": FINE + JSON_FIELDS + [("x-a", "b\r\nx-smuggled: 1")],
    "LF in a value": FINE + JSON_FIELDS + [("x-a", "b\nx-smuggled: 1")],
    "CR in a value": FINE + JSON_FIELDS + [("x-a", "b\rx-smuggled: 1")],
    "NUL in a value": FINE + JSON_FIELDS + [("x-a", "b\x00smuggled")],
    "a whole request in a value": FINE + JSON_FIELDS + [("x-a", "b\r\n\r\n" + HIDDEN.decode())],
    "CR LF in a name": FINE + JSON_FIELDS + [("x-a: b\r\nx-smuggled", "1")],
    "a colon in a name": FINE + JSON_FIELDS + [("x-a: smuggled", "1")],
    "a space in a name": FINE + JSON_FIELDS + [("x smuggled", "1")],
    "a capital in a name": FINE + JSON_FIELDS + [("X-Smuggled", "1")],
    "an empty name": FINE + JSON_FIELDS + [("", "smuggled")],
    "an underscore in a name": FINE + JSON_FIELDS + [("x_smuggled", "1")],
    "a request in the method": instead(":method", "GET /smuggled HTTP/1.1\r\nx: "),
    "a space in the method": instead(":method", "POST /smuggled"),
    "a space in the path": instead(":path", "/smuggled HTTP/1.1\r\nx: "),
    "CR LF in the path": instead(":path", "/elsewhere\r\nx-smuggled: 1"),
    "a path without a slash": instead(":path", "smuggled"),
    "an empty path": instead(":path", ""),
    "a fragment in the path": instead(":path", "/elsewhere#smuggled"),
    "dot segments in the path": instead(":path", "/v1/../smuggled"),
    "CR LF in the authority": instead(":authority", "localhost\r\nx-smuggled: 1"),
    "user information in the authority": instead(":authority", "a@smuggled"),
    "a path in the authority": instead(":authority", "localhost/smuggled"),
    "CR LF in the scheme": instead(":scheme", "https\r\nx-smuggled: 1"),
    "a request in the scheme": instead(":scheme", "http://localhost/smuggled HTTP/1.1\r\nx: "),
    "a transfer coding": FINE + JSON_FIELDS + [("transfer-encoding", "chunked")],
    "a connection field": FINE + JSON_FIELDS + [("connection", "x-smuggled")],
    "an upgrade": FINE + JSON_FIELDS + [("upgrade", "smuggled")],
    "a host that differs": FINE + JSON_FIELDS + [("host", "smuggled")],
    "two methods": FINE + [(":method", "GET")] + JSON_FIELDS,
    "two paths": FINE + [(":path", "/smuggled")] + JSON_FIELDS,
    "a pseudo-field behind others": FINE + JSON_FIELDS + [(":path", "/smuggled")],
    "an unknown pseudo-field": FINE + [(":smuggled", "1")] + JSON_FIELDS,
    "no method": FINE[1:] + JSON_FIELDS,
    "no path": FINE[:2] + FINE[3:] + JSON_FIELDS,
    "a length that is too short": FINE + JSON_FIELDS + [("content-length", "5")],
    "a length that is too long": FINE + JSON_FIELDS + [("content-length", str(N + 50))],
    "a length that is no number": FINE + JSON_FIELDS + [("content-length", f"+{N}")],
    "two lengths": FINE + JSON_FIELDS + [("content-length", str(N)), ("content-length", "5")],
}


@pytest.mark.parametrize("kind", HTTP2)
def test_http2_fields_cannot_become_lines(wire_gateway, wire, path, kind):
    wire.forget()
    fields = [(name, path.decode() if value is None else value) for name, value in HTTP2[kind]]
    received = ask_http2(wire_gateway, fields)
    assert received == "refused", received
    for data in wire.seen:
        # A streamed request with a wrong length may have been begun. Then its end must be missing.
        assert b"smuggled" not in data.lower(), data
        assert "length" in kind and path == b"/elsewhere", data
        with pytest.raises(AssertionError):
            wire.requests


def test_http2_fields_that_are_fine_arrive(wire_gateway, wire, path):
    wire.forget()
    fields = [(name, path.decode() if value is None else value) for name, value in FINE + JSON_FIELDS]
    assert ask_http2(wire_gateway, fields) == "200"
    (request,) = wire.requests
    assert json.loads(request.body) == json.loads(JSON) and request.target == path.decode()


def ask_http2(gateway, fields):
    """Sends one request on a connection of its own.

    Returns the status of a success, or "refused" for an error, a reset, or an end of the connection.
    """
    client = FrameClient(gateway)
    try:
        client.read(lambda: client.of(SETTINGS))
        stream = client.ask(fields, JSON)
        client.read(lambda: stream in client.statuses or client.of(RST_STREAM, stream) or client.of(GOAWAY))
        status = client.statuses.get(stream, "")
        return status if status.startswith("2") else "refused"
    finally:
        client.close()
