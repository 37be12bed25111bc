"""Has the engine answer 320 harmful prompts that nothing was trained on, and writes down how it did, to be read.

    python Models/training/read_responses.py --data DIR --guardian .build/release/guardian --out FILE [--model PACKED]

Twenty prompts a category: the corpus' held-out ones first, then rows of `valid`. A response that fails a check is replaced by
the category's template, and counted. The report shows up to four responses a category, drawn with a fixed seed, to prompts of the
corpus, which are the project's own. Whether a response is good is for a reader to say.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from detection.sources import draw, read
from detection.taxonomy import CATEGORIES
from guardian import corpus

ROOT = Path(__file__).resolve().parents[2]
SEED = 1
EACH, SHOWN = 20, 4
LONGEST = 400
"""Characters of a prompt, at the most."""


def prompts(data: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Prompts by category, `EACH` of each where there are so many: the corpus' own, and those of `valid`."""
    found: dict[str, list[str]] = {category: [] for category in CATEGORIES}
    for category, prompt, _ in corpus.responses(held_out=True):
        found[category].append(prompt)
    for unit in corpus.own(held_out=True)["pairs"]:
        labels = unit.examples[0].labels.values[1:]
        found[CATEGORIES[labels.index(1.0)]].append(unit.examples[0].turns[-1].text)
    rng = random.Random(SEED)
    public: dict[str, list[str]] = {category: [] for category in CATEGORIES}
    for row in draw(read(data / "valid"), SEED, {"harmful": 200, "benign": 0, "reply": 0}):
        if row.lang == "en" and row.labels.values[0] == 1 and row.labels.values[1:].count(1.0) == 1:
            public[CATEGORIES[row.labels.values[1:].index(1.0)]].append(row.text)
    drawn = {}
    for category, texts in found.items():
        rest = [text for text in public[category] if len(text) <= LONGEST]
        own = rng.sample(texts, min(len(texts), EACH))
        drawn[category] = own, rng.sample(rest, min(len(rest), EACH - len(own)))
    return drawn


def answered(binary: Path, model: Path | None, lines: list[dict]) -> list[dict]:
    """The lines with the engine's responses."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
        file.flush()
        command = [binary.resolve(), "respond", "--input", file.name]
        if model:
            command += ["--model", model.resolve()]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def markdown(lines: list[dict]) -> str:
    """The report."""
    text = [
        "# Safeguard responses, to be read",
        "",
        "Written by `python Models/training/read_responses.py --data DIR --guardian .build/release/guardian --out FILE`, on the int8 engine.",
        "The checks look at form and not at sense: a response that passes may still be wrong.",
        "",
        "| category | prompts | pass the checks | template in their place, why |",
        "|---|---|---|---|",
    ]
    for category in (*CATEGORIES, None):
        part = [line for line in lines if category in (None, line["category"])]
        good = sum(line["origin"] == "generated" for line in part)
        reasons = Counter(line["reason"] for line in part if line["origin"] != "generated")
        why = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
        name = f"`{category}`" if category else "all"
        text.append(f"| {name} | {len(part)} | {good} ({100 * good / max(1, len(part)):.0f} %) | {why} |")
    rng = random.Random(SEED)
    text += [
        "",
        "## Responses",
        "",
        f"Up to {SHOWN} of each category, drawn with a fixed seed, to held-out prompts of the corpus.",
    ]
    for category in CATEGORIES:
        part = [line for line in lines if line["category"] == category and line["own"]]
        text += ["", f"### {category}", ""]
        for line in rng.sample(part, min(SHOWN, len(part))):
            prompt = " ".join(line["text"].split())
            mark = "" if line["origin"] == "generated" else f" (template: {line['reason']})"
            text.append(f"- **{prompt}**{mark}  \n  {' '.join(line['response'].split())}")
    return "\n".join(text) + "\n"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory with valid/")
    parser.add_argument("--guardian", type=Path, required=True, help="the built binary")
    parser.add_argument("--model", type=Path, help="a packed model in place of the shipped one")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    lines = [
        {"category": category, "text": text, "own": is_own}
        for category, sides in prompts(options.data).items()
        for is_own, texts in zip((True, False), sides)
        for text in texts
    ]
    report = markdown(answered(options.guardian, options.model, lines))
    options.out.write_text(report, encoding="utf-8")
    print(report)


if __name__ == "__main__":
    main()
