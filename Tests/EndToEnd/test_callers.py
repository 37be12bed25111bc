"""Keys of the gateway's own, tenants and limits, with the clients that callers have."""

import hashlib
import json
import socket

import pytest

from callers import CALLERS, Chat, Gemini, Messages, OllamaChat
from origin import LEAK
from policies import rules_only

KEY = "no-key-is-needed-here"  # What the callers of these tests show.
FORMS = {
    "/v1/chat/completions": ("authorization", "Bearer ", lambda e: e["error"]["code"] == "invalid_api_key"),
    "/v1/messages": ("x-api-key", "", lambda e: e["error"]["type"] == "authentication_error"),
    "/v1beta/models/m:generateContent": ("x-goog-api-key", "", lambda e: e["error"]["status"] == "UNAUTHENTICATED"),
    "/api/chat": ("authorization", "Bearer ", lambda e: isinstance(e["error"], str)),
    "/v1/models": ("authorization", "Bearer ", lambda e: e["error"]["code"] == "invalid_api_key"),
}


def write_keys(folder, **more):
    def entry(name, key, **own):
        return {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), **own}

    file = folder / "keys.yaml"
    keys = [entry("tests", KEY, **more), entry("crew", "key of the crew", tenant="crew")]
    file.write_text(json.dumps({"version": 1, "keys": keys}))
    return file


@pytest.fixture(scope="module")
def policy():
    policy = rules_only()
    policy["overrides"] = [{"name": "crew", "when": {"tenant": "crew"}, "then": {"exclude": {"rules": ["block.fixed"]}}}]
    return policy


@pytest.fixture(scope="module")
def locked(start_gateway, scripted_origin, policy, tmp_path_factory):
    keys = write_keys(tmp_path_factory.mktemp("keys"))
    return start_gateway(scripted_origin.url, policy, {"callers": {"keys": str(keys)}, "tenant_header": "x-tenant"})


@pytest.mark.parametrize("path", FORMS)
def test_without_a_key_nobody_is_served(locked, origin, path):
    field, scheme, is_form = FORMS[path]
    body = None if path == "/v1/models" else {"model": "m"}
    for headers in [{}, {field: scheme + "another"}]:
        answer = locked.request(path, body=body, headers=headers)
        assert answer.status == 401 and is_form(answer.json), answer
    assert origin.heads == []


@pytest.mark.parametrize("kind", [kind for kind in CALLERS if not issubclass(kind, OllamaChat)], ids=lambda kind: kind.__name__)
def test_clients_show_their_key_as_they_always_do_and_it_stays_here(locked, origin, kind):
    # Ollama's client shows no key unless it is told to.
    assert kind(locked).whole("How is soup made?").text == "You said: How is soup made?"
    assert KEY not in json.dumps(origin.heads)


def test_the_record_names_the_key_and_does_not_hold_it(locked, origin):
    answer = locked.request(
        body={"model": "echo", "messages": [{"role": "user", "content": "Hello."}]},
        headers={"authorization": f"Bearer {KEY}"},
    )
    record = locked.record(answer)
    assert record["caller"] == "tests" and KEY not in json.dumps(record)


def test_a_key_in_the_address_is_refused(locked, origin):
    path = f"/v1beta/models/m:generateContent?key={KEY}"
    answer = locked.request(path, body={"contents": []}, headers={"x-goog-api-key": KEY})
    assert answer.status == 400 and "address" in answer.error["message"]
    assert origin.heads == []


def test_a_tenant_is_the_keys_and_nobody_elses_to_name(locked, origin):
    def ask(key, **more):
        headers = {"authorization": f"Bearer {key}", **more}
        message = {"role": "user", "content": f"The {LEAK}."}
        return locked.request(body={"model": "echo", "messages": [message]}, headers=headers)

    assert ask("key of the crew").decision == "allow"
    assert ask(KEY).decision == "block"
    # The peer is not one of those that may say whom a request is for.
    assert ask(KEY, **{"x-tenant": "crew"}).decision == "block"
    answer = ask("key of the crew", **{"x-tenant": "other"})
    assert answer.decision == "allow"
    assert locked.record(answer)["tenant"] == "crew"
    assert "x-tenant" not in {name.lower() for _, head in origin.heads for name in head}


def test_a_tenant_is_believed_from_a_trusted_peer_only(start_gateway, scripted_origin, origin, policy):
    for peers, decision in [(["127.0.0.0/8"], "allow"), (["10.0.0.0/8", "::1"], "block")]:
        changes = {"tenant_header": "x-tenant", "callers": {"trusted_peers": peers}}
        gateway = start_gateway(scripted_origin.url, policy, changes)
        body = {"model": "echo", "messages": [{"role": "user", "content": f"The {LEAK}."}]}
        assert gateway.request(body=body, headers={"x-tenant": "crew"}).decision == decision


def test_the_peer_behind_a_balancer_is_the_one_its_proxy_header_names(start_gateway, scripted_origin, origin, policy):
    line = b"PROXY TCP4 192.0.2.7 192.0.2.2 56324 443\r\n"
    content = json.dumps({"model": "echo", "messages": [{"role": "user", "content": f"The {LEAK}."}]}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-Tenant: crew\r\nX-Forwarded-For: 192.0.2.7\r\n"
    request = head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(content) + content
    # The balancer itself is on 127.0.0.1; it passes on what anybody writes.
    for peers, decision in [(["192.0.2.0/24"], b"allow"), (["127.0.0.0/8"], b"block")]:
        changes = {
            "listen": {"proxy_protocol": ["127.0.0.0/8"]},
            "tenant_header": "x-tenant",
            "callers": {"trusted_peers": peers},
        }
        gateway = start_gateway(scripted_origin.url, policy, changes)
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as tcp:
            tcp.sendall(line)
            with gateway.context.wrap_socket(tcp, server_hostname="127.0.0.1") as tls:
                tls.sendall(request)
                received = b"".join(iter(lambda: tls.recv(65536), b""))
        assert b"x-guardian-decision: " + decision in received, received


LIMITED = {
    Chat: ("x-ratelimit-remaining-requests", "rate_limit_exceeded"),
    Messages: ("anthropic-ratelimit-requests-remaining", "rate_limit_error"),
    Gemini: (None, "RESOURCE_EXHAUSTED"),
    OllamaChat: (None, "Rate limit reached for requests"),
}


@pytest.mark.parametrize("kind", LIMITED, ids=lambda kind: kind.__name__)
def test_a_limit_of_requests_is_told_in_the_clients_own_words(start_gateway, scripted_origin, origin, kind):
    field, words = LIMITED[kind]
    gateway = start_gateway(scripted_origin.url, rules_only(), {"callers": {"requests_per_minute": 2}})
    caller = kind(gateway)
    assert caller.whole("One.").text == "You said: One."
    assert caller.stream("Two.").text == "You said: Two."
    with pytest.raises(kind.errors) as error:
        caller.whole("Three.")
    assert words in str(error.value) or words in str(getattr(error.value, "body", ""))
    assert 429 in (getattr(error.value, name, None) for name in ("status_code", "code"))
    assert len(origin.bodies) == 2
    path = {Chat: "/v1/chat/completions", Messages: "/v1/messages"}.get(kind)
    if path:
        key = {"authorization": f"Bearer {KEY}"} if kind is Chat else {"x-api-key": KEY}
        answer = gateway.request(path, body={"model": "m"}, headers=key)
        assert answer.status == 429 and answer.headers[field] == "0" and int(answer.headers["retry-after"]) in range(1, 31)


def test_a_limit_of_tokens_counts_what_the_upstream_counted(start_gateway, scripted_origin, origin, tmp_path):
    keys = write_keys(tmp_path, tokens_per_minute=150)
    gateway = start_gateway(scripted_origin.url, rules_only(), {"callers": {"keys": str(keys)}})
    headers = {"authorization": f"Bearer {KEY}"}
    body = {"model": "echo", "messages": [{"role": "user", "content": "Hello."}]}
    first = gateway.request(body=body, headers=headers)
    assert first.status == 200
    # About 18 tokens by its length; 8 by the upstream's count.
    assert int(first.headers["x-ratelimit-remaining-tokens"]) in range(125, 140)
    gateway.record(first)
    second = gateway.request(body=body, headers=headers)
    assert int(second.headers["x-ratelimit-remaining-tokens"]) in range(118, 133)
    long = {"model": "echo", "messages": [{"role": "user", "content": "word " * 110}]}
    refused = gateway.request(body=long, headers=headers)
    assert refused.status == 429 and refused.error["type"] == "tokens", refused
    assert gateway.request(body=body, headers={"authorization": "Bearer key of the crew"}).status == 200


def test_keys_are_read_again_when_told_to(start_gateway, scripted_origin, origin, tmp_path):
    import signal
    import time

    keys = write_keys(tmp_path)
    gateway = start_gateway(scripted_origin.url, rules_only(), {"callers": {"keys": str(keys)}})

    def status():
        return gateway.request("/v1/models", headers={"authorization": f"Bearer {KEY}"}).status

    assert status() == 200
    keys.write_text("version: 1\nkeys: [{name: broken}]\n")
    gateway.process.popen.send_signal(signal.SIGHUP)
    limit = time.monotonic() + 20
    while "not reloaded" not in gateway.process.words and time.monotonic() < limit:
        time.sleep(0.1)
    assert "keys.yaml:2" in gateway.process.words
    assert status() == 200
    entry = {"name": "another", "sha256": hashlib.sha256(b"another key").hexdigest()}
    keys.write_text(json.dumps({"version": 1, "keys": [entry]}))
    gateway.process.popen.send_signal(signal.SIGHUP)
    limit = time.monotonic() + 20
    while status() != 401 and time.monotonic() < limit:
        time.sleep(0.1)
    assert status() == 401
