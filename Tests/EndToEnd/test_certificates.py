"""Certificates that change under a running gateway."""

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import time

import pytest

from certificates import Certificates
from policies import rules_only


@pytest.fixture
def files(tmp_path, certificates):
    """Copies that a test may overwrite."""
    own = Certificates(tmp_path)
    for name in ("authority", "server", "key"):
        shutil.copy(getattr(certificates, name), getattr(own, name))
    return own


@pytest.fixture
def reloading(start_gateway, scripted_origin, files):
    changes = {"listen": {"tls": {"certificate": str(files.server), "key": str(files.key)}}}
    return start_gateway(scripted_origin.url, rules_only(), changes)


def shown(gateway, name=None, authority=None):
    """The certificate that a new connection is shown, in DER."""
    context = ssl.create_default_context(cafile=str(authority)) if authority else ssl._create_unverified_context()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as tcp:
        with context.wrap_socket(tcp, server_hostname=name or "127.0.0.1") as tls:
            return tls.getpeercert(binary_form=True)


def replace(files, other):
    """As renewers do: whole files moved into place, certificate and key one after the other."""
    for name in ("key", "server"):
        target = getattr(files, name)
        shutil.copy(getattr(other, name), f"{target}.new")
        os.replace(f"{target}.new", target)


def wait_for(condition, seconds=30):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("by_signal", [True, False], ids=["SIGHUP", "file change"])
def test_a_renewed_certificate_is_shown_and_open_connections_go_on(reloading, files, tmp_path_factory, by_signal):
    before = shown(reloading)
    connection = http.client.HTTPSConnection("127.0.0.1", reloading.port, timeout=30, context=reloading.context)
    connection.request("GET", "/v1/models")
    assert connection.getresponse().read()
    port = connection.sock.getsockname()[1]

    other = Certificates(tmp_path_factory.mktemp("renewed"))
    replace(files, other)
    if by_signal:
        reloading.process.popen.send_signal(signal.SIGHUP)
    assert wait_for(lambda: shown(reloading) != before)
    assert shown(reloading, authority=other.authority) != before

    connection.request("GET", "/v1/models")
    assert connection.getresponse().status == 200
    assert connection.sock.getsockname()[1] == port
    connection.close()


@pytest.mark.parametrize("by_signal", [True, False], ids=["SIGHUP", "file change"])
def test_an_upstream_is_believed_by_the_authority_that_its_file_holds_now(
    start_gateway, rules_gateway, tmp_path, by_signal
):
    # A gateway of its own stands for an upstream with TLS, whose authority is another one at first.
    believed = Certificates(tmp_path).authority
    gateway = start_gateway(rules_gateway.url, rules_only(), {"upstream": {"ca": str(believed)}})
    assert gateway.ask("hello").status == 502
    shutil.copy(rules_gateway.certificates.authority, f"{believed}.new")
    os.replace(f"{believed}.new", believed)
    if by_signal:
        gateway.process.popen.send_signal(signal.SIGHUP)
    assert wait_for(lambda: gateway.ask("hello").status == 200)
    assert re.search(r'^guardian_reloads_total{what="upstream_certificates",result="succeeded"} [1-9]', gateway.metrics(), re.M)


def test_files_that_are_no_pair_change_nothing_and_say_so(reloading, files):
    before = shown(reloading)
    files.key.write_text("this is no key\n")
    reloading.process.popen.send_signal(signal.SIGHUP)
    assert wait_for(lambda: "certificates were not reloaded" in reloading.process.words)
    assert str(files.key) in reloading.process.words
    assert shown(reloading) == before
    assert reloading.ask("hello").status == 200
    assert 'guardian_reloads_total{what="certificates",result="failed"} 1' in reloading.metrics()


def test_the_certificate_for_the_name_is_shown(start_gateway, scripted_origin, certificates, tmp_path):
    other = Certificates(tmp_path, names="DNS:other.example")
    additional = [{"certificate": str(other.server), "key": str(other.key)}]
    gateway = start_gateway(scripted_origin.url, rules_only(), {"listen": {"tls": {"additional": additional}}})
    first = shown(gateway, "localhost", certificates.authority)
    second = shown(gateway, "other.example", other.authority)
    assert first != second
    assert shown(gateway, "nobody.example") == first
