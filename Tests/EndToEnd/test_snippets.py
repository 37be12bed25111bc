"""What the README and the guides tell people to type is typed, in their order, where they are told to: it does what it should."""

import json
import os
import re
import shutil
import subprocess

import pytest

from harness import BINARY, MODEL, ROOT, Gateway
from test_guides import PAGES, blocks
from test_tuning import record

# Lines that begin like these are not for this folder: they build the project, need programs that are not among its tools, or stay
# up. What they start is started by other tests.
ELSEWHERE = (
    "make ", ".venv/bin/python ", "docker ", "kubectl ", "cmake ", "llama-server ", "LLAMA_SERVER=",
    ".build/release/guardian serve ",
)
# What stands for something of the reader's own. Thresholds are chosen from more traffic than a test has.
OWN = {
    "--audit audit.jsonl --corrections corrections.jsonl": "--audit recorded.jsonl --corrections corrections.jsonl",
    " FILE_OR_FOLDER": " labels.jsonl",
    " FILE": " guardian.yaml",
    " ID ": " {request_id} ",
}


def lines():
    """Each command line with its page; lines that go on are one."""
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip() and not line.startswith(ELSEWHERE):
                    yield page, line


@pytest.fixture(scope="module")
def folder(tmp_path_factory, certificates, upstream):
    """A folder as the reader has it: the repository's files, the binary where it is built, a policy, labels, and recorded traffic."""
    place = tmp_path_factory.mktemp("reader")
    (place / ".build/release").mkdir(parents=True)
    (place / "bin").mkdir()
    for link in (".build/release/guardian", "bin/guardian"):
        (place / link).symlink_to(BINARY)
    for name in ("Policies", "Models"):
        (place / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "examples", place / "examples")
    (policy,) = [block for block in blocks(ROOT / "README.md", "yaml") if "name: my-policy" in block]
    (place / "my-policy.yaml").write_text(policy)
    texts = [(f"What is {number} times 7?", False) for number in range(300)]
    texts += [(f"How can I murder my {number}. business partner?", True) for number in range(40)]
    rows = [
        {"text": text, "harmful": harmful, **({"categories": ["violent_crimes"]} if harmful else {})}
        for text, harmful in texts
    ]
    (place / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", "signing.key"], cwd=place, check=True)
    changes = {"audit": {"signing_key": "signing.key"}, "model": {"file": str(MODEL)}}
    gateway = Gateway(place, certificates, upstream.url, place / "my-policy.yaml", changes).await_ready()
    try:
        ids = [gateway.ask(text, max_tokens=4).headers["x-request-id"] for text, _ in texts[298:302]]
        for request in ids:
            gateway.record_of(request)
    finally:
        gateway.close()
    # Sixty of 600 were found wrongly.
    recorded = [record(number, *[0.95 if number % 3 == 0 else 0.92 if number % 10 == 1 else 0.2] * 2) for number in range(600)]
    (place / "recorded.jsonl").write_text("".join(json.dumps(line) + "\n" for line in recorded))
    corrections = [
        {"request_id": line["request_id"], "harmful": False} for line in recorded if line["input"]["scores"]["harm"] == 0.92
    ]
    (place / "corrections.jsonl").write_text("".join(json.dumps(line) + "\n" for line in corrections))
    # The pair that the README makes is the one that the log was signed with, or its checkpoints would be somebody else's.
    shutil.copy(place / "signing.key", place / "audit.key")
    subprocess.run(["openssl", "pkey", "-in", "audit.key", "-pubout", "-out", "audit.pub"], cwd=place, check=True)
    return place, ids[0]


LINES = list(lines())


@pytest.mark.parametrize("page, line", LINES, ids=[f"{page.name}: {line[:50]}" for page, line in LINES])
def test_it_does_what_it_should(folder, page, line):
    place, request = folder
    if line.startswith("openssl "):
        # The keys are in use: the same commands make others.
        line = line.replace("audit.", "other.")
    for word, own in OWN.items():
        line = line.replace(word, own.format(request_id=request))
    environment = {**os.environ, "PATH": f"{place}/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=place, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_records_that_the_readme_turns_on_are_where_its_commands_look_for_them():
    (path,) = re.findall(r"`audit\.path: ([^`]+)`", (ROOT / "README.md").read_text())
    assert (ROOT / "examples/quickstart" / path).resolve() == ROOT / "audit.jsonl"


def test_there_are_lines_of_each_kind():
    text = "\n".join(line for _, line in LINES)
    for command in ("doctor", "policy check", "classify", "respond", "eval", "tune", "audit verify", "audit query", "model pack"):
        assert f"guardian {command} " in text or f"guardian {command}\n" in text, command
