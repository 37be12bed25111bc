"""The same words, put into every field of every dialect's request: each place is caught, or refused."""

import copy
import json
from pathlib import Path

import pytest

from origin import LEAK

FIELDS = sorted((Path(__file__).parent / "fields").glob("*.json"))


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


def put(value, path, words):
    value = copy.deepcopy(value)
    target = value
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = words
    return value


@pytest.mark.parametrize("file", FIELDS, ids=lambda file: file.stem)
def test_words_in_any_field_are_caught(gateway, origin, file, capsys):
    fixture = json.loads(file.read_text())
    passed = gateway.request(fixture["path"], body=fixture["request"])
    assert passed.status == 200 and passed.decision == "allow", passed
    origin.forget()
    rows = []
    for path in places(fixture["request"]):
        answer = gateway.request(fixture["path"], body=put(fixture["request"], path, f"the {LEAK} here"))
        # A block is an answer, or an error where there is no answer in words; a wrong value is the caller's error.
        caught = answer.decision == "block" or answer.status == 400
        outcome = "block" if answer.decision == "block" else f"refused {answer.status}"
        rows.append(f"  {'/' + '/'.join(map(str, path)):72} {outcome if caught else 'PASSED'}")
    with capsys.disabled():
        print(f"\n{file.stem}\n" + "\n".join(rows))
    assert not [row for row in rows if row.endswith("PASSED")]
    assert origin.bodies == []
