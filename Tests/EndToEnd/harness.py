"""Starts the real binary the way an operator would, and ends only what it started."""

import json
import os
import random
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import openai

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("GUARDIAN_BIN", ROOT / ".build/release/guardian")).resolve()
MODEL = Path(os.environ.get("GUARDIAN_MODEL", ROOT / "Models/.cache/guardian.slm")).resolve()
# The language model alone, packed.
TRUNK = Path(os.environ.get("GUARDIAN_TRUNK_MODEL", ROOT / "Models/.cache/trunk.slm")).resolve()
# What the packed files are made from.
GGUF = Path(
    os.environ.get("GUARDIAN_TRUNK", ROOT / "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf")
).resolve()
GUARDIAN_FOLDER = ROOT / "Models/guardian"
# A debug build reads the model slowly, and the machine may be shared.
START_SECONDS = 180
# Below the ports that the system gives to whoever names none, so that nobody is given one of these before it is used.
PORTS = iter(random.sample(range(20_000, 32_000), 12_000))


def free_port():
    """A port nobody listens at, and never the same one twice, however late the caller binds it."""
    for port in PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("no port is left")


class Process:
    """One run of the binary, with its output in files; `through` is a command that starts it."""

    def __init__(self, arguments, folder, name, environment=None, through=()):
        self.out = Path(folder) / f"{name}.out"
        self.err = Path(folder) / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.popen = subprocess.Popen(
                [*through, str(BINARY), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                env={**os.environ, **(environment or {})},
            )

    @property
    def is_running(self):
        return self.popen.poll() is None

    def await_answer(self, url):
        """Returns when `url` answers 200; fails with the process's own words if it ends or never does."""
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit:
            if not self.is_running:
                raise AssertionError(f"it ended with status {self.popen.returncode}:\n{self.words}")
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        raise AssertionError(f"nothing answered at {url} in {START_SECONDS} s:\n{self.words}")

    @property
    def words(self):
        return self.err.read_text(errors="replace") + self.out.read_text(errors="replace")

    def terminate(self):
        """Asks it to stop, as a supervisor would, and returns the exit status."""
        if self.is_running:
            self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError("it did not stop within 60 s of SIGTERM") from None


def run(*arguments, stdin="", seconds=START_SECONDS, cwd=None, environment=None):
    """Runs a command of the binary to its end."""
    return subprocess.run(
        [str(BINARY), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        check=False,
    )


class Upstream:
    """The real demo model behind its OpenAI-compatible endpoint."""

    def __init__(self, folder):
        self.url = f"http://127.0.0.1:{free_port()}"
        listen = self.url.removeprefix("http://")
        self.process = Process(["upstream", "--listen", listen, "--model", TRUNK], folder, "upstream")
        self.process.await_answer(f"{self.url}/v1/models")

    def close(self):
        self.process.terminate()


class Gateway:
    """A gateway with its own ports, files and policy."""

    def __init__(self, folder, certificates, upstream, policy, changes=None, arguments=(), through=()):
        self.folder = Path(folder)
        self.certificates = certificates
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        admin = free_port()
        self.admin = f"http://127.0.0.1:{admin}"
        self.audit_path = self.folder / "audit.jsonl"
        if isinstance(policy, dict):
            path = self.folder / "policy.yaml"
            # The word is the language's own and not a text, so it stands without quotes.
            path.write_text(json.dumps(policy).replace('"ignore"', "ignore"))
            policy = path
        self.configuration = {
            "version": 1,
            "listen": {
                "address": f"127.0.0.1:{self.port}",
                "tls": {"certificate": str(certificates.server), "key": str(certificates.key)},
            },
            "admin": {"address": f"127.0.0.1:{admin}"},
            "upstream": {"url": upstream},
            "policy": str(policy),
            "model": {"file": str(MODEL)},
            "audit": {"path": str(self.audit_path)},
        }
        merge(self.configuration, changes or {})
        self.file = self.folder / "guardian.yaml"
        # YAML holds JSON, so the file needs no YAML writer.
        self.file.write_text(json.dumps(self.configuration, indent=2))
        self.process = Process(["serve", "--config", self.file, *arguments], self.folder, "gateway", through=through)

    def await_ready(self):
        self.process.await_answer(f"{self.admin}/readyz")
        return self

    def close(self):
        return self.process.terminate()

    @property
    def context(self):
        """A TLS context that trusts the test's authority only."""
        context = ssl.create_default_context(cafile=str(self.certificates.authority))
        context.set_alpn_protocols(["http/1.1"])
        return context

    @property
    def http2_context(self):
        """The same for clients that may choose HTTP/2."""
        context = self.context
        context.set_alpn_protocols(["h2", "http/1.1"])
        return context

    def request(self, path="/v1/chat/completions", body=None, method=None, headers=None, seconds=120):
        """One request over TLS; errors of HTTP are answers here, too."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path,
            data=body,
            method=method or ("GET" if body is None else "POST"),
            headers={"content-type": "application/json", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=seconds, context=self.context) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def ask(self, text, stream=False, model="echo", **more):
        """One user turn."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        if stream:
            body["stream"] = True
        return self.request(body=body)

    def raw(self, data, seconds=30):
        """Sends bytes as they are over TLS and reads until the gateway closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as tcp:
            with self.context.wrap_socket(tcp, server_hostname="127.0.0.1") as tls:
                tls.sendall(data)
                received = b""
                try:
                    while piece := tls.recv(65536):
                        received += piece
                except (ConnectionResetError, ssl.SSLEOFError):
                    pass
                return received

    def metrics(self):
        with urllib.request.urlopen(f"{self.admin}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def record(self, answer):
        """The audit record of an answer. It is written after the answer, so this waits a little."""
        return self.record_of(answer.headers["x-request-id"])

    def record_of(self, wanted):
        """The audit record of the request with an id."""
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            for line in self.audit_path.read_text().splitlines() if self.audit_path.exists() else []:
                if wanted in line:
                    return json.loads(line)
            time.sleep(0.05)
        raise AssertionError(f"no audit record of {wanted}")


def openai_client(gateway, http2=False):
    """OpenAI's own client, pointed at a gateway."""
    context = ssl.create_default_context(cafile=str(gateway.certificates.authority))
    return openai.OpenAI(
        base_url=f"{gateway.url}/v1",
        api_key="no-key-is-needed-here",
        max_retries=0,
        timeout=120,
        http_client=openai.DefaultHttpxClient(verify=context, http2=http2),
    )


class Answer:
    """What came back."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self):
        return f"Answer({self.status}, {dict(self.headers)}, {self.body[:500]!r})"

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]

    @property
    def decision(self):
        return self.headers["x-guardian-decision"]

    @property
    def categories(self):
        return [name.strip() for name in (self.headers["x-guardian-categories"] or "").split(",") if name.strip()]

    @property
    def text(self):
        """The words of the first choice, streamed or not."""
        if not self.is_stream:
            return self.json["choices"][0]["message"]["content"]
        return "".join(
            choice["delta"].get("content") or ""
            for chunk in self.chunks
            for choice in chunk["choices"]
            if choice["index"] == 0
        )

    @property
    def finish_reason(self):
        if not self.is_stream:
            return self.json["choices"][0]["finish_reason"]
        reasons = [c["finish_reason"] for k in self.chunks for c in k["choices"] if c.get("finish_reason")]
        assert len(reasons) == 1, reasons
        return reasons[0]

    @property
    def is_stream(self):
        return (self.headers["content-type"] or "").startswith("text/event-stream")

    @property
    def chunks(self):
        """The events of a stream, which must be one JSON line each and end with [DONE]."""
        events = self.body.decode().split("\n\n")
        assert events[-1] == "", "the last event is cut"
        data = [event.removeprefix("data:").strip() for event in events[:-1]]
        assert all(event.startswith("data:") for event in events[:-1]), events
        assert data[-1] == "[DONE]", data[-1]
        return [json.loads(line) for line in data[:-1]]


def merge(into, changes):
    """Puts `changes` over a nested mapping; None removes a key."""
    for key, value in changes.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value
