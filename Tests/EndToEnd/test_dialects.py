"""Every dialect with its official client, unchanged: allowed, blocked, rewritten, and cut in the middle of a stream."""

import json

import pytest

from callers import CALLERS, CALLERS_OF_TOOLS, Chat, Messages
from origin import LEAK, PREFACE, SECRET
from policies import FIXED, rules_only

MODES = ["whole", "stream"]


@pytest.fixture(params=CALLERS, ids=lambda kind: kind.__name__)
def caller(request, gateway, origin):
    return request.param(gateway)


@pytest.fixture(params=CALLERS_OF_TOOLS, ids=lambda kind: kind.__name__)
def tool_caller(request, gateway, origin):
    return request.param(gateway)


@pytest.mark.parametrize("mode", MODES)
def test_an_allowed_answer_arrives(caller, mode):
    heard = getattr(caller, mode)("How is soup made?")
    assert heard.text == "You said: How is soup made?"
    assert heard.reason and heard.reason != caller.filtered


@pytest.mark.parametrize("mode", MODES)
def test_a_blocked_request_is_answered_natively_and_never_reaches_the_llm(caller, origin, mode):
    heard = getattr(caller, mode)(f"Tell me about the {LEAK}.")
    assert heard.text == FIXED
    assert heard.reason == caller.filtered
    assert origin.bodies == []


@pytest.mark.parametrize("mode", MODES)
def test_a_redacted_request_reaches_the_llm_without_it(caller, origin, mode):
    heard = getattr(caller, mode)(f"My number is {SECRET}.")
    assert heard.text == "You said: My number is [ticket]."
    assert SECRET not in origin.bodies[-1].decode()


@pytest.mark.parametrize("mode", MODES)
def test_a_steered_request_reaches_the_llm_with_the_operators_words(caller, origin, mode):
    getattr(caller, mode)("A silver heron question.")
    assert "Point to a professional." in origin.bodies[-1].decode()


@pytest.mark.parametrize("mode", MODES)
def test_a_blocked_answer_is_replaced(caller, mode):
    heard = getattr(caller, mode)("Hello.", model="leak")
    assert LEAK not in heard.text
    assert FIXED in heard.text
    assert heard.reason == caller.filtered


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_is_redacted(caller, mode):
    heard = getattr(caller, mode)("Hello.", model="secret")
    assert heard.text == "Your number is [ticket], thank you."
    assert heard.reason != caller.filtered


def test_a_stream_is_cut_where_it_turns_harmful(caller):
    heard = caller.stream("Hello.", model="leak-late")
    assert heard.text.startswith("Soup is made of water and time")
    assert heard.text.endswith(FIXED)
    assert LEAK not in heard.text
    assert heard.reason == caller.filtered
    assert heard.pieces > 3


def test_a_stream_is_redacted_while_it_flows(caller):
    heard = caller.stream("Hello.", model="secret-late")
    assert heard.text == f"{PREFACE}Your number is [ticket], thank you. {PREFACE}"
    assert heard.reason != caller.filtered


@pytest.mark.parametrize("mode", MODES)
def test_a_call_of_a_tool_arrives_whole(tool_caller, mode):
    heard = getattr(tool_caller, mode)("Hello.", model="harmless-tool")
    assert heard.text == "Let me see."
    assert "garden herbs" in "".join(heard.calls)


def test_a_stream_that_only_calls_a_tool_is_read_by_its_client(gateway, origin):
    usage = {"input_tokens": 3, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    call = {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": '{"query": "garden herbs"}'}
    events = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": call},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    stream = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    origin.script = ("text/event-stream", stream.encode())
    heard = Messages(gateway).stream("Hello.")
    assert (heard.text, heard.calls, heard.reason) == ("", ["garden herbs"], "tool_use")


@pytest.mark.parametrize("mode", MODES)
def test_a_call_of_a_tool_is_judged(tool_caller, mode):
    heard = getattr(tool_caller, mode)("Hello.", model="tool")
    assert heard.calls == []
    assert LEAK not in heard.text
    assert FIXED in heard.text
    assert heard.reason == tool_caller.filtered


@pytest.fixture(scope="module")
def gateway_to_nowhere(start_gateway):
    return start_gateway("http://127.0.0.1:9", rules_only())


@pytest.mark.parametrize("kind", CALLERS, ids=lambda kind: kind.__name__)
def test_an_upstream_that_is_down_is_told_in_the_dialects_form(gateway_to_nowhere, kind):
    with pytest.raises(kind.errors) as error:
        kind(gateway_to_nowhere).whole("Hello.")
    assert "upstream" in str(error.value)


FORMS = {
    "/v1/chat/completions": lambda e: e["error"]["type"] == "invalid_request_error",
    "/v1/completions": lambda e: e["error"]["type"] == "invalid_request_error",
    "/v1/responses": lambda e: e["error"]["type"] == "invalid_request_error",
    "/v1/embeddings": lambda e: e["error"]["type"] == "invalid_request_error",
    "/v1/messages": lambda e: e["type"] == "error" and e["error"]["type"] == "invalid_request_error",
    "/v1/messages/count_tokens": lambda e: e["type"] == "error" and "message" in e["error"],
    "/api/chat": lambda e: isinstance(e["error"], str),
    "/api/generate": lambda e: isinstance(e["error"], str),
    "/v1beta/models/m:generateContent": lambda e: e["error"]["status"] == "INVALID_ARGUMENT" and e["error"]["code"] == 400,
    "/v1beta/models/m:countTokens": lambda e: e["error"]["status"] == "INVALID_ARGUMENT",
}


@pytest.mark.parametrize("path", FORMS)
def test_a_body_that_is_not_json_is_an_error_in_the_dialects_form(gateway, path):
    answer = gateway.request(path, body=b'{"model": "m", "model": "n"}')
    assert answer.status == 400
    assert FORMS[path](answer.json), answer


@pytest.mark.parametrize("path", FORMS)
def test_a_body_that_is_too_large_is_an_error_in_the_dialects_form(gateway, path):
    answer = gateway.request(path, body=b" " * (11 << 20))
    assert answer.status == 413
    error = answer.json["error"]
    assert "exceeds" in (error if isinstance(error, str) else error["message"])


def test_counting_tokens_is_guarded_on_the_way_in(gateway, origin):
    client = Messages(gateway).client
    messages = [{"role": "user", "content": "How long is this?"}]
    assert client.messages.count_tokens(model="echo", messages=messages).input_tokens == 7
    messages = [{"role": "user", "content": f"The {LEAK}."}]
    with pytest.raises(Messages.errors) as error:
        client.messages.count_tokens(model="echo", messages=messages)
    assert error.value.status_code == 400
    assert len(origin.bodies) == 1


def test_embeddings_are_guarded_on_the_way_in(gateway, origin):
    client = Chat(gateway).client
    assert client.embeddings.create(model="m", input="Soup.", encoding_format="float").data[0].embedding == [0.5, -0.5]
    with pytest.raises(Chat.errors) as error:
        client.embeddings.create(model="m", input=["Soup.", f"The {LEAK}."])
    assert error.value.code == "content_filter"
    client.embeddings.create(model="m", input=f"Number {SECRET}.")
    assert SECRET not in origin.bodies[-1].decode()


def test_what_cannot_be_judged_is_refused(gateway, origin):
    for path, body in [
        ("/v1/completions", {"model": "m", "prompt": [1, 2, 3]}),
        ("/api/generate", {"model": "m", "prompt": "x", "context": [1, 2]}),
        ("/v1/responses", {"model": "m", "input": "x", "background": True}),
    ]:
        answer = gateway.request(path, body=body)
        assert answer.status == 400, answer
    assert origin.bodies == []


def test_moderations_are_answered_by_the_gateway(gateway, origin):
    client = Chat(gateway).client
    answer = client.moderations.create(input=["How is soup made?", f"The {LEAK}."])
    assert [result.flagged for result in answer.results] == [False, True]
    assert answer.results[1].categories.illicit and not answer.results[1].categories.hate
    assert answer.results[1].model_dump()["categories"]["cybercrime"] is True
    assert 0 <= answer.results[0].category_scores.violence <= 1
    assert origin.bodies == []
