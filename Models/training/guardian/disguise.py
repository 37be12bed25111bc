"""Disguises of training texts: what people do to a text so that it is read by them and not by a filter."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from .corpus import Example, Unit
from .layout import Turn

SHARE = 0.18
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


def _joined(text: str, rng: random.Random) -> str:
    """Some spaces left out, as where the words of a text without any were not all told apart."""
    return "".join(letter for letter in text if letter != " " or rng.random() >= 0.06)


def _bare(text: str, rng: random.Random) -> str:
    """What is left of a text that was read from Morse, a cipher or a spelling alphabet."""
    if not text.isascii():
        return text
    return re.sub(r"[^\w\s]", "", text.lower()) or text


DISGUISES = (
    lambda text, rng: text.lower(),
    lambda text, rng: text.lower().rstrip(".?!"),
    _bare,
    _bare,
    _joined,
    _slip,
    _spaced,
    lambda text, rng: text.translate(LEET),
)
"""What the gateway undoes before the model reads, as it does with capitals throughout, is not among them."""


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
