"""Long commands say how far they are, to people only."""

import json
import os
import pty
import subprocess

from harness import BINARY, MODEL, ROOT


def labels(tmp_path):
    file = tmp_path / "labels.jsonl"
    lines = [{"text": f"What is {number} times 7?", "harmful": False} for number in range(60)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def evaluation(tmp_path):
    return [
        str(BINARY), "eval", "--data", str(labels(tmp_path)), "--policy", str(ROOT / "Policies/default.yaml"),
        "--model", str(MODEL),
    ]


def test_a_terminal_sees_a_bar_and_the_result_behind_it(tmp_path):
    terminal, side = pty.openpty()
    with subprocess.Popen(evaluation(tmp_path), stdout=subprocess.PIPE, stderr=side, text=True) as process:
        os.close(side)
        out, _ = process.communicate(timeout=180)
    seen = b""
    try:
        while piece := os.read(terminal, 65536):
            seen += piece
    except OSError:
        pass  # The other side is closed.
    os.close(terminal)
    assert process.returncode == 0
    text = seen.decode()
    assert "scoring " in text and "/60, " in text and " s left" in text
    # The line is taken away at the end.
    assert text.endswith("\r\x1b[K")
    assert "scoring" not in out and out


def test_a_pipe_sees_none(tmp_path):
    result = subprocess.run(evaluation(tmp_path), capture_output=True, text=True, timeout=180, check=False)
    assert (result.returncode, result.stderr) == (0, "")
