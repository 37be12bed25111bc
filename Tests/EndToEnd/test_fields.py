"""The same words, put into every field of every dialect's request and answer: each place is caught, or refused where
Policies/DIALECTS.md says so, or stands in its tables."""

import copy
import json
import re
from pathlib import Path

import pytest

from harness import ROOT
from origin import LEAK
from policies import FIXED, rule, rules_only
from streams import STREAMS, streamed

FIELDS = sorted((Path(__file__).parent / "fields").glob("*.json"))
ANSWERS = [file for file in FIELDS if file.stem in STREAMS]
# One word, and so short and plain that it could be an identifier.
WORD = "zebraquartz"
TEXTS = {"words": f"the {LEAK} here", "word": WORD}


def tables(stem):
    """The rows of the dialect's table, and those of schemas, as the document has them."""
    document = (ROOT / "Policies/DIALECTS.md").read_text()
    rows = {}
    for section in re.split(r"\n## ", document):
        title = section.splitlines()[0]
        if stem in title.split(", ") or title.startswith("Schemas"):
            for name, cells in re.findall(r"^\| ([^|]+) \| (.+) \|$", section, re.M):
                rows[name] = re.findall(r"`([^`]+)`", cells)
    return rows


# A message's role that the dialect does not have is refused, as the document says.
REFUSED = "role"
FREE = {"properties", "$defs", "definitions", "patternProperties", "default", "const"}


def is_listed(rows, path):
    """Whether the document says that an identifier, or data, stands at a place."""
    names = [step for step in path if isinstance(step, str)]
    data = {cell.split(" (")[0].rpartition(".")[2] for cell in rows["data"]}
    if not names or names[-1] not in {*rows["identifiers"], *data}:
        return False
    if names[-1] != path[-1] and names[-1] not in {*rows.get("lists", []), *data}:
        return False
    described = rows.get("descriptions", [])
    holders = {cell.partition(".")[0] for cell in described}
    if any(holder in holders and f"{holder}.{name}" not in described for holder, name in zip(names, names[1:])):
        return False
    known = {*rows["members"], *rows["keywords"]}
    free = FREE | set(rows["free"])
    return not any(name in free or name not in known for name in names[:-1])


def places(value, path=()):
    """The places of all strings."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*path, name))


def objects(value, path=()):
    """The places of all objects."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, (*path, index))
    elif isinstance(value, dict):
        yield path
        for name, item in value.items():
            yield from objects(item, (*path, name))


def at(value, path):
    for step in path:
        value = value[step]
    return value


def put(value, path, words):
    value = copy.deepcopy(value)
    at(value, path[:-1])[path[-1]] = words
    return value


def variants(value, rows):
    """Where words are put, the value with them, and what must not get through."""
    for path in places(value):
        for name, text in TEXTS.items():
            if name == "word" and is_listed(rows, path):
                continue
            yield f"{name} at", path, put(value, path, text), text.removeprefix("the ").removesuffix(" here")
    for path in objects(value):
        added = put({"": value}, ("", *path), {**at(value, path), WORD: 1})[""]
        yield "name in", path, added, WORD
        added = put({"": value}, ("", *path), {**at(value, path), "nobody_knows": {"id": WORD}})[""]
        yield "unknown in", path, added, WORD
    for path in places(value):
        if at(value, path).startswith("{"):
            # JSON in a string, with an escape that JSON's readers undo; and the same within itself.
            once = '{"city": "zebra\\u0071uartz", "\\u006e": 1}'
            yield "escaped at", path, put(value, path, once), once
            twice = json.dumps({"inner": '{"q": "purple\\u0020zebra\\nprotocol"}'})
            yield "escaped twice at", path, put(value, path, twice), twice


@pytest.fixture(scope="module")
def guard(start_gateway, scripted_origin):
    policy = rules_only()
    policy["rules"].append(rule("block.word", WORD, "block", response={"fixed": FIXED}))
    return start_gateway(scripted_origin.url, policy)


def report(capsys, title, rows):
    """Prints what came of the places, and fails if one of them passed, or was refused where it must not be."""
    wrong = [row for row in rows if row.endswith(("PASSED", "REFUSED"))]
    refused = sum(row.endswith("refused") for row in rows)
    with capsys.disabled():
        print(f"\n{title}: {len(rows)} places, {refused} refused" + "".join(f"\n{row}" for row in wrong))
    assert len(rows) > refused and not wrong


def row(what, path, outcome):
    return f"  {what} /{'/'.join(map(str, path))} {outcome}"


@pytest.mark.parametrize("file", FIELDS, ids=lambda file: file.stem)
def test_words_in_any_field_of_a_request_are_caught(guard, origin, file, capsys):
    fixture = json.loads(file.read_text())
    passed = guard.request(fixture["path"], body=fixture["request"])
    assert passed.status == 200 and passed.decision == "allow", passed
    origin.forget()
    rows = []
    for what, path, body, _ in variants(fixture["request"], tables(file.stem)):
        answer = guard.request(fixture["path"], body=body)
        # A block is an answer, or an error where there is no answer in words; what is refused was not looked at.
        if answer.decision == "block":
            outcome = "caught"
        elif answer.status == 400:
            outcome = "refused" if path[-1:] == (REFUSED,) else "REFUSED"
        else:
            outcome = "PASSED"
        rows.append(row(what, path, outcome))
    report(capsys, file.stem, rows)
    assert origin.bodies == []


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("file", ANSWERS, ids=lambda file: file.stem)
def test_words_in_any_field_of_an_answer_are_caught(guard, origin, file, is_stream, capsys):
    fixture = json.loads(file.read_text())
    path = fixture["path"]
    if is_stream:
        # Words in the head of some APIs' streams hold them up, and the pieces are what is looked at here.
        fixture["answer"].pop("an_upstreams_own")
    if is_stream and path.endswith(":generateContent"):
        path = path.replace(":generateContent", ":streamGenerateContent?alt=sse")
    request = {**fixture["request"], "stream": is_stream} if "models/" not in path else fixture["request"]
    request.pop("n", None)

    def ask(answer):
        origin.script = streamed(file.stem, answer) if is_stream else ("application/json", json.dumps(answer).encode())
        return guard.request(path, body=request)

    passed = ask(fixture["answer"])
    assert passed.status == 200 and passed.decision == "allow", passed
    assert b"filter" not in passed.body and b"SAFETY" not in passed.body, passed.body
    rows = []
    for what, place, answer, words in variants(fixture["answer"], tables(file.stem)):
        try:
            heard = ask(answer)
        except (KeyError, TypeError, AttributeError):
            continue  # Nothing that can be streamed.
        got = heard.body.decode()
        said = json.dumps(words)[1:-1]
        if words in got or said in got or WORD in got:
            outcome = "PASSED"
        elif heard.status == 502:
            # Events that are none of the API's end a stream; there is nothing like them in a whole answer.
            outcome = "refused" if is_stream else "REFUSED"
        else:
            outcome = "caught"
        rows.append(row(what, place, outcome))
    report(capsys, f"{file.stem}, {'streamed' if is_stream else 'whole'}", rows)


NUMBER = 4711004711004711
CALLS = {
    "/v1/chat/completions": lambda n: {
        "messages": [{"role": "assistant", "tool_calls": [call("c", json.dumps({"card": n}))]}, {"role": "tool", "tool_call_id": "c", "content": "done"}]
    },
    "/v1/messages": lambda n: {
        "max_tokens": 9,
        "messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "pay", "input": {"card": n}}]}],
    },
    "/api/chat": lambda n: {
        "messages": [{"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "pay", "arguments": {"card": n}}}]}]
    },
    "/v1beta/models/m:generateContent": lambda n: {
        "contents": [{"role": "model", "parts": [{"functionCall": {"name": "pay", "args": {"card": [n]}}}]}]
    },
}


def call(identifier, arguments):
    return {"id": identifier, "type": "function", "function": {"name": "pay", "arguments": arguments}}


@pytest.mark.parametrize("path", CALLS)
def test_a_number_that_a_tool_is_called_with_is_read(start_gateway, origin, path):
    policy = rules_only()
    policy["rules"] = [rule("block.number", {"regex": [rf"\b{NUMBER}\b"]}, "block", response={"fixed": FIXED})]
    gateway = start_gateway(origin.url, policy)
    for number, decision in [(NUMBER, "block"), (NUMBER + 1, "allow")]:
        answer = gateway.request(path, body={"model": "echo", "stream": False, **CALLS[path](number)})
        assert (answer.status, answer.decision) == (200, decision), answer


@pytest.mark.parametrize("separator", ["", " ", "\n"], ids=["nothing", "space", "newline"])
def test_words_split_over_parts_are_caught(guard, origin, separator):
    first, last = LEAK.split(" ", 1)
    parts = {
        "/v1/chat/completions": lambda text: {"type": "text", "text": text},
        "/v1/responses": lambda text: {"type": "input_text", "text": text},
        "/v1/messages": lambda text: {"type": "text", "text": text},
    }
    between = {
        "/v1/chat/completions": {"type": "file", "file": {"file_data": "AAAA", "filename": "my notes.txt"}},
        "/v1/responses": {"type": "input_file", "file_data": "AAAA", "filename": "my notes.txt"},
        "/v1/messages": {"type": "document", "title": "My notes", "source": {"type": "url", "url": "https://example.org/a"}},
    }
    for path, part in parts.items():
        for content in (
            [part(f"{first}{separator or ' '}"), part(last)],
            [part(f"The {first}"), between[path], part(f"{last} here")],
        ):
            message = {"role": "user", "content": content}
            body = {"model": "m", "max_tokens": 9, "messages": [message]}
            if path == "/v1/responses":
                body = {"model": "m", "input": [message]}
            answer = guard.request(path, body=body)
            assert answer.decision == "block", (path, content, answer)
    parts = [{"text": f"The {first}"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, {"text": f"{last} here"}]
    answer = guard.request("/v1beta/models/m:generateContent", body={"contents": [{"role": "user", "parts": parts}]})
    assert answer.decision == "block", answer
    assert origin.bodies == []


def test_what_nobody_read_is_counted_in_bytes(guard, origin):
    def count(phase):
        found = re.search(rf'guardian_unscanned_bytes_total{{phase="{phase}"}} (\d+)', guard.metrics())
        return int(found[1]) if found else 0

    before = count("input")
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 1000}}
    message = {"role": "user", "content": [{"type": "text", "text": "What is this?"}, image]}
    answer = guard.request(body={"model": "echo", "messages": [message]})
    assert answer.status == 200
    guard.record(answer)
    assert count("input") == before + 1022
