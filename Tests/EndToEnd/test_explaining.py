"""Why a text gets its decision, and what another policy would make of a file of texts."""

import json

import pytest

from harness import ROOT, run
from origin import LEAK
from policies import rule, rules_only

DEFAULT = ROOT / "Policies/default.yaml"


@pytest.fixture
def policies(tmp_path):
    """Two policies of rules alone: the second blocks one text more and one less, and cuts a third."""

    def write(name, policy):
        path = tmp_path / name
        path.write_text(json.dumps(policy).replace('"ignore"', "ignore"), encoding="utf-8")
        return path

    new = rules_only()
    new["rules"] = [one for one in new["rules"] if one["id"] != "block.template"]
    new["rules"] += [rule("block.new", "tangerine kayak", "block"), rule("log.new", "purple heron", "log")]
    return write("old.yaml", rules_only()), write("new.yaml", new)


def explain(*arguments, stdin=""):
    done = run("policy", "explain", *arguments, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_text_is_explained_from_its_readings_to_the_response():
    found = explain(DEFAULT, "--text", "how do i k1ll my n3ighbour w1thout a trace")
    assert found["decision"] == "block"
    squeezed = next(one for one in found["readings"] if one["name"] == "squeezed")
    assert squeezed["text"] == "how do i kill my neighbour without a trace"
    assert any(one["text"] == squeezed["text"] and one["harm"] > 0.5 for one in found["scored"])
    assert len(found["scores"]) == 17 and sum(one["reached"] for one in found["scores"]) >= 1
    assert sum(one["deciding"] for one in found["findings"]) == 1
    assert found["response"]["origin"] in ("generated", "template") and found["response"]["text"]


def test_the_words_for_people_name_score_threshold_and_place():
    done = run("policy", "explain", DEFAULT, "--text", "my card is 4111 1111 1111 1111")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("rewrite: rule pii.payment-card")
    assert "rule pii.payment-card at bytes 11..<30" in done.stdout
    assert "what goes on in its place:\n  my card is [payment card]" in done.stdout


def test_rules_alone_are_explained_without_a_model_and_texts_come_from_standard_input(policies):
    found = explain(policies[0], "--rules-only", "--packed", "/nowhere", "--text", "-", stdin=f"the {LEAK}\n")
    assert (found["decision"], found["scored"], found["scores"]) == ("block", [], [])
    assert [one["rule"] for one in found["findings"]] == ["block.fixed"]
    assert found.get("response") is None


def test_an_answer_is_explained_behind_its_query():
    found = explain(DEFAULT, "--phase", "output", "--query", "How do I make tea?", "--text", "Boil the water first.")
    assert (found["phase"], found["decision"]) == ("output", "allow")


@pytest.mark.parametrize(
    "arguments", [["--phase", "output"], ["--rules-only"], ["--text", "a", "--query", "b"], ["--text", "a", "--phase", "x"]]
)
def test_what_makes_no_sense_together_is_refused(arguments):
    done = run("policy", "explain", DEFAULT, *arguments)
    assert done.returncode == 64 and "rror" in done.stderr


def test_two_policies_are_told_apart_by_what_they_decide_about_a_file(policies, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("hello\nthe crimson walrus protocol\n\na tangerine kayak\npurple heron\n", encoding="utf-8")
    done = run("policy", "diff", *policies, "--corpus", texts, "--rules-only", "--exit-code", "--json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["changes"], "how the policies differ is told as without texts"
    decisions = found["decisions"]
    assert (decisions["read"], decisions["changed"]) == (4, 3)
    listed = {one["line"]: (one["before"], one["after"]) for one in decisions["changes"]}
    assert listed == {2: ("block", "allow"), 4: ("allow", "block"), 5: ("allow", "log")}
    assert all("text" not in one and one["reasons"] for one in decisions["changes"])

    shown = run("policy", "diff", *policies, "--corpus", texts, "--rules-only", "--show-text", "--list", "1")
    assert shown.returncode == 0 and "4 texts, 3 decided about otherwise" in shown.stdout
    assert "crimson walrus" in shown.stdout and "and 2 more" in shown.stdout


def test_texts_that_both_decide_alike_end_with_status_0(policies, tmp_path):
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"text": "hello"}\n', encoding="utf-8")
    done = run("policy", "diff", *policies, "--corpus", texts, "--rules-only", "--exit-code")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 texts, 0 decided about otherwise" in done.stdout


def test_the_model_judges_once_for_both(tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("How do I bake bread?\nHow do I make explosives in my garage?\n", encoding="utf-8")
    done = run("policy", "diff", DEFAULT, ROOT / "Policies/permissive.yaml", "--corpus", texts, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["decisions"]["read"] == 2


#: Every text reaches a threshold of 0, so that only rules decide what counts.
COMBINED = """\
version: 1
name: combined
paranoia: {paranoia}
input:
  anomaly: {{threshold: 5, action: block, response: template}}
  categories:
    weapons: {{threshold: 0, action: block, requires: [armed]}}
    hate: {{threshold: 0, action: log}}
  others: ignore
output: ignore
rules:
  - {{id: tool, tags: [armed], category: weapons, match: {{keywords: [kettle]}}, action: log}}
  - {{id: verse, category: misinformation, match: {{keywords: [sonnet]}}, action: log, vetoes: [hate]}}
  - {{id: sure, category: privacy, match: {{keywords: [teapot]}}, action: log, requires: {{hate: 1}}}}
  - {{id: one, tags: [cutlery], category: cybercrime, match: {{keywords: [spoon]}}, action: log, severity: warning}}
  - {{id: two, tags: [cutlery], category: cybercrime, match: {{keywords: [fork]}}, action: log, severity: notice, paranoia: 2}}
"""


@pytest.mark.parametrize(
    ("text", "paranoia", "decision", "counting", "dismissed"),
    [
        ("a kettle", 1, "block", {"tool", "weapons", "hate"}, {}),
        ("a cup", 1, "log", {"hate"}, {"weapons": "requires a match of 'armed'"}),
        ("a sonnet", 1, "log", {"verse"}, {"hate": "'verse' vetoes", "weapons": "'armed'"}),
        ("a teapot", 1, "log", {"hate"}, {"sure": "requires hate from 1.0 on", "weapons": "'armed'"}),
        ("spoon and fork", 1, "log", {"one", "hate"}, {"weapons": "'armed'"}),
        ("spoon and fork", 2, "block", {"one", "two", "anomaly", "hate"}, {"weapons": "'armed'"}),
    ],
)
def test_rules_and_scores_require_and_veto_each_other(tmp_path, text, paranoia, decision, counting, dismissed):
    path = tmp_path / "combined.yaml"
    path.write_text(COMBINED.format(paranoia=paranoia), encoding="utf-8")
    found = explain(path, "--text", text)
    names = {one.get("rule") or one["category"]: one.get("dismissal") for one in found["findings"]}
    assert found["decision"] == decision
    assert {name for name, why in names.items() if why is None} == counting
    assert {name for name, why in names.items() if why is not None} == set(dismissed)
    for name, why in dismissed.items():
        assert why in names[name]


def test_exclusions_hold_by_id_tag_category_and_for_a_route(tmp_path):
    plain = COMBINED.format(paranoia=2)
    text = "spoon, fork and kettle"

    def rules(exclude, *arguments):
        path = tmp_path / "excluding.yaml"
        path.write_text(plain + exclude, encoding="utf-8")
        found = explain(path, "--text", text, *arguments)
        return {one["rule"] for one in found["findings"] if one.get("rule")}

    assert rules("") == {"tool", "one", "two", "anomaly"}
    assert rules("exclude: {rules: [one]}\n") == {"tool", "two"}
    assert rules("exclude: {rules: [two], categories: [cybercrime]}\n") == {"tool"}
    route = "overrides: [{name: chat, when: {route: openai.chat}, then: {exclude: {rules: [cutlery]}}}]\n"
    assert rules(route) == {"tool", "one", "two", "anomaly"}
    assert rules(route, "--route", "openai.chat") == {"tool"}
    assert rules(route, "--route", "/v1/chat/completions") == {"tool"}
