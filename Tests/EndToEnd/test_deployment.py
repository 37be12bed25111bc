"""Run as examples/deploy/ has it run: without any of the rights that root has."""

import os
import shutil
import subprocess

import pytest

from harness import ROOT, Gateway
from policies import rules_only

# Whoever is not root has none of them to begin with.
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()


def test_it_serves_without_any_capability(tmp_path, certificates, origin):
    gateway = Gateway(tmp_path, certificates, origin.url, rules_only(), through=WITHOUT_RIGHTS)
    try:
        gateway.process.await_answer(f"{gateway.admin}/healthz")
        with open(f"/proc/{gateway.process.popen.pid}/status", encoding="ascii") as status:
            assert "CapEff:\t0000000000000000" in status.read()
        answer = gateway.ask("hello")
        assert (answer.status, answer.text) == (200, "You said: hello")
    finally:
        gateway.close()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_closed_off():
    unit = ROOT / "examples/deploy/guardian.service"
    # In tenths; what is above is an error.
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", unit]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-500:] + found.stderr
