"""An authority and server certificates, made by the openssl command for one test run."""

import subprocess
from pathlib import Path


class Certificates:
    """Files for one server. No key outlives the temporary folder."""

    def __init__(self, folder, days=2, names="DNS:localhost,IP:127.0.0.1"):
        folder = Path(folder)
        self.authority = folder / "ca.pem"
        self.server = folder / "server.pem"
        self.key = folder / "server-key.pem"
        authority_key = folder / "ca-key.pem"
        request = folder / "server.csr"
        extensions = folder / "server.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
        openssl(
            "req", "-x509", *curve, "-keyout", authority_key, "-out", self.authority, "-days", "2",
            "-subj", "/CN=Guardian test authority", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )
        openssl("req", *curve, "-keyout", self.key, "-out", request, "-subj", "/CN=localhost")
        openssl(
            "x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key, "-out", self.server,
            "-days", days, "-extfile", extensions,
        )


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
