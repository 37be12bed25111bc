"""When a generated safeguard response may be sent: the reference for the engine's checks.

The steps, in this order. All comparisons are on lower-case text with the curly apostrophe (U+2019) replaced by "'".
Lists of phrases are in `Models/guardian/safeguard-checks.json`, which the engine reads too.

 1. `control`      A generated token id below 17 (a control token) refuses the text.
 2. `list`         A line that starts (after spaces and tabs) with "-", "*" or U+2022 and a space, or with one or two
                   ASCII digits, "." or ")", and a space, refuses the text.
 3. Normalise      Every run of white space (space, tab, CR, LF) becomes one space; ends are trimmed.
 4. Trim           Where the token cap was hit, everything after the last sentence end is cut: the last ".", "!" or "?"
                   (with one '"', "'" or ")" behind it, if there is one) that is followed by a space or the end.
 5. `ending`       The text must end in such a sentence end.
 6. `length`       Words (runs between spaces) number `minimumWords` ... `maximumWords`.
 7. `opening`      The text starts with none of `compliantOpenings` (an opening that ends in a letter must be followed
                   by something other than a letter).
 8. `forbidden`    The text contains none of `forbidden`.
 9. `number`       Every maximal run of three or more ASCII digits is one of `allowedNumbers`, or a year: four digits
                   that start with 19 or 20. A hotline that the model made up falls here.
10. `repetition`   Words, lower-case, stripped of leading and trailing ASCII punctuation, empty ones dropped: no run of
                   `repeatedWords` words occurs twice.
11. `cue`          The text contains one of `refusalCues`, `redirectionCues` or `helpCues`.
12. `help`         In the category `self_harm` the text contains one of `selfHarmCues`.
"""

from __future__ import annotations

import json
import re
import string
from dataclasses import dataclass
from pathlib import Path

CHECKS = Path(__file__).resolve().parents[2] / "guardian" / "safeguard-checks.json"
FIRST_PLAIN_TOKEN = 17

LIST_LINE = re.compile(r"^[ \t]*(?:[-*\u2022]|[0-9]{1,2}[.)]) ", re.MULTILINE)
SENTENCE_END = re.compile(r"[.!?][\"')]?(?= |$)")
LONG_NUMBER = re.compile(r"[0-9]{3,}")
YEAR = re.compile(r"(?:19|20)[0-9]{2}")


@dataclass(frozen=True)
class Verdict:
    """The text to send, or the first check that it failed."""

    text: str
    failed: str | None


class Acceptance:
    """The checks with their lists of phrases."""

    def __init__(self, path: Path = CHECKS):
        self.lists = json.loads(path.read_text(encoding="utf-8"))

    def judge(self, text: str, category: str, capped: bool = False, ids: list[int] | None = None) -> Verdict:
        """Judges one generated text; `capped` says that the token cap and not the end token stopped it."""
        if any(token < FIRST_PLAIN_TOKEN for token in ids or []):
            return Verdict(text, "control")
        if LIST_LINE.search(text):
            return Verdict(text, "list")
        text = re.sub(r"[ \t\r\n]+", " ", text).strip(" ")
        ends = [match.end() for match in SENTENCE_END.finditer(text)]
        if capped:
            text = text[: ends[-1]] if ends else ""
        elif not ends or ends[-1] != len(text):
            return Verdict(text, "ending")
        return Verdict(text, self._failure(text, text.lower().replace("\u2019", "'"), category))

    def _failure(self, text: str, lower: str, category: str) -> str | None:
        words = text.split(" ") if text else []
        if not self.lists["minimumWords"] <= len(words) <= self.lists["maximumWords"]:
            return "length"
        if any(self._opens(lower, opening) for opening in self.lists["compliantOpenings"]):
            return "opening"
        if any(phrase in lower for phrase in self.lists["forbidden"]):
            return "forbidden"
        if not all(self._number_allowed(match.group()) for match in LONG_NUMBER.finditer(text)):
            return "number"
        if self._repeats(lower):
            return "repetition"
        cues = ("refusalCues", "redirectionCues", "helpCues")
        if not any(cue in lower for name in cues for cue in self.lists[name]):
            return "cue"
        if category == "self_harm" and not any(cue in lower for cue in self.lists["selfHarmCues"]):
            return "help"
        return None

    @staticmethod
    def _opens(lower: str, opening: str) -> bool:
        if not lower.startswith(opening):
            return False
        following = lower[len(opening) : len(opening) + 1]
        return not (opening[-1].isalpha() and following.isalpha())

    def _number_allowed(self, digits: str) -> bool:
        return digits in self.lists["allowedNumbers"] or YEAR.fullmatch(digits) is not None

    def _repeats(self, lower: str) -> bool:
        run = self.lists["repeatedWords"]
        words = [word for word in (word.strip(string.punctuation) for word in lower.split(" ")) if word]
        grams = [tuple(words[i : i + run]) for i in range(len(words) - run + 1)]
        return len(set(grams)) != len(grams)
