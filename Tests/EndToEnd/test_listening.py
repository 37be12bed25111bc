"""Where the gateway listens and who it takes a connection to be from."""

import contextlib
import http.client
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

from harness import BINARY, START_SECONDS, Gateway, free_port
from policies import rules_only

HELLO = b'{"model":"echo","messages":[{"role":"user","content":"hello"}]}'
REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(HELLO), HELLO)
)


def exchange(sock, context=None, first=b"", request=REQUEST):
    """Sends bytes in the clear, then a request over TLS if there is a context, and reads to the end."""
    with sock:
        sock.settimeout(60)
        if first:
            sock.sendall(first)
        if context:
            sock = context.wrap_socket(sock, server_hostname="127.0.0.1")
        sock.sendall(request)
        received = b""
        try:
            while piece := sock.recv(65536):
                received += piece
        except (ConnectionResetError, ssl.SSLEOFError):
            pass
        return received


def tcp(gateway):
    return socket.create_connection(("127.0.0.1", gateway.port), timeout=30)


def unix(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    return sock


def forwarded_for(origin):
    return {name.lower(): value for name, value in origin.heads[-1][1].items()}.get("x-forwarded-for")


# Unix sockets.


def test_a_unix_socket_carries_tls_and_is_removed(start_gateway, scripted_origin, tmp_path):
    path = tmp_path / "api.sock"
    gateway = start_gateway(scripted_origin.url, rules_only(), {"listen": {"address": f"unix:{path}"}})
    assert path.is_socket() and path.stat().st_mode & 0o777 == 0o660
    received = exchange(unix(path), gateway.context)
    assert received.startswith(b"HTTP/1.1 200") and b"You said: hello" in received
    assert gateway.close() == 0
    assert not path.exists()


def test_a_unix_socket_that_a_crash_left_behind_is_taken_over(start_gateway, scripted_origin, tmp_path):
    path = tmp_path / "api.sock"
    changes = {"listen": {"address": f"unix:{path}", "socket_mode": "0600", "tls": "off"}}
    first = start_gateway(scripted_origin.url, rules_only(), changes)
    first.process.popen.kill()
    first.process.popen.wait()
    assert path.exists()
    start_gateway(scripted_origin.url, rules_only(), changes)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"You said: hello" in exchange(unix(path))


def test_an_upstream_behind_a_unix_socket(start_gateway, scripted_origin, tmp_path, origin):
    # A gateway of its own stands for the server behind the socket.
    path = tmp_path / "llm.sock"
    start_gateway(scripted_origin.url, rules_only(), {"listen": {"address": f"unix:{path}", "tls": "off"}})
    gateway = start_gateway(f"unix:{path}", rules_only())
    assert gateway.ask("hello").text == "You said: hello"
    assert gateway.ask("hello", stream=True).text == "You said: hello"


def test_an_upstream_socket_that_is_not_there(start_gateway, tmp_path):
    gateway = start_gateway(f"unix:{tmp_path}/nobody.sock", rules_only())
    answer = gateway.ask("hello")
    assert (answer.status, answer.error["code"]) == (502, "upstream_connect_refused"), answer


# The PROXY protocol.


@pytest.fixture(scope="module")
def behind_a_proxy(start_gateway, scripted_origin):
    return start_gateway(scripted_origin.url, rules_only(), {"listen": {"proxy_protocol": ["127.0.0.0/8"]}})


SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def binary(address, command=0x21, family=0x11, more=b""):
    addresses = socket.inet_aton(address) + socket.inet_aton("192.0.2.2") + struct.pack("!HH", 1234, 443) + more
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", len(addresses)) + addresses


@pytest.mark.parametrize(
    "first, client",
    [
        (b"PROXY TCP4 192.0.2.7 192.0.2.2 56324 443\r\n", "192.0.2.7"),
        (b"PROXY TCP6 2001:db8::7 ::1 56324 443\r\n", "2001:db8::7"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (binary("198.51.100.9"), "198.51.100.9"),
        (binary("198.51.100.9", more=b"\x01\x00\x02h2"), "198.51.100.9"),
        (SIGNATURE + b"\x20\x00\x00\x00", "127.0.0.1"),
    ],
)
def test_the_upstream_learns_the_client_of_a_proxy_header(behind_a_proxy, origin, first, client):
    received = exchange(tcp(behind_a_proxy), behind_a_proxy.context, first)
    assert received.startswith(b"HTTP/1.1 200"), received
    assert forwarded_for(origin) == client


@pytest.mark.parametrize(
    "first",
    [b"", b"PROXY TCP4 nonsense\r\n", b"PROXY TCP4 192.0.2.7 192.0.2.2 1 2\n", binary("192.0.2.1", family=0x41)],
    ids=["none", "nonsense", "bare line feed", "unknown family"],
)
def test_a_trusted_peer_must_send_a_proxy_header(behind_a_proxy, origin, first):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        exchange(tcp(behind_a_proxy), behind_a_proxy.context, first)
    assert origin.bodies == []


def test_a_peer_that_is_not_trusted_cannot_send_one(gateway, origin):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        exchange(tcp(gateway), gateway.context, b"PROXY TCP4 192.0.2.7 192.0.2.2 56324 443\r\n")
    assert origin.bodies == []


# The service manager.


class ServiceManager:
    """What systemd does for a service: opens its socket, starts it, and listens to what it says of itself."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard.bind(str(self.path))
        self.heard.settimeout(120)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def start(self, gateway_file, folder, **environment):
        fd = self.listener.fileno()
        # The service must find its own number in LISTEN_PID, which a shell knows before it becomes the service.
        script = f'exec 3<&{fd}; export LISTEN_PID=$$; exec "$0" serve --config "$1"'
        return subprocess.Popen(
            ["bash", "-c", script, str(BINARY), str(gateway_file)],
            pass_fds=[fd],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=open(folder / "service.err", "ab"),
            env={**os.environ, "NOTIFY_SOCKET": str(self.path), "LISTEN_FDS": "1", **environment},
        )

    def hear(self, *expected):
        """Waits for a notice; those of the watchdog may come between."""
        while True:
            notice = self.heard.recv(4096).decode()
            if notice.startswith(expected):
                return notice
            assert notice == "WATCHDOG=1", notice

    def close(self):
        self.heard.close()
        self.listener.close()


def configured(folder, certificates, upstream, changes):
    """Only the file of a gateway."""

    class Unstarted(Gateway):
        def __init__(self, *arguments):
            import harness

            process, harness.Process = harness.Process, lambda *_, **__: None
            try:
                super().__init__(*arguments)
            finally:
                harness.Process = process

    return Unstarted(folder, certificates, upstream, rules_only(), changes)


@pytest.fixture
def manager(tmp_path):
    manager = ServiceManager(tmp_path)
    yield manager
    manager.close()


@pytest.mark.parametrize("address, names", [("systemd", None), ("systemd:api", "api")])
def test_a_socket_of_the_service_manager_is_served_and_outlives_the_service(
    manager, certificates, scripted_origin, tmp_path, address, names
):
    gateway = configured(tmp_path, certificates, scripted_origin.url, {"listen": {"address": address}})
    environment = {"LISTEN_FDNAMES": names} if names else {}
    for _ in range(2):
        # The connection waits in the manager's socket while nobody serves it.
        waiting = socket.create_connection(("127.0.0.1", manager.port), timeout=120)
        service = manager.start(gateway.file, tmp_path, **environment)
        try:
            manager.hear("READY=1")
            assert b"You said: hello" in exchange(waiting, gateway.context)
            service.send_signal(signal.SIGTERM)
            manager.hear("STOPPING=1")
            assert service.wait(timeout=60) == 0
        finally:
            service.kill()
            service.wait()


def test_the_service_manager_hears_how_the_service_is(manager, certificates, scripted_origin, tmp_path):
    gateway = configured(tmp_path, certificates, scripted_origin.url, {"listen": {"address": "systemd"}})
    service = manager.start(gateway.file, tmp_path, WATCHDOG_USEC="200000")
    try:
        manager.hear("READY=1")
        for _ in range(3):
            assert manager.heard.recv(4096) == b"WATCHDOG=1"
        service.send_signal(signal.SIGHUP)
        assert manager.hear("RELOADING=1").splitlines()[1].startswith("MONOTONIC_USEC=")
        manager.hear("READY=1")
        service.send_signal(signal.SIGTERM)
        manager.hear("STOPPING=1")
        assert service.wait(timeout=60) == 0
    finally:
        service.kill()
        service.wait()


def test_a_socket_that_nobody_handed_over(certificates, scripted_origin, tmp_path):
    gateway = Gateway(
        tmp_path, certificates, scripted_origin.url, rules_only(), {"listen": {"address": "systemd"}}
    )
    assert gateway.process.popen.wait(timeout=120) == 71
    assert "the service manager handed over no socket" in gateway.process.words


# Handing over.


@contextlib.contextmanager
def callers(port, context):
    """Four that call until the end, each time anew; gives what they were answered, and what went wrong."""
    stop = threading.Event()
    answered, troubles = [], []

    def call():
        while not stop.is_set():
            try:
                connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
                connection.request("POST", "/v1/chat/completions", HELLO, {"content-type": "application/json"})
                status = connection.getresponse().status
                connection.close()
                answered.append(status)
                assert status == 200, status
            except (OSError, http.client.HTTPException, AssertionError) as trouble:
                troubles.append(trouble)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield answered, troubles
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=60)


def await_answers(answered, more=20):
    wanted = len(answered) + more
    limit = time.monotonic() + 60
    while len(answered) < wanted and time.monotonic() < limit:
        time.sleep(0.05)
    assert len(answered) >= wanted


def test_one_gateway_takes_over_from_another_and_no_caller_notices(start_gateway, scripted_origin):
    port = free_port()
    changes = {"listen": {"address": f"127.0.0.1:{port}", "reuse_port": True}}
    first = start_gateway(scripted_origin.url, rules_only(), changes)
    with callers(port, first.context) as (answered, troubles):
        second = start_gateway(scripted_origin.url, rules_only(), changes)
        assert first.close() == 0
        await_answers(answered)
    assert not troubles, troubles[:3]
    assert second.process.is_running


def test_a_gateway_that_cannot_have_its_admin_address_takes_no_caller_from_the_one_that_has_it(
    start_gateway, certificates, scripted_origin, tmp_path
):
    port = free_port()
    changes = {"listen": {"address": f"127.0.0.1:{port}", "reuse_port": True}}
    first = start_gateway(scripted_origin.url, rules_only(), changes)
    changes["admin"] = first.configuration["admin"]
    with callers(port, first.context) as (answered, troubles):
        await_answers(answered)
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            second = Gateway(folder, certificates, scripted_origin.url, rules_only(), changes)
            assert second.process.popen.wait(timeout=START_SECONDS) == 71
            assert "cannot listen at" in second.process.words
        await_answers(answered)
    assert not troubles, troubles[:3]


def test_a_user_without_rights_can_run_it(certificates, scripted_origin, tmp_path):
    """Options that only root may set on a socket would let nobody connect."""
    if os.geteuid() != 0:
        pytest.skip("the other tests run it so already")
    probe = subprocess.run(["setpriv", "--help"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("setpriv is not installed (Debian: util-linux)")
    gateway = configured(tmp_path, certificates, scripted_origin.url, {"audit": {"path": "-"}})
    service = subprocess.Popen(
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all", str(BINARY), "serve", "--config", str(gateway.file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=open(Path(tmp_path) / "service.err", "ab"),
    )
    try:
        limit = time.monotonic() + 120
        while time.monotonic() < limit and service.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", gateway.port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        assert gateway.ask("hello").text == "You said: hello"
    finally:
        service.terminate()
        service.wait(timeout=60)
