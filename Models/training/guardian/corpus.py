"""What the guardian is trained on: the project's own texts and the public rows, as conversations with labels.

A `Unit` is what must stay together: a text, or two twins that look alike and differ in harm.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path

from detection.own_texts import languages as everyday_languages
from detection.own_texts import rows as short_texts
from detection.sources import HARMLESS, draw, read
from detection.taxonomy import Labels, harmful_labels

from .layout import Turn

CORPUS = Path(__file__).parents[1] / "corpus"
RUN = 8
"""Neighbouring lines that fall on the same side of the split, since twins may be neighbours."""
HELD_OUT = 12
"""One run of so many is held out."""


@dataclass(frozen=True)
class Example:
    """One conversation whose last turn is judged; `group` is the folder or the public source it came from."""

    turns: tuple[Turn, ...]
    labels: Labels
    group: str
    weight: float = 1.0

    @property
    def is_harmful(self) -> bool:
        return self.labels.values[0] == 1


@dataclass(frozen=True)
class Unit:
    """Examples that are drawn together; of two, the first is harmful and the second its harmless twin."""

    examples: tuple[Example, ...]
    group: str


def _lines(folder: str) -> list[tuple[str, int, dict]]:
    found = []
    for path in sorted((CORPUS / folder).glob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").split("\n")
        found += [(path.stem, number, json.loads(line)) for number, line in enumerate(lines) if line]
    return found


def is_held_out(folder: str, stem: str, number: int) -> bool:
    """Whether a line of the corpus falls to the evaluation."""
    digest = hashlib.sha256(f"{folder}/{stem}/{number // RUN}".encode()).digest()
    return digest[0] % HELD_OUT == 0


def _single(text: str, labels: Labels, group: str, weight: float = 1.0) -> Example:
    return Example((Turn("user", text),), labels, group, weight)


def _pairs(held_out: bool) -> list[Unit]:
    return [
        Unit(
            (
                _single(line["harmful"], harmful_labels(line["category"]), "pairs"),
                _single(line["harmless"], HARMLESS, "pairs"),
            ),
            "pairs",
        )
        for stem, number, line in _lines("pairs")
        if is_held_out("pairs", stem, number) == held_out
    ]


@dataclass(frozen=True)
class _Line:
    """A line of a file whose twins are neighbours; lines that cannot be twins differ in their key."""

    key: tuple
    example: Example
    held_out: bool


def _neighbours(folder: str, lines: list[_Line], held_out: bool) -> list[Unit]:
    """Lines in order; two that follow each other, are of one kind and differ in harm are twins. These are held out together,
    where both are: of two of which one is trained on, the other tells nothing."""
    units: list[Unit] = []
    index = 0
    while index < len(lines):
        several = lines[index : index + 2]
        if not (
            len(several) == 2
            and several[0].key == several[1].key
            and several[0].example.is_harmful != several[1].example.is_harmful
        ):
            several = several[:1]
        if all(line.held_out for line in several) == held_out:
            examples = sorted((line.example for line in several), key=lambda example: not example.is_harmful)
            units.append(Unit(tuple(examples), folder))
        index += len(several)
    return units


def _texts(folder: str, held_out: bool) -> list[Unit]:
    lines = [
        _Line(
            (stem, line["kind"]),
            _single(line["text"], harmful_labels(*line["categories"]) if line["harmful"] else HARMLESS, folder),
            is_held_out(folder, stem, number),
        )
        for stem, number, line in _lines(folder)
    ]
    return _neighbours(folder, lines, held_out)


def _contexts(held_out: bool) -> list[Unit]:
    lines = []
    for stem, number, line in _lines("contexts"):
        turns = tuple(
            Turn(turn["role"] if turn["role"] != "system" else "user", turn["text"]) for turn in line["turns"]
        )
        labels = harmful_labels(line["category"]) if line["label"] == "harmful" else HARMLESS
        lines.append(
            _Line((stem, line["kind"]), Example(turns, labels, "contexts"), is_held_out("contexts", stem, number))
        )
    return _neighbours("contexts", lines, held_out)


def _replies(held_out: bool) -> list[Unit]:
    """Replies behind their query; some are judged alone as well, as a stream's later parts are."""
    units = []
    for stem, number, line in _lines("replies"):
        if is_held_out("replies", stem, number) != held_out:
            continue
        labels = harmful_labels(line["category"]) if line["label"] == "harmful" else HARMLESS
        turns = (Turn("user", line["prompt"]), Turn("assistant", line["reply"]))
        units.append(Unit((Example(turns, labels, "replies"),), "replies"))
    for stem, number, line in _lines("responses"):
        if is_held_out("responses", stem, number) != held_out:
            continue
        turns = (Turn("user", line["prompt"]), Turn("assistant", line["response"]))
        units.append(Unit((Example(turns, HARMLESS, "replies", 0.5),), "replies"))
        units.append(Unit((_single(line["prompt"], harmful_labels(line["category"]), "prompts"),), "prompts"))
    return units


def own(held_out: bool) -> dict[str, list[Unit]]:
    """The project's own texts by folder."""
    found: dict[str, list[Unit]] = {
        "pairs": _pairs(held_out),
        "texts": _texts("texts", held_out),
        "chats": _texts("chats", held_out),
        "contexts": _contexts(held_out),
        "replies": [],
        "prompts": [],
    }
    for unit in _replies(held_out):
        found[unit.group].append(unit)
    return found


ATTACKS = {
    "guardreasoner-sample",
    "wildjailbreak",
    "jailbreak-in-the-wild",
    "jailbreak-templates",
    "trustllm-jailbreak",
    "owasp-aitg",
    "deepset-injections",
}
"""Sources of prompts that wrap what they ask for, harmful or not: long, and the hardest of the public ones."""


def public(data: Path, seed: int) -> list[Unit]:
    """The public rows of `detection/sources.py`, and the short texts written for the first heads.

    The group of a unit is `attacks`, `read` if its label is a second reader's, or `public`.
    """
    rows = draw(read(data / "train"), seed) + short_texts() + everyday_languages(held_out=False)
    random.Random(seed).shuffle(rows)
    units = []
    for row in rows:
        if row.kind == "unsure":
            continue
        role = "assistant" if row.kind == "reply" else "user"
        example = Example((Turn(role, row.text),), row.labels, row.source, min(row.weight, 1.0))
        group = "attacks" if row.source in ATTACKS else "read" if row.is_read else "public"
        units.append(Unit((example,), group))
    return units


def responses(held_out: bool) -> list[tuple[str, str, str]]:
    """Category, prompt and safeguard response of every written pair."""
    return [
        (line["category"], line["prompt"], line["response"])
        for stem, number, line in _lines("responses")
        if is_held_out("responses", stem, number) == held_out
    ]
