"""The gateway over HTTP/2, with clients that people have."""

import asyncio
import json
import shutil
import subprocess

import httpx
import pytest

from harness import openai_client
from origin import LEAK
from policies import FIXED


@pytest.fixture
def client(gateway):
    with httpx.Client(http2=True, verify=gateway.http2_context, base_url=gateway.url, timeout=60) as client:
        yield client


def body(text, stream=False):
    return {"model": "echo", "stream": stream, "messages": [{"role": "user", "content": text}]}


def test_httpx_gets_answers_blocks_and_errors(client, origin):
    answer = client.post("/v1/chat/completions", json=body("hello"))
    assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
    assert answer.headers["x-guardian-decision"] == "allow"
    assert answer.json()["choices"][0]["message"]["content"] == "You said: hello"

    blocked = client.post("/v1/chat/completions", json=body(LEAK))
    assert blocked.headers["x-guardian-decision"] == "block"
    assert blocked.json()["choices"][0]["message"]["content"] == FIXED

    assert client.post("/v1/chat/completions", content=b"{").status_code == 400
    assert client.get("/v1/nothing").status_code == 404
    assert client.post("/v1/chat/completions", json=body("still there")).status_code == 200
    assert len(origin.bodies) == 2


def test_httpx_gets_streams(client):
    for text, finish in (("hello", "stop"), (LEAK, "content_filter")):
        with client.stream("POST", "/v1/chat/completions", json=body(text, stream=True)) as answer:
            assert answer.http_version == "HTTP/2"
            events = answer.read().decode()
        assert events.endswith("data: [DONE]\n\n")
        assert f'"finish_reason":"{finish}"' in events.replace(" ", "")


def test_many_streams_of_one_connection_get_their_own_answers(gateway):
    # In one thread: of several threads, httpx now and then gives two the same stream.
    async def ask(client, number):
        harmful = number % 3 == 0
        text = f"{LEAK} {number}" if harmful else f"hello {number}"
        answer = await client.post("/v1/chat/completions", json=body(text))
        assert answer.json()["choices"][0]["message"]["content"] == (FIXED if harmful else f"You said: hello {number}")

    async def ask_all():
        async with httpx.AsyncClient(
            http2=True, verify=gateway.http2_context, base_url=gateway.url, timeout=60
        ) as client:
            await client.post("/v1/chat/completions", json=body("the connection is open"))
            before = opened(gateway)
            await asyncio.gather(*(ask(client, number) for number in range(60)))
            assert opened(gateway) <= before

    asyncio.run(ask_all())


def opened(gateway):
    line = next(line for line in gateway.metrics().splitlines() if line.startswith("guardian_connections_open "))
    return float(line.split()[1])


def test_openai_client_over_http2(gateway, origin):
    with openai_client(gateway, http2=True) as client:
        answer = client.chat.completions.create(model="echo", messages=body("hello")["messages"])
        assert answer.choices[0].message.content == "You said: hello"


@pytest.mark.parametrize("version", ["--http2", "--http1.1"])
def test_curl_gets_the_version_it_asks_for(gateway, version):
    if version == "--http2" and "HTTP2" not in subprocess.run(["curl", "-V"], capture_output=True, text=True).stdout:
        pytest.skip("this curl speaks no HTTP/2")
    printed = subprocess.run(
        [
            "curl", "-sS", version, "--max-time", "60", "--cacert", gateway.certificates.authority, "-H",
            "content-type: application/json", "-d", json.dumps(body("hello")), "-w", "\n%{http_version} %{http_code}",
            f"{gateway.url}/v1/chat/completions",
        ],
        capture_output=True, text=True, timeout=90, check=False,
    )
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.endswith("\n2 200" if version == "--http2" else "\n1.1 200")


@pytest.mark.skipif(not shutil.which("h2load"), reason="h2load is not installed (Debian: nghttp2-client)")
def test_h2load_gets_every_answer(gateway, tmp_path):
    payload = tmp_path / "body.json"
    payload.write_text(json.dumps(body("hello")))
    printed = subprocess.run(
        [
            "h2load", "-n", "500", "-c", "5", "-m", "20", "-d", payload, "-H", "content-type: application/json",
            f"{gateway.url}/v1/chat/completions",
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )
    assert "500 succeeded, 0 failed, 0 errored, 0 timeout" in printed.stdout, printed.stdout + printed.stderr
    assert "500 2xx" in printed.stdout


@pytest.mark.skipif(not shutil.which("nghttp"), reason="nghttp is not installed (Debian: nghttp2-client)")
def test_nghttp_sees_a_clean_stream(gateway, tmp_path):
    payload = tmp_path / "body.json"
    payload.write_text(json.dumps(body("hello")))
    printed = subprocess.run(
        [
            "nghttp", "-v", "-n", "-d", payload, "-H", "content-type: application/json",
            f"{gateway.url}/v1/chat/completions",
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert ":status: 200" in printed.stdout
    assert "END_STREAM" in printed.stdout and "RST_STREAM" not in printed.stdout


def test_a_body_that_is_too_large_is_answered_and_the_connection_goes_on(client, origin):
    # This client looks at the answer only when it has sent all it has, and waits for window to do so.
    large = b'{"model":"echo","messages":[{"role":"user","content":"' + b"a" * (11 << 20) + b'"}]}'
    for _ in range(3):
        answer = client.post("/v1/chat/completions", content=large, headers={"content-type": "application/json"})
        assert (answer.http_version, answer.status_code) == ("HTTP/2", 413)
        assert answer.json()["error"]["code"] == "body_too_large"
    # The window of the connection was given back, too, or the second of them would not have got through.
    assert client.post("/v1/chat/completions", json=body("hello")).status_code == 200
    assert len(origin.bodies) == 1
