"""The audit log sent to an OpenTelemetry collector, read with OpenTelemetry's own messages."""

import json
import re
import time

import pytest

from collector import Collector, attributes
from harness import free_port, run
from origin import LEAK
from policies import rules_only

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def collector():
    server = Collector()
    yield server
    server.close()


@pytest.fixture
def logged(start_gateway, scripted_origin):
    """A gateway whose audit log goes to a collector."""

    def start(endpoint, otlp=None, **audit):
        settings = {"path": None, "otlp": {"endpoint": endpoint, **(otlp or {})}, **audit}
        return start_gateway(scripted_origin.url, rules_only(), changes={"audit": settings})

    return start


def count(gateway, state):
    found = re.search(rf'^guardian_audit_records_total\{{state="{state}"\}} (\d+)', gateway.metrics(), re.M)
    return int(found[1]) if found else 0


def await_count(gateway, state, number, seconds=60):
    limit = time.monotonic() + seconds
    while count(gateway, state) != number:
        assert time.monotonic() < limit, f"{count(gateway, state)} {state}, not {number}"
        time.sleep(0.05)


def verify(tmp_path, records):
    """What audit verify says of the lines that the collector got."""
    file = tmp_path / "collected.jsonl"
    file.write_text("".join(record.body.string_value + "\n" for record in records))
    result = run("audit", "verify", "--json", file)
    return result.returncode, json.loads(result.stdout)


def count_events(records, event):
    return sum(record.event_name == f"guardian.audit.{event}" for record in records)


def test_each_line_is_a_log_record(logged, collector, tmp_path):
    gateway = logged(collector.log_endpoint, otlp={"service": "gate"})
    answer = gateway.request(
        body={"model": "echo", "messages": [{"role": "user", "content": f"the {LEAK}, and marmalade"}]},
        headers={"traceparent": PARENT},
    )
    assert gateway.ask("hello").status == 200
    await_count(gateway, "written", 2)
    gateway.close()
    records = collector.await_log_records(4)
    assert [record.event_name.removeprefix("guardian.audit.") for record in records] == [
        "started", "exchange", "exchange", "stopped",
    ]
    block = records[1]
    line = json.loads(block.body.string_value)
    assert line["input"]["action"] == "block" and line["request_id"] == answer.headers["x-request-id"]
    assert attributes(block) == {"guardian.request_id": line["request_id"]}
    assert block.trace_id.hex() == line["trace_id"] == PARENT.split("-")[1]
    assert (block.severity_number, block.severity_text) == (9, "INFO")
    assert abs(block.time_unix_nano / 1e9 - time.time()) < 600
    assert block.observed_time_unix_nano == block.time_unix_nano
    resource = collector.log_requests[0].resource_logs[0].resource
    assert attributes(resource)["service.name"] == "gate"
    assert collector.heads[0][0] == "/v1/logs"
    sent = b"".join(request.SerializeToString() for request in collector.log_requests)
    assert b"marmalade" not in sent
    status, report = verify(tmp_path, records)
    assert (status, report["lines"], report.get("problem")) == (0, 4, None)


def test_a_collector_that_comes_later_gets_every_line(logged, tmp_path):
    port = free_port()
    gateway = logged(f"http://127.0.0.1:{port}")
    for number in range(20):
        assert gateway.ask(f"hello {number}").status == 200
    assert count(gateway, "written") == 0
    collector = Collector(port)
    collector.script = [503, 429, 502, 504]
    await_count(gateway, "written", 20)
    assert [status for _, _, status in collector.heads][:5] == [503, 429, 502, 504, 200]
    gateway.close()
    records = collector.await_log_records(22)
    assert (count_events(records, "exchange"), len(records)) == (20, 22)
    # What waited went together.
    assert len(collector.log_requests) < 10
    status, report = verify(tmp_path, records)
    assert (status, report["lines"]) == (0, 22)
    collector.close()


def test_a_full_queue_is_counted_and_told_of(logged, tmp_path):
    port = free_port()
    gateway = logged(f"http://127.0.0.1:{port}", queue=3)
    for number in range(10):
        assert gateway.ask(f"hello {number}").status == 200
    # The thread may hold as many as may wait; the first line, which waits before them, holds it.
    await_count(gateway, "dropped", 7)
    collector = Collector(port)
    await_count(gateway, "written", 3)
    gateway.close()
    records = collector.await_log_records(6)
    assert count_events(records, "exchange") == 3
    lost = next(record for record in records if record.event_name == "guardian.audit.lost")
    assert json.loads(lost.body.string_value)["records"] == 7 and lost.severity_text == "WARN"
    assert verify(tmp_path, records)[0] == 0
    collector.close()


def test_nothing_goes_on_that_cannot_be_recorded(logged):
    port = free_port()
    gateway = logged(f"http://127.0.0.1:{port}", queue=2, overflow="refuse")
    assert [gateway.ask("hello").status for _ in range(4)] == [200, 200, 503, 503]
    assert count(gateway, "refused") == 2
    collector = Collector(port)
    await_count(gateway, "written", 2)
    assert gateway.ask("hello").status == 200
    await_count(gateway, "written", 3)
    assert count(gateway, "failed") == 0 and count(gateway, "dropped") == 0
    collector.close()


@pytest.mark.parametrize("overflow, status", [("drop", 400), ("refuse", 400), ("refuse", 413)])
def test_what_the_collector_never_takes_is_counted(logged, collector, overflow, status):
    gateway = logged(collector.log_endpoint, overflow=overflow)
    collector.await_log_records(1)
    collector.script = [status]
    gateway.ask("hello")
    await_count(gateway, "failed", 1)
    gateway.ask("hello")
    await_count(gateway, "written", 1)
    # The log's line about what was lost goes first.
    assert [record.event_name.removeprefix("guardian.audit.") for record in collector.log_records] == [
        "started", "lost", "exchange",
    ]
    collector.rejections = [1]
    gateway.ask("hello")
    await_count(gateway, "failed", 2)
    gateway.close()
    assert count_events(collector.log_records, "lost") == 2


def test_a_collector_that_is_away_does_not_keep_the_gateway_from_stopping(logged):
    gateway = logged(f"http://127.0.0.1:{free_port()}")
    assert gateway.ask("hello").status == 200
    begin = time.monotonic()
    assert gateway.close() == 0
    assert time.monotonic() - begin < 50


def test_the_collector_is_diagnosed(tmp_path, collector):
    file = tmp_path / "guardian.yaml"
    for endpoint, verdict in [(collector.log_endpoint, "ok"), (f"http://127.0.0.1:{free_port()}", "warning")]:
        file.write_text(
            json.dumps(
                {
                    "version": 1,
                    "listen": {"address": "127.0.0.1:0", "tls": "off"},
                    "upstream": {"url": "http://127.0.0.1:1"},
                    "policy": "none.yaml",
                    "model": {"file": "none.slm"},
                    "audit": {"otlp": {"endpoint": endpoint}},
                }
            )
        )
        checks = json.loads(run("doctor", "--json", "--config", file).stdout)["checks"]
        checks = {check["subject"]: check for check in checks}
        assert checks["audit.otlp"]["verdict"] == verdict
    assert collector.log_records == []
