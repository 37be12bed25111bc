"""What is no text, and nobody can judge: it goes on, is taken out, or the request or answer is refused, as the policy says."""

import copy
import json
import re

import httpx
import pytest

from origin import PREFACE
from policies import rules_only
from streams import streamed

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


DATA = "QUJDRA" * 8
CAPTION = "This is the garden behind the house."
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
ANSWERS = {
    "openai.chat": (
        "/v1/chat/completions",
        {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": CAPTION, "audio": {"id": "a", "data": DATA, "expires_at": 9}},
                    "finish_reason": "stop",
                }
            ],
            "usage": USAGE,
        },
    ),
    "openai.responses": (
        "/v1/responses",
        {
            "id": "r",
            "object": "response",
            "created_at": 1,
            "status": "completed",
            "model": "m",
            "output": [
                {"type": "image_generation_call", "id": "i", "status": "completed", "result": DATA},
                {
                    "type": "message",
                    "id": "m",
                    "role": "assistant",
                    "status": "completed",
                    "content": [{"type": "output_text", "text": CAPTION, "annotations": []}],
                },
            ],
        },
    ),
    "gemini.generate": (
        "/v1beta/models/m:generateContent",
        {
            "candidates": [
                {
                    "content": {
                        "parts": [{"text": CAPTION}, {"inlineData": {"mimeType": "image/png", "data": DATA}}],
                        "role": "model",
                    },
                    "finishReason": "STOP",
                    "index": 0,
                }
            ]
        },
    ),
}


def policy(handling, mode="enforce", **more):
    rules = {**rules_only(mode), **more}
    for phase in ("input", "output"):
        rules[phase] = {**rules[phase], "media": handling}
    return rules


@pytest.fixture(scope="module", params=["pass", "drop", "refuse"])
def handling(request):
    return request.param


@pytest.fixture(scope="module")
def guard(start_gateway, scripted_origin, handling):
    return start_gateway(scripted_origin.url, policy(handling))


def count(gateway, handling, phase="input"):
    name = rf'guardian_media_total{{phase="{phase}",handling="{handling}"}}'
    found = re.search(rf"{re.escape(name)} (\d+)", gateway.metrics())
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


def asked(stem, stream):
    """The path and the body of a question in the dialect."""
    path = ANSWERS[stem][0]
    if stem == "gemini.generate":
        return path.replace(":generate", ":streamGenerate") + "?alt=sse" if stream else path, BODIES[path]
    body = copy.deepcopy(BODIES[path])
    body["input" if "input" in body else "messages"] = [{"role": "user", "content": TEXT}]
    return path, {**body, "stream": stream}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("stem", ANSWERS)
def test_media_of_an_answer_are_handled_as_the_policy_says(guard, origin, handling, stem, stream):
    if stem == "gemini.generate" and handling == "refuse":
        pytest.skip("the question has an image too")
    answer = ANSWERS[stem][1]
    origin.script = streamed(stem, answer) if stream else ("application/json", json.dumps(answer).encode())
    before = count(guard, handling, "output")
    path, body = asked(stem, stream)
    reply = guard.request(path, body=body)
    assert count(guard, handling, "output") > before
    if handling == "refuse":
        assert reply.status == 403 and b"not passed on" in reply.body, reply
        assert guard.record(reply)["error"] == "media_refused"
        assert DATA.encode() not in reply.body and CAPTION.encode() not in reply.body
        return
    assert reply.status == 200, reply
    assert (DATA.encode() in reply.body) == (handling == "pass")


def test_sound_behind_words_that_have_gone_out_ends_the_stream_with_an_error(start_gateway, scripted_origin, origin):
    gateway = start_gateway(scripted_origin.url, policy("refuse"))
    path, body = asked("openai.chat", True)
    said = ""
    with httpx.stream(
        "POST", gateway.url + path, json={**body, "model": "sounds-late"}, verify=gateway.context, timeout=60
    ) as answer:
        assert answer.status_code == 200
        for text in answer.iter_text():
            said += text
            origin.go_on.set()
    assert origin.was_seen and PREFACE[:10] in said
    assert "not passed on" in said and DATA not in said


def test_media_of_answers_are_handled_where_nothing_else_is_judged(start_gateway, scripted_origin, origin):
    gateway = start_gateway(
        scripted_origin.url,
        {"version": 1, "name": "t", "mode": "enforce", "input": "ignore", "output": {"others": "ignore", "media": "drop"}},
    )
    answer = ANSWERS["openai.chat"][1]
    origin.script = ("application/json", json.dumps(answer).encode())
    path, body = asked("openai.chat", False)
    reply = gateway.request(path, body=body)
    assert json.loads(reply.body)["choices"][0]["message"]["audio"] == {"id": "", "data": "", "expires_at": 9}
