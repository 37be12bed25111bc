"""Packing a model, and looking into packed files."""

import json

import pytest

from harness import GGUF, GUARDIAN_FOLDER, MODEL, TRUNK, run


def test_packing_again_gives_the_same_file(tmp_path):
    out = tmp_path / "again.slm"
    done = run("model", "pack", "--trunk", GGUF, "--guardian", GUARDIAN_FOLDER, "--out", out, "--threads", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" and done.stderr == ""
    assert out.read_bytes() == MODEL.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["again.slm"]
    out.unlink()


def test_inspect_says_what_a_file_holds():
    done = run("model", "inspect", "--json", MODEL)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    manifest = json.loads((GUARDIAN_FOLDER / "detection.json").read_text())
    assert report["exit_depth"] == manifest["layer"] + 1
    assert "detection.json" in report["attachments"] and "templates.json" in report["attachments"]
    inputs = {entry["name"]: entry["sha256"] for entry in report["inputs"]}
    assert inputs["trunk"] == manifest["trunkSHA256"]
    assert inputs["detection.safetensors"] == manifest["weightsSHA256"]
    plain = run("model", "inspect", TRUNK)
    assert plain.returncode == 0 and "attached: nothing" in plain.stdout
    assert manifest["trunkSHA256"] in plain.stdout


@pytest.mark.parametrize(
    "arguments, status",
    [
        (["inspect", "none.slm"], 66),
        (["inspect", GUARDIAN_FOLDER / "detection.json"], 65),
        (["inspect", GGUF], 65),
        (["pack", "--trunk", "none.gguf", "--out", "out.slm"], 66),
        (["pack", "--trunk", GUARDIAN_FOLDER / "detection.json", "--out", "out.slm"], 65),
        (["pack", "--trunk", GGUF, "--guardian", "none", "--out", "out.slm"], 66),
        (["pack", "--trunk", GGUF, "--out", "none/out.slm"], 73),
        (["pack", "--trunk", GGUF], 64),
    ],
)
def test_mistakes_are_named_with_a_status(tmp_path, arguments, status):
    done = run("model", *arguments, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert done.stderr and "Fatal error" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_parts_of_another_model_are_refused(tmp_path):
    for file in GUARDIAN_FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with open(tmp_path / "safeguard.safetensors", "r+b") as weights:
        weights.seek(-4, 2)
        weights.write(b"\0\0\0\1")
    done = run("model", "pack", "--trunk", GGUF, "--guardian", tmp_path, "--out", tmp_path / "out.slm")
    assert done.returncode == 65
    assert "safeguard.safetensors" in done.stderr and "SHA-256" in done.stderr
    assert not (tmp_path / "out.slm").exists()
