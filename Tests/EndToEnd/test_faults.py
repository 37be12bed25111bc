"""An upstream that breaks every rule: each caller gets an answer or a clean error, in time, and the next caller is not affected."""

import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import free_port
from policies import rules_only
from wire import ANSWER, FINE, WireOrigin

# Short enough that a test which has to wait for one of them can.
IMPATIENT = {
    "upstream": {"connect_timeout": "2s", "first_byte_timeout": "2s", "idle_timeout": "2s", "total_timeout": "6s"},
    "unrecognised_paths": "pass",
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(ANSWER)
CHUNKED = b"Transfer-Encoding: chunked\r\n"


class Faulty(WireOrigin):
    """Answers the first request of each connection as the test says; a connection after `only` of them is served well."""

    def __init__(self):
        super().__init__(self.misbehave)
        self.fault = None

    def misbehave(self, connection):
        while connection.request():
            fault = self.fault
            if fault is None:
                connection.send(FINE)
            elif callable(fault):
                fault(connection)
                return
            else:
                connection.send(fault)
                # The gateway must not need the end of the connection to see what is wrong.
                while connection.more():
                    pass
                return


@pytest.fixture(scope="module")
def faulty():
    origin = Faulty()
    yield origin
    origin.close()


@pytest.fixture(scope="module")
def faulty_gateway(start_gateway, faulty):
    return start_gateway(faulty.url, rules_only(), IMPATIENT)


def closes_after(data):
    def fault(connection):
        connection.send(data)

    return fault


def resets_after(data):
    def fault(connection):
        if data:
            connection.send(data)
            # The kernel sends what it has before the reset; the gateway sees both.
            time.sleep(0.05)
        connection.reset()

    return fault


def stalls_after(data):
    def fault(connection):
        if data:
            connection.send(data)
        while connection.more():
            pass

    return fault


def floods(first, piece, then=b""):
    def fault(connection):
        connection.send(first)
        for _ in range(20_000):
            connection.send(piece)
        connection.send(then)
        while connection.more():
            pass

    return fault


def drips(first, piece):
    def fault(connection):
        connection.send(first)
        while True:
            connection.send(piece)
            time.sleep(0.2)

    return fault


# What the upstream does, and the words the caller may get for it.
CLOSED, BAD, LATE = "upstream_closed_early", "upstream_bad_response", "timeout"
FAULTS = {
    "closes at once": (closes_after(b""), {CLOSED}),
    "closes in the head": (closes_after(HEAD), {CLOSED}),
    "closes before the body": (closes_after(HEAD + LENGTH + b"\r\n"), {CLOSED}),
    "closes in the body": (closes_after(HEAD + LENGTH + b"\r\n" + ANSWER[:50]), {CLOSED}),
    "closes between chunks": (closes_after(HEAD + CHUNKED + b"\r\n5\r\n" + ANSWER[:5] + b"\r\n"), {CLOSED}),
    "closes before the last chunk's end": (
        closes_after(HEAD + CHUNKED + b"\r\n%x\r\n%s\r\n0\r\n" % (len(ANSWER), ANSWER)), {CLOSED},
    ),
    "resets at once": (resets_after(b""), {CLOSED}),
    "resets in the head": (resets_after(HEAD), {CLOSED}),
    "resets in the body": (resets_after(HEAD + LENGTH + b"\r\n" + ANSWER[:50]), {CLOSED}),
    "stalls at once": (stalls_after(b""), {LATE}),
    "stalls in the head": (stalls_after(HEAD), {LATE}),
    "stalls in the body": (stalls_after(HEAD + LENGTH + b"\r\n" + ANSWER[:50]), {LATE}),
    "drips a head": (drips(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"), {LATE}),
    "drips a body": (drips(HEAD + CHUNKED + b"\r\n", b"1\r\n \r\n"), {LATE}),
    "announces more than it sends": (
        stalls_after(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(ANSWER) + 9, ANSWER)), {LATE},
    ),
    "sends another protocol": (b"SSH-2.0-hello\r\n", {BAD}),
    "sends a TLS alert": (b"\x15\x03\x03\x00\x02\x02\x28", {BAD, LATE}),
    "sends zeros": (b"\x00" * 4096, {BAD}),
    "sends an old answer": (b"<html>hello</html>\r\n\r\n", {BAD}),
    "sends a request": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", {BAD}),
    "sends no number for a status": (b"HTTP/1.1 abc OK\r\n\r\n", {BAD}),
    "sends a status of four digits": (b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", {BAD}),
    "sends version 3": (b"HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n", {BAD}),
    "sends two lengths": (HEAD + LENGTH + b"Content-Length: 5\r\n\r\n" + ANSWER, {BAD}),
    "sends a length and a coding": (HEAD + LENGTH + CHUNKED + b"\r\n" + ANSWER, {BAD}),
    "sends a negative length": (HEAD + b"Content-Length: -1\r\n\r\n" + ANSWER, {BAD}),
    "sends an unknown coding": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + ANSWER, {BAD}),
    "sends a broken chunk": (HEAD + CHUNKED + b"\r\nzz\r\n" + ANSWER, {BAD}),
    "sends a chunk longer than its size": (HEAD + CHUNKED + b"\r\n5\r\n" + ANSWER + b"\r\n0\r\n\r\n", {BAD}),
    "folds a field": (HEAD + b"X-A: b\r\n c\r\n" + LENGTH + b"\r\n" + ANSWER, {BAD}),
    "hides NUL in a field": (HEAD + b"X-A: b\x00c\r\n" + LENGTH + b"\r\n" + ANSWER, {BAD}),
    "switches protocols": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", {BAD, CLOSED, LATE}),
    "floods fields": (floods(HEAD, b"X-A: b\r\n", LENGTH + b"\r\n" + ANSWER), {BAD, CLOSED}),
    "sends a field without an end": (floods(HEAD + b"X-A: ", b"a" * 100), {BAD, CLOSED}),
    "floods informational answers": (floods(b"", b"HTTP/1.1 103 Early\r\nX-A: b\r\n\r\n"), {BAD, CLOSED, LATE}),
    "floods trailers": (
        floods(HEAD + CHUNKED + b"\r\n%x\r\n%s\r\n0\r\n" % (len(ANSWER), ANSWER), b"X-A: b\r\n"), {BAD, CLOSED},
    ),
    "sends an extension without an end": (floods(HEAD + CHUNKED + b"\r\n5;", b"a" * 100), {BAD, CLOSED, LATE}),
    "compresses although asked not to": (
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00", {"upstream_encoded_response"},
    ),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", FAULTS)
def test_a_caller_learns_that_the_upstream_is_at_fault(faulty_gateway, faulty, kind, stream):
    faulty.fault, words = FAULTS[kind]
    start = time.monotonic()
    try:
        answer = faulty_gateway.ask("hello", stream=stream)
    finally:
        faulty.fault = None
    assert answer.status in (502, 504), answer
    code = answer.error["code"]
    assert code in words or (LATE in words and code.endswith("_timeout")), answer
    assert b"a clean answer" not in answer.body
    # The longest of the times is 6 s; the rest is for a busy machine.
    assert time.monotonic() - start < 40
    record = faulty_gateway.record(answer)
    assert (record["status"], record["fault"]) == (answer.status, "upstream"), record
    assert faulty_gateway.ask("hello").text == "a clean answer"


CUT = ["closes in the body", "closes between chunks", "resets in the body", "stalls in the body", "sends a broken chunk"]


@pytest.mark.parametrize("kind", CUT)
def test_an_answer_that_is_passed_on_is_seen_to_be_cut(faulty_gateway, faulty, kind):
    faulty.fault = FAULTS[kind][0]
    try:
        answer = faulty_gateway.request("/elsewhere", body={"a": "b"})
        assert answer.status in (502, 504), answer
    except (http.client.IncompleteRead, ConnectionError, ssl.SSLError, http.client.BadStatusLine):
        pass
    finally:
        faulty.fault = None
    assert faulty_gateway.request("/elsewhere", body={"a": "b"}).status == 200


SECOND = FINE.replace(b"a clean answer", b"poisoned words")


@pytest.mark.parametrize(
    "fault",
    [FINE + SECOND, FINE + b"x", FINE.replace(b"HTTP/1.1 200 OK", b"HTTP/1.1 204 No Content"), FINE + b"\r\n" + SECOND],
    ids=["two answers", "a byte too many", "a body where none can be", "two answers and an empty line"],
)
def test_what_an_upstream_sends_too_much_answers_nobody(faulty_gateway, faulty, fault):
    faulty.fault = fault
    first = faulty_gateway.ask("hello")
    faulty.fault = None
    assert b"poisoned" not in first.body
    for _ in range(5):
        assert faulty_gateway.ask("hello").text == "a clean answer"


# Death under load.

HELLO = json.dumps({"model": "echo", "messages": [{"role": "user", "content": "hello"}]}).encode()


def start_origin(port):
    """The scripted origin in a process of its own."""
    program = "import sys, origin; origin.Origin(int(sys.argv[1])).thread.join()"
    process = subprocess.Popen([sys.executable, "-c", program, str(port)], cwd=Path(__file__).parent)
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the origin did not start")


def test_callers_of_an_upstream_that_is_killed_get_an_answer_or_a_clean_error(start_gateway):
    port = free_port()
    process = start_origin(port)
    gateway = start_gateway(f"http://127.0.0.1:{port}", rules_only(), IMPATIENT)
    callers = Callers(gateway)
    with callers.calling():
        try:
            for _ in range(3):
                callers.wait_for(lambda new: new.count(200) >= 40)
                process.send_signal(signal.SIGKILL)
                process.wait()
                # First each attempt fails, and then the upstream is left alone for a while.
                callers.wait_for(lambda new: 502 in new and new.count(503) >= 20)
                process = start_origin(port)
                callers.wait_for(lambda new: new.count(200) >= 40)
        finally:
            process.kill()
            process.wait()
    assert callers.troubles == []
    assert gateway.process.is_running


def test_one_of_two_upstreams_that_is_killed_is_taken_out_and_its_callers_go_to_the_other(start_gateway):
    ports = [free_port(), free_port()]
    processes = [start_origin(port) for port in ports]
    servers = [{"url": f"http://127.0.0.1:{port}"} for port in ports]
    changes = {**IMPATIENT, "upstream": {**IMPATIENT["upstream"], "url": None, "servers": servers}}
    gateway = start_gateway("", rules_only(), changes)
    callers = Callers(gateway)
    with callers.calling():
        try:
            callers.wait_for(lambda new: new.count(200) >= 40)
            processes[0].send_signal(signal.SIGKILL)
            processes[0].wait()
            # Requests that it had are lost, for a POST may have had its effect; all that come after are answered by the other.
            callers.wait_for(lambda new: len(new) > 200 and set(new[-100:]) == {200})
            callers.wait_for(lambda _: f'server="127.0.0.1:{ports[0]}",condition="ejected"}} 1' in gateway.metrics())
            processes[0] = start_origin(ports[0])
            callers.wait_for(lambda _: f'server="127.0.0.1:{ports[0]}",condition="up"}} 1' in gateway.metrics())
            callers.wait_for(lambda new: new.count(200) >= 40)
        finally:
            for process in processes:
                process.kill()
                process.wait()
    assert callers.troubles == []
    lost = sum(status != 200 for status in callers.outcomes)
    assert lost < len(callers.outcomes) / 10, callers.outcomes


class Callers:
    """Eight of them, who ask again as soon as they are answered; half keep their connection, half of the answers are streams."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.stop = threading.Event()
        self.outcomes, self.troubles = [], []

    @contextmanager
    def calling(self):
        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(self.call, number) for number in range(8)]
            try:
                yield
            finally:
                self.stop.set()
                for call in calls:
                    call.result(timeout=120)

    def call(self, number):
        connection = None
        while not self.stop.is_set():
            try:
                if connection is None or number % 2:
                    connection = http.client.HTTPSConnection(
                        "127.0.0.1", self.gateway.port, timeout=60, context=self.gateway.context
                    )
                content = json.dumps(
                    {"model": "echo", "stream": number % 4 < 2, "messages": [{"role": "user", "content": "hello"}]}
                )
                connection.request("POST", "/v1/chat/completions", content, {"content-type": "application/json"})
                answer = connection.getresponse()
                body = answer.read()
                if answer.status == 200:
                    assert b"[DONE]" in body or json.loads(body)["choices"], body
                else:
                    assert answer.status in (502, 503, 504) and json.loads(body)["error"]["code"], (answer.status, body)
                self.outcomes.append(answer.status)
            except Exception as trouble:  # noqa: BLE001 - whatever a caller sees that is no answer
                self.troubles.append(repr(trouble))
                connection = None

    def wait_for(self, condition):
        """Waits until it holds of the outcomes from now on."""
        mark = len(self.outcomes)
        limit = time.monotonic() + 60
        while not condition(self.outcomes[mark:]) and time.monotonic() < limit:
            time.sleep(0.02)
        assert condition(self.outcomes[mark:]), (self.outcomes[-20:], self.troubles[:5])


# Callers that are slow, or half gone (the limits on them are tried with small numbers).


@pytest.fixture(scope="module")
def strict_gateway(start_gateway, scripted_origin):
    limits = {"header_time": "1s", "body_idle_time": "1s", "idle_time": "1s", "write_stall_time": "1s"}
    return start_gateway(scripted_origin.url, rules_only(), {"limits": limits, "unrecognised_paths": "pass"})


def connect(gateway):
    tcp = socket.create_connection(("127.0.0.1", gateway.port), timeout=30)
    return gateway.context.wrap_socket(tcp, server_hostname="127.0.0.1")


def drip(sock, pieces, pause=0.3):
    try:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(pause)
    except OSError:
        pass  # The gateway has closed.


def read_all(sock):
    received = b""
    try:
        while piece := sock.recv(65536):
            received += piece
    except (ConnectionResetError, ssl.SSLError):
        pass
    return received


def test_a_head_that_drips_is_answered_408(strict_gateway):
    with connect(strict_gateway) as sock:
        drip(sock, [b"POST / HTTP/1.1\r\nHost: a\r\n"] + [b"X-A: b\r\n"] * 10)
        assert read_all(sock).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_stops_is_answered_408(strict_gateway):
    with connect(strict_gateway) as sock:
        sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        assert read_all(sock).startswith(b"HTTP/1.1 408 ")


def test_a_caller_who_asks_nothing_is_closed(strict_gateway):
    with connect(strict_gateway) as sock:
        assert read_all(sock) == b""


def test_a_caller_who_reads_nothing_is_cut(start_gateway):
    def answers_without_end(connection):
        connection.request()
        connection.send(HEAD + CHUNKED + b"\r\n")
        while True:
            connection.send(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")

    origin = WireOrigin(answers_without_end)
    limits = {"limits": {"write_stall_time": "1s"}, "unrecognised_paths": "pass"}
    gateway = start_gateway(origin.url, rules_only(), limits)
    try:
        with connect(gateway) as sock:
            sock.sendall(b"GET /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n")
            limit = time.monotonic() + 60
            while "client_write_timeout" not in gateway.metrics() and time.monotonic() < limit:
                time.sleep(0.1)
        assert 'word="client_write_timeout"} 1' in gateway.metrics()
    finally:
        origin.close()
