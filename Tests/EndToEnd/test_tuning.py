"""Choosing thresholds: from recorded traffic and corrections, and what is told of it."""

import contextlib
import json
import os
import re
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from harness import BINARY, START_SECONDS, run

POLICY = """\
version: 1
name: tuned
input:
  overall: {threshold: 0.5, action: block}  # overall harm
  categories:
    hate: {threshold: 0.5, action: log}  # stays a comment
  others: {threshold: 0.9, action: log}
output: ignore
"""


def record(number, harm, hate):
    """What the gateway records of a text with these scores under the policy above."""
    findings = []
    if harm >= 0.5:
        findings.append({"category": "hate", "source": "model", "score": hate, "threshold": 0.5, "action": "block"})
    return {
        "event": "exchange",
        "request_id": f"r{number}",
        "input": {
            "action": "block" if findings else "allow",
            "findings": findings,
            "scores": {"harm": harm, "hate": hate},
        },
    }


@pytest.fixture
def recorded(tmp_path):
    """600 texts: a third of them harmful with high scores, the rest not; twenty of the rest were blocked wrongly."""
    lines = [{"event": "started", "time": "2026-01-01T00:00:00.000Z"}]
    corrections = []
    for number in range(600):
        score = (number * 37 % 400) / 1000
        if number % 3 == 0:
            score += 0.6
        elif number % 30 == 1:
            score = 0.55
            corrections.append({"request_id": f"r{number}", "harmful": False})
        lines.append(record(number, score, score))
    files = tmp_path / "audit.jsonl", tmp_path / "corrections.jsonl", tmp_path / "policy.yaml"
    files[0].write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    files[1].write_text("".join(json.dumps(line) + "\n" for line in corrections), encoding="utf-8")
    files[2].write_text(POLICY, encoding="utf-8")
    return files


def tune(files, *arguments):
    audit, corrections, policy = files
    return run("tune", "--audit", audit, "--corrections", corrections, "--policy", policy, *arguments)


def rows(done):
    assert done.returncode == 0, done.stderr
    return {row["category"]: row for row in json.loads(done.stdout)["thresholds"] if row["phase"] == "input"}


def test_corrections_move_a_threshold_past_what_was_found_wrongly(recorded):
    overall = rows(tune(recorded, "--json", "--target", "fpr=0.02"))["overall"]
    assert (overall["now"]["positives"], overall["now"]["negatives"]) == (200, 400)
    assert overall["now"]["false_positives"] == 20
    assert 0.55 < overall["after"] <= 0.6
    assert overall["chosen"]["false_positives"] == 0


def test_without_a_correction_what_was_decided_counts(recorded):
    recorded[1].write_text("", encoding="utf-8")
    overall = rows(tune(recorded, "--json", "--target", "fpr=0.02"))["overall"]
    assert (overall["now"]["positives"], overall["now"]["false_positives"]) == (220, 0)
    assert overall["after"] < 0.5


def test_what_a_rule_found_counts_and_what_the_model_could_not_judge_is_left_out(recorded):
    recorded[1].write_text("", encoding="utf-8")
    lines = [json.loads(line) for line in recorded[0].read_text(encoding="utf-8").splitlines()]
    for number, line in enumerate(lines[1:]):
        if number % 30 == 2:
            line["input"]["findings"] = [{"category": "hate", "source": "rule", "rule": "a", "action": "block"}]
        elif number % 30 == 5:
            line["input"]["findings"] = [{"category": "hate", "source": "failure", "action": "block"}]
        elif number % 30 == 8:
            line["input"]["failure"] = "overloaded"
    recorded[0].write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    found = rows(tune(recorded, "--json", "--target", "recall=0.5"))
    for name in ("overall", "hate"):
        assert (found[name]["now"]["positives"], found[name]["now"]["negatives"]) == (240, 320)


def test_a_correction_of_what_the_model_could_not_judge_is_left_out_and_counted(recorded):
    audit, corrections, _ = recorded
    lines = [json.loads(line) for line in audit.read_text(encoding="utf-8").splitlines()]
    # Of one some scores are known, of another none.
    lines[1 + 1]["input"]["failure"] = "overloaded"
    lines[1 + 31]["input"] = {**lines[1 + 31]["input"], "failure": "deadline", "scores": None}
    lines[1 + 61]["input"]["findings"] = [{"category": "hate", "source": "failure", "action": "block"}]
    audit.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = tune(recorded, "--json", "--target", "recall=0.5")
    overall = rows(done)["overall"]
    assert (overall["now"]["positives"], overall["now"]["negatives"]) == (200, 397)
    labels = json.loads(done.stdout)["labels"]
    assert "597 recorded texts, 17 of them corrected" in labels
    assert labels.endswith("; corrections of what the model could not judge, left out: 3")
    # What is wrong with one of them is told all the same.
    with open(corrections, "a", encoding="utf-8") as file:
        file.write('{"request_id": "r1", "harmful": true}\n')
    done = tune(recorded)
    assert done.returncode == 65 and "was corrected in line 1 already" in done.stderr


SAMPLED_RULE = """\
rules:
  - {id: noted, summary: For a test., category: hate, match: {keywords: [heron]}, phases: [input], action: log, sample: 0.5}
"""
SAMPLED_FOR_A_TENANT = """\
overrides:
  - {name: t, when: {tenant: t}, then: {input: {categories: {hate: {sample: 0.5}}}}}
"""


@pytest.mark.parametrize(
    "policy",
    [
        POLICY.replace("action: log}  # stays", "action: log, sample: 0.5}  # stays"),
        POLICY + SAMPLED_RULE,
        POLICY + SAMPLED_FOR_A_TENANT,
    ],
    ids=["category", "rule", "override"],
)
def test_outside_of_the_share_that_is_recorded_a_text_counts_as_corrected_or_not_at_all(recorded, policy):
    audit, corrections, file = recorded
    file.write_text(policy, encoding="utf-8")
    lines = [json.loads(line) for line in audit.read_text(encoding="utf-8").splitlines()]

    def counted(*corrected):
        audit.write_text("".join(json.dumps({"tenant": "t", **line}) + "\n" for line in lines), encoding="utf-8")
        corrections.write_text("".join(json.dumps(line) + "\n" for line in corrected), encoding="utf-8")
        found = rows(tune(recorded, "--json", "--target", "recall=0.5"))
        now = [found[name]["now"] for name in ("overall", "hate", "weapons")]
        return [(counts["positives"], counts["negatives"]) for counts in now]

    # Which requests are in the share follows from their ids: 297 of these, and something was found in 120 of them.
    assert counted() == [(120, 177), (120, 177), (0, 600)]
    # Whether a text counts does not depend on its score: r5 is in the share, and r2 is not.
    for number in (2, 5):
        lines[1 + number]["input"]["scores"]["hate"] = 0.8
    assert counted() == [(120, 177), (120, 177), (0, 600)]
    # Of a text that is not hate nobody knows yet that it is harmless; of a harmless one everything is known, and of a harmful one
    # no category.
    assert counted(
        {"request_id": "r2", "categories": {"hate": False}},
        {"request_id": "r4", "harmful": False},
        {"request_id": "r12", "harmful": True},
    ) == [(121, 178), (120, 179), (0, 599)]


def test_a_part_that_is_held_out_tells_whether_the_target_is_kept(recorded):
    done = tune(recorded, "--target", "fpr=0.05", "--hold-out", "0.5", "--category", "overall", "hate")
    assert done.returncode == 0, done.stderr
    assert "600 recorded texts, 20 of them corrected" in done.stdout
    assert "held out, 50 % of the labels: target kept by 2 of 2" in done.stdout
    assert "now: the threshold of the policy, on the labelled texts that are not held out" in done.stdout
    overall = rows(tune(recorded, "--json", "--target", "fpr=0.05", "--hold-out", "0.5"))["overall"]
    counted = [overall[part]["positives"] + overall[part]["negatives"] for part in ("chosen", "held_out")]
    assert sum(counted) == 600 and min(counted) > 200
    assert overall["held_out"]["false_positives"] <= 0.05 * overall["held_out"]["negatives"]


def test_only_numbers_change_in_the_file_that_is_written(recorded, tmp_path):
    new = tmp_path / "new.yaml"
    done = tune(recorded, "--target", "fpr=0.02", "--out", new)
    assert done.returncode == 0, done.stderr
    written = new.read_text(encoding="utf-8")
    assert written != POLICY
    assert re.sub(r"0\.\d+", "N", written) == re.sub(r"0\.\d+", "N", POLICY)
    assert run("policy", "check", new).returncode == 0


def has_open(process, path):
    """Whether a process has a file open."""
    for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
        # It may be closed between the list and the look.
        with contextlib.suppress(FileNotFoundError):
            if os.readlink(descriptor) == path:
                return True
    return False


def tune_while(files, meanwhile, *arguments):
    """The same with something done after the policy was read and before a new one is written: while a long log is read."""
    audit, corrections, policy = files
    lines = [json.loads(line) for line in audit.read_text(encoding="utf-8").splitlines()]
    with open(audit, "a", encoding="utf-8") as file:
        for copy in range(60):
            file.writelines(json.dumps({**line, "request_id": f"{copy}-{index}"}) + "\n" for index, line in enumerate(lines))
    words = ["tune", "--audit", audit, "--corrections", corrections, "--policy", policy, *arguments]
    command = [str(BINARY), *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        limit = time.monotonic() + START_SECONDS
        log = os.path.realpath(audit)
        while not has_open(process, log):
            assert process.poll() is None and time.monotonic() < limit
        meanwhile()
        out, err = process.communicate(timeout=START_SECONDS)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def test_in_place_a_link_stays_a_link_and_the_file_keeps_its_permissions_and_its_owner(recorded, tmp_path):
    policy = recorded[2]
    real = tmp_path / "real" / "policy.yaml"
    real.parent.mkdir()
    policy.rename(real)
    policy.symlink_to(real)
    os.chmod(real, 0o640)
    if os.geteuid() == 0:
        os.chown(real, 65534, 65534)
    before = real.stat()
    done = tune(recorded, "--target", "fpr=0.02", "--in-place")
    assert done.returncode == 0, done.stderr
    after = real.stat()
    assert policy.is_symlink() and real.read_text(encoding="utf-8") != POLICY
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert [file.name for file in real.parent.iterdir()] == ["policy.yaml"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_in_place_an_owner_that_cannot_be_kept_is_told_before_the_work(recorded):
    audit, corrections, policy = recorded
    os.chown(policy, 65534, 65534)
    words = ["--audit", audit, "--corrections", corrections, "--policy", policy, "--target", "fpr=0.02", "--in-place"]
    done = subprocess.run(
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all", str(BINARY), "tune", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout) == (73, "") and "its owner cannot be kept" in done.stderr
    assert policy.read_text(encoding="utf-8") == POLICY
    assert sorted(policy.parent.iterdir()) == sorted(recorded)


def test_in_place_an_edit_that_was_made_meanwhile_is_kept(recorded):
    policy = recorded[2]
    edited = POLICY + "# by hand\n"
    done = tune_while(recorded, lambda: policy.write_text(edited), "--target", "fpr=0.02", "--in-place")
    assert done.returncode == 73 and "changed meanwhile" in done.stderr, done.stderr
    assert policy.read_text(encoding="utf-8") == edited
    assert "overall" in done.stdout


def test_a_file_that_appears_meanwhile_is_not_written_over(recorded, tmp_path):
    new = tmp_path / "new.yaml"
    done = tune_while(recorded, lambda: new.write_text("mine"), "--target", "fpr=0.02", "--out", new)
    assert done.returncode == 73 and "File exists" in done.stderr, done.stderr
    assert new.read_text(encoding="utf-8") == "mine"
    assert "overall" in done.stdout


def test_a_link_that_leads_nowhere_is_not_written_over(recorded, tmp_path):
    new = tmp_path / "new.yaml"
    new.symlink_to(tmp_path / "nowhere")
    done = tune(recorded, "--target", "fpr=0.02", "--out", new)
    assert (done.returncode, done.stdout) == (73, "") and "the file exists" in done.stderr
    assert new.is_symlink() and not (tmp_path / "nowhere").exists()


def test_a_page_that_is_written_over_keeps_its_permissions(recorded, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("older and longer" * 10_000)
    os.chmod(page, 0o600)
    done = tune(recorded, "--target", "fpr=0.02", "--report", page)
    assert done.returncode == 0, done.stderr
    assert page.stat().st_mode & 0o777 == 0o600
    assert page.read_text(encoding="utf-8").endswith("</html>\n")


def test_a_page_on_standard_output_stands_behind_what_is_printed(recorded, tmp_path):
    audit, corrections, policy = recorded
    printed = tmp_path / "printed.txt"
    words = ["--audit", audit, "--corrections", corrections, "--policy", policy, "--target", "fpr=0.02"]
    for name in ("/dev/stdout", printed):
        with open(printed, "w", encoding="utf-8") as file:
            subprocess.run(
                [str(BINARY), "tune", *map(str, words), "--report", str(name)],
                stdout=file,
                timeout=START_SECONDS,
                check=True,
            )
        text = printed.read_text(encoding="utf-8")
        table, _, page = text.partition("<!doctype html>")
        assert "overall" in table and page.endswith("</html>\n")


def test_what_was_found_is_told_and_written_where_the_page_cannot_be(recorded, tmp_path):
    page, new = tmp_path / "page.html", tmp_path / "new.yaml"
    page.symlink_to(tmp_path / "none" / "page.html")
    done = tune(recorded, "--target", "fpr=0.02", "--report", page, "--out", new)
    assert done.returncode == 73 and str(page) in done.stderr
    assert "overall" in done.stdout and run("policy", "check", new).returncode == 0


@pytest.mark.parametrize("option, name", [("--report", "none/page.html"), ("--out", "none/new.yaml"), ("--report", "")])
def test_a_place_that_cannot_be_written_to_is_told_before_the_work(recorded, tmp_path, option, name):
    done = tune(recorded, "--target", "fpr=0.02", option, tmp_path / name)
    assert (done.returncode, done.stdout) == (73, "")
    assert "cannot be written" in done.stderr


def test_a_category_with_too_few_labels_keeps_its_threshold_and_says_how_many_are_missing(recorded, tmp_path):
    new = tmp_path / "new.yaml"
    done = tune(recorded, "--target", "fpr=0.02", "--category", "weapons", "--out", new)
    assert re.search(r"^ +input weapons: 10 more texts of it are needed for this target$", done.stdout, re.M), done.stdout
    assert done.returncode != 0 and "no threshold was chosen, so nothing is written" in done.stderr
    assert not new.exists()


class Page(HTMLParser):
    """What a page holds, by the names of its elements; fails if they are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.words = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data

    def all(self, tag, **attrs):
        return [found for name, found in self.elements if name == tag and attrs.items() <= found.items()]


def test_the_page_draws_a_curve_of_each_threshold_and_stands_alone(recorded, tmp_path):
    path = tmp_path / "page.html"
    done = tune(recorded, "--target", "fpr=0.02", "--report", path, "--category", "overall", "hate", "weapons")
    assert done.returncode == 0, done.stderr
    html = path.read_text(encoding="utf-8")
    page = Page(html)
    assert [svg["aria-label"] for svg in page.all("svg")] == ["input: overall", "input: weapons", "input: hate"]
    for name in ("recall", "precision", "fpr"):
        curves = page.all("polyline", **{"class": f"line {name}"})
        assert len(curves) == 3
        for curve in curves:
            points = [tuple(map(float, point.split(","))) for point in curve["points"].split()]
            assert all(0 <= x <= 640 and 0 <= y <= 240 for x, y in points)
            assert points == sorted(points, key=lambda point: point[0])
    # The threshold as it is, and the new one where there is one: nobody is found to be of `weapons`.
    assert [line["x1"] for line in page.all("line", **{"class": "now"})] == ["320.0", "576.0", "320.0"]
    assert len(page.all("line", **{"class": "then"})) == 2
    assert done.stdout.strip() in page.words
    # Nothing is fetched, and nothing runs.
    assert not page.all("script") and not page.all("link") and "http" not in html and "src=" not in html


@pytest.mark.parametrize(
    "line, words",
    [
        ('{"harmful": false}', "not a JSON object with a 'request_id' and a label"),
        ('{"request_id": "r2"}', "no label"),
        ('{"request_id": "nobody", "harmful": true}', "holds no scores for the input of a request 'nobody'"),
        ('{"request_id": "r1", "phase": "output", "harmful": true}', "holds no scores for the output"),
        ('{"request_id": "r1", "phase": "both", "harmful": true}', "unknown phase 'both'"),
        ('{"request_id": "r2", "categories": ["hat"]}', "unknown category 'hat'"),
        ('{"request_id": "r31", "harmful": true}', "was corrected in line 2 already"),
        ("[]", "not a JSON object with a 'request_id' and a label"),
    ],
)
def test_a_correction_that_cannot_be_used_is_told_with_its_line(recorded, line, words):
    with open(recorded[1], "a", encoding="utf-8") as file:
        file.write(line + "\n")
    done = tune(recorded)
    assert done.returncode == 65
    assert f"{recorded[1]}:21: error:" in done.stderr and words in done.stderr


def test_labels_come_from_one_place(recorded):
    for arguments in (
        ["--policy", recorded[2]],
        ["--policy", recorded[2], "--audit", recorded[0]],
        ["--policy", recorded[2], "--labels", recorded[0], "--corrections", recorded[1]],
    ):
        done = run("tune", *arguments)
        assert done.returncode == 64
        assert "give --labels, or --audit with --corrections" in done.stderr
