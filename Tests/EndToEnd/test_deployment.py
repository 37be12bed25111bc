"""Run as examples/deploy/ has it run: without any of the rights that root has."""

import os
import re
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


def test_a_crash_leaves_no_core(gateway):
    with open(f"/proc/{gateway.process.popen.pid}/limits", encoding="ascii") as limits:
        assert re.search(r"^Max core file size +0 +0 ", limits.read(), re.M)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_closed_off():
    unit = ROOT / "examples/deploy/guardian.service"
    # In tenths; what is above is an error.
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", unit]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-500:] + found.stderr


def test_what_is_installed_by_hand_can_be_read_by_the_service_whatever_the_umask(tmp_path):
    place = tmp_path / "guardian"
    lines = re.findall(r"^#   (install .*)$", (ROOT / "examples/deploy/guardian.service").read_text(), re.M)
    for line in lines:
        # The certificate and its key are not here, and not for everybody to read.
        if "/etc/guardian" in line and "server.pem" not in line:
            line = line.replace("/etc/guardian", str(place))
            subprocess.run(["bash", "-euc", f"umask 077; {line}"], cwd=ROOT, check=True)
    files = {path.relative_to(place).as_posix(): path.stat().st_mode for path in [place, *place.rglob("*")]}
    assert {"guardian.yaml", "default.yaml", "rules/pii.yaml"} <= set(files)
    assert all(mode & 0o044 == 0o044 for mode in files.values()), files


def test_the_unit_tries_again_only_what_can_get_right_by_itself():
    """A wrong configuration (78), a file that is not there (66) or is damaged (65) need a hand; certificates (69) are renewed."""
    unit = (ROOT / "examples/deploy/guardian.service").read_text()
    assert re.findall(r"^RestartPreventExitStatus=(.*)$", unit, re.M) == ["65 66 78"]
