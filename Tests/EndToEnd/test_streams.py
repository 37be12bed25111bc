"""Streamed answers that flow on while they are judged."""

import json

import httpx
import httpx2
import openai
import pytest

from harness import openai_client
from origin import LEAK, PREFACE, SECRET, USAGE
from policies import FIXED, rules_only

HELLO = [{"role": "user", "content": "Go on."}]


@pytest.fixture
def stream(gateway):
    """Streams by OpenAI's own client."""
    with openai_client(gateway) as client:
        yield lambda model, **more: client.chat.completions.create(model=model, messages=HELLO, stream=True, **more)


def text(chunks):
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def finish_reasons(chunks):
    return [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]


def test_an_answer_flows_on_before_it_has_ended(stream, origin):
    chunks = []
    for chunk in stream("waits"):
        chunks.append(chunk)
        # Within the time that text may be held, all that has come has gone out.
        if text(chunks) == PREFACE:
            origin.go_on.set()
    assert origin.was_seen, "the answer was held to its end"
    assert text(chunks) == PREFACE + "And that is all."
    assert finish_reasons(chunks) == ["stop"]
    assert {chunk.id for chunk in chunks} == {"chatcmpl-origin"}
    assert [c.delta.role for chunk in chunks for c in chunk.choices if c.delta.role] == ["assistant"]


def test_a_stream_that_turns_harmful_ends_with_the_safeguard_response(stream, gateway):
    chunks = list(stream("leak-late"))
    words = text(chunks)
    assert words.startswith(PREFACE[:40]) and words.endswith("\n\n" + FIXED)
    assert "purple" not in words and "zebra" not in words and "protocol" not in words
    assert finish_reasons(chunks) == ["content_filter"]
    answer = gateway.ask("Go on.", stream=True, model="leak-late")
    assert LEAK.encode() not in answer.body
    assert gateway.record(answer)["output"]["action"] == "block"


def test_a_secret_late_in_a_stream_is_cut_out_whole(stream):
    chunks = list(stream("secret-late", stream_options={"include_usage": True}))
    assert text(chunks) == f"{PREFACE}Your number is [ticket], thank you. {PREFACE}"
    assert SECRET not in text(chunks)
    assert finish_reasons(chunks) == ["stop"]
    assert chunks[-1].usage.total_tokens == USAGE["total_tokens"]


def test_a_text_that_is_replaced_late_ends_with_what_stands_in_its_place(stream):
    chunks = list(stream("riddle-late"))
    assert text(chunks).startswith(PREFACE[:40]) and text(chunks).endswith("Say hello.")
    assert "lynx" not in text(chunks)
    assert finish_reasons(chunks) == ["stop"]


def test_openais_streaming_helper_reads_choices_whichever_begins(gateway, origin):
    with openai_client(gateway) as client:
        with client.chat.completions.stream(model="second-choice-first", messages=HELLO, n=2) as events:
            for event in events:
                if event.type == "content.delta" and event.delta:
                    origin.go_on.set()
            choices = events.get_final_completion().choices
    assert origin.was_seen, "the answer was held to its end"
    assert [choice.message.content for choice in choices] == ["Nothing more.", PREFACE]
    assert [choice.finish_reason for choice in choices] == ["stop", "stop"]


def test_a_call_of_a_tool_is_held_until_it_was_judged(stream):
    chunks = list(stream("long-then-leak-in-tool"))
    assert not any(choice.delta.tool_calls for chunk in chunks for choice in chunk.choices)
    assert text(chunks).endswith(FIXED)
    assert finish_reasons(chunks) == ["content_filter"]


def lines_heard(gateway, origin, **body):
    """The lines of a stream; the upstream comes to its end once one says that the answer goes on."""
    lines = []
    body = {"messages": HELLO, "stream": True, **body}
    with httpx.stream(
        "POST", f"{gateway.url}/v1/chat/completions", json=body, verify=gateway.context, timeout=120
    ) as answer:
        for line in answer.iter_lines():
            lines.append(line)
            if line.startswith(":"):
                origin.go_on.set()
    assert origin.was_seen, "nothing was heard while the answer was held"
    return lines


def test_a_caller_hears_that_the_answer_goes_on_while_it_is_held(gateway, origin):
    lines = lines_heard(gateway, origin, model="thinks-long")
    assert lines[-2:] == ["data: [DONE]", ""] and "herbs" in "".join(lines)


@pytest.mark.parametrize("user", ["leak", "nobody"])
def test_a_caller_hears_of_an_answer_that_is_held_to_its_end(start_gateway, origin, user):
    gateway = start_gateway(origin.url, {**rules_only(), "stream": {"mode": "full"}})
    lines = lines_heard(gateway, origin, model="talks-long", user=user)
    said = "".join(
        choice["delta"].get("content") or ""
        for line in lines
        if line.startswith("data: {")
        for choice in json.loads(line[6:])["choices"]
    )
    assert lines[0].startswith(":") and lines[-2:] == ["data: [DONE]", ""]
    assert (said == FIXED) if user == "leak" else (said.startswith("herbs herbs ") and said.endswith("herbs ."))


def test_an_upstream_that_dies_in_the_middle_is_seen_as_a_cut(stream, origin):
    with pytest.raises((httpx2.RemoteProtocolError, openai.APIError)):
        for _ in stream("dies-late"):
            origin.go_on.set()


def test_a_caller_who_leaves_in_the_middle_disturbs_nobody(stream, origin):
    answer = stream("waits")
    next(iter(answer))
    answer.close()
    origin.go_on.set()


def test_a_policy_can_have_streams_held_to_their_end(start_gateway, origin):
    gateway = start_gateway(origin.url, {**rules_only(), "stream": {"mode": "full"}})
    answer = gateway.ask("Go on.", stream=True, model="leak-late")
    assert (answer.decision, answer.text, answer.finish_reason) == ("block", FIXED, "content_filter")
