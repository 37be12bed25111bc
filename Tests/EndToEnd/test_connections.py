"""Many requests at once, and many on one connection."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor

from origin import LEAK
from policies import FIXED


def body(text, stream=False):
    return json.dumps({"model": "echo", "stream": stream, "messages": [{"role": "user", "content": text}]})


def test_one_connection_carries_every_kind_of_exchange(gateway, origin):
    connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=60, context=gateway.context)

    def ask(content, method="POST", path="/v1/chat/completions"):
        connection.request(method, path, content, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.headers["x-guardian-decision"], answer.read()

    connection.connect()
    port = connection.sock.getsockname()[1]
    for _ in range(2):
        assert ask(body("hello"))[:2] == (200, "allow")
        assert ask(body(LEAK))[:2] == (200, "block")
        assert ask(body(LEAK, stream=True))[2].endswith(b"data: [DONE]\n\n")
        assert ask(body("hello", stream=True))[2].endswith(b"data: [DONE]\n\n")
        assert ask("{")[0] == 400
        assert ask(None, method="GET", path="/v1/models")[0] == 200
        assert ask(body("ticket-4711"))[1] == "rewrite"
        # http.client opens a new connection without a word where the old one was closed.
        assert connection.sock is not None and connection.sock.getsockname()[1] == port
    connection.close()


def test_requests_at_the_same_time_get_their_own_answers(gateway, origin):
    def ask(number):
        harmful = number % 3 == 0
        answer = gateway.ask(f"{LEAK} {number}" if harmful else f"hello {number}", stream=number % 2 == 0)
        return answer.status == 200 and answer.text == (FIXED if harmful else f"You said: hello {number}")

    with ThreadPoolExecutor(5) as pool:
        assert all(pool.map(ask, range(20)))
    assert len(origin.bodies) == 13


def test_pipelined_requests_are_answered_in_order(gateway):
    def request(text, last=False):
        content = body(text)
        close = "Connection: close\r\n" if last else ""
        return (
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"{close}Content-Length: {len(content)}\r\n\r\n{content}"
        ).encode()

    received = gateway.raw(request("one") + request(LEAK) + request("three", last=True)).decode()
    places = [received.index(text) for text in ("You said: one", FIXED, "You said: three")]
    assert places == sorted(places)
