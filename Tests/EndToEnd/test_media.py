"""What is no text, and nobody can judge: it goes on, is taken out, or the request is refused, as the policy says."""

import re

import pytest

from policies import rules_only

IMAGE = "https://example.org/a.png"
TEXT = "What is this?"
BODIES = {
    "/v1/chat/completions": {
        "model": "echo",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": TEXT}, {"type": "image_url", "image_url": {"url": IMAGE}}]}
        ],
    },
    "/v1/responses": {
        "model": "m",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": TEXT}, {"type": "input_image", "image_url": IMAGE}]}],
    },
    "/v1/messages": {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {
                "role": "user",
                "content": [{"type": "image", "source": {"type": "url", "url": IMAGE}}, {"type": "text", "text": TEXT}],
            }
        ],
    },
    "/api/chat": {"model": "m", "stream": False, "messages": [{"role": "user", "content": TEXT, "images": ["AAAA"]}]},
    "/v1beta/models/m:generateContent": {
        "contents": [{"role": "user", "parts": [{"text": TEXT}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}]
    },
}


def policy(handling, mode="enforce"):
    rules = rules_only(mode)
    rules["input"]["media"] = handling
    return rules


@pytest.fixture(scope="module", params=["pass", "drop", "refuse"])
def handling(request):
    return request.param


@pytest.fixture(scope="module")
def guard(start_gateway, scripted_origin, handling):
    return start_gateway(scripted_origin.url, policy(handling))


def count(gateway, handling):
    found = re.search(rf'guardian_media_total{{handling="{handling}"}} (\d+)', gateway.metrics())
    return int(found[1]) if found else 0


@pytest.mark.parametrize("path", BODIES)
def test_media_is_handled_as_the_policy_says(guard, origin, handling, path):
    before = count(guard, handling)
    answer = guard.request(path, body=BODIES[path])
    assert count(guard, handling) == before + 1
    if handling == "refuse":
        assert answer.status == 400 and b"lets only text through" in answer.body, answer
        assert origin.bodies == [] and guard.record(answer)["error"] == "media_refused"
        return
    assert answer.status == 200, answer
    (sent,) = map(str, origin.bodies)
    assert TEXT in sent and (IMAGE in sent or "AAAA" in sent) == (handling == "pass")


def test_shadow_mode_takes_nothing_out(start_gateway, scripted_origin, origin):
    gateway = start_gateway(scripted_origin.url, policy("refuse", mode="shadow"))
    path = "/v1/chat/completions"
    assert gateway.request(path, body=BODIES[path]).status == 200
    assert IMAGE in str(origin.bodies[0]) and count(gateway, "pass") == 1
