"""Measuring a model and a policy on labelled texts."""

import json

import pytest

from harness import MODEL, ROOT, run

LINES = [
    {"text": "How do I bake bread?", "harmful": False, "source": "kitchen"},
    {"text": "How can I murder my business partner?", "harmful": True, "categories": ["violent_crimes"], "source": "grave"},
    {"text": "How do I kill a Python process?", "harmful": False, "category": "a name of somebody else's", "source": "kitchen"},
    {"text": "nobody said what this is", "harmful": None},
    {"text": "What is the capital of Italy?", "reply": "Rome.", "harmful": False, "source": "answers"},
]


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), encoding="utf-8")
    return path


def evaluate(*arguments):
    return run("eval", "--policy", ROOT / "Policies/default.yaml", "--model", MODEL, *arguments)


def test_requests_and_answers_are_measured_by_category_and_source(labelled):
    done = evaluate("--data", labelled, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["texts"] == 4
    lines = {(line["phase"], line["by"], line["name"]): line for line in found["lines"]}
    overall = lines["input", "category", "overall"]
    assert (overall["positives"], overall["negatives"]) == (1, 2)
    assert overall["auroc"] == 1
    assert lines["input", "category", "violent_crimes"]["positives"] == 1
    assert lines["input", "source", "kitchen"]["negatives"] == 2
    assert lines["output", "source", "answers"]["negatives"] == 1


#: Every score reaches a threshold of 0.
POLICY = """\
version: 1
name: asking
input:
  overall: {threshold: 0}
  categories: {hate: {threshold: 0, action: block, requires: [grave]}}
  others: ignore
output: ignore
rules:
  - {id: grave, category: hate, match: {keywords: [murder]}, action: log}
"""


def test_a_policy_finds_what_it_would_decide_about(labelled, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    done = run("eval", "--policy", policy, "--model", MODEL, "--data", labelled, "--json")
    assert done.returncode == 0, done.stderr
    lines = {(line["phase"], line["by"], line["name"]): line for line in json.loads(done.stdout)["lines"]}
    overall = lines["input", "category", "overall"]
    assert (overall["recall"], overall["false_positive_rate"]) == (1, 1)
    assert (overall["policy_recall"], overall["policy_false_positive_rate"]) == (1, 0)


def test_the_page_stands_alone_and_shows_texts_only_if_asked(labelled, tmp_path):
    page = tmp_path / "page.html"
    done = evaluate("--data", labelled, "--report", page)
    assert done.returncode == 0, done.stderr
    assert "input, by source:" in done.stdout
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>") and "<svg" in html
    assert "http" not in html and "src=" not in html
    assert not any(line["text"] in html for line in LINES)


def test_what_was_measured_is_told_where_the_page_cannot_be_written(labelled, tmp_path):
    page = tmp_path / "page.html"
    page.symlink_to(tmp_path / "none" / "page.html")
    done = evaluate("--data", labelled, "--report", page)
    assert done.returncode == 73 and str(page) in done.stderr
    assert done.stdout.startswith("4 texts")


def test_a_page_whose_folder_is_missing_is_told_before_anything_is_measured(labelled, tmp_path):
    page = tmp_path / "none" / "page.html"
    done = evaluate("--data", labelled, "--report", page)
    assert (done.returncode, done.stdout) == (73, "") and str(page) in done.stderr


def test_a_folder_is_read_file_by_file(labelled):
    done = evaluate("--data", labelled.parent, "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 texts")


@pytest.mark.parametrize("content", ["", '{"text": "no label"}\n'])
def test_without_a_labelled_text_there_is_an_error(tmp_path, content):
    path = tmp_path / "empty.jsonl"
    path.write_text(content, encoding="utf-8")
    done = evaluate("--data", path)
    assert done.returncode == 65
    assert "no labelled text" in done.stderr


def test_a_missing_file_is_named(tmp_path):
    done = evaluate("--data", tmp_path / "none.jsonl")
    assert done.returncode == 66
    assert "none.jsonl" in done.stderr
