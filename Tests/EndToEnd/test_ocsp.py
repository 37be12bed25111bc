"""OCSP responses handed out with the certificate, as OpenSSL's own client sees them."""

import re
import signal
import subprocess
import time

import pytest

from certificates import Certificates, openssl
from harness import Gateway
from policies import rules_only


class Responder:
    """The authority's answers about the server's certificate."""

    def __init__(self, folder):
        self.certificates = Certificates(folder)
        self.folder = folder
        self.path = folder / "ocsp.der"

    def answer(self, days):
        index = self.folder / "index.txt"
        printed = subprocess.run(
            ["openssl", "x509", "-in", self.certificates.server, "-noout", "-serial"],
            capture_output=True, text=True, check=True,
        )
        serial = printed.stdout.strip().removeprefix("serial=")
        index.write_text(f"V\t301231235959Z\t\t{serial}\tunknown\t/CN=localhost\n")
        made = self.folder / "made.der"
        authority = self.certificates.authority
        openssl(
            "ocsp", "-index", index, "-CA", authority, "-issuer", authority, "-cert", self.certificates.server, "-rsigner",
            authority, "-rkey", self.folder / "ca-key.pem", "-ndays", days, "-respout", made, "-noverify",
        )
        made.replace(self.path)


def stapled(gateway, *options):
    printed = subprocess.run(
        [
            "openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-servername", "localhost", "-CAfile",
            str(gateway.certificates.authority), "-verify_return_error", *options,
        ],
        input="", capture_output=True, text=True, timeout=60, check=False,
    ).stdout
    assert "Verify return code: 0 (ok)" in printed, printed
    return printed


def next_update(text):
    return re.search(r"Next Update: (.*)", text)[1]


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_response_is_handed_out_to_those_who_ask_and_read_again(start_gateway, scripted_origin, tmp_path, version):
    responder = Responder(tmp_path)
    responder.answer(days=1)
    gateway = start_gateway(
        scripted_origin.url,
        rules_only(),
        {
            "listen": {
                "tls": {
                    "certificate": str(responder.certificates.server),
                    "key": str(responder.certificates.key),
                    "ocsp": str(responder.path),
                }
            }
        },
    )
    gateway.certificates = responder.certificates
    first = stapled(gateway, "-status", version)
    assert "OCSP Response Status: successful" in first and "Cert Status: good" in first
    assert "OCSP response" not in stapled(gateway, version).replace("OCSP response: no response sent", "")

    responder.answer(days=2)
    gateway.process.popen.send_signal(signal.SIGHUP)
    limit = time.monotonic() + 30
    while next_update(stapled(gateway, "-status", version)) == next_update(first):
        assert time.monotonic() < limit, "the new response was not handed out"
        time.sleep(0.1)

    second = next_update(stapled(gateway, "-status", version))
    responder.path.write_bytes(b"no response")
    gateway.process.popen.send_signal(signal.SIGHUP)
    limit = time.monotonic() + 30
    while "cannot be used" not in gateway.process.words:
        assert time.monotonic() < limit, gateway.process.words
        time.sleep(0.1)
    assert next_update(stapled(gateway, "-status", version)) == second


def test_a_response_about_another_certificate_is_an_error_at_the_start(certificates, scripted_origin, tmp_path):
    responder = Responder(tmp_path)
    responder.answer(days=1)
    changes = {"listen": {"tls": {"ocsp": str(responder.path)}}}
    gateway = Gateway(tmp_path, certificates, scripted_origin.url, rules_only(), changes)
    assert gateway.process.popen.wait(timeout=120) == 69
    assert "it is about another certificate" in gateway.process.words
