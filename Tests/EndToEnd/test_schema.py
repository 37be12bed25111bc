"""The schema that editors use: what ships is valid under it, and what is broken in a way that it knows is not."""

import json

import jsonschema
import pytest
import yaml

from harness import ROOT

SCHEMA = json.loads((ROOT / "Policies/schema/policy.schema.json").read_text())
SHIPPED = sorted((ROOT / "Policies").glob("*.yaml")) + sorted((ROOT / "Policies/rules").glob("*.yaml"))
BASE = {"version": 1, "name": "a", "input": {"others": "ignore"}, "output": "ignore"}
RULE = {"id": "a", "category": "hate", "match": {"keywords": ["x"]}, "action": "log"}


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_is_valid(validator, path):
    validator.validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize(
    "policy",
    [
        BASE,
        BASE | {"rules": [RULE]},
        BASE | {"input": {"others": {"threshold": "${LOW:-0.5}", "action": "${ACTION}"}}},
        BASE | {"overrides": [{"when": {"model": ["a", "b*"]}, "then": {"mode": "shadow"}}]},
        BASE | {"include": ["a.yaml", {"file": "b.yaml", "only": ["t"]}]},
        BASE | {"rules": [RULE | {"severity": "error", "requires": {"hate": 0.4}, "rewrite": {"redact": "[x]"}}]},
        {"version": 1, "rules": [RULE]},
    ],
)
def test_valid(validator, policy):
    validator.validate(policy)


@pytest.mark.parametrize(
    "policy",
    [
        {},
        [],
        {key: value for key, value in BASE.items() if key != "output"},
        BASE | {"version": 2},
        BASE | {"mode": "shdow"},
        BASE | {"nmae": "a"},
        BASE | {"input": "ignored"},
        BASE | {"input": {"others": {"threshold": 2, "action": "log"}}},
        BASE | {"input": {"others": {"threshold": 0.5, "action": "blok"}}},
        BASE | {"input": {"categories": {"hat": "ignore"}}},
        BASE | {"input": {"roles": []}},
        BASE | {"stream": {"tokens": 1}},
        BASE | {"rules": []},
        BASE | {"rules": [{"id": "a"}]},
        BASE | {"rules": [RULE | {"id": "No Id"}]},
        BASE | {"rules": [RULE | {"id": "anomaly"}]},
        BASE | {"rules": [RULE | {"match": {"words": ["x"]}}]},
        BASE | {"rules": [RULE | {"severity": "bad"}]},
        BASE | {"rules": [RULE | {"rewrite": {"redact": "a", "steer": "b"}}]},
        BASE | {"overrides": [{"when": {"model": "a"}}]},
        BASE | {"overrides": [{"when": {"user": "a"}, "then": {}}]},
        BASE | {"input": {"anomaly": {"threshold": 5, "action": "rewrite"}, "others": "ignore"}},
        {"version": 1, "rules": [RULE], "mode": "shadow"},
    ],
)
def test_invalid(validator, policy):
    assert not validator.is_valid(policy)


# What only `guardian policy check` finds: it follows from several keys together, or from other files.
BEYOND = """
action-missing answer-steered categories-left-out category-redacts duplicate-key exclude-unknown include-absolute
include-itself include-missing name-too-long others-without-effect overall-response-alone override-changes-nothing
override-same-when override-unjudged regex-back-reference regex-flag-yes regex-look-behind regex-unclosed-group
required-rule-unknown roles-twice rule-id-taken rule-keyword-spaces rule-match-empty rule-matcher-twice
rule-never-needed rule-never-reached rule-steers-answers sample-on-block stream-bounds-in-full threshold-missing
variable-malformed variable-unset
""".split()
BROKEN = sorted((ROOT / "Tests/PolicyLanguageTests/Fixtures/Broken").glob("*.yaml"))


@pytest.mark.parametrize("path", [path for path in BROKEN if path.stem not in BEYOND], ids=lambda path: path.stem)
def test_what_is_broken_is_invalid(validator, path):
    try:
        policy = yaml.safe_load(path.read_text())
    except yaml.YAMLError:
        return
    assert not validator.is_valid(policy)
