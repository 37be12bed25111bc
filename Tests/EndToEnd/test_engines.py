"""Engines besides the embedded one: guard models behind servers of OpenAI's API, alone and with others."""

import json
import re

import pytest

from engines import EngineServer
from harness import run

MISBEHAVIOURS = {
    "garbage": "unreadable",
    "chats": "unreadable",
    "lies": "contradiction",
    "breaks": "status",
    "hangs_up": "unreachable",
    "speaks_no_http": "unreadable",
    "stalls": "deadline",
    "floods": "unreadable",
}


def policy(action="block", **more):
    """One category, judged by whatever engine there is."""
    category = {"threshold": 0.5, "action": action, **more}
    if action == "block":
        category["response"] = "template"
    phase = {"others": "ignore", "categories": {"weapons": category}}
    return {"version": 1, "name": "engines", "mode": "enforce", "input": phase, "output": "ignore"}


@pytest.fixture(scope="module")
def servers():
    servers = [EngineServer(), EngineServer()]
    yield servers
    for server in servers:
        server.close()


@pytest.fixture
def first(servers):
    for server in servers:
        server.forget()
    return servers[0]


@pytest.fixture
def second(first, servers):
    return servers[1]


def engine(*servers, name="big", template="instruction", **more):
    return {
        "name": name,
        "template": template,
        "model": "a-guard-model",
        "servers": [{"url": server.url} for server in servers],
        "timeout": "2s",
        **more,
    }


@pytest.fixture(scope="module")
def alone(start_gateway, scripted_origin, servers):
    """Judged by a remote engine only, of one server."""
    changes = {"engines": [engine(servers[0])], "judge": {"engines": ["big"]}}
    return start_gateway(scripted_origin.url, policy(), changes)


def count(gateway, metric, **labels):
    total = 0
    for line in gateway.metrics().splitlines():
        found = re.fullmatch(rf"{metric}(?:{{(.*)}})? (\S+)", line)
        if found and all(f'{name}="{value}"' in (found[1] or "") for name, value in labels.items()):
            total += float(found[2])
    return total


def test_a_remote_engine_judges_alone(alone, origin, first):
    assert alone.ask("Tell me of mauve things.").decision == "block"
    assert origin.bodies == []
    answer = alone.ask("Tell me of green things.")
    assert (answer.status, answer.decision) == (200, "allow")
    assert "model_digest" not in alone.record(answer) or alone.record(answer)["model_digest"] is None
    path, headers, request = first.requests[-1]
    assert path == "/v1/chat/completions" and request["model"] == "a-guard-model"
    assert request["temperature"] == 0 and "green things" in request["messages"][-1]["content"]
    assert count(alone, "guardian_engine_calls_total", engine="big", result="scored") >= 2


@pytest.mark.parametrize("mood", MISBEHAVIOURS)
def test_an_engine_that_misbehaves_gives_no_verdict(alone, origin, first, mood):
    first.mood = mood
    before = count(alone, "guardian_engine_calls_total", engine="big", result=MISBEHAVIOURS[mood])
    answer = alone.ask(f"Tell me of {mood} things.")
    # The category blocks, so that it fails closed: not judged is not passed on, and is not called harmful either.
    assert answer.status == 503, answer
    assert origin.bodies == []
    record = alone.record(answer)
    assert {finding["source"] for finding in record["input"]["findings"]} == {"failure"}
    assert record["input"]["failure"] in ("failed", "deadline")
    assert count(alone, "guardian_engine_calls_total", engine="big", result=MISBEHAVIOURS[mood]) == before + 1
    first.forget()
    assert alone.ask(f"Tell me of {mood} things.").status == 200


@pytest.mark.parametrize("mood", ["garbage", "stalls"])
def test_a_category_that_logs_fails_open(start_gateway, scripted_origin, origin, first, mood):
    changes = {"engines": [engine(first, timeout="500ms")], "judge": {"engines": ["big"]}}
    gateway = start_gateway(scripted_origin.url, policy("log"), changes)
    first.mood = mood
    answer = gateway.ask("Tell me of mauve things.")
    assert (answer.status, answer.decision) == (200, "allow")
    assert gateway.record(answer)["input"]["failure"] in ("failed", "deadline")
    assert count(gateway, "guardian_model_failures_total", phase="input") == 1
    first.forget()
    assert gateway.ask("Tell me of mauve things.").decision == "log"


def test_an_engine_that_is_away_gives_no_verdict(start_gateway, scripted_origin, origin):
    away = {**engine(), "servers": [{"url": "http://127.0.0.1:9"}]}
    gateway = start_gateway(scripted_origin.url, policy(), {"engines": [away], "judge": {"engines": ["big"]}})
    assert gateway.ask("Hello.").status == 503
    assert count(gateway, "guardian_engine_calls_total", engine="big", result="unreachable") == 1


TEMPLATES = {
    "llama_guard": ("/v1/completions", "\n\nunsafe\nS9", "\n\nsafe"),
    "shieldgemma": ("/v1/completions", "Yes", "No"),
    "granite_guardian": ("/v1/chat/completions", "<score> yes </score>", "<score> no </score>"),
    "qwen3guard": ("/v1/chat/completions", "Safety: Unsafe\nCategories: Violent", "Safety: Safe\nCategories: None"),
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_guard_model_is_asked_in_its_own_form(start_gateway, scripted_origin, origin, first, template):
    path, *first.words = TEMPLATES[template]
    changes = {"engines": [engine(first, template=template)], "judge": {"engines": ["big"]}}
    rules = policy()
    rules["input"] = {"others": "ignore", "overall": {"threshold": 0.5, "action": "block", "response": "template"}}
    gateway = start_gateway(scripted_origin.url, rules, changes)
    assert gateway.ask("Tell me of mauve things.").decision == "block"
    assert gateway.ask("Tell me of green things.").decision == "allow"
    assert {asked for asked, _, _ in first.requests} == {path}


@pytest.mark.parametrize("rule, decision", [("any", "block"), ("all", "allow"), ("weighted", "block")])
def test_engines_are_asked_together(start_gateway, scripted_origin, origin, first, second, rule, decision):
    second.words = ("safe", "safe")
    voices = ["big", "other"] if rule != "weighted" else [{"name": "big", "weight": 3}, {"name": "other", "weight": 1}]
    changes = {
        "engines": [engine(first), engine(second, name="other")],
        "judge": {"engines": voices, "rule": rule},
    }
    gateway = start_gateway(scripted_origin.url, policy(), changes)
    assert gateway.ask("Tell me of mauve things.").decision == decision
    assert first.requests and second.requests
    # Where one fails, what the other says can be enough, or not.
    second.mood = "breaks"
    answer = gateway.ask("Tell me more of mauve things.")
    assert (answer.decision, answer.status) == (("block", 503) if rule == "all" else ("block", 200))
    answer = gateway.ask("Tell me of green things.")
    assert answer.status == (503 if rule == "any" else 200)


def test_the_embedded_engine_judges_beside_others(start_gateway, scripted_origin, origin, first):
    changes = {"engines": [engine(first)], "judge": {"engines": ["embedded", "big"], "rule": "any"}}
    gateway = start_gateway(scripted_origin.url, policy(), changes)
    assert gateway.ask("Tell me of mauve things.").decision == "block"
    answer = gateway.ask("Tell me how soup is made.")
    assert answer.decision == "allow" and gateway.record(answer)["model_digest"]
    for name in ("embedded", "big"):
        assert count(gateway, "guardian_engine_calls_total", engine=name, result="scored") == 2


def test_a_second_server_is_asked_when_the_first_takes_long(start_gateway, scripted_origin, origin, first, second):
    changes = {"engines": [engine(first, second, hedge_after="50ms", timeout="30s")], "judge": {"engines": ["big"]}}
    gateway = start_gateway(scripted_origin.url, policy(), changes)
    first.mood = "stalls"
    for number in range(4):
        assert gateway.ask(f"Tell me of green things {number}.").decision == "allow"
    # The servers take turns, so that the one that stalls was asked.
    assert first.requests and len(second.requests) == 4
    assert count(gateway, "guardian_engine_hedges_total", engine="big", result="won") >= 1
    assert count(gateway, "guardian_engine_server", engine="big", condition="up") == 2


def test_a_server_that_fails_is_passed_over(start_gateway, scripted_origin, origin, first, second):
    changes = {"engines": [engine(first, second)], "judge": {"engines": ["big"]}}
    gateway = start_gateway(scripted_origin.url, policy(), changes)
    first.mood = "breaks"
    for number in range(8):
        assert gateway.ask(f"Tell me of green things {number}.").decision == "allow"
    assert first.requests and len(second.requests) == 8


def test_a_key_that_is_not_there_is_told(tmp_path, first, alone):
    changes = {
        "engines": [engine(first, authorization_env="NO_SUCH_KEY_HERE")],
        "judge": {"engines": ["big"]},
    }
    file = tmp_path / "guardian.yaml"
    file.write_text(json.dumps({**alone.configuration, **changes}))
    ended = run("serve", "--config", file)
    assert ended.returncode == 78 and "NO_SUCH_KEY_HERE is not set" in ended.stderr
