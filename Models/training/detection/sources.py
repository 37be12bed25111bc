"""Which rows of which source are used, how many, and how much each counts.

Rows come from `DIR/train/*.jsonl` and `DIR/valid/*.jsonl` with the fields `text`, `harmful`, `category`, `source`,
and on some rows `response` and `lang`.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from .readings import Reading, reading
from .taxonomy import CATEGORIES, OUTPUTS, UNKNOWN, Labels, harmful_labels, labels

HARMLESS = Labels((0.0,) * len(OUTPUTS))
JAILBREAK = OUTPUTS.index("jailbreak")


@dataclass(frozen=True)
class Row:
    """One text with its targets. `kind` is what the report groups by: `harmful`, `benign`, `reply`, or `unsure` where harm is
    masked since two labels differ."""

    text: str
    source: str
    kind: str
    labels: Labels
    weight: float
    lang: str
    is_read: bool = False
    """Whether the label is a second reader's."""


@dataclass(frozen=True)
class Share:
    """How many rows of a source are drawn for training, and the weight of each in the loss. Rows that were read anew are
    all drawn, with weight 1."""

    harmful: int = 0
    benign: int = 0
    weight: float = 1.0


#: The sample. Sources that are not named are not used. Weights below 1 mark labels that are often wrong.
SHARES: dict[str, Share] = {
    "advbench": Share(harmful=416),
    "tdc2023": Share(harmful=43),
    "harmbench-adv-training": Share(harmful=90),
    "dangerousqa": Share(harmful=165),
    "gptfuzz-questions": Share(harmful=85),
    "harmfulqa": Share(harmful=1484, weight=0.5),
    "trustllm-misuse": Share(harmful=397),
    "do-not-answer": Share(harmful=723, weight=0.7),
    "forbidden-questions": Share(harmful=312),
    "catqa": Share(harmful=483),
    "jailbreak-templates": Share(harmful=53),
    "figstep-safebench": Share(harmful=450),
    "salad-mcq": Share(harmful=1352, weight=0.8),
    "aart": Share(weight=0.6),
    "guardreasoner-sample": Share(harmful=1700, benign=1750),
    "wildjailbreak": Share(harmful=1800, weight=0.8),
    "jailbreak-in-the-wild": Share(harmful=600, weight=0.7),
    "trustllm-jailbreak": Share(harmful=1018),
    "owasp-aitg": Share(weight=0.6),
    "multijail": Share(harmful=1200, weight=0.6),
    "xsafety-en": Share(weight=0.5),
    "hh-rlhf-harmless": Share(),
    "coconot-eval": Share(harmful=349, benign=548),
    "coconot-contrast": Share(benign=1157),
    "cyberseceval": Share(harmful=600, benign=900),
    "deepset-injections": Share(harmful=167, benign=288),
    "square-ko": Share(benign=400, weight=0.6),
    "kosbi-ko": Share(harmful=250, benign=200, weight=0.4),
    "korean-hate-speech": Share(harmful=350, benign=250, weight=0.6),
    "apeach-ko": Share(harmful=350, benign=250, weight=0.7),
    "redteam-ko": Share(harmful=288, weight=0.7),
    "harmful-ko-pool": Share(harmful=119),
    "k-dna-sample": Share(harmful=18),
    "phtest-harmless": Share(benign=2600),
    "oktest": Share(benign=471),
    "self-instruct-seeds": Share(benign=383),
    "chat-benchmarks": Share(benign=743),
    "dolly-3k": Share(benign=2400),
    "codegen-instruct": Share(benign=1200),
    "roleplay-instruct": Share(benign=1400),
    "awesome-prompts": Share(benign=121),
    "code-problems": Share(benign=400),
    "gsm8k": Share(benign=500),
    "truthfulqa": Share(benign=725),
    "factoid-qa": Share(benign=1500),
    "wildchat-benign": Share(benign=211),
    "p3-prompts": Share(benign=800),
    "banking77": Share(benign=1200),
    "clinc150": Share(benign=1500),
    "nlu-home": Share(benign=1200),
    "snips": Share(benign=400),
    "sgd-dialogue": Share(benign=1000),
    "topical-chat": Share(benign=1500),
    "medical-questions": Share(benign=1200),
    "trustllm-benign": Share(benign=635),
    "chatbot-ko": Share(benign=300),
    "parakqc-ko": Share(benign=200),
    "3i4k-ko": Share(benign=200),
}

TRUSTED = (
    "guardreasoner-sample",
    "wildjailbreak",
    "trustllm-jailbreak",
    "deepset-injections",
    "wildchat-benign",
    "coconot-contrast",
    "coconot-eval",
    "phtest-harmless",
    "oktest",
    "truthfulqa",
    "chat-benchmarks",
    "trustllm-benign",
    "catqa",
    "cyberseceval",
)
"""Sources whose own label of harm was checked or follows from how the text was made: where a reader differs, harm is masked.
Elsewhere the reader's label holds."""

REPLY_LIMIT = 450
"""Replies of one source that are trained on, at the most."""

VALID_LIMITS = {"harmful": 200, "benign": 100, "reply": 120}
"""Rows of one source and kind that calibration and report use, at the most."""

#: In-the-wild "jailbreaks" without any of these words are mostly plain personas and marketing prompts.
JAILBREAK_CUES = re.compile(
    r"\bDAN\b|do anything now|jailbr|unfilter|uncensor|no (moral|ethical|restriction|limit|filter|rule)|"
    r"(without|any|ethical|moral|legal|content|its|your|all) "
    r"(restriction|guideline|limitation|polic|censor|filter|rule)|"
    r"illegal|unethical|immoral|amoral|ignore (all|any|the|your|previous)|openai|never (refuse|say)|inappropriate|nsfw",
    re.IGNORECASE,
)


def read(directory: Path) -> list[dict]:
    """All rows of one side of the split, in file order."""
    rows: list[dict] = []
    for path in sorted(directory.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            rows.extend(json.loads(line) for line in lines)
    if not rows:
        raise SystemExit(f"no *.jsonl files with rows in {directory}: give the data directory with --data")
    return rows


def _read_anew(row: dict, read: Reading) -> Row:
    """The row with what a reader made of it."""
    source, harmful, text = row["source"], row["harmful"], row["text"]
    if read.is_harmful:
        targets = harmful_labels(*read.categories, possible=read.possible)
        own = labels(source, row.get("category"), harmful, text) if source in TRUSTED else None
        if own is not None and own.values[JAILBREAK] == 1:
            targets = Labels((*targets.values[:JAILBREAK], 1.0, *targets.values[JAILBREAK + 1 :]))
    else:
        targets = HARMLESS
    kind = "harmful" if read.is_harmful else "benign"
    if read.is_harmful is None or (source in TRUSTED and harmful is not None and harmful != read.is_harmful):
        masked = {*read.categories, *read.possible}
        kind, targets = "unsure", Labels((UNKNOWN, *(UNKNOWN if name in masked else 0.0 for name in CATEGORIES)))
    return Row(text, source, kind, targets, 1.0, row.get("lang") or "en", is_read=True)


def _usable(row: dict, as_read: bool) -> Row | None:
    """The row with our labels, or None where it is dropped."""
    source, harmful, text = row["source"], row["harmful"], row["text"]
    share = SHARES.get(source)
    if share is None:
        return None
    read = reading(text) if as_read else None
    if read is not None:
        return _read_anew(row, read)
    if source == "jailbreak-in-the-wild" and not JAILBREAK_CUES.search(text):
        return None
    if source == "aart" and harmful is None:
        return None
    if source == "square-ko":
        harmful = False  # sensitive is not harmful: contested questions are what a guard must leave alone
    if harmful is False and not share.benign:
        return None
    targets = labels(source, row.get("category"), harmful, text)
    if targets is None:
        return None
    kind = "benign" if harmful is False else "harmful"
    return Row(text, source, kind, targets, share.weight, row.get("lang") or "en")


def _replies(rows: list[dict]) -> list[Row]:
    """Harmless answers and refusals as texts of their own, since the same heads judge the replies."""
    found: list[Row] = []
    for row in rows:
        reply = row.get("response")
        if reply and row["source"] in ("coconot-contrast", "advbench", "hh-rlhf-harmless"):
            found.append(Row(reply, "reply:" + row["source"], "reply", HARMLESS, 1.0, row.get("lang") or "en"))
    return found


def draw(rows: list[dict], seed: int, limits: dict[str, int] | None = None, as_read: bool = True) -> list[Row]:
    """The sample: per source and kind a seeded draw of its share, or of `limits[kind]` rows, none where a kind is not named.

    Without `as_read`, labels are the sources' own throughout.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    sample: list[Row] = []
    usable = filter(None, (_usable(row, as_read) for row in rows))
    for row in (*usable, *_replies(rows)):
        if row.is_read and limits is None:
            sample.append(row)
        else:
            groups.setdefault((row.source, row.kind), []).append(row)
    for (source, kind), group in sorted(groups.items()):
        if limits is not None:
            size = limits.get(kind, 0)
        elif kind == "reply":
            size = REPLY_LIMIT
        else:
            share = SHARES[source]
            size = share.benign if kind == "benign" else share.harmful
        random.Random(f"{seed}:{source}:{kind}").shuffle(group)  # a larger share later contains the smaller one
        sample.extend(group[:size])
    return sample
