"""The reference is what the program says of itself."""

import os
import re
import shutil
import subprocess

from harness import BINARY, ROOT, run

FILES = ["README.md", "examples/guides/commands.md"]


def test_the_committed_reference_is_that_of_the_program():
    for file in FILES:
        result = run("reference", "--check", ROOT / file)
        assert (result.returncode, result.stderr) == (0, "")


def test_it_is_the_same_on_a_machine_with_one_processor():
    one = {min(os.sched_getaffinity(0))}
    command = [BINARY, "reference", "--check", ROOT / "examples/guides/commands.md"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, preexec_fn=lambda: os.sched_setaffinity(0, one)
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_out_of_date_is_named_and_put_right(tmp_path):
    file = tmp_path / "commands.md"
    shutil.copy(ROOT / "examples/guides/commands.md", file)
    whole = file.read_text()
    file.write_text(re.sub(r"\| `--config.*\n", "", whole))
    result = run("reference", "--check", file)
    assert result.returncode == 65 and result.stderr == f"{file} is out of date: run make reference\n"
    assert run("reference", "--write", file).returncode == 0
    assert file.read_text() == whole


def test_what_cannot_be_filled_is_said(tmp_path):
    file = tmp_path / "x.md"
    for text in ["<!-- reference: nonsense -->\n<!-- end -->\n", "<!-- reference: audit -->\nand so on\n"]:
        file.write_text(text)
        result = run("reference", "--write", file)
        assert result.returncode == 65 and file.read_text() == text
    assert run("reference", "--write", tmp_path / "none.md").returncode == 66


def test_every_command_that_help_names_is_in_it():
    text = run("reference").stdout
    named = re.findall(r"^  ([a-z]+)  +\S", run("--help").stdout.split("SUBCOMMANDS:")[1], re.M)
    assert {"serve", "audit", "policy"} <= set(named)
    for command in named:
        assert f"### guardian {command}\n" in text
