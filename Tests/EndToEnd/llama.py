"""llama.cpp's own server, with the language model that the guardian model is made from, as a guard model."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness import GGUF, free_port

# The binary, if there is one.
SERVER = os.environ.get("LLAMA_SERVER", "")
# A model this small needs help with the form of its answer: llama.cpp lets it write nothing else.
GRAMMAR = 'root ::= "safe" | "unsafe: weapons"'
START_SECONDS = 300


class LlamaServer:
    def __init__(self, folder, grammar=GRAMMAR):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = Path(folder) / f"llama-{port}.log"
        options = {
            "--model": GGUF,
            "--alias": "small",
            "--host": "127.0.0.1",
            "--port": port,
            "--ctx-size": 4096,
            "--parallel": 2,
            "--threads": 2,
        }
        if grammar:
            options["--grammar"] = grammar
        arguments = [str(part) for option in options.items() for part in option]
        with open(self.log, "wb") as log:
            self.popen = subprocess.Popen([SERVER, *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def await_ready(self):
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit:
            assert self.popen.poll() is None, self.log.read_text(errors="replace")
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                    if answer.status == 200:
                        return self
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        raise AssertionError(self.log.read_text(errors="replace"))

    def halt(self):
        """Still connected to, and silent."""
        self.popen.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.popen.send_signal(signal.SIGCONT)

    def kill(self):
        self.popen.kill()
        self.popen.wait()

    def close(self):
        if self.popen.poll() is None:
            self.go_on()
            self.kill()
