"""What a policy does with the LLM's answer."""

import pytest

from origin import LEAK, SECRET, USAGE
from policies import FIXED

STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@STREAMED
def test_a_harmful_answer_is_replaced(gateway, origin, stream):
    answer = gateway.ask("Go on.", stream=stream, model="leak")
    assert len(origin.bodies) == 1
    assert (answer.status, answer.decision) == (200, "block")
    assert (answer.text, answer.finish_reason, answer.is_stream) == (FIXED, "content_filter", stream)
    assert LEAK.encode() not in answer.body
    assert gateway.record(answer)["output"]["action"] == "block"


@STREAMED
@pytest.mark.parametrize(
    "model", ["tool", "leak-in-reasoning", "leak-in-unknown-member", "leak-in-second-choice"]
)
def test_an_answer_is_judged_wherever_its_words_stand(gateway, model, stream):
    answer = gateway.ask("Go on.", stream=stream, model=model)
    assert answer.decision == "block", answer
    assert b"zebra" not in answer.body
    assert answer.text == FIXED


@STREAMED
def test_a_secret_is_cut_out_of_an_answer(gateway, stream):
    answer = gateway.ask("What is my number?", stream=stream, model="secret")
    assert (answer.status, answer.decision, answer.categories) == (200, "rewrite", ["privacy"])
    assert answer.text == "Your number is [ticket], thank you."
    assert answer.finish_reason == "stop"
    assert SECRET.encode() not in answer.body
    if stream:
        assert {chunk["id"] for chunk in answer.chunks} == {"chatcmpl-origin"}
    else:
        assert answer.json["id"] == "chatcmpl-origin" and answer.json["usage"] == USAGE


def test_a_rewritten_stream_keeps_the_usage_that_was_asked_for(gateway):
    answer = gateway.ask("Number?", stream=True, model="secret", stream_options={"include_usage": True})
    assert answer.decision == "rewrite"
    assert answer.chunks[-1]["choices"] == [] and answer.chunks[-1]["usage"] == USAGE


def test_an_untouched_answer_keeps_its_identity(gateway):
    answer = gateway.ask("Hello.")
    assert (answer.json["id"], answer.json["created"], answer.json["usage"]) == ("chatcmpl-origin", 1700000000, USAGE)


@STREAMED
def test_an_answer_of_another_shape_is_not_passed_on(gateway, stream):
    answer = gateway.ask("Go on.", stream=stream, model="other-json")
    assert LEAK.encode() not in answer.body
    assert answer.status == 502 or answer.decision == "block", answer
