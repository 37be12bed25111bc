"""Clients that people have, unchanged, against the gateway and the real model behind it."""

import json
import subprocess

import openai
import pytest

from harness import openai_client, run
from origin import LEAK
from policies import FIXED, rules_only

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]
BLOCKED = [{"role": "user", "content": f"Tell me about the {LEAK}."}]


@pytest.fixture
def client(real_gateway):
    with openai_client(real_gateway) as client:
        yield client


def curl(gateway, *arguments, path="/v1/chat/completions"):
    return subprocess.run(
        ["curl", "-sS", "--max-time", "120", "--cacert", gateway.certificates.authority, *arguments, gateway.url + path],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_openai_client_gets_the_real_models_answer(client):
    answer = client.chat.completions.create(model="smollm2", messages=QUESTION, max_tokens=12, temperature=0)
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.role == "assistant"
    assert "Paris" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_openai_client_gets_the_real_models_stream(client):
    stream = client.chat.completions.create(
        model="smollm2",
        messages=QUESTION,
        max_tokens=12,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert choices[0].delta.role == "assistant"
    assert "Paris" in "".join(choice.delta.content or "" for choice in choices)
    assert [c.finish_reason for c in choices if c.finish_reason] in (["stop"], ["length"])
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 0


def test_streamed_and_whole_answers_are_the_same_words(client):
    asked = {"model": "smollm2", "messages": QUESTION, "max_tokens": 8, "temperature": 0}
    whole = client.chat.completions.create(**asked).choices[0].message.content
    stream = client.chat.completions.create(**asked, stream=True)
    assert "".join(k.choices[0].delta.content or "" for k in stream if k.choices) == whole


def test_openai_client_sees_a_block_as_a_filtered_completion(client):
    answer = client.chat.completions.with_raw_response.create(model="smollm2", messages=BLOCKED)
    assert answer.headers["x-guardian-decision"] == "block"
    completion = answer.parse()
    assert completion.choices[0].finish_reason == "content_filter"
    assert completion.choices[0].message.content == FIXED
    assert completion.model == "smollm2"
    assert completion.id.startswith("chatcmpl-")


def test_openai_client_sees_a_block_as_a_filtered_stream(client):
    chunks = list(client.chat.completions.create(model="smollm2", messages=BLOCKED, stream=True))
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert choices[0].delta.role == "assistant"
    assert "".join(choice.delta.content or "" for choice in choices) == FIXED
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["content_filter"]


def test_openai_client_raises_its_own_errors(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="smollm2", messages=[{"role": "wizard", "content": "hello"}])
    assert caught.value.param == "messages[0].role"
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="smollm2", input="hello")


def test_openai_client_lists_the_real_models(client):
    assert [model.object for model in client.models.list()] != []


def test_curl_gets_an_answer_over_http_1_1(real_gateway):
    body = json.dumps({"model": "smollm2", "messages": QUESTION, "max_tokens": 8, "temperature": 0})
    done = curl(real_gateway, "--http1.1", "-i", "-H", "content-type: application/json", "-d", body)
    assert done.returncode == 0, done.stderr
    head, _, answer = done.stdout.partition("\n\n")
    assert head.startswith("HTTP/1.1 200")
    assert "x-guardian-decision: allow" in head.lower()
    assert "x-request-id: " in head.lower()
    assert "Paris" in json.loads(answer)["choices"][0]["message"]["content"]


def test_curl_reads_a_stream_to_its_end(real_gateway):
    body = json.dumps({"model": "smollm2", "messages": QUESTION, "max_tokens": 8, "stream": True})
    done = curl(real_gateway, "-N", "-H", "content-type: application/json", "-d", body)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("data: {")
    assert done.stdout.endswith("data: [DONE]\n\n")


def test_curl_uses_one_connection_for_two_requests(real_gateway):
    arguments = ["-v", "-H", "content-type: application/json", "-d", json.dumps({"model": "smollm2", "messages": BLOCKED})]
    arguments += [f"{real_gateway.url}/v1/chat/completions"]
    done = curl(real_gateway, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(FIXED) == 2
    assert "Re-using existing connection" in done.stderr or "Reusing existing" in done.stderr


def test_curl_trusts_the_certificates_that_the_gateway_makes(start_gateway, scripted_origin, tmp_path):
    for arguments in ([], ["--keep"]):
        done = run("certs", "dev", "--directory", tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "server-key.pem").stat().st_mode & 0o077 == 0
    tls = {"certificate": str(tmp_path / "server.pem"), "key": str(tmp_path / "server-key.pem")}
    gateway = start_gateway(scripted_origin.url, rules_only(), changes={"listen": {"tls": tls}})
    for host in ("127.0.0.1", "localhost"):
        url = f"https://{host}:{gateway.port}/v1/models"
        command = ["curl", "-sS", "-4", "--max-time", "20", "--cacert", tmp_path / "ca.pem", url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["data"][0]["id"] == "echo"


def test_curl_refuses_a_gateway_it_has_no_reason_to_trust(real_gateway):
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "20", real_gateway.url + "/v1/models"],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 60


def s_client(gateway, *arguments, text=""):
    return subprocess.run(
        [
            "openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-servername", "localhost",
            "-CAfile", gateway.certificates.authority, "-verify_return_error", *arguments,
        ],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_s_client_verifies_the_gateway_and_agrees_on_http_1_1(real_gateway, version):
    flag = "-" + version.lower().replace(".", "_").replace("tlsv", "tls")
    done = s_client(real_gateway, flag, "-alpn", "http/1.1")
    assert "Verify return code: 0 (ok)" in done.stdout, done.stdout + done.stderr
    assert "ALPN protocol: http/1.1" in done.stdout
    assert version in done.stdout


def test_s_client_can_ask_by_hand(real_gateway):
    body = json.dumps({"model": "smollm2", "messages": BLOCKED})
    request = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    )
    done = s_client(real_gateway, "-quiet", "-ign_eof", text=request)
    assert "HTTP/1.1 200" in done.stdout, done.stderr
    assert FIXED in done.stdout


def test_s_client_shares_no_protocol_and_is_refused(real_gateway):
    done = s_client(real_gateway, "-alpn", "acme-tls/1")
    assert "no application protocol" in done.stderr.lower(), done.stderr


def test_tls_1_1_is_refused(real_gateway):
    done = s_client(real_gateway, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert done.returncode != 0
    assert "Cipher is (NONE)" in done.stdout
