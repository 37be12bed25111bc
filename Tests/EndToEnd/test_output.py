"""What commands read and print comes through whole, or they say so and end with a status of sysexits."""

import os
import signal
import subprocess

import pytest

from harness import BINARY, MODEL, run

POLICY = """\
version: 1
name: small
input: {others: ignore}
output: ignore
rules:
  - id: a
    summary: Finds a word.
    category: privacy
    match: {keywords: [walrus]}
    action: block
"""


@pytest.fixture
def files(tmp_path):
    """Paths by the names that commands below call them."""
    paths = {"POLICY": tmp_path / "policy.yaml", "LOG": tmp_path / "audit.jsonl"}
    paths["POLICY"].write_text(POLICY)
    paths["LOG"].write_text("")
    return paths


def start(words, files, **streams):
    arguments = [str(files.get(word, word)) for word in words.split()]
    return subprocess.Popen([str(BINARY), *arguments], text=True, **streams)


def end(process, text=None):
    out, err = process.communicate(text, timeout=180)
    return process.returncode, out, err


@pytest.mark.parametrize(
    "words",
    [
        "policy schema",
        "policy check POLICY",
        "policy check POLICY --json",
        "policy explain POLICY",
        "policy explain POLICY --text walrus --rules-only",
        "policy diff POLICY POLICY",
        "policy test POLICY --rules-only",
        "policy replay LOG --policy POLICY",
        "audit query LOG",
        "audit verify LOG",
        "doctor --config LOG",
        "reference",
    ],
)
def test_output_that_cannot_be_written_is_an_error(files, words):
    with open("/dev/full", "w", encoding="utf-8") as full:
        status, _, err = end(start(words, files, stdout=full, stderr=subprocess.PIPE))
    assert status == 74
    assert "standard output: error: it cannot be written: No space left on device" in err


def test_lines_that_cannot_be_written_are_an_error(files):
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = start(f"classify --model {MODEL}", files, stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE)
        status, _, err = end(process, '{"text": "hello"}\n')
    assert status == 74 and "standard output: error:" in err


def test_complaints_that_cannot_be_written_change_no_status(files):
    with open("/dev/full", "w", encoding="utf-8") as full:
        status, _, _ = end(start("policy check none.yaml", files, stdout=subprocess.PIPE, stderr=full))
    assert status == 66


@pytest.mark.parametrize("words", [f"classify --model {MODEL}", "policy explain POLICY --text - --rules-only"])
def test_standard_input_that_cannot_be_read_is_an_error(files, tmp_path, words):
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        process = start(words, files, stdin=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        status, out, err = end(process)
    finally:
        os.close(folder)
    assert (status, out) == (66, "")
    assert err == "standard input: error: it cannot be read: Is a directory\n"


def test_a_reader_that_ends_is_no_error(files):
    process = start("policy schema", files, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=60) in (0, -signal.SIGPIPE)


def piped(words, text=POLICY):
    """Runs it with a policy that comes through a pipe, as the shell's <(...) has it."""
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    try:
        path = f"/dev/fd/{read}"
        arguments = [path if word == "PIPE" else word for word in words]
        return subprocess.run(
            [str(BINARY), *arguments], pass_fds=[read], capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        os.close(read)


def test_a_policy_from_a_pipe_is_checked_with_and_without_json():
    for flags in ([], ["--json"]):
        done = piped(["policy", "check", "PIPE", *flags])
        assert done.returncode == 0, done.stdout + done.stderr
    assert '"valid":true' in done.stdout
    broken = piped(["policy", "check", "PIPE", "--json"], POLICY.replace("action: block", "action: blok"))
    assert broken.returncode == 78 and "blok" in broken.stdout


def test_a_policy_from_a_pipe_is_compared_whole(files):
    same = piped(["policy", "diff", "PIPE", str(files["POLICY"]), "--exit-code"])
    assert same.returncode == 0, same.stdout + same.stderr
    other = piped(["policy", "diff", str(files["POLICY"]), "PIPE", "--exit-code"], POLICY.replace("walrus", "otter"))
    assert other.returncode == 1 and "rules.a" in other.stdout, other.stdout + other.stderr


def test_certificates_that_are_kept_are_of_use(tmp_path):
    def keep():
        return run("certs", "dev", "--directory", tmp_path, "--keep")

    assert keep().returncode == 0
    assert "still valid" in keep().stdout
    for name in ("server.pem", "server-key.pem", "ca.pem"):
        path = tmp_path / name
        contents = path.read_bytes()
        path.unlink()
        missing = keep()
        path.write_text("cut off")
        junk = keep()
        for done in (missing, junk):
            assert done.returncode == 71 and done.stdout == ""
            assert str(path) in done.stderr and "--force" in done.stderr
        path.write_bytes(contents)
    assert keep().returncode == 0
