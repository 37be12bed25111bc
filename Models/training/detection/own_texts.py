"""Texts written for this recipe, for what the public sets lack.

The sets hold hardly any very short texts, plain code, plain answers or polite refusals, and few requests of the rarer
kinds of harm with a harmless neighbour on the same topic. Harmful requests here are the mildest that are still clear.
"""

from __future__ import annotations

import json
from pathlib import Path

from .sources import HARMLESS, Row
from .taxonomy import harmful_labels

TEXTS = json.loads((Path(__file__).parent / "own_texts.json").read_text(encoding="utf-8"))
"""Lists of texts: `short`, `code`, `answers`, `refusals`, `neighbours` (harmless ones near a harmful topic, a dozen
for each category), and `requests`: harmful ones under their category."""


HELD_OUT_LANGUAGE_TEXTS = (3, 7, 10, 15, 19, 22)
"""Which of the everyday texts of each language are not trained on."""


def languages(held_out: bool) -> list[Row]:
    """Everyday requests in 20 languages, some on things that sound grave: in the sets, nearly all texts in most of these
    are harmful."""
    texts = json.loads((Path(__file__).parent / "languages.json").read_text(encoding="utf-8"))
    return [
        Row(text, "own:languages", "benign", HARMLESS, 3.0, language)
        for language, several in texts.items()
        for index, text in enumerate(several)
        if (index in HELD_OUT_LANGUAGE_TEXTS) == held_out
    ]


def rows() -> list[Row]:
    """All own texts with their labels."""
    found = []
    for source, kind, texts, weight in (
        ("own:short", "benign", TEXTS["short"], 1.0),
        ("own:code", "benign", TEXTS["code"], 2.0),
        ("own:answers", "reply", TEXTS["answers"], 2.0),
        ("own:refusals", "reply", TEXTS["refusals"], 2.0),
        ("own:neighbours", "benign", TEXTS["neighbours"], 2.0),
    ):
        found += [Row(text, source, kind, HARMLESS, weight, "en") for text in texts]
    for category, texts in TEXTS["requests"].items():
        labels = harmful_labels(category)
        found += [Row(text, "own:requests", "harmful", labels, 2.0, "en") for text in texts]
    return found
