"""What is in the binary."""

import subprocess

import pytest

from harness import BINARY


def test_openssl_is_the_only_tls_library():
    content = BINARY.read_bytes()
    for trace in (b"CNIOBoringSSL", b"CCryptoBoringSSL", b"BoringSSL"):
        assert trace not in content, f"{trace.decode()} came into the binary: see which package in Package.resolved has it"


def test_openssl_is_the_systems():
    printed = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=False)
    if printed.returncode:
        pytest.skip("ldd is not there")
    assert "libssl.so" in printed.stdout and "libcrypto.so" in printed.stdout, printed.stdout
