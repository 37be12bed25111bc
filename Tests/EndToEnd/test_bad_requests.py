"""Requests that are wrong: each gets a clear error, nothing of it reaches the LLM, and the gateway stays up."""

import gzip
import json
import socket

import pytest

from origin import LEAK
from policies import FIXED

HELLO = {"model": "echo", "messages": [{"role": "user", "content": "hello"}]}


def assert_refused(answer, status, parameter=None):
    assert answer.status == status, answer
    assert (answer.headers["content-type"] or "").startswith("application/json"), answer
    assert set(answer.error) >= {"message", "type", "code"}, answer.error
    assert answer.error["message"] and answer.error["type"], answer.error
    assert answer.headers["x-request-id"], answer
    if parameter is not None:
        assert answer.error["param"] == parameter, answer.error


MALFORMED = {
    "empty": b"",
    "cut": b'{"model":"echo","messages":[{"role":"user","content":"hel',
    "trailing comma": b'{"model":"echo","messages":[],}',
    "trailing text": json.dumps(HELLO).encode() + b"{}",
    "not a number": b'{"model":"echo","temperature":NaN,"messages":[{"role":"user","content":"x"}]}',
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(HELLO).encode(),
    "name given twice": b'{"model":"echo","messages":[],"messages":[{"role":"user","content":"x"}]}',
    "name given twice by escape": b'{"model":"a","mod\\u0065l":"b","messages":[{"role":"user","content":"x"}]}',
    "half a surrogate pair": b'{"model":"echo","messages":[{"role":"user","content":"\\ud800"}]}',
    "invalid utf-8": b'{"model":"echo","messages":[{"role":"user","content":"\xff"}]}',
    "overlong utf-8": b'{"model":"echo","messages":[{"role":"user","content":"\xc0\xaf"}]}',
    "control character": b'{"model":"echo","messages":[{"role":"user","content":"a\nb"}]}',
    "too deep": b'{"model":"echo","messages":' + b"[" * 100_000,
    "a form": b"model=echo&messages=hello",
    "utf-16": json.dumps(HELLO).encode("utf-16"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_json_is_refused(gateway, origin, kind):
    answer = gateway.request(body=MALFORMED[kind])
    assert_refused(answer, 400)
    assert answer.error["type"] == "invalid_request_error"
    assert origin.bodies == []


def test_the_place_of_a_json_error_is_named(gateway):
    message = gateway.request(body=b'{"model":"echo",\n "messages": oops}').error["message"]
    assert "line 2" in message and "column 14" in message, message


WRONG_TYPES = {
    "an array": ([], None),
    "no model": ({"messages": HELLO["messages"]}, "model"),
    "model": ({**HELLO, "model": 1}, "model"),
    "no messages": ({"model": "echo"}, "messages"),
    "empty messages": ({"model": "echo", "messages": []}, "messages"),
    "messages": ({**HELLO, "messages": "hello"}, "messages"),
    "message": ({**HELLO, "messages": ["hello"]}, "messages[0]"),
    "role": ({**HELLO, "messages": [{"role": 1, "content": "x"}]}, "messages[0].role"),
    "unknown role": ({**HELLO, "messages": [{"role": "root", "content": "x"}]}, "messages[0].role"),
    "content": ({**HELLO, "messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
    "content part": ({**HELLO, "messages": [{"role": "user", "content": [1]}]}, "messages[0].content[0]"),
    "stream": ({**HELLO, "stream": "yes"}, "stream"),
    "stream options": ({**HELLO, "stream": True, "stream_options": []}, "stream_options"),
    "temperature": ({**HELLO, "temperature": "hot"}, "temperature"),
    "stop": ({**HELLO, "stop": {"a": 1}}, "stop"),
    "stream in another case": ({**HELLO, "Stream": True}, "Stream"),
    "messages in another case": ({**HELLO, "Messages": []}, "Messages"),
}


@pytest.mark.parametrize("kind", WRONG_TYPES)
def test_a_wrong_type_is_refused_and_named(gateway, origin, kind):
    body, parameter = WRONG_TYPES[kind]
    assert_refused(gateway.request(body=body), 400, parameter)
    assert origin.bodies == []


def test_a_body_of_20_mb_is_refused(gateway, origin):
    body = {"model": "echo", "messages": [{"role": "user", "content": "a" * (20 << 20)}]}
    assert_refused(gateway.request(body=body), 413)
    assert origin.bodies == []


def test_a_chunked_body_of_20_mb_is_refused(gateway, origin):
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    assert b" 413 " in gateway.raw(head + piece * 20 + b"0\r\n\r\n").split(b"\r\n")[0]
    assert origin.bodies == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/files",
        "/v1/audio/speech",
        "/v1/chat/completions/",
        "/v1/chat%2Fcompletions",
        "/V1/chat/completions",
        "/v1/files/../chat/completions",
    ],
)
def test_an_unknown_path_is_refused(gateway, origin, path):
    answer = gateway.request(path, body=HELLO)
    assert answer.status in (400, 404), answer
    assert_refused(answer, answer.status)
    assert origin.bodies == []


@pytest.mark.parametrize("path", ["/v1//chat/completions", "//v1/chat/completions", "/v1/chat/%63ompletions"])
def test_a_sloppy_path_is_tidied_and_guarded_like_the_tidy_one(gateway, origin, path):
    body = {**HELLO, "messages": [{"role": "user", "content": f"the {LEAK}"}]}
    assert gateway.request(path, body=body).decision == "block"
    assert origin.bodies == []
    assert gateway.request(path, body=HELLO).status == 200
    assert origin.heads[-1][0] == "/v1/chat/completions"


def test_the_wrong_method_is_refused(gateway):
    answer = gateway.request(method="GET")
    assert answer.status in (404, 405), answer
    assert_refused(answer, answer.status)


def test_a_body_in_a_coding_that_is_not_undone_is_refused(gateway, origin):
    for coding in ("br", "zstd", "deflate", "gzip, gzip"):
        assert_refused(gateway.request(body=b"\x1f\x8b\x08", headers={"content-encoding": coding}), 415)
    assert origin.bodies == []


def test_a_body_in_gzip_is_read_and_judged_like_any_other(gateway, origin):
    def ask(text):
        body = {"model": "echo", "messages": [{"role": "user", "content": text}]}
        return gateway.request(body=gzip.compress(json.dumps(body).encode()), headers={"content-encoding": "gzip"})

    words = " ".join(f"{number * number} sheep" for number in range(20_000))
    assert ask(words).text == f"You said: {words}"
    assert "content-encoding" not in {name.lower() for name in origin.heads[-1][1]}
    assert ask(LEAK).text == FIXED
    assert len(origin.bodies) == 1
    broken = gzip.compress(b"{}")[:-1] + b"\0"
    assert_refused(gateway.request(body=broken, headers={"content-encoding": "gzip"}), 400)
    assert_refused(gateway.request(body=gzip.compress(b"{}") * 2, headers={"content-encoding": "gzip"}), 400)


def test_the_models_list_is_passed_on(gateway):
    answer = gateway.request("/v1/models")
    assert (answer.status, answer.json["data"][0]["id"]) == (200, "echo")


SMUGGLING = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "length and chunked": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "unknown coding": b"Transfer-Encoding: gzip, chunked\r\n",
    "negative length": b"Content-Length: -1\r\n",
    "huge length": b"Content-Length: 99999999999999999999\r\n",
    "space before colon": b"Content-Length : 5\r\n",
    "no host": None,
}


@pytest.mark.parametrize("kind", SMUGGLING)
def test_ambiguous_framing_is_refused(gateway, origin, kind):
    fields = SMUGGLING[kind]
    host = b"" if fields is None else b"Host: localhost\r\n"
    request = b"POST /v1/chat/completions HTTP/1.1\r\n" + host + (fields or b"Content-Length: 2\r\n") + b"\r\n{}"
    status = gateway.raw(request + b"   ").split(b"\r\n")[0].split(b" ")
    assert status[1:2] == [b"400"] or status == [b""], status
    assert origin.bodies == []


def test_too_many_header_bytes_are_refused(gateway):
    answer = gateway.request(body=HELLO, headers={"x-long": "a" * 40_000})
    assert answer.status == 431, answer


def test_plain_http_on_the_tls_port_is_dropped(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as tcp:
        tcp.sendall(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            received = tcp.recv(4096)
        except ConnectionResetError:
            received = b""
        assert not received.startswith(b"HTTP/1.1 200")


def test_a_caller_who_leaves_in_the_middle_disturbs_nobody(gateway):
    for size in (0, 10, 200):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as tcp:
            if not size:
                continue
            with gateway.context.wrap_socket(tcp, server_hostname="127.0.0.1") as tls:
                head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
                tls.sendall((head + b"{" * 200)[:size])
