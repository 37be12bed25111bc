"""The audit log: its chain, whatever happens to the process that writes it, and the commands that read it."""

import gzip
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from harness import Gateway, run
from origin import LEAK
from policies import rules_only


@pytest.fixture
def start(tmp_path, certificates, scripted_origin):
    """Starts gateways that share one folder, so that one goes on with the file of the one before."""
    started = []

    def start(**audit):
        changes = {"audit": {"path": str(tmp_path / "audit.jsonl"), **audit}}
        gateway = Gateway(tmp_path, certificates, scripted_origin.url, rules_only(), changes)
        started.append(gateway)
        return gateway.await_ready()

    yield start
    for gateway in started:
        gateway.close()


@pytest.fixture
def keys(tmp_path):
    """A pair of Ed25519 keys."""
    return make_keys(tmp_path, "audit")


def make_keys(folder, name):
    """A pair of Ed25519 keys, as the reference says to make one."""
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    return private, public


def files(gateway):
    return sorted(gateway.folder.glob("audit.jsonl*"))


def report(paths, *more):
    result = run("audit", "verify", "--json", *more, *paths)
    return result.returncode, json.loads(result.stdout)


def lines_of(path):
    """Its lines; of a file in gzip those that another program reads in it."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines()


def records_written(gateway):
    return int(re.search(r'^guardian_audit_records_total\{state="written"\} (\d+)', gateway.metrics(), re.M)[1])


def check_chain(lines):
    """The reference's words, in other code: the hash of each line, and that the next one names it."""
    previous = "0" * 64
    for number, line in enumerate(lines, 1):
        chain = json.loads(line)["chain"]
        own = line[: line.rindex(b',"hash"')]
        assert (chain["seq"], chain["prev"]) == (number, previous)
        previous = hashlib.sha256(own).hexdigest()
        assert chain["hash"] == previous


def test_the_chain_is_what_the_reference_says(start):
    gateway = start()
    for number in range(5):
        gateway.ask(f"hello {number}")
    gateway.close()
    lines = gateway.audit_path.read_bytes().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["started", *["exchange"] * 5, "stopped"]
    check_chain(lines)
    status, found = report([gateway.audit_path])
    assert (status, found["lines"], found.get("problem")) == (0, 7, None)


def test_a_changed_line_is_named(start):
    gateway = start()
    for number in range(4):
        gateway.ask(f"hello {number}")
    gateway.close()
    lines = gateway.audit_path.read_text().splitlines(keepends=True)
    lines[2] = lines[2].replace('"status":200', '"status":201')
    changed = gateway.folder / "changed"
    changed.write_text("".join(lines))
    result = run("audit", "verify", changed)
    assert result.returncode == 65
    assert result.stderr.startswith(f"{changed}:3: broken: its bytes have the hash ")
    removed = gateway.folder / "removed"
    removed.write_text("".join(lines[:1] + lines[3:]))
    assert f"{removed}:2: broken: it is number 4; expected 2" in run("audit", "verify", removed).stderr


@pytest.mark.parametrize("compress", ["none", "gzip"])
def test_nothing_but_a_torn_end_is_lost_by_kill_9(start, keys, compress):
    """Killed again and again while it writes, and each time started on the same file."""
    private, public = keys
    settings = {"rotate": {"size": "20KiB", "keep": 1000, "compress": compress}, "signing_key": str(private), "checkpoint_every": 7}
    answered = set()
    told = []
    for _ in range(3):
        gateway = start(**settings)
        stop = threading.Event()

        def ask():
            while not stop.is_set():
                try:
                    answered.add(gateway.ask("the word is marmalade").headers["x-request-id"])
                except (OSError, http.client.HTTPException):
                    return

        threads = [threading.Thread(target=ask) for _ in range(3)]
        before = len(answered)
        for thread in threads:
            thread.start()
        limit = time.monotonic() + 60
        while len(answered) < before + 40 and time.monotonic() < limit:
            time.sleep(0.01)
        told.append(records_written(gateway))
        gateway.process.popen.send_signal(signal.SIGKILL)
        gateway.process.popen.wait()
        stop.set()
        for thread in threads:
            thread.join()
        # A kill seldom cuts a line; a power failure does.
        with open(gateway.audit_path, "ab") as file:
            file.write(b'{"event":"exchange","time":"2026-')
    gateway = start(**settings)
    gateway.ask("hello")
    if compress == "gzip":
        limit = time.monotonic() + 60
        while any(path.suffix != ".gz" for path in files(gateway)[1:]) and time.monotonic() < limit:
            time.sleep(0.05)
    gateway.close()

    assert [path.suffix == ".gz" for path in files(gateway)[1:]] == [compress == "gzip"] * (len(files(gateway)) - 1)
    assert not list(gateway.folder.glob("compressing-*"))
    status, found = report(files(gateway), "--public-key", public)
    assert status == 0, found
    assert found["chains"] == 1 and found["first"] == 1 and found["files"] > 3
    assert found["verified_checkpoints"] == found["checkpoints"] > 10
    lines = sorted(
        (line for path in files(gateway) for line in lines_of(path)),
        key=lambda line: json.loads(line)["chain"]["seq"],
    )
    check_chain(lines)
    records = [json.loads(line) for line in lines]
    torn = [record["torn"] for record in records if "torn" in record]
    assert len(torn) == 3
    for piece in torn:
        assert (gateway.folder / piece["file"]).stat().st_size == piece["bytes"]
    # What a process said that it had written is there, process by process; what it still had in its queue is lost.
    kept = []
    for record in records:
        if record["event"] == "started":
            kept.append(0)
        kept[-1] += record["event"] == "exchange"
    assert min(told) > 0 and all(has >= said for has, said in zip(kept, told)), (kept, told)


def test_a_forged_log_is_not_signed(start, keys):
    _, public = keys
    gateway = start()
    gateway.ask("hello")
    gateway.close()
    status, found = report([gateway.audit_path], "--public-key", public)
    assert status == 65 and found["problem"]["found"] == "no checkpoint is signed by a given key"


def test_a_log_whose_key_was_changed_is_checked_with_both(start, keys, tmp_path):
    pairs = [keys, make_keys(tmp_path, "next")]
    for private, _ in pairs:
        gateway = start(signing_key=str(private))
        gateway.ask("hello")
        gateway.close()
    for _, public in pairs:
        status, found = report([gateway.audit_path], "--public-key", public)
        assert status == 65 and found["problem"]["found"] == "the checkpoint's signature is that of no given key"
    both = [word for _, public in pairs for word in ("--public-key", public)]
    status, found = report([gateway.audit_path], *both)
    assert (status, found["verified_checkpoints"], found["unsigned"]) == (0, 2, 0)


def test_lines_that_a_killed_gateway_left_unsigned_are_told_of(start, keys):
    private, public = keys
    gateway = start(signing_key=str(private))
    gateway.record(gateway.ask("hello"))
    gateway.process.popen.send_signal(signal.SIGKILL)
    gateway.process.popen.wait()
    gateway = start(signing_key=str(private))
    gateway.close()
    told = run("audit", "verify", "--public-key", public, gateway.audit_path)
    assert told.returncode == 0 and "1 signatures checked, 0 lines after the last; " in told.stdout
    assert "no checkpoint speaks for 2 lines before a start of the gateway (it was killed, or others wrote them)" in told.stdout


def test_records_are_found(start):
    gateway = start()
    blocked = gateway.ask(f"the {LEAK}")
    gateway.ask("hello")
    gateway.close()
    query = run("audit", "query", gateway.audit_path, "--action", "block", "--category", "cybercrime", "--json")
    found = [json.loads(line) for line in query.stdout.splitlines()]
    assert [record["request_id"] for record in found] == [blocked.headers["x-request-id"]]
    assert found[0]["outcome"] == "safeguarded"
    text = run("audit", "query", gateway.audit_path, "--request-id", blocked.headers["x-request-id"]).stdout
    assert "input=block:cybercrime(block.fixed)" in text and text.endswith("1 of 2 records\n")
    assert run("audit", "query", gateway.audit_path, "--until", "2020-01-01").stdout == "0 of 2 records\n"
    for wrong in (("--since", "yesterday"), ("--category", "self-harm"), ("--action", "deny"), ("--limit", "0")):
        assert run("audit", "query", gateway.audit_path, *wrong).returncode == 64
    assert run("audit", "query", gateway.folder / "missing").returncode == 66


def test_a_file_moved_away_is_followed_by_another(start):
    gateway = start()
    gateway.ask("hello")
    moved = gateway.folder / "audit.jsonl.1"
    gateway.record(gateway.ask("hello"))
    gateway.audit_path.rename(moved)
    gateway.process.popen.send_signal(signal.SIGHUP)
    limit = time.monotonic() + 60
    while not gateway.audit_path.exists() and time.monotonic() < limit:
        time.sleep(0.05)
    gateway.record(gateway.ask("hello again"))
    gateway.close()
    status, found = report([moved, gateway.audit_path])
    assert (status, found["files"], found["lines"]) == (0, 2, 5)


def test_records_go_to_syslog(start, tmp_path):
    place = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(place)
        daemon.settimeout(60)
        gateway = start(path=None, syslog=place)
        answer = gateway.ask("hello")
        messages = [daemon.recv(65536).decode() for _ in range(2)]
    head, line = messages[1].split(" - ", 1)
    assert head.startswith("<110>1 ") and head.endswith(f" guardian {gateway.process.popen.pid} exchange")
    assert json.loads(line)["request_id"] == answer.headers["x-request-id"]


def test_what_cannot_be_recorded_is_refused_if_so_configured(start, tmp_path):
    """A pipe that nobody reads stands for a disk that takes no more."""
    place = tmp_path / "pipe"
    os.mkfifo(place)
    reader = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
    gateway = start(path=str(place), overflow="refuse", queue=2, content=True)
    refused = None
    for _ in range(50):
        answer = gateway.ask("hello " * 2000)
        if answer.status == 503:
            refused = answer
            break
    assert refused and refused.error["code"] == "audit_full"
    assert 'guardian_audit_records_total{state="refused"} ' in gateway.metrics()
    # Once the records are taken, requests are served again.
    received = b""
    limit = time.monotonic() + 60
    status = 503
    while status != 200 and time.monotonic() < limit:
        try:
            received += os.read(reader, 1 << 20)
        except BlockingIOError:
            pass
        status = gateway.ask("hello").status
    assert status == 200

    def drain():
        while os.read(reader, 1 << 20):
            pass

    os.set_blocking(reader, True)
    drainer = threading.Thread(target=drain)
    drainer.start()
    gateway.close()
    drainer.join()
    os.close(reader)


def test_two_gateways_do_not_share_a_file(start, tmp_path, certificates, scripted_origin):
    gateway = start()
    folder = tmp_path / "second"
    folder.mkdir()
    second = Gateway(
        folder, certificates, scripted_origin.url, rules_only(), {"audit": {"path": str(gateway.audit_path)}}
    )
    assert second.process.popen.wait(timeout=180) == 71
    assert "another process writes to the audit file" in second.process.words
