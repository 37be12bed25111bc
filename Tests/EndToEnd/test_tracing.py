"""Traces: what callers begin goes on, what the upstream is told, and what a real decoder of OpenTelemetry reads."""

import json
import re
import time

import pytest

from collector import Collector, attributes
from harness import free_port, run
from origin import LEAK
from policies import rules_only

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{CALLER}-01"
CLIENT, INTERNAL, SERVER = 3, 1, 2


@pytest.fixture
def collector():
    server = Collector()
    yield server
    server.close()


@pytest.fixture
def traced(start_gateway, scripted_origin, collector):
    """A gateway that sends its spans to the collector at once."""
    scripted_origin.forget()

    def start(**tracing):
        settings = {"endpoint": collector.endpoint, "interval": "50ms", **tracing}
        return start_gateway(scripted_origin.url, rules_only(), changes={"tracing": settings})

    return start


def ask(gateway, text, **headers):
    body = {"model": "echo", "messages": [{"role": "user", "content": text}]}
    return gateway.request(body=body, headers=headers)


def fields(head):
    return {name.lower(): value for name, value in head.items()}


def await_metric(gateway, line, seconds=30):
    limit = time.monotonic() + seconds
    while line not in gateway.metrics().splitlines():
        assert time.monotonic() < limit, f"{line} is not among the metrics"
        time.sleep(0.05)


def in_trace(spans, trace):
    return [span for span in spans if span.trace_id.hex() == trace]


def test_a_callers_trace_goes_on(traced, collector, scripted_origin):
    gateway = traced(service="gate")
    answer = ask(gateway, "hello", traceparent=PARENT, tracestate="congo=t61rcWkgMzE,rojo=1")
    record = gateway.record(answer)
    spans = collector.await_spans(lambda spans: len(in_trace(spans, TRACE)) >= 6)
    by_name = {span.name: span for span in spans}
    assert set(by_name) == {"POST /v1/chat/completions", "guard input", "guard output", "rules", "chat echo"}

    exchange, request = by_name["POST /v1/chat/completions"], by_name["chat echo"]
    assert exchange.parent_span_id.hex() == CALLER and exchange.kind == SERVER
    assert exchange.trace_state == "congo=t61rcWkgMzE,rojo=1"
    assert (record["trace_id"], record["span_id"]) == (TRACE, exchange.span_id.hex())
    # The upstream's part is a child of the request to it.
    sent = fields(scripted_origin.heads[-1][1])
    assert sent["traceparent"] == f"00-{TRACE}-{request.span_id.hex()}-01"
    assert sent["tracestate"] == "congo=t61rcWkgMzE,rojo=1"
    assert request.parent_span_id == exchange.span_id and request.kind == CLIENT
    for name in ("guard input", "guard output"):
        assert by_name[name].parent_span_id == exchange.span_id and by_name[name].kind == INTERNAL
    guards = {by_name["guard input"].span_id, by_name["guard output"].span_id}
    assert {span.parent_span_id for span in spans if span.name == "rules"} == guards
    # In order, and within the exchange.
    assert exchange.start_time_unix_nano <= by_name["guard input"].start_time_unix_nano
    assert by_name["guard input"].end_time_unix_nano <= request.start_time_unix_nano <= request.end_time_unix_nano
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)

    assert attributes(exchange)["http.response.status_code"] == 200
    assert attributes(exchange)["guardian.request_id"] == record["request_id"]
    generative = attributes(request)
    assert generative["gen_ai.operation.name"] == "chat" and generative["gen_ai.provider.name"] == "openai"
    assert generative["gen_ai.request.model"] == "echo"
    assert generative["gen_ai.usage.input_tokens"] == record["tokens"]["prompt"]
    assert generative["gen_ai.usage.output_tokens"] == record["tokens"]["completion"]
    resource = collector.requests[0].resource_spans[0].resource
    assert {"service.name", "service.instance.id"} <= set(attributes(resource))
    assert attributes(resource)["service.name"] == "gate"
    assert collector.heads[0][0] == "/v1/traces"
    assert fields(collector.heads[0][1])["content-type"] == "application/x-protobuf"


def test_a_block_is_traced_without_what_was_said(traced, collector):
    gateway = traced()
    record = gateway.record(ask(gateway, f"the {LEAK}, and marmalade"))
    spans = collector.await_spans(lambda spans: any(span.name == "safeguard" for span in spans))
    by_name = {span.name: span for span in spans}
    assert "chat echo" not in by_name
    assert attributes(by_name["guard input"])["guardian.action"] == "block"
    assert attributes(by_name["guard input"])["guardian.categories"] == ["cybercrime"]
    assert attributes(by_name["POST /v1/chat/completions"])["guardian.outcome"] == "safeguarded"
    # The trace began here.
    exchange = by_name["POST /v1/chat/completions"]
    assert exchange.parent_span_id == b"" and record["trace_id"] == exchange.trace_id.hex()
    sent = b"".join(request.SerializeToString() for request in collector.requests)
    assert b"marmalade" not in sent and b"zebra" not in sent


@pytest.mark.parametrize(
    "parent", ["", "nonsense", f"00-{'0' * 32}-{CALLER}-01", f"ff-{TRACE}-{CALLER}-01", f"{PARENT}, {PARENT}"]
)
def test_what_is_no_trace_begins_one(traced, collector, scripted_origin, parent):
    gateway = traced()
    record = gateway.record(ask(gateway, "hello", traceparent=parent, tracestate="a=b"))
    sent = fields(scripted_origin.heads[-1][1])
    assert re.fullmatch(f"00-{record['trace_id']}-[0-9a-f]{{16}}-01", sent["traceparent"])
    assert record["trace_id"] != TRACE and "tracestate" not in sent


def test_what_is_not_sampled_is_passed_on_and_not_sent(traced, collector, scripted_origin):
    gateway = traced(sample=0)
    gateway.record(ask(gateway, "hello"))
    assert fields(scripted_origin.heads[-1][1])["traceparent"].endswith("-00")
    gateway.record(ask(gateway, "hello", traceparent=PARENT[:-1] + "0"))
    # What the caller samples is, whatever the share.
    gateway.record(ask(gateway, "hello", traceparent=PARENT))
    spans = collector.await_spans(lambda spans: len(spans) >= 6)
    assert {span.trace_id.hex() for span in spans} == {TRACE}
    assert {span.parent_span_id.hex() for span in spans if span.kind == SERVER} == {CALLER}


def test_a_collector_that_is_away_holds_nobody_up(start_gateway, scripted_origin):
    port = free_port()
    settings = {"endpoint": f"http://127.0.0.1:{port}", "interval": "50ms"}
    gateway = start_gateway(scripted_origin.url, rules_only(), changes={"tracing": settings})
    assert ask(gateway, "hello", traceparent=PARENT).status == 200
    collector = Collector(port)
    collector.script = [503, 429]
    spans = collector.await_spans(lambda spans: len(spans) >= 6)
    assert len({span.span_id for span in spans}) == len(spans)
    assert [status for _, _, status in collector.heads][:3] == [503, 429, 200]
    await_metric(gateway, f'guardian_trace_spans_total{{state="exported"}} {len(spans)}')
    collector.close()


def test_the_last_spans_are_sent_at_the_end(traced, collector):
    gateway = traced(interval="24h")
    assert ask(gateway, "hello", traceparent=PARENT).status == 200
    gateway.close()
    assert len(in_trace(collector.spans, TRACE)) == 6


def test_a_full_queue_is_counted(traced, collector):
    gateway = traced(queue=1)
    assert ask(gateway, "hello").status == 200
    await_metric(gateway, 'guardian_trace_spans_total{state="dropped"} 6')


def test_without_tracing_the_fields_pass_as_they_came(gateway, origin):
    record = gateway.record(ask(gateway, "hello", traceparent=PARENT, tracestate="a=b"))
    sent = fields(origin.heads[-1][1])
    assert (sent["traceparent"], sent["tracestate"]) == (PARENT, "a=b")
    assert record["trace_id"] == TRACE and "span_id" not in record


def test_mistakes_in_the_configuration_are_named(tmp_path):
    file = tmp_path / "guardian.yaml"
    for tracing, words in [
        ({"endpoint": "collector:4318"}, "endpoint must be a URL"),
        ({"endpoint": "http://c:1", "sample": 2}, "sample must be a number from 0 to 1"),
        ({"endpoint": "http://c:1", "rate": 1}, "unknown key 'rate'"),
        ({}, "endpoint"),
    ]:
        file.write_text(json.dumps({"version": 1, "tracing": tracing}))
        result = run("doctor", "--config", file)
        assert result.returncode == 1 and words in result.stdout, (tracing, result.stdout)
