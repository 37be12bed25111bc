"""Policies that change while the gateway runs, others that are tried beside it, and what is hidden from the LLM."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from harness import openai_client, run
from origin import LEAK
from policies import FIXED, rule, rules_only

OTHER = "the word is tangerine kayak"


def eventually(holds, seconds=30):
    """Waits until `holds()` is true, and returns what it gave."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came to hold")


def metric(gateway, name):
    """The sum of a metric over all its labels that `name` does not fix."""
    found = re.findall(rf"^{re.escape(name)}[^ ]* ([0-9.e+]+)$", gateway.metrics(), re.M)
    return sum(map(float, found))


def write(gateway, policy):
    """Puts another policy in place at once, as a careful operator does."""
    path = gateway.folder / "policy.yaml"
    partial = path.with_suffix(".partial")
    partial.write_text(policy if isinstance(policy, str) else json.dumps(policy).replace('"ignore"', "ignore"))
    os.replace(partial, path)


def with_rule(*more, **changes):
    policy = rules_only()
    policy["rules"] += more
    return {**policy, **changes}


@pytest.fixture
def changing(start_gateway, origin):
    """A gateway of its own, whose policy the test may change."""
    return start_gateway(origin.url, rules_only())


def test_a_changed_policy_comes_into_force_without_a_restart(changing):
    before = changing.ask(OTHER)
    assert before.decision == "allow"
    write(changing, with_rule(rule("block.new", "tangerine kayak", "block", response={"fixed": "No kayaks."})))
    answer = eventually(lambda: (a := changing.ask(OTHER)).decision == "block" and a)
    assert answer.text == "No kayaks."
    first, second = (changing.record(a)["policy"]["digest"] for a in (before, answer))
    assert first != second, "the record does not tell which policy decided"
    assert metric(changing, 'guardian_reloads_total{what="policy",result="succeeded"') == 1


def test_a_hangup_signal_reloads_at_once(changing):
    write(changing, with_rule(rule("block.new", "tangerine kayak", "block", response={"fixed": "No kayaks."})))
    changing.process.popen.send_signal(signal.SIGHUP)
    eventually(lambda: changing.ask(OTHER).decision == "block")


def test_a_broken_policy_leaves_the_last_good_one_in_force_and_says_so(changing):
    digest = changing.record(changing.ask("hello"))["policy"]["digest"]
    write(changing, "version: 1\nname: broken\ninputs: ignore\n")
    eventually(lambda: metric(changing, "guardian_policy_stale") == 1)
    answer = changing.ask(f"the {LEAK}")
    assert (answer.decision, answer.text) == ("block", FIXED)
    assert changing.record(answer)["policy"]["digest"] == digest
    assert "policy.yaml:3:1" in changing.process.words and "inputs" in changing.process.words
    write(changing, with_rule())
    eventually(lambda: metric(changing, "guardian_policy_stale") == 0)


def test_a_request_in_flight_keeps_the_policy_it_began_with(changing, origin):
    with openai_client(changing) as client:
        stream = client.chat.completions.create(
            model="waits", messages=[{"role": "user", "content": "Go on."}], stream=True
        )
        chunks = [next(stream)]
        write(changing, with_rule(rule("block.rest", "that is all", "block", response={"fixed": "Cut."})))
        eventually(lambda: changing.ask("that is all").decision == "block")
        origin.go_on.set()
        chunks += list(stream)
    words = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert words.endswith("And that is all.")


def test_a_candidate_decides_beside_the_policy_and_never_acts(start_gateway, origin, tmp_path):
    candidate = tmp_path / "candidate.yaml"
    policy = with_rule(rule("block.new", "tangerine kayak", "block", response={"fixed": "No."}), name="next")
    candidate.write_text(json.dumps(policy).replace('"ignore"', "ignore"))
    gateway = start_gateway(origin.url, rules_only(), changes={"candidate": str(candidate)})
    answer = gateway.ask(OTHER)
    assert (answer.decision, answer.text) == ("allow", f"You said: {OTHER}")
    record = gateway.record(answer)
    assert record["input"]["action"] == "allow"
    assert record["candidate"]["policy"]["name"] == "next"
    assert record["candidate"]["input"]["action"] == "block"
    eventually(lambda: metric(gateway, "guardian_candidate_decisions_total") > 0)
    same = gateway.record(gateway.ask("hello"))
    assert same["candidate"]["input"]["action"] == "allow"


def test_recorded_traffic_is_decided_again_by_another_policy(start_gateway, origin, tmp_path):
    gateway = start_gateway(origin.url, rules_only(), changes={"audit": {"content": True}})
    changed, same = gateway.ask(OTHER), gateway.ask(f"the {LEAK}")
    for answer in (changed, same):
        gateway.record(answer)
    path = tmp_path / "next.yaml"
    policy = with_rule(rule("block.new", "tangerine kayak", "block", response={"fixed": "No."}))
    path.write_text(json.dumps(policy).replace('"ignore"', "ignore"))
    done = run("policy", "replay", gateway.audit_path, "--policy", path, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    moved = [
        (change["request"], change["before"], change["after"])
        for change in report["changes"]
        if change["phase"] == "input"
    ]
    assert moved == [(changed.headers["x-request-id"], "allow", "block")]


def test_a_log_of_sealed_texts_is_decided_again_from_what_matched_then(start_gateway, origin, tmp_path):
    pair = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", tmp_path / "reader.key"]
    certificate = tmp_path / "reader.pem"
    command = ["openssl", "req", "-x509", *pair, "-out", certificate, "-subj", "/CN=reader"]
    subprocess.run(command, check=True, capture_output=True)
    audit = {"content": True, "content_certificate": str(certificate)}
    gateway = start_gateway(origin.url, rules_only(), changes={"audit": audit})
    blocked, same = gateway.ask(f"the {LEAK}"), gateway.ask("hello")
    assert all(list(gateway.record(answer)["content"]) == ["sealed"] for answer in (blocked, same))
    path = tmp_path / "next.yaml"
    policy = rules_only()
    policy["rules"][0] = rule("block.fixed", LEAK, "log")
    path.write_text(json.dumps(policy).replace('"ignore"', "ignore"))
    done = run("policy", "replay", gateway.audit_path, "--policy", path, "--json")
    assert done.returncode == 0, done.stderr
    changes = [(change["request"], change["before"], change["after"]) for change in json.loads(done.stdout)["changes"]]
    assert changes == [(blocked.headers["x-request-id"], "block", "log")]


def test_what_the_model_could_not_judge_is_not_decided_again(tmp_path):
    phase = {"action": "allow", "findings": [], "scores": {"harm": 0, "hate": 0}}
    lines = [
        {"event": "exchange", "request_id": "r1", "input": phase},
        {"event": "exchange", "request_id": "r2", "input": {**phase, "failure": "overloaded"}},
    ]
    log, policy = tmp_path / "audit.jsonl", tmp_path / "policy.yaml"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    policy.write_text(json.dumps(rules_only()).replace('"ignore"', "ignore"))
    done = run("policy", "replay", log, "--policy", policy, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["judged"], report["undecided"], report["changed"]) == (1, 1, 0)


MASKS = [
    rule(
        "mask.ticket",
        {"regex": [r"\bticket-\d{4}\b"]},
        "rewrite",
        category="privacy",
        phases=["input"],
        rewrite={"mask": "[ticket]"},
    )
]


@pytest.fixture(scope="module")
def masking(start_gateway, scripted_origin):
    policy = rules_only()
    policy["rules"] = [one for one in policy["rules"] if one["id"] != "redact.ticket"] + MASKS
    return start_gateway(scripted_origin.url, policy)


@pytest.mark.parametrize("stream", [False, True])
def test_masked_words_never_reach_the_llm_and_come_back_in_the_answer(masking, origin, stream):
    answer = masking.ask("ticket-1111 and ticket-2222, then ticket-1111", stream=stream)
    assert origin.last["messages"][0]["content"] == "[ticket-1] and [ticket-2], then [ticket-1]"
    assert b"1111" not in origin.bodies[-1] and b"2222" not in origin.bodies[-1]
    assert answer.text == "You said: ticket-1111 and ticket-2222, then ticket-1111"


def test_one_caller_s_masks_do_not_come_back_to_another(masking, origin):
    masking.ask("ticket-1111")
    assert masking.ask("Repeat [ticket-1].").text == "You said: Repeat [ticket-1]."


@pytest.fixture(scope="module")
def overriding(start_gateway, scripted_origin):
    block = rule("block.new", "tangerine kayak", "block", response={"fixed": "No kayaks."}, tags=["boats"])
    policy = with_rule(
        block,
        overrides=[
            {"name": "boats", "when": {"model": "boat-*"}, "then": {"exclude": {"rules": ["boats"]}}},
            {"name": "completions", "when": {"route": "openai.completions"}, "then": {"mode": "shadow"}},
            {"name": "crew", "when": {"tenant": "crew"}, "then": {"exclude": {"rules": ["block.new"]}}},
        ],
    )
    return start_gateway(scripted_origin.url, policy, changes={"tenant_header": "x-tenant", "callers": {"trusted_peers": ["127.0.0.1"]}})


def test_an_override_holds_for_the_model_it_names_and_no_other(overriding):
    assert overriding.ask(OTHER).decision == "block"
    assert overriding.ask(OTHER, model="boat-7").decision == "allow"
    assert overriding.ask(f"the {LEAK}", model="boat-7").decision == "block"


def test_an_override_holds_for_a_route(overriding):
    body = {"model": "echo", "prompt": OTHER}
    answer = overriding.request("/v1/completions", body)
    assert "tangerine kayak" in answer.json["choices"][0]["text"]
    assert overriding.record(answer)["input"]["action"] == "block", "shadow mode records what it would do"


def test_an_override_holds_for_recorded_traffic_as_it_did_then(start_gateway, origin):
    policy = with_rule(
        rule("block.new", "tangerine kayak", "block", response={"fixed": "No kayaks."}),
        overrides=[
            {"name": "crew", "when": {"tenant": "crew"}, "then": {"exclude": {"rules": ["block.new"]}}},
            {"name": "chat", "when": {"route": "/v1/chat/*"}, "then": {"exclude": {"rules": ["block.fixed"]}}},
        ],
    )
    changes = {"tenant_header": "x-tenant", "callers": {"trusted_peers": ["127.0.0.1"]}, "audit": {"content": True}}
    gateway = start_gateway(origin.url, policy, changes=changes)
    body = {"model": "echo", "messages": [{"role": "user", "content": OTHER}]}
    answers = {
        "tenant": gateway.request(body=body, headers={"x-tenant": "crew"}),
        "no tenant": gateway.request(body=body),
        "path": gateway.ask(f"the {LEAK}"),
        "other path": gateway.request("/v1/completions", {"model": "echo", "prompt": f"the {LEAK}"}),
    }
    actions = {name: gateway.record(answer)["input"]["action"] for name, answer in answers.items()}
    assert actions == {"tenant": "allow", "no tenant": "block", "path": "allow", "other path": "block"}
    done = run("policy", "replay", gateway.audit_path, "--policy", gateway.folder / "policy.yaml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["changed"] == 0


def test_explain_names_the_overrides_that_fit(overriding):
    policy = overriding.folder / "policy.yaml"
    done = run("policy", "explain", policy, "--model", "boat-7", "--tenant", "crew", "--json")
    assert done.returncode == 0, done.stderr
    assert {one["name"] for one in json.loads(done.stdout)["overrides"]} == {"boats", "crew"}
