"""`guardian doctor`: what a gateway needs, looked at without starting it."""

import json
import os

import pytest

from collector import Collector
from harness import MODEL, free_port, merge, run
from policies import rules_only


@pytest.fixture
def diagnose(tmp_path, certificates, origin):
    """Runs the command on a configuration with changes; returns its exit status, its checks by subject, and its words."""

    def diagnose(*arguments, **changes):
        policy = tmp_path / "policy.yaml"
        policy.write_text(json.dumps(rules_only()).replace('"ignore"', "ignore"))
        configuration = {
            "version": 1,
            "listen": {
                "address": f"127.0.0.1:{free_port()}",
                "tls": {"certificate": str(certificates.server), "key": str(certificates.key)},
            },
            "admin": {"address": f"127.0.0.1:{free_port()}"},
            "upstream": {"url": origin.url},
            "policy": str(policy),
            "model": {"file": str(MODEL)},
        }
        merge(configuration, changes)
        file = tmp_path / "guardian.yaml"
        file.write_text(json.dumps(configuration))
        result = run("doctor", "--config", file, "--json", *arguments)
        report = json.loads(result.stdout)
        text = run("doctor", "--config", file, *arguments)
        assert text.returncode == result.returncode
        return result.returncode, {check["subject"]: check for check in report["checks"]}, text.stdout

    return diagnose


def test_a_gateway_that_can_serve(diagnose):
    status, checks, text = diagnose()
    assert status == 0
    assert set(checks) == {
        "configuration", "processor", "memory", "open files", "policy", "model", "certificate", "audit", "listen", "admin",
        "upstream", "clock",
    }
    assert all(check["verdict"] != "failure" for check in checks.values()), checks
    assert checks["clock"]["verdict"] == "ok" and "http://127.0.0.1" in checks["clock"]["found"]
    # The test's certificate lasts two days.
    assert checks["certificate"]["verdict"] == "warning" and "renew it" in text


def test_everything_that_is_wrong_is_named_at_once(diagnose, tmp_path, certificates):
    key = tmp_path / "open-key.pem"
    key.write_bytes(certificates.key.read_bytes())
    os.chmod(key, 0o644)
    status, checks, text = diagnose(
        model={"file": str(tmp_path / "none.slm")},
        upstream={"url": f"http://127.0.0.1:{free_port()}"},
        listen={"tls": {"key": str(key)}},
        audit={"path": str(tmp_path / "no" / "audit.jsonl")},
    )
    assert status == 1
    failed = {subject for subject, check in checks.items() if check["verdict"] == "failure"}
    assert failed == {"model", "upstream", "audit"}
    assert "upstream_connect_refused" in checks["upstream"]["found"]
    assert checks["certificate"]["advice"] == f"chmod o-rwx {key}"
    assert "3 failures" in text and "FAILURE model" in text


def test_a_wrong_configuration_is_told_with_its_place(diagnose):
    status, checks, text = diagnose(listen={"adress": "127.0.0.1:1"})
    assert status == 1 and set(checks) == {"configuration"}
    assert "did you mean 'address'?" in text


def test_a_variable_that_only_the_service_has_is_a_warning_and_all_else_is_looked_at(diagnose, tmp_path):
    status, checks, text = diagnose(upstream={"authorization_env": "NOT_SET_ANYWHERE"})
    assert status == 0 and checks["environment"]["verdict"] == "warning"
    assert "NOT_SET_ANYWHERE" in text and checks["upstream"]["verdict"] == "ok"
    status, checks, _ = diagnose(
        upstream={"authorization_env": "NOT_SET_ANYWHERE"}, model={"file": str(tmp_path / "none.slm")}
    )
    assert status == 1 and checks["model"]["verdict"] == "failure"


def test_the_upstream_is_not_asked_offline(diagnose):
    status, checks, _ = diagnose("--offline", upstream={"url": f"http://127.0.0.1:{free_port()}"})
    assert status == 0 and "upstream" not in checks


def test_offline_what_keeps_a_gateway_from_starting_is_found_all_the_same(diagnose, tmp_path):
    missing = str(tmp_path / "none.pem")
    status, checks, _ = diagnose(
        "--offline",
        listen={"tls": {"ocsp": missing}},
        admin={"tls": {"certificate": missing, "key": missing}},
        upstream={"url": "https://127.0.0.1:9", "ca": missing},
        tracing={"endpoint": "https://127.0.0.1:9", "ca": missing},
        audit={"path": str(tmp_path), "content": True, "content_certificate": missing},
        store={"path": str(tmp_path / "no" / "decisions.sqlite")},
    )
    assert status == 1
    failed = {subject for subject, check in checks.items() if check["verdict"] == "failure"}
    assert failed == {
        "certificate", "admin certificate", "upstream", "tracing", "audit", "content certificate", "store",
    }


def test_the_collector_is_asked(diagnose):
    collector = Collector()
    _, checks, _ = diagnose(tracing={"endpoint": collector.endpoint})
    assert checks["tracing"]["verdict"] == "ok" and collector.spans == []
    collector.close()
    status, checks, _ = diagnose(tracing={"endpoint": collector.endpoint})
    assert status == 0 and checks["tracing"]["verdict"] == "warning"
