"""An upstream may cut its stream anywhere, down to single bytes: what the caller gets means the same."""

import json
import re
from pathlib import Path

import httpx
import pytest

from origin import LEAK, SECRET
from policies import FIXED, rules_only
from streams import STREAMS, streamed

# What the gateway calls an answer of its own; no two have the same.
OWN_IDS = re.compile(rb"(?<=guardian[-_])[0-9a-f]{32}")
FIELDS = Path(__file__).parent / "fields"
# What stands in each dialect's fixture as the answer's words.
WORDS = {"openai.completions": "there was a frog."}
# Longer than what is held back.
LONG = "Soup is made of water and time, and of what the garden has. " * 3
TEXTS = {
    "allow": f"{LONG}Nothing to see.",
    "block": f"Here it is: the {LEAK}.",
    "late block": f"{LONG}Here it is: the {LEAK}. {LONG}",
    "rewrite": f"{LONG}Your number is {SECRET}. {LONG}",
}
# Names under which words come piece by piece.
FLOWING = {"content", "text", "delta", "thinking", "response", "reasoning_content", "refusal", "partial_json", "arguments"}


@pytest.fixture(scope="module")
def gateway(start_gateway, scripted_origin):
    """One that cuts by the text alone: a machine that is busy must not change what is compared."""
    return start_gateway(scripted_origin.url, {**rules_only(), "stream": {"milliseconds": 60_000}})


def asked(stem):
    """The path and the request of a stream, and the answer with all its fields."""
    fixture = json.loads((FIELDS / f"{stem}.json").read_text())
    fixture["answer"].pop("an_upstreams_own")
    path = fixture["path"].replace(":generateContent", ":streamGenerateContent?alt=sse")
    request = fixture["request"] if "models/" in path else {**fixture["request"], "stream": True}
    return path, {name: value for name, value in request.items() if name != "n"}, fixture["answer"]


def events(body):
    """The objects of a stream. A line that is none of its framing fails."""
    found = []
    for line in body.decode().splitlines():
        if line.startswith("event: ") or line in ("", "data: [DONE]"):
            continue
        found.append(json.loads(line.removeprefix("data: ")))
    return found


def meaning(body, is_block):
    """What a stream says: the words under each name of each place, joined, and the events without them, where those that differ
    in nothing else count once. How the words are cut into pieces says nothing. Where a stream was ended by a block, the tokens that
    the provider has counted by then are left out: they tell how far it had come."""
    words, skeletons = {}, []

    def strip(value, place, is_whole):
        if isinstance(value, list):
            return [strip(item, (*place, number), is_whole) for number, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        place = (*place, value.get("index"), value.get("type"), value.get("thought"))
        kept = {}
        for name, item in value.items():
            if name in FLOWING and isinstance(item, str) and not is_whole:
                words[(*place, name)] = words.get((*place, name), "") + item
                item = bool(item)
            kept[name] = strip(item, (*place, name), is_whole)
        return kept

    for event in events(OWN_IDS.sub(b"ID", body)):
        event.pop("sequence_number", None)
        for holder in (event, event.get("response")):
            if isinstance(holder, dict):
                holder.pop("created", None)
                holder.pop("created_at", None)
                if is_block:
                    holder.pop("usage", None)
        # Some APIs say all of it again when it has ended.
        is_whole = str(event.get("type", "")).endswith((".done", ".completed", ".incomplete"))
        skeleton = strip(event, (event.get("output_index"), event.get("content_index")), is_whole)
        if skeleton not in skeletons[-1:]:
            skeletons.append(skeleton)
    return words, skeletons


@pytest.mark.parametrize("decision", TEXTS)
@pytest.mark.parametrize("stem", STREAMS)
def test_a_stream_of_single_bytes_means_what_a_whole_one_does(gateway, origin, stem, decision):
    path, request, answer = asked(stem)
    text = json.dumps(answer).replace(WORDS.get(stem, "Some words."), TEXTS[decision])
    kind, stream = streamed(stem, json.loads(text))
    action = decision.split()[-1]
    results = {}

    def note(name, status, body, identifier):
        record = gateway.record_of(identifier)
        results[name] = (status, record["output"]["action"], *meaning(body, action == "block"))
        assert LEAK not in body.decode() and SECRET not in body.decode()

    with httpx.Client(http2=True, verify=gateway.http2_context, base_url=gateway.url, timeout=120) as client:
        for cut in (None, 1, 7):
            # Everything is cut, the head of the answer and the lengths of its chunks too.
            origin.script, origin.cut = (kind, [stream]), cut
            whole = gateway.request(path, body=request)
            note(f"HTTP/1.1, {cut}", whole.status, whole.body, whole.headers["x-request-id"])
            got = client.post(path, json=request)
            assert got.http_version == "HTTP/2"
            note(f"HTTP/2, {cut}", got.status_code, got.content, got.headers["x-request-id"])
        # Each byte a chunk of its own.
        origin.script, origin.cut = (kind, [stream[i : i + 1] for i in range(len(stream))]), None
        chunked = gateway.request(path, body=request)
        note("chunks", chunked.status, chunked.body, chunked.headers["x-request-id"])

    first = results["HTTP/1.1, None"]
    assert first[:2] == (200, action)
    said = "".join(first[2].values())
    assert (FIXED in said) == (action == "block")
    assert ("[ticket]" in said) == (action == "rewrite")
    assert (LONG[:40] in said) == (decision != "block")
    assert {name: result for name, result in results.items() if result != first} == {}
