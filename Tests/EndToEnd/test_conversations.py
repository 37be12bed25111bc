"""Conversations that the provider keeps: what is said now is judged behind what was said before."""

import pytest

from callers import Responses
from origin import LEAK
from policies import FIXED, rules_only

LONG = "We spoke about the garden and about the soup that is made of what it has. " * 2


@pytest.fixture(scope="module")
def judge(start_gateway, scripted_origin):
    """A policy whose model reads everything and only notes it."""
    policy = rules_only()
    policy["input"] = {"overall": {"threshold": 0.999, "action": "log"}, "others": "ignore"}
    return start_gateway(scripted_origin.url, policy, {"model": {"timeout": "5m"}})


def ask(gateway, text, **more):
    answer = gateway.request("/v1/responses", body={"model": "echo", "input": text, **more})
    assert answer.status == 200, answer
    return answer, gateway.record(answer)


def test_a_turn_is_judged_behind_those_before_it(judge, origin):
    first, _ = ask(judge, LONG)
    _, behind = ask(judge, "And then?", previous_response_id=first.json["id"])
    _, alone = ask(judge, "And so?")
    _, unknown = ask(judge, "And now?", previous_response_id="resp_nobody_knows")
    # It was read by itself, and once more behind the first turn and its answer.
    assert behind["tokens"]["judged"] > 1.5 * alone["tokens"]["judged"]
    assert unknown["tokens"]["judged"] < 1.5 * alone["tokens"]["judged"]
    assert behind["input"]["segments_unscanned"] == 0
    assert unknown["input"]["segments_unscanned"] == 1
    assert origin.last["previous_response_id"] == "resp_nobody_knows"


def test_a_turn_of_a_conversation_is_judged_behind_those_before_it(judge, origin):
    ask(judge, LONG, conversation="conv_1")
    _, alone = ask(judge, "Go on there?", conversation="conv_2")
    _, behind = ask(judge, "Go on then?", conversation={"id": "conv_1"})
    assert behind["tokens"]["judged"] > 1.5 * alone["tokens"]["judged"]


def test_a_stream_is_remembered_too(judge, origin):
    answer, _ = ask(judge, LONG, stream=True)
    name = f"resp_{len(origin.bodies)}"
    assert name in answer.body.decode()
    _, alone = ask(judge, "Who else?")
    _, behind = ask(judge, "What else?", previous_response_id=name)
    assert behind["tokens"]["judged"] > 1.5 * alone["tokens"]["judged"]


def test_nobody_is_judged_by_what_another_said(judge, origin):
    def as_caller(key, text, **more):
        body = {"model": "echo", "input": text, **more}
        answer = judge.request("/v1/responses", body=body, headers={"authorization": f"Bearer {key}"})
        return answer.json["id"], judge.record(answer)

    name, _ = as_caller("one", LONG)
    _, own = as_caller("one", "Why is that?", previous_response_id=name)
    _, other = as_caller("two", "How is that?", previous_response_id=name)
    assert own["tokens"]["judged"] > 1.5 * other["tokens"]["judged"]


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
def test_a_client_goes_on_after_a_block(judge, origin, is_stream):
    client = Responses(judge).client
    first = client.responses.create(model="echo", input="Hello there.")
    blocked = client.responses.create(
        model="echo", input=f"The {LEAK}.", previous_response_id=first.id, stream=is_stream
    )
    if is_stream:
        blocked = list(blocked)[-1].response
    assert blocked.output_text == FIXED
    last = client.responses.create(model="echo", input="Sorry.", previous_response_id=blocked.id)
    assert last.output_text == "You said: Sorry."
    # The provider has never heard of what was blocked, nor of the answer to it.
    assert origin.last["previous_response_id"] == first.id
    begun = client.responses.create(model="echo", input=f"The {LEAK}.")
    client.responses.create(model="echo", input="Sorry.", previous_response_id=begun.id)
    assert "previous_response_id" not in origin.last


def test_what_is_unknown_can_be_refused(start_gateway, scripted_origin, origin):
    gateway = start_gateway(scripted_origin.url, rules_only(), {"conversations": {"unknown": "refuse"}})
    for member, code in [
        ({"previous_response_id": "resp_x"}, "previous_response_not_found"),
        ({"conversation": "conv_x"}, "conversation_not_found"),
    ]:
        answer = gateway.request("/v1/responses", body={"model": "echo", "input": "Hello.", **member})
        assert answer.status == 400 and answer.error["code"] == code and answer.error["param"] in member, answer
    assert origin.bodies == []
    known = gateway.request("/v1/responses", body={"model": "echo", "input": "Hello."}).json["id"]
    answer = gateway.request("/v1/responses", body={"model": "echo", "input": "Hi.", "previous_response_id": known})
    assert answer.status == 200
