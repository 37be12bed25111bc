"""A stream may arrive cut anywhere: what comes of it is the same."""

import json
from pathlib import Path

import pytest

from origin import LEAK, PREFACE, SECRET
from policies import FIXED
from streams import STREAMS, streamed

FIELDS = Path(__file__).parent / "fields"
# What stands in each dialect's fixture as the answer's words.
WORDS = {"openai.completions": "there was a frog."}
TEXTS = {
    "allow": f"{PREFACE}Nothing to see.",
    "block": f"{PREFACE}Here it is: the {LEAK}. {PREFACE}",
    "rewrite": f"{PREFACE}Your number is {SECRET}. {PREFACE}",
}


def asked(stem):
    """The path and the request of a stream, the answer, and its head without words."""
    fixture = json.loads((FIELDS / f"{stem}.json").read_text())
    fixture["answer"].pop("an_upstreams_own")
    path = fixture["path"].replace(":generateContent", ":streamGenerateContent?alt=sse")
    request = fixture["request"] if "models/" in path else {**fixture["request"], "stream": True}
    return path, {name: value for name, value in request.items() if name != "n"}, fixture["answer"]


def heard(body):
    """Everything that is said in a stream, joined: pieces are where they are by the clock."""
    words = []

    def collect(value, name=""):
        if isinstance(value, dict):
            for key, item in value.items():
                collect(item, key)
        elif isinstance(value, list):
            for item in value:
                collect(item, name)
        elif isinstance(value, str) and name in ("content", "text", "delta", "thinking", "response", "partial_json"):
            words.append(value)

    for line in body.decode().splitlines():
        line = line.removeprefix("data: ")
        if line.startswith("{"):
            event = json.loads(line)
            # Its texts are repeated when they end.
            if not str(event.get("type", "")).endswith((".done", ".completed", ".incomplete", ".added", ".created")):
                collect(event)
    return "".join(words)


@pytest.mark.parametrize("decision", TEXTS)
@pytest.mark.parametrize("stem", STREAMS)
def test_a_stream_of_single_bytes_is_decided_like_a_whole_one(gateway, origin, stem, decision):
    path, request, answer = asked(stem)
    text = json.dumps(answer).replace(WORDS.get(stem, "Some words."), TEXTS[decision])
    kind, stream = streamed(stem, json.loads(text))
    results = []
    for cut in (len(stream), 1, 7):
        origin.script = (kind, [stream[i : i + cut] for i in range(0, len(stream), cut)])
        got = gateway.request(path, body=request)
        record = gateway.record(got)
        results.append((got.status, record["output"]["action"], heard(got.body)))
    assert results[0] == results[1] == results[2]
    status, action, said = results[0]
    assert (status, action) == (200, {"allow": None}.get(decision, decision))
    assert LEAK not in said and SECRET not in said
    assert (FIXED in said) == (decision == "block") and ("[ticket]" in said) == (decision == "rewrite")
