"""Disguises of training texts: what people do to a text so that it is read by them and not by a filter."""

from __future__ import annotations

import random
from dataclasses import replace

from .corpus import Example, Unit
from .layout import Turn

SHARE = 0.12
"""The share of units that are disguised; twins are disguised alike, so that the disguise tells nothing."""

LEET = str.maketrans("aeiost", "431057")


def _spaced(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    for index, word in enumerate(words):
        if len(word) > 3 and rng.random() < 0.3:
            words[index] = rng.choice((" ", ".", "-", "_")).join(word)
    return " ".join(words)


def _slip(text: str, rng: random.Random) -> str:
    letters = list(text)
    for index in range(1, len(letters) - 1):
        if letters[index].isalpha() and letters[index + 1].isalpha() and rng.random() < 0.04:
            letters[index], letters[index + 1] = letters[index + 1], letters[index]
    return "".join(letters)


DISGUISES = (
    lambda text, rng: text.lower(),
    lambda text, rng: text.upper(),
    lambda text, rng: text.lower().rstrip(".?!"),
    lambda text, rng: text.translate(LEET),
    _spaced,
    _slip,
)


def disguised(unit: Unit, rng: random.Random) -> Unit:
    """The unit, or with a probability of `SHARE` its last turns disguised."""
    if rng.random() >= SHARE:
        return unit
    disguise = rng.choice(DISGUISES)
    seed = rng.random()

    def changed(example: Example) -> Example:
        *before, last = example.turns
        return replace(example, turns=(*before, Turn(last.role, disguise(last.text, random.Random(seed)))))

    return replace(unit, examples=tuple(changed(example) for example in unit.examples))
