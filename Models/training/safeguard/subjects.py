"""What the safeguard learns to write: for each subject of a category, refusals and ways forward that fit together.

    python Models/training/safeguard/subjects.py [--pairs N]

Prints how the written prompts fall to the subjects, and with `--pairs` some prompts of each category with their targets.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from detection.taxonomy import CATEGORIES
from safeguard.acceptance import SENTENCE_END, Acceptance

FOLDER = Path(__file__).parent / "subjects"
SUBJECTS = range(10, 20)
OTHER, GENERAL = "other harm", "general"
"""The last two subjects of each category, without cues: for harmful prompts in which no cue occurs, and for harmless ones."""
SENTENCES = range(3, 6)
"""How many refusals a subject has, and how many ways."""
WORDS = range(15, 61)
"""Words of a whole response."""


@dataclass(frozen=True)
class Subject:
    """What a prompt may be about, with sentences of which any refusal reads well before any way."""

    name: str
    cue: re.Pattern[str] | None
    refusals: tuple[str, ...]
    ways: tuple[str, ...]

    def written(self, refusal: str, way: str) -> str:
        """What the model writes: the subject in a line of its own, which the caller does not see, and the response."""
        return f"{self.name}\n{refusal} {way}"

    def responses(self) -> Iterator[str]:
        """Every response of this subject."""
        for refusal in self.refusals:
            for way in self.ways:
                yield f"{refusal} {way}"


def compiled(cues: list[str]) -> re.Pattern[str] | None:
    """One expression of all cues. A cue matches from the start of a word; `None` if there is none."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(cues)})", re.IGNORECASE) if cues else None


class Subjects:
    """The subjects of all categories. The last two of a category have no cues: `OTHER` fits every harmful prompt of it, and
    `GENERAL` a harmless one that was stopped by mistake."""

    def __init__(self, folder: Path = FOLDER):
        self.by_category = {
            category: tuple(
                Subject(row["name"], compiled(row["cues"]), tuple(row["refusals"]), tuple(row["ways"]))
                for row in json.loads((folder / f"{category}.json").read_text(encoding="utf-8"))
            )
            for category in CATEGORIES
        }

    def subject(self, category: str, prompt: str, kind: str = "harmful") -> Subject:
        """The first subject with a cue in the prompt, else `OTHER`. A harmless prompt always gets `GENERAL`."""
        *named, other, general = self.by_category[category]
        if kind == "mismatch":
            return general
        text = prompt.replace("\u2019", "'")
        return next((subject for subject in named if subject.cue and subject.cue.search(text)), other)

    def target(self, category: str, prompt: str, seed: int, kind: str = "harmful", form: str | None = None) -> str:
        """What is written to a prompt: its subject, and of it a refusal and a way that the seed and the text choose.

        `form` is the text that is shown, where the prompt is reworded or wrapped: it has a choice of its own, but the
        subject is that of the prompt, since a wrapping brings words that say nothing of the subject.
        """
        subject = self.subject(category, prompt, kind)
        rng = random.Random(f"{seed}:{category}:{form or prompt}")
        return subject.written(rng.choice(subject.refusals), rng.choice(subject.ways))

    def faults(self, acceptance: Acceptance) -> Iterator[str]:
        """What is wrong with the written sentences, one line a fault."""
        seen: Counter[str] = Counter()
        for category, subjects in self.by_category.items():
            if len(subjects) not in SUBJECTS:
                yield f"{category}: {len(subjects)} subjects"
            if len({subject.name for subject in subjects}) != len(subjects):
                yield f"{category}: a name occurs twice"
            if [subject.name for subject in subjects[-2:]] != [OTHER, GENERAL]:
                yield f"{category}: the last subjects are not {OTHER} and {GENERAL}"
            if [subject for subject in subjects if subject.cue is None] != list(subjects[-2:]):
                yield f"{category}: the last two subjects, and no others, must be without cues"
            for subject in subjects:
                where = f"{category}, {subject.name}"
                # What JSON makes of `\b` and of `\\\\b`: neither ever matches what was meant.
                if subject.cue and re.search(r"[\x00-\x1f]|\\\\", subject.cue.pattern):
                    yield f"{where}: a cue with a control character or two backslashes"
                if len(subject.refusals) not in SENTENCES or len(subject.ways) not in SENTENCES:
                    yield f"{where}: {len(subject.refusals)} refusals, {len(subject.ways)} ways"
                for text in (*subject.refusals, *subject.ways):
                    seen.update(sentences(text))
                for response in subject.responses():
                    failed = acceptance.judge(response, category).failed
                    if failed or len(response.split()) not in WORDS:
                        yield f"{where}: {failed or 'words'}: {response}"
        yield from (f"occurs {count} times: {sentence}" for sentence, count in seen.items() if count > 1)

    def check(self) -> None:
        """Ends the program where a sentence or a subject breaks a rule."""
        faults = list(self.faults(Acceptance()))
        if faults:
            raise SystemExit("\n".join(faults))


def sentences(text: str) -> list[str]:
    """The sentences of a text, in lower case."""
    ends = [0, *(match.end() for match in SENTENCE_END.finditer(text))]
    return [text[start:end].strip().lower() for start, end in pairwise(ends)]


def prompts() -> Iterator[tuple[str, str, str, str]]:
    """Category, prompt, kind and group of every written prompt; the held-out ones are a group of their own."""
    from guardian import corpus
    from safeguard.samples import read_samples

    for sample in read_samples():
        yield sample.category, sample.prompt, sample.kind, "samples" if sample.split == "train" else "held out"
    for held_out, group in ((False, "corpus"), (True, "held out")):
        for category, prompt, _ in corpus.responses(held_out):
            yield category, prompt, "harmful", group


def main() -> None:
    """Prints the coverage: for each category the share with a subject of its own, and the prompts of each subject."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=0, help="prompts of each category to print with their targets")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    subjects = Subjects()
    subjects.check()
    rows = [row for row in prompts() if row[2] != "mismatch"]
    groups = ("corpus", "samples", "held out")
    for category, known in subjects.by_category.items():
        own = [row for row in rows if row[0] == category]
        found = {group: Counter[str]() for group in groups}
        for _, prompt, kind, group in own:
            found[group][subjects.subject(category, prompt, kind).name] += 1
        shares = (f"{group} {covered(found[group])}" for group in groups)
        print(f"{category}: with a subject of their own {', '.join(shares)}")
        for subject in known:
            print(f"  {subject.name}: {', '.join(str(found[group][subject.name]) for group in groups)}")
        for _, prompt, kind, _ in random.Random(options.seed).sample(own, min(options.pairs, len(own))):
            print(f"  - {prompt[:200]!r}\n    [{subjects.subject(category, prompt, kind).name}]", end=" ")
            print(subjects.target(category, prompt, options.seed, kind).partition("\n")[2])
    everything = [row for row in rows if row[3] in groups]
    met = sum(subjects.subject(row[0], row[1], row[2]).cue is not None for row in everything)
    print(f"all: {met} of {len(everything)}")


def covered(found: Counter[str]) -> str:
    """How many of the harmful prompts met a subject with cues."""
    total = found.total()
    met = total - found[OTHER]
    return f"{met} of {total} ({met / total:.0%})" if total else "none"


if __name__ == "__main__":
    main()
