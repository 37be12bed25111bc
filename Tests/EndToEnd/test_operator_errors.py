"""Mistakes of the operator: the command names the file and what to do, and ends with a status that scripts can read."""

import json
import signal
import socket
import subprocess
import time

import pytest

from certificates import Certificates
from harness import MODEL, ROOT, TRUNK, Gateway, run
from policies import FIXED, rule, rules_only

UPSTREAM = "http://127.0.0.1:9"


@pytest.fixture
def fails(tmp_path, certificates):
    """Starts a gateway that must not come up; returns its words."""

    def start(*expected, policy=None, certificates=certificates, arguments=(), edit=None, ends=None, **changes):
        gateway = Gateway(tmp_path, certificates, UPSTREAM, policy or rules_only(), changes, arguments)
        if edit:
            edit(gateway)
        try:
            status = gateway.process.popen.wait(timeout=120)
        except subprocess.TimeoutExpired:
            gateway.close()
            raise AssertionError("it came up") from None
        words = gateway.process.err.read_text()
        assert status == 1 or 64 <= status <= 78, (status, words)
        assert ends in (None, status), (status, words)
        for part in expected:
            assert str(part) in words, words
        assert "Fatal error" not in words and "Stack dump" not in words, words
        return words

    return start


def test_a_missing_model_file(fails, tmp_path):
    fails(tmp_path / "none.slm", "make model", model={"file": str(tmp_path / "none.slm")}, ends=66)


def test_a_model_that_is_named_is_not_looked_for_elsewhere(tmp_path):
    done = run("classify", "--model", "Models/.cache/guardian.slm", stdin='{"text": "hello"}\n', cwd=tmp_path)
    assert done.returncode == 66 and "Models/.cache/guardian.slm" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("kind", ["empty", "other", "cut", "cut-header", "text", "flipped"])
def test_a_corrupt_model_file(fails, tmp_path, kind):
    path = tmp_path / "broken.slm"
    whole = MODEL.read_bytes()
    contents = {
        "empty": b"",
        "other": bytes(range(256)) * 4096,
        "cut": whole[: 8 << 20],
        "cut-header": whole[:1000],
        "text": b"version https://git-lfs.github.com/spec/v1\n",
        "flipped": whole[:-1000] + bytes([whole[-1000] ^ 1]) + whole[-999:],
    }
    path.write_bytes(contents[kind])
    fails(path, model={"file": str(path)}, ends=65)
    path.unlink()


def test_a_trunk_without_the_guardians_parts(fails):
    fails(TRUNK, "make model", model={"file": str(TRUNK)}, ends=65)


def test_the_keys_of_the_time_before_packed_files(fails):
    fails("guardian.yaml:", "'trunk' is no longer read", "guardian model pack", model={"trunk": "trunk.gguf"})


def test_a_broken_policy_is_named_with_line_and_column(fails, tmp_path):
    policy = tmp_path / "broken.yaml"
    policy.write_text("version: 1\nname: broken\ninput:\n  othrs: ignore\noutput: ignore\n")
    fails(f"{policy}:4:3: error:", "others", policy=policy)


def test_a_missing_policy(fails, tmp_path):
    fails(tmp_path / "none.yaml", policy=tmp_path / "none.yaml", ends=66)


@pytest.mark.parametrize(
    "words",
    [
        "policy check NONE",
        "policy check NONE --json",
        "policy explain NONE",
        "policy test NONE",
        "policy diff NONE GOOD",
        "policy diff GOOD NONE",
        "policy replay --policy NONE audit.jsonl",
        "eval --policy NONE --data texts.jsonl",
        "tune --policy NONE --labels texts.jsonl",
    ],
)
def test_a_policy_file_that_is_not_there_has_one_status_in_every_command(tmp_path, words):
    files = {"NONE": tmp_path / "none.yaml", "GOOD": ROOT / "Policies/shadow.yaml"}
    done = run(*(files.get(word, word) for word in words.split()), cwd=tmp_path)
    assert done.returncode == 66, done.stdout + done.stderr
    assert "none.yaml" in done.stdout + done.stderr


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_pack_that_is_not_there_is_an_error_of_the_policy_that_includes_it(tmp_path, flags):
    policy = tmp_path / "p.yaml"
    policy.write_text("version: 1\nname: p\ninput: {others: ignore}\noutput: ignore\ninclude: [none.yaml]\n")
    assert run("policy", "check", policy, *flags).returncode == 78


def test_an_expired_certificate(fails, tmp_path):
    folder = tmp_path / "expired"
    folder.mkdir()
    expired = Certificates(folder, days=-1)
    fails(expired.server, "expired", certificates=expired, ends=69)


def test_a_key_of_another_certificate(fails, tmp_path, certificates):
    folder = tmp_path / "other"
    folder.mkdir()
    other = Certificates(folder)
    fails(other.key, listen={"tls": {"key": str(other.key)}}, ends=69)


def test_a_missing_certificate(fails, tmp_path):
    fails(tmp_path / "none.pem", listen={"tls": {"certificate": str(tmp_path / "none.pem")}}, ends=69)
    sealed = {"path": str(tmp_path / "a.jsonl"), "content": True, "content_certificate": str(tmp_path / "none.pem")}
    fails("audit.content_certificate", tmp_path / "none.pem", audit=sealed, ends=69)


def test_an_unknown_key_in_the_configuration(fails, tmp_path):
    fails("guardian.yaml:", "polcy", polcy="x.yaml")


def test_a_port_that_is_taken(fails):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        fails(address, listen={"address": address})


def test_a_missing_configuration(tmp_path):
    done = run("serve", "--config", tmp_path / "none.yaml")
    assert done.returncode == 1 or 64 <= done.returncode <= 78
    assert str(tmp_path / "none.yaml") in done.stderr


def test_policy_check_finds_every_error_in_one_run(tmp_path):
    policy = tmp_path / "p.yaml"
    policy.write_text(
        "version: 1\nname: p\ninput:\n  others: {threshold: 1.5, action: blok}\noutput: ignore\nname: again\n"
    )
    done = run("policy", "check", policy)
    assert done.returncode != 0
    assert done.stderr.count("error:") >= 3, done.stderr


def test_the_policies_that_come_with_it_pass_their_own_check():
    files = sorted((ROOT / "Policies").glob("*.yaml"))
    assert files
    for file in files:
        done = run("policy", "check", file)
        assert done.returncode == 0, done.stderr


def test_an_unknown_command_is_a_usage_error():
    done = run("frobnicate")
    assert done.returncode == 64 and done.stderr


def test_a_policy_is_read_again_on_sighup_and_a_broken_one_changes_nothing(start_gateway, scripted_origin, tmp_path):
    policy = tmp_path / "policy.yaml"

    def write(words):
        text = json.dumps({**rules_only(), "rules": [rule("only", words, "block", response={"fixed": FIXED})]})
        policy.write_text(text.replace('"ignore"', "ignore"))

    def reload(log):
        gateway.process.popen.send_signal(signal.SIGHUP)
        limit = time.monotonic() + 20
        while log not in gateway.process.words:
            assert time.monotonic() < limit, gateway.process.words
            time.sleep(0.05)

    write("first word")
    gateway = start_gateway(scripted_origin.url, policy)
    assert gateway.ask("the first word").decision == "block"
    write("second word")
    reload("Policy in force")
    assert gateway.ask("the first word").decision == "allow"
    assert gateway.ask("the second word").decision == "block"
    policy.write_text("version: 1\nname: [\n")
    reload("not reloaded")
    assert gateway.ask("the second word").decision == "block"


def test_policy_explain_says_what_a_file_does():
    done = run("policy", "explain", ROOT / "Policies/default.yaml")
    assert done.returncode == 0, done.stderr
    assert "self_harm" in done.stdout and "pii.email" in done.stdout
