"""An LLM API that is down, slow, broken, or dies: the caller learns which, and the gateway stays up."""

import http.client
import ssl
import threading
import time

import pytest

from harness import free_port
from origin import LEAK
from policies import FIXED, rules_only

STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
IMPATIENT = {"upstream": {"connect_timeout": "2s", "first_byte_timeout": "1s", "idle_timeout": "1s"}}


@pytest.fixture(scope="module")
def impatient_gateway(start_gateway, scripted_origin):
    return start_gateway(scripted_origin.url, rules_only(), changes=IMPATIENT)


def assert_upstream_fault(gateway, answer, status, word=None):
    assert answer.status == status, answer
    assert answer.error["message"] and answer.error["type"], answer
    if word:
        assert answer.error["code"] == word, answer
    record = gateway.record(answer)
    assert (record["status"], record["fault"]) == (status, "upstream"), record


@STREAMED
def test_an_upstream_that_is_down(start_gateway, stream):
    gateway = start_gateway(f"http://127.0.0.1:{free_port()}", rules_only())
    answer = gateway.ask("hello", stream=stream)
    assert_upstream_fault(gateway, answer, 502, "upstream_connect_refused")
    assert gateway.process.is_running


@STREAMED
def test_an_upstream_that_is_slow(impatient_gateway, stream):
    start = time.monotonic()
    answer = impatient_gateway.ask("hello", model="slow", stream=stream)
    assert_upstream_fault(impatient_gateway, answer, 504, "upstream_first_byte_timeout")
    assert time.monotonic() - start < 20


def test_an_upstream_that_dies_in_the_middle_of_its_answer(gateway):
    answer = gateway.ask("hello", model="dies")
    assert_upstream_fault(gateway, answer, 502)
    assert b"half an" not in answer.body


def test_an_upstream_that_dies_in_the_middle_of_a_stream(gateway):
    # The stream is held until it was judged, so nothing of it has left and the caller gets a plain error.
    answer = gateway.ask("hello", model="dies-mid-stream", stream=True)
    assert_upstream_fault(gateway, answer, 502)
    assert b"half an" not in answer.body


def test_a_stream_that_passes_is_seen_to_be_cut(shadow_gateway, origin):
    # Shadow mode delays nothing, so the first words are out: the end of the connection has to say that it is no end.
    with pytest.raises((http.client.IncompleteRead, ConnectionError, ssl.SSLError)):
        shadow_gateway.ask("hello", model="dies-mid-stream", stream=True)
    assert shadow_gateway.ask("hello").text == "You said: hello"


@pytest.mark.parametrize("model", ["error-mid-stream", "error-ends-stream"])
def test_an_error_in_the_middle_of_a_stream_reaches_the_caller(gateway, model):
    answer = gateway.ask("hello", model=model, stream=True)
    assert b"out of memory" in answer.body, answer
    # Clients raise it where it stands: the words that came before it stand before it.
    assert -1 < answer.body.find(b"half") < answer.body.find(b"out of memory"), answer


def test_a_stream_that_ends_without_its_last_event_is_not_passed_off_as_whole(gateway):
    answer = gateway.ask("hello", model="stream-without-end", stream=True)
    assert answer.status == 502 or b"[DONE]" not in answer.body, answer


@pytest.mark.parametrize("model", ["not-json", "not-http", "stream-garbage"])
def test_an_upstream_that_talks_nonsense(gateway, model):
    answer = gateway.ask("hello", model=model, stream=model.startswith("stream"))
    assert_upstream_fault(gateway, answer, 502)
    assert b"html" not in answer.body and b"SSH" not in answer.body


def test_an_answer_beyond_the_limit(gateway):
    assert_upstream_fault(gateway, gateway.ask("hello", model="huge"), 502, "upstream_response_too_large")


def test_an_upstreams_own_error_reaches_the_caller(gateway):
    answer = gateway.ask("hello", model="error")
    assert (answer.status, answer.error["code"], answer.error["message"]) == (429, "busy", "try later")


@STREAMED
def test_words_of_the_llm_that_an_upstreams_error_quotes_are_judged(gateway, stream):
    answer = gateway.ask("hello", model="error-quotes", stream=stream)
    assert (answer.status, answer.decision, answer.text) == (200, "block", FIXED), answer
    assert LEAK.encode() not in answer.body
    record = gateway.record(answer)
    assert (record["output"]["action"], record["outcome"]) == ("block", "safeguarded"), record


@STREAMED
def test_an_upstreams_error_that_cannot_be_read_keeps_its_status(gateway, stream):
    answer = gateway.ask("hello", model="error-page", stream=stream)
    assert (answer.status, answer.error["code"]) == (503, "upstream_error_unreadable"), answer
    assert b"html" not in answer.body


def test_a_gateway_that_is_told_to_stop_finishes_what_it_began(start_gateway, scripted_origin):
    gateway = start_gateway(scripted_origin.url, rules_only())
    answers = []
    caller = threading.Thread(target=lambda: answers.append(gateway.ask("finish this", model="slow", seconds=3)))
    caller.start()
    time.sleep(1.5)
    status = gateway.close()
    caller.join(timeout=30)
    assert status == 0
    assert answers and answers[0].text == "You said: finish this"
