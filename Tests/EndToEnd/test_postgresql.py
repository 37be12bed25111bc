"""Decisions in PostgreSQL: on a server where the tests are given one and the binary is built for it (make postgresql); elsewhere
the binary says what it wants."""

import json
import os
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from harness import Gateway, run
from origin import LEAK
from policies import rules_only

SERVER = os.environ.get("GUARDIAN_TEST_POSTGRESQL")


def decisions(gateway, count):
    """The decisions as the dashboard reads them, once there are so many."""
    limit = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(f"{gateway.admin}/api/decisions", timeout=10) as answer:
            found = json.load(answer)["decisions"]
        if len(found) >= count:
            return found
        assert time.monotonic() < limit, f"{len(found)} decisions, not {count}"
        time.sleep(0.1)


def test_decisions_are_kept_for_the_next_process_or_the_binary_says_why_not(tmp_path, certificates, origin):
    if SERVER is None:
        says_what_it_wants(tmp_path, certificates, origin)
        return
    seen = []
    for _ in range(2):
        changes = {"store": {"postgresql": SERVER}}
        gateway = Gateway(tmp_path, certificates, origin.url, rules_only(), changes).await_ready()
        try:
            assert gateway.ask("hello").status == 200
            seen.append(gateway.ask(f"the {LEAK}").headers["x-request-id"])
            found = decisions(gateway, 2 * len(seen))
        finally:
            gateway.close()
        assert set(seen) <= {decision["request_id"] for decision in found}
        block = next(decision for decision in found if decision["request_id"] == seen[-1])
        assert (block["input"], block["categories"]) == ("block", ["cybercrime"])


def says_what_it_wants(tmp_path, certificates, origin):
    changes = {"store": {"postgresql": "host=db password=marmalade"}}
    gateway = Gateway(tmp_path, certificates, origin.url, rules_only(), changes)
    assert gateway.process.popen.wait(timeout=180) == 71
    assert "--traits PostgreSQL" in gateway.process.words and "marmalade" not in gateway.process.words


def keepalive(server_port):
    """Seconds until the system asks the server at a port whether it is still there; None where it does not ask."""
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        kind, ticks = fields[5].split(":")
        if fields[2].endswith(f":{server_port:04X}") and kind == "02":
            return int(ticks, 16) / os.sysconf("SC_CLK_TCK")
    return None


@pytest.mark.skipif(SERVER is None, reason="the binary is built without PostgreSQL (make postgresql builds it with)")
@pytest.mark.parametrize("own, earliest, latest", [("", 0, 10), (" keepalives_idle=100", 10, 100)])
def test_the_system_asks_a_silent_server_whether_it_is_there(tmp_path, certificates, origin, own, earliest, latest):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        address = f"host=127.0.0.1 port={port} user=u sslmode=disable gssencmode=disable{own}"
        gateway = Gateway(tmp_path, certificates, origin.url, rules_only(), {"store": {"postgresql": address}})
        try:
            server.settimeout(180)
            connection, _ = server.accept()
            with connection:
                assert connection.recv(1)
                limit = time.monotonic() + 4
                while (seconds := keepalive(port)) is None and time.monotonic() < limit:
                    time.sleep(0.05)
        finally:
            gateway.close()
        assert seconds is not None and earliest < seconds <= latest


def test_one_place_is_named(tmp_path):
    file = tmp_path / "guardian.yaml"
    file.write_text(json.dumps({"version": 1, "store": {"postgresql": "host=db", "path": "a.sqlite"}}))
    assert "both 'path' and 'postgresql'" in run("doctor", "--config", file).stdout
