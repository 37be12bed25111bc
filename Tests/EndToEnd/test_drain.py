"""SIGTERM: what was begun is finished, what has not begun is told to go elsewhere, and there is an end to it."""

import http.client
import json
import signal
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request

import pytest

from frames import DATA, GOAWAY, FrameClient
from policies import rules_only


def body(text, model="echo", **more):
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}], **more}).encode()


def readiness(gateway):
    try:
        with urllib.request.urlopen(f"{gateway.admin}/readyz", timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def await_readiness(gateway, status):
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        if readiness(gateway) == status:
            return
        time.sleep(0.02)
    raise AssertionError(f"/readyz did not become {status}")


def await_request(origin):
    limit = time.monotonic() + 30
    while not origin.bodies and time.monotonic() < limit:
        time.sleep(0.02)
    assert origin.bodies


@pytest.fixture
def draining(start_gateway, scripted_origin, origin):
    """A gateway of the test's own, with a short last deadline."""
    return lambda seconds="60s": start_gateway(scripted_origin.url, rules_only(), {"drain_timeout": seconds})


def test_http2_is_told_twice_and_streams_finish(draining, origin):
    gateway = draining()
    client = FrameClient(gateway)
    stream = client.post(body("finish this", "slow", seconds=3))
    await_request(origin)
    gateway.process.popen.send_signal(signal.SIGTERM)
    # First "no more, but I may have missed some", then, once the client has answered, the number of the last one taken
    # (RFC 9113, 6.8).
    client.read(lambda: len(client.of(GOAWAY)) >= 2)
    first, second = client.of(GOAWAY)
    assert (first.last_stream, first.error_code) == (2**31 - 1, 0)
    assert (second.last_stream, second.error_code) == (stream, 0)
    assert not client.is_answered(stream)
    await_readiness(gateway, 503)
    client.read(lambda: client.is_answered(stream))
    assert b"You said: finish this" in b"".join(frame.payload for frame in client.of(DATA))
    client.read(lambda: False)
    assert client.is_closed
    assert gateway.process.popen.wait(timeout=30) == 0


def test_http1_is_told_to_close_and_idle_connections_are_closed(draining, origin):
    gateway = draining()

    def connect():
        connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=60, context=gateway.context)
        connection.request("POST", "/v1/chat/completions", body("hello"), {"content-type": "application/json"})
        answer = connection.getresponse()
        assert answer.headers["connection"] != "close"
        answer.read()
        return connection

    idle, busy = connect(), connect()
    origin.forget()
    busy.request(
        "POST", "/v1/chat/completions", body("finish this", "slow", seconds=3), {"content-type": "application/json"}
    )
    await_request(origin)
    gateway.process.popen.send_signal(signal.SIGTERM)
    # The idle one at once, while the other is still under way.
    idle.sock.settimeout(30)
    assert idle.sock.recv(1) == b""
    assert readiness(gateway) == 503
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", gateway.port), timeout=5)
    answer = busy.getresponse()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert b"You said: finish this" in answer.read()
    assert gateway.process.popen.wait(timeout=30) == 0


def test_an_answer_that_is_judged_after_it_was_sent_is_recorded(start_gateway, scripted_origin, origin):
    policy = rules_only(mode="shadow")
    policy["output"] = {"overall": {"threshold": 0.999, "action": "log"}, "others": "ignore"}
    changes = {"drain_timeout": "5m", "model": {"timeout": "5m"}}
    gateway = start_gateway(scripted_origin.url, policy, changes)
    # So long that the connection has closed some time before the model has read it.
    words = " ".join(f"On day {number} we spoke about the garden and the soup that is made of it." for number in range(400))
    answers = []
    caller = threading.Thread(target=lambda: answers.append(gateway.ask(words, model="slow", seconds=3)))
    caller.start()
    await_request(origin)
    gateway.process.popen.send_signal(signal.SIGTERM)
    caller.join(timeout=60)
    assert answers[0].status == 200
    assert gateway.process.popen.wait(timeout=300) == 0
    record = gateway.record(answers[0])
    assert "harm" in record["output"]["scores"] and "failure" not in record["output"], record["output"]


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_what_is_not_finished_at_the_deadline_is_cut(draining, origin, http2):
    gateway = draining("1s")
    outcome = []

    def call():
        client = FrameClient(gateway) if http2 else None
        try:
            if client:
                stream = client.post(body("never", "slow", seconds=100))
                client.read(lambda: client.is_answered(stream))
                outcome.append("answered" if client.is_answered(stream) else "cut")
            else:
                gateway.ask("never", model="slow", seconds=100)
                outcome.append("answered")
        except (OSError, http.client.HTTPException, ssl.SSLError):
            outcome.append("cut")

    caller = threading.Thread(target=call)
    caller.start()
    await_request(origin)
    gateway.process.popen.send_signal(signal.SIGTERM)
    assert gateway.process.popen.wait(timeout=30) == 0
    caller.join(timeout=30)
    assert outcome == ["cut"]
    records = [json.loads(line) for line in gateway.audit_path.read_text().splitlines()]
    assert [record["error"] for record in records if "request_id" in record] == ["shut_down"], records
