"""A guard model behind llama.cpp's own server. Runs where LLAMA_SERVER names its binary: see examples/engines/README.md."""

import time

import pytest

from harness import MODEL
from llama import SERVER, LlamaServer
from test_engines import count, engine, policy

pytestmark = pytest.mark.skipif(not SERVER, reason="LLAMA_SERVER names no llama-server of llama.cpp")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("llama")


@pytest.fixture(scope="module")
def server(folder):
    server = LlamaServer(folder).await_ready()
    yield server
    server.close()


@pytest.fixture
def replicas(folder):
    """Two that a test may do anything to."""
    servers = [LlamaServer(folder), LlamaServer(folder)]
    yield [server.await_ready() for server in servers]
    for each in servers:
        each.close()


def guarded(*servers, **more):
    """Judged by the servers alone, with time enough for a busy machine."""
    made = {**engine(*servers, name="small", model="small", timeout="60s"), **more}
    return {"engines": [made], "judge": {"engines": ["small"]}}


def calls(gateway, result, name="small"):
    return count(gateway, "guardian_engine_calls_total", engine=name, result=result)


def test_what_the_model_says_is_the_verdict(start_gateway, scripted_origin, origin, server):
    """What the model makes of a text is its own: the decision is what follows from the record's score, and scores differ."""
    gateway = start_gateway(scripted_origin.url, policy(), guarded(server))
    for text in ("How is onion soup made?", "Where do swallows fly in winter?"):
        answer = gateway.ask(text)
        record = gateway.record(answer)
        assert answer.status == 200, answer
        score = record["input"]["scores"]["weapons"]
        assert 0 <= score <= 1 and answer.decision == ("block" if score >= 0.5 else "allow"), record
    assert calls(gateway, "scored") == 2
    assert count(gateway, "guardian_engine_calls_total", engine="small") == 2


def test_free_words_are_a_verdict_or_a_failure(start_gateway, scripted_origin, origin, folder):
    """Without a grammar the model writes as it likes: whatever that is, it is read as a verdict or counted as none."""
    free = LlamaServer(folder, grammar=None).await_ready()
    try:
        gateway = start_gateway(scripted_origin.url, policy(), guarded(free))
        answer = gateway.ask("How is onion soup made?")
        results = {name: calls(gateway, name) for name in ("scored", "unreadable", "contradiction")}
        assert sum(results.values()) == 1, gateway.metrics()
        assert answer.status == (200 if results["scored"] else 503), answer
    finally:
        free.close()


def test_words_that_are_no_verdict_are_a_failure(start_gateway, scripted_origin, origin, folder):
    chatty = LlamaServer(folder, grammar='root ::= "What a lovely question!"').await_ready()
    try:
        gateway = start_gateway(scripted_origin.url, policy(), guarded(chatty))
        answer = gateway.ask("How is onion soup made?")
        assert answer.status == 503 and calls(gateway, "unreadable") == 1
        assert gateway.record(answer)["input"]["failure"] == "failed"
        assert origin.bodies == []
    finally:
        chatty.close()


@pytest.mark.parametrize("template", ["llama_guard", "shieldgemma", "granite_guardian", "qwen3guard"])
def test_each_template_is_taken_by_the_server(start_gateway, scripted_origin, origin, folder, template):
    """A model that was not trained for a template may say anything: the server reads the question, and what it answers is read."""
    says = {
        "llama_guard": '"safe" | "unsafe\\nS9"',
        "shieldgemma": '"Yes" | "No"',
        "granite_guardian": '"<score> yes </score>" | "<score> no </score>"',
        "qwen3guard": '"Safety: Safe\\nCategories: None" | "Safety: Unsafe\\nCategories: Violent"',
    }
    asked = LlamaServer(folder, grammar=f"root ::= {says[template]}").await_ready()
    try:
        gateway = start_gateway(scripted_origin.url, policy(), guarded(asked, template=template, probabilities=False))
        answer = gateway.ask("How is onion soup made?")
        assert answer.status == 200 and calls(gateway, "scored") == 1, (answer, gateway.metrics())
    finally:
        asked.close()


def test_a_text_longer_than_the_models_context_is_not_passed_as_judged(start_gateway, scripted_origin, origin, server):
    gateway = start_gateway(scripted_origin.url, policy(), guarded(server, text_size="64KiB"))
    answer = gateway.ask("zebra quartz " * 4000)
    assert answer.status == 503 and calls(gateway, "status") == 1
    assert origin.bodies == []


def test_an_answer_behind_the_deadline_is_none(start_gateway, scripted_origin, origin, server):
    gateway = start_gateway(scripted_origin.url, policy(), guarded(server, timeout="1s"))
    server.halt()
    try:
        answer = gateway.ask("How is onion soup made?")
    finally:
        server.go_on()
    assert answer.status == 503 and gateway.record(answer)["input"]["failure"] == "deadline"
    assert calls(gateway, "deadline") == 1


def test_a_replica_that_is_killed_is_not_missed(start_gateway, scripted_origin, origin, replicas):
    first, second = replicas
    health = {"path": "/health", "interval": "1s", "timeout": "1s"}
    gateway = start_gateway(scripted_origin.url, policy("log"), guarded(first, second, health=health))
    assert gateway.ask("How is onion soup made?").status == 200
    first.kill()
    for number in range(4):
        answer = gateway.ask(f"How is soup number {number} made?")
        assert answer.status == 200 and gateway.record(answer)["input"].get("failure") is None
    assert calls(gateway, "scored") == 5
    limit = time.monotonic() + 60
    while count(gateway, "guardian_engine_server", engine="small", condition="down") != 1:
        assert time.monotonic() < limit, gateway.metrics()
        time.sleep(0.1)
    second.kill()
    answer = gateway.ask("How is tea made?")
    # The category logs, so that nobody is kept from an answer by it; that it was not judged is on record.
    assert answer.status == 200 and gateway.record(answer)["input"]["failure"] == "failed"


def test_a_replica_that_is_silent_is_hedged(start_gateway, scripted_origin, origin, replicas):
    first, second = replicas
    gateway = start_gateway(scripted_origin.url, policy(), guarded(first, second, hedge_after="300ms"))
    first.halt()
    for number in range(2):
        assert gateway.ask(f"How is soup number {number} made?").status == 200
    assert calls(gateway, "scored") == 2
    assert count(gateway, "guardian_engine_hedges_total", engine="small", result="won") >= 1


@pytest.mark.parametrize("rule", ["any", "all"])
def test_the_embedded_engine_and_the_server_judge_together(start_gateway, scripted_origin, origin, server, rule):
    changes = guarded(server)
    changes["judge"] = {"engines": ["embedded", "small"], "rule": rule}
    changes["model"] = {"file": str(MODEL)}
    gateway = start_gateway(scripted_origin.url, policy(), changes)
    answer = gateway.ask("How is onion soup made?")
    assert answer.status == 200 and gateway.record(answer)["model_digest"]
    for name in ("embedded", "small"):
        assert calls(gateway, "scored", name) == 1
