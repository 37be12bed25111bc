"""What is left behind: audit records, metrics, health. None of it holds what was said."""

import base64
import json
import re
import subprocess
import urllib.request

import pytest

from origin import LEAK
from policies import rule, rules_only

PRIVATE = "the word is marmalade-submarine"


def test_a_record_says_what_was_decided_and_not_what_was_said(gateway):
    answer = gateway.ask(f"{PRIVATE}, and the {LEAK}.")
    record = gateway.record(answer)
    assert record["input"]["action"] == "block"
    assert record["input"]["categories"] == ["cybercrime"]
    assert any(finding.get("rule") == "block.fixed" for finding in record["input"]["findings"]), record
    assert record["status"] == 200
    assert re.fullmatch("[0-9a-f]{64}", record["policy"]["digest"])
    for file in (gateway.audit_path, gateway.process.out, gateway.process.err):
        assert "marmalade" not in file.read_text() and "zebra" not in file.read_text(), file


def test_texts_are_recorded_where_the_operator_asked_for_it(start_gateway, scripted_origin):
    gateway = start_gateway(scripted_origin.url, rules_only(), changes={"audit": {"content": True}})
    record = gateway.record(gateway.ask(PRIVATE))
    assert PRIVATE in record["content"]["input"]


def test_what_is_logged_for_a_share_of_requests_is_left_out_of_the_others(start_gateway, scripted_origin):
    policy = rules_only()
    policy["rules"] += [
        rule("log.half", "purple heron", "log", phases=["input"], sample=0.5),
        rule("log.all", "purple heron", "log", phases=["input"], category="hate"),
    ]
    gateway = start_gateway(scripted_origin.url, policy)
    found = []
    for _ in range(40):
        record = gateway.record(gateway.ask("purple heron"))
        found.append({finding["rule"] for finding in record["input"]["findings"]})
    assert all("log.all" in rules for rules in found)
    # By chance all or none of 40 would be recorded once in 10^12 runs.
    assert 0 < sum("log.half" in rules for rules in found) < 40


def test_texts_are_sealed_for_a_reader_and_only_of_what_was_found(start_gateway, scripted_origin, tmp_path):
    key, certificate = tmp_path / "reader.key", tmp_path / "reader.pem"
    pair = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", "req", "-x509", *pair, "-subj", "/CN=reader"], check=True, capture_output=True)
    audit = {"content": ["cybercrime"], "content_certificate": str(certificate)}
    gateway = start_gateway(scripted_origin.url, rules_only(), changes={"audit": audit})
    assert "content" not in gateway.record(gateway.ask(PRIVATE))
    record = gateway.record(gateway.ask(f"{PRIVATE}, and the {LEAK}."))
    assert PRIVATE not in gateway.audit_path.read_text()
    opened = subprocess.run(
        ["openssl", "cms", "-decrypt", "-inform", "DER", "-inkey", key],
        input=base64.b64decode(record["content"]["sealed"]),
        check=True,
        capture_output=True,
    )
    assert json.loads(opened.stdout)["input"] == [f"{PRIVATE}, and the {LEAK}."]


def test_a_refused_request_is_recorded_too(gateway):
    assert gateway.record(gateway.request(body=b"{"))["status"] == 400


def test_each_request_has_an_id_of_its_own(gateway):
    assert len({gateway.ask("hello").headers["x-request-id"] for _ in range(3)}) == 3


@pytest.mark.parametrize(
    ("words", "decision"),
    [("hello", "allow"), (f"the {LEAK}", "block"), ("ticket-4711", "rewrite"), ("green badger note", "log")],
)
def test_no_header_holds_a_score_or_a_rule(gateway, words, decision):
    own = {k.lower(): v for k, v in gateway.ask(words).headers.items() if k.lower().startswith("x-guardian")}
    assert own["x-guardian-decision"] == decision
    assert set(own) <= {"x-guardian-decision", "x-guardian-categories"}
    assert all(re.fullmatch("[a-z_, ]*", value) for value in own.values()), own


def test_decisions_are_counted(gateway):
    def blocks():
        found = re.findall(r'^guardian_decisions_total\{[^}]*action="block"[^}]*\} (\d+)', gateway.metrics(), re.M)
        return sum(map(int, found))

    before = blocks()
    gateway.ask(f"the {LEAK}")
    assert blocks() == before + 1


def test_health_and_readiness(gateway):
    for page in ("/healthz", "/readyz"):
        with urllib.request.urlopen(gateway.admin + page, timeout=10) as answer:
            assert answer.status == 200


def test_the_admin_pages_are_not_served_to_callers(gateway):
    for page in ("/metrics", "/readyz", "/healthz"):
        assert gateway.request(page).status == 404
