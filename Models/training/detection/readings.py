"""Second labels of public rows, given by reading each text anew.

Several sources name a whole list harmful that holds harmless lines as well, or leave rows without a label. `readings.txt` has a
line for each text that was read: the first twelve digits of its SHA-256, a verdict, and the letters of its categories. The
texts themselves are not part of this repository.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LETTERS = {
    "v": "violent_crimes",
    "n": "nonviolent_crimes",
    "s": "sex_crimes",
    "c": "child_exploitation",
    "d": "defamation",
    "a": "specialized_advice",
    "p": "privacy",
    "i": "intellectual_property",
    "w": "weapons",
    "h": "hate",
    "f": "self_harm",
    "x": "sexual_content",
    "m": "misinformation",
    "k": "cybercrime",
    "b": "harassment",
    "j": "jailbreak",
}
DIGITS = 12


@dataclass(frozen=True)
class Reading:
    """What a reader said of a text: harmful or not, or neither where readers would split evenly."""

    is_harmful: bool | None
    categories: tuple[str, ...]
    """Those that apply, the best fitting first."""
    possible: tuple[str, ...]
    """Those that may apply."""


@cache
def _read() -> dict[str, Reading]:
    found = {}
    path = Path(__file__).parent / "readings.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        digest, verdict, *letters = line.split(" ")
        certain, _, possible = (letters[0] if letters else "").partition("?")
        found[digest] = Reading(
            {"h": True, "s": False, "u": None}[verdict],
            tuple(LETTERS[letter] for letter in certain),
            tuple(LETTERS[letter] for letter in possible),
        )
    return found


def digest(text: str) -> str:
    """What a text is found by."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def reading(text: str) -> Reading | None:
    """The second label of a text, if it was read."""
    return _read().get(digest(text))
