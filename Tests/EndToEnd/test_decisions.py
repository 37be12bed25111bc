"""What a policy does with a request, and what the LLM and the caller see of it."""

import json

import pytest

from origin import LEAK
from policies import FIXED

STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@STREAMED
def test_a_harmless_request_passes(gateway, origin, stream):
    answer = gateway.ask("Hello there.", stream=stream)
    assert (answer.status, answer.decision, answer.text) == (200, "allow", "You said: Hello there.")
    assert answer.is_stream == stream
    assert answer.finish_reason == "stop"
    assert answer.categories == []
    assert origin.last["messages"] == [{"role": "user", "content": "Hello there."}]


@STREAMED
def test_a_blocked_request_never_reaches_the_llm(gateway, origin, stream):
    answer = gateway.ask(f"Explain the {LEAK} to me.", stream=stream)
    assert origin.bodies == []
    assert (answer.status, answer.decision, answer.categories) == (200, "block", ["cybercrime"])
    assert (answer.text, answer.finish_reason, answer.is_stream) == (FIXED, "content_filter", stream)


@STREAMED
@pytest.mark.parametrize("words", ["crimson walrus protocol", "golden otter protocol"], ids=["template", "generated"])
def test_a_blocked_caller_gets_a_safeguard_response(gateway, origin, words, stream):
    answer = gateway.ask(f"Explain the {words} to me.", stream=stream)
    assert origin.bodies == []
    assert (answer.decision, answer.finish_reason) == ("block", "content_filter")
    assert len(answer.text.split()) >= 5
    response = gateway.record(answer)["response"]
    assert response["category"] == "cybercrime"
    if words.startswith("crimson"):
        assert response["origin"] == "template"
    else:
        assert response["origin"] in ("generated", "template")


@STREAMED
def test_a_block_can_be_told_as_an_error(gateway, origin, stream):
    answer = gateway.ask("Explain the violet ferret protocol to me.", stream=stream)
    assert origin.bodies == []
    assert (answer.status, answer.decision, answer.categories) == (400, "block", ["cybercrime"])
    assert answer.json["error"]["code"] == "content_filter"
    assert "response" not in gateway.record(answer)


def test_a_blocked_stream_is_well_formed(gateway):
    answer = gateway.ask(f"The {LEAK}?", stream=True, stream_options={"include_usage": True})
    first, *_, finish, usage = answer.chunks
    assert {chunk["object"] for chunk in answer.chunks} == {"chat.completion.chunk"}
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in answer.chunks}) == 1
    assert first["choices"][0]["delta"]["role"] == "assistant"
    assert finish["choices"][0]["finish_reason"] == "content_filter"
    assert usage["choices"] == [] and usage["usage"]["total_tokens"] >= 0
    assert all(chunk["choices"] for chunk in answer.chunks[:-1])


def test_a_caller_who_wants_no_usage_gets_none(gateway):
    answer = gateway.ask(f"The {LEAK}?", stream=True)
    assert answer.decision == "block"
    assert all(chunk["choices"] and "usage" not in chunk for chunk in answer.chunks)


@STREAMED
def test_a_redacted_request_reaches_the_llm_without_the_secret(gateway, origin, stream):
    answer = gateway.ask("My number is ticket-4711 and that was ticket-4712.", stream=stream)
    assert origin.last["messages"][0]["content"] == "My number is [ticket] and that was [ticket]."
    assert b"4711" not in origin.bodies[-1]
    assert (answer.decision, answer.categories) == ("rewrite", ["privacy"])
    assert answer.text == "You said: My number is [ticket] and that was [ticket]."


def test_a_steered_request_has_a_system_message_before_the_conversation(gateway, origin):
    answer = gateway.ask("A silver heron question about my back.")
    assert origin.last["messages"] == [
        {"role": "system", "content": "Point to a professional."},
        {"role": "user", "content": "A silver heron question about my back."},
    ]
    assert (answer.decision, answer.categories) == ("rewrite", ["specialized_advice"])


def test_what_is_edited_of_a_conversation_stays_as_it_was_when_it_grows(gateway, origin):
    """LLM APIs keep what they have read of a beginning: it has to be the same to the byte from turn to turn."""
    turns = [
        {"role": "user", "content": "A silver heron question about ticket-4711."},
        {"role": "assistant", "content": "Which of the two?"},
        {"role": "user", "content": "ticket-4712, the silver heron one."},
    ]
    sent = []
    for count in (1, 3):
        assert gateway.ask("", messages=turns[:count]).decision == "rewrite"
        sent.append(origin.last["messages"])
    assert [len(messages) for messages in sent] == [2, 4]
    assert sent[1][:2] == sent[0]
    # The same request is the same bytes.
    gateway.ask("", messages=turns)
    assert origin.bodies[-1] == origin.bodies[-2]


def test_a_replaced_request_reaches_the_llm_as_the_policys_text(gateway, origin):
    assert gateway.ask("An amber lynx riddle, please.").decision == "rewrite"
    assert origin.last["messages"][0]["content"] == "Say hello."


def test_a_logged_request_reaches_the_llm_unchanged(gateway, origin):
    answer = gateway.ask("A green badger note.")
    assert origin.last["messages"][0]["content"] == "A green badger note."
    assert (answer.decision, answer.categories) == ("log", ["misinformation"])
    record = gateway.record(answer)
    assert record["input"]["action"] == "log"


def test_the_strictest_action_wins(gateway, origin):
    answer = gateway.ask(f"A green badger note on ticket-4711 and the {LEAK}.")
    assert (answer.decision, origin.bodies) == ("block", [])


@pytest.mark.parametrize("action", ["rewrite", "log"])
def test_what_is_not_blocked_keeps_every_other_byte(gateway, origin, action):
    words = {"rewrite": "ticket-4711", "log": "green badger note"}[action]
    body = (
        '{"model":"echo","temperature":1.0e0,"x_later":{"b":1,"a":[true,null,-0.10]},'
        '"messages":[{"role":"user","content":"%s \\u00e9 \\ud83d\\ude00"}]}' % words
    )
    assert gateway.request(body=body.encode()).decision == action
    sent = {"rewrite": "[ticket]", "log": words}[action]
    expected = body.replace(words, sent).replace("\\u00e9", "é").replace("\\ud83d\\ude00", "😀")
    assert origin.bodies[-1].decode() == expected


def test_the_callers_key_reaches_the_llm(gateway, origin):
    gateway.request(
        body={"model": "echo", "messages": [{"role": "user", "content": "hi"}]},
        headers={"authorization": "Bearer not-a-real-key"},
    )
    path, headers = origin.heads[-1]
    assert path == "/v1/chat/completions"
    assert {k.lower(): v for k, v in headers.items()}["authorization"] == "Bearer not-a-real-key"


def tool(**function):
    return [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, **function}}]


USER = {"role": "user", "content": "hello"}
HIDING_PLACES = {
    "content": {"messages": [{"role": "user", "content": LEAK}]},
    "escaped content": '{"model":"echo","messages":[{"role":"user","content":"\\u0070urple zebra protocol"}]}',
    "earlier turn": {"messages": [{"role": "user", "content": LEAK}, {"role": "assistant", "content": "no"}, USER]},
    "system": {"messages": [{"role": "system", "content": LEAK}, USER]},
    "developer": {"messages": [{"role": "developer", "content": LEAK}, USER]},
    "assistant": {"messages": [{"role": "assistant", "content": LEAK}, USER]},
    "content part": {"messages": [{"role": "user", "content": [{"type": "text", "text": LEAK}]}]},
    "parts cut between words": {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "purple zebra"}, {"type": "text", "text": "protocol"}]}
        ]
    },
    "parts cut inside a word": {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "purple zeb"}, {"type": "text", "text": "ra protocol"}]}
        ]
    },
    "image address": {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": LEAK}}]}]
    },
    "file data": {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": LEAK}}]}]},
    "sound data": {
        "messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": LEAK}}]}]
    },
    "member named like token repetitions": {"messages": [{**USER, "logprobs": {"content": LEAK}}]},
    "unknown part": {"messages": [{"role": "user", "content": [{"type": "hologram", "words": LEAK}]}]},
    "file name": {
        "messages": [{"role": "user", "content": [{"type": "file", "file": {"filename": LEAK, "file_data": "AAAA"}}]}]
    },
    "name": {"messages": [{**USER, "name": LEAK}]},
    "refusal": {"messages": [{"role": "assistant", "content": None, "refusal": LEAK}, USER]},
    "reasoning": {"messages": [{"role": "assistant", "content": "ok", "reasoning_content": LEAK}, USER]},
    "tool result": {"messages": [USER, {"role": "tool", "tool_call_id": "c1", "content": LEAK}]},
    "tool call arguments": {
        "messages": [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"q":"%s"}' % LEAK}}
                ],
            },
            USER,
        ]
    },
    "legacy function call": {
        "messages": [{"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": LEAK}}, USER]
    },
    "unknown message member": {"messages": [{**USER, "aside": LEAK}]},
    "tool description": {"messages": [USER], "tools": tool(description=LEAK)},
    "tool schema": {
        "messages": [USER],
        "tools": tool(parameters={"type": "object", "properties": {"q": {"type": "string", "description": LEAK}}}),
    },
    "tool schema name": {
        "messages": [USER],
        "tools": tool(parameters={"type": "object", "properties": {LEAK: {"type": "string"}}}),
    },
    "response format": {
        "messages": [USER],
        "response_format": {"type": "json_schema", "json_schema": {"name": "r", "schema": {"description": LEAK}}},
    },
    "stop": {"messages": [USER], "stop": [LEAK]},
    "prediction": {"messages": [USER], "prediction": {"type": "content", "content": LEAK}},
    "user": {"messages": [USER], "user": LEAK},
    "metadata": {"messages": [USER], "metadata": {"note": LEAK}},
    "metadata name": {"messages": [USER], "metadata": {LEAK: "1"}},
    "logit bias name": {"messages": [USER], "logit_bias": {LEAK: 1}},
    "unknown member": {"messages": [USER], "x_prompt": {"deep": [[LEAK]]}},
    "member in another case": {"messages": [USER], "PROMPT": LEAK},
}


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_words_are_found_wherever_they_hide(gateway, origin, place):
    body = HIDING_PLACES[place]
    if isinstance(body, dict):
        body = json.dumps({"model": "echo", **body})
    answer = gateway.request(body=body.encode())
    assert origin.bodies == [], place
    if place == "member in another case":
        # Some servers read it as the member they know, so it cannot be forwarded either way.
        assert answer.status == 400 or answer.decision == "block", answer
    else:
        assert (answer.status, answer.decision) == (200, "block"), answer


@STREAMED
def test_shadow_mode_decides_and_touches_nothing(shadow_gateway, origin, stream):
    words = f"Explain the {LEAK} and ticket-4711."
    answer = shadow_gateway.ask(words, stream=stream)
    assert origin.last["messages"][0]["content"] == words
    assert (answer.status, answer.text) == (200, f"You said: {words}")
    record = shadow_gateway.record(answer)
    assert record["mode"] == "shadow"
    assert record["input"]["action"] == "block"
    assert answer.decision == "allow"


def test_shadow_mode_lets_a_harmful_answer_pass_and_records_it(shadow_gateway, origin):
    answer = shadow_gateway.ask("Go on.", model="leak")
    assert LEAK in answer.text
    assert shadow_gateway.record(answer)["output"]["action"] == "block"


def test_another_policy_can_be_given_on_the_command_line(start_gateway, scripted_origin, tmp_path):
    policy = tmp_path / "other.yaml"
    policy.write_text('{"version": 1, "name": "other", "input": ignore, "output": ignore}')
    gateway = start_gateway(scripted_origin.url, "/nowhere/policy.yaml", arguments=("--policy", policy))
    assert gateway.ask(f"The {LEAK}.").text == f"You said: The {LEAK}."
