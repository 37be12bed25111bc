"""Scores held-out texts with the real binary and prints the tables of the README's model section.

    python Models/training/evaluate_engine.py --data DIR --guardian .build/release/guardian [--model FILE] [--choosing]

The texts are the half of `valid` and of the corpus' held-out texts that calibration and choice of thresholds did not see, drawn
with a fixed seed: single texts, and replies with their query. The thresholds are those of a policy, as
`guardian policy explain` gives them. With `--model` another packed model is scored on the same texts.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from calibrate_guardian import SEED, Judged, judged
from detection.metrics import auroc
from detection.sources import draw, read
from detection.taxonomy import OUTPUTS, UNKNOWN
from detection.thresholds import is_hard
from guardian.layout import Turn
from refit_head import EVERYDAY

ROOT = Path(__file__).resolve().parents[2]


def classify(binary: Path, model: Path | None, texts: list[Judged]) -> tuple[np.ndarray, list[float]]:
    """Probabilities [texts, 17], overall harm first, and the milliseconds that each text took."""

    def line(one: Judged) -> str:
        first, *rest = (turn.text for turn in one.turns)
        return json.dumps({"text": first, "reply": rest[0]} if rest else {"text": first}) + "\n"

    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(map(line, texts))
        file.flush()
        command = [binary.resolve(), "classify", "--input", file.name]
        if model:
            command += ["--model", model.resolve()]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    scored = [json.loads(line) for line in done.stdout.split("\n") if line]
    if len(scored) != len(texts):
        raise SystemExit(f"{len(texts)} lines in, {len(scored)} out")
    scores = [[row["harm"], *(row["categories"][name] for name in OUTPUTS[1:])] for row in scored]
    return np.array(scores), [row["ms"] for row in scored]


def thresholds(binary: Path, policy: Path) -> dict[str, float]:
    """The thresholds of a policy's input phase by output."""
    command = [binary.resolve(), "policy", "explain", "--json", policy.resolve()]
    explained = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    found = {row["category"]: row["threshold"] for row in explained["phases"][0]["categories"]}
    return {name: found.get("overall" if name == "harm" else name) for name in OUTPUTS}


def drawn(data: Path, size: int, choosing: bool, as_read: bool) -> list[Judged]:
    """The texts: all held-out ones of the corpus, and `size` of `valid`."""
    rest = [one for one in judged(data, as_read) if one.is_for_calibration == choosing]
    rest = [one for one in rest if [turn.role for turn in one.turns] in (["user"], ["user", "assistant"])]
    own = [one for one in rest if one.row.source in OWN]
    public = [one for one in rest if one.row.source not in OWN]
    random.Random(SEED).shuffle(public)
    return public[:size] + own


def everyday(data: Path, binary: Path, model: Path | None, policy: Path) -> None:
    """Prints which share of all ordinary requests of `valid` in English reaches a threshold, by half of the rows."""
    limits = thresholds(binary, policy)
    rows = draw(read(data / "valid"), SEED, {"benign": 1_000_000})
    texts = [Judged((Turn("user", row.text),), row) for row in rows if row.source in EVERYDAY and row.lang == "en"]
    scores, _ = classify(binary, model, texts)
    reached = np.stack([scores[:, i] >= limits[name] for i, name in enumerate(OUTPUTS)], axis=1).any(1)
    half = np.array([one.is_for_calibration for one in texts])
    for name, part in {"all": half | ~half, "that thresholds are chosen on": half, "others": ~half}.items():
        print(f"{name}: {reached[part].sum()} of {part.sum()}, {100 * reached[part].mean():.2f} %")


OWN = ("own:pairs", "own:texts", "own:chats", "own:replies", "own:prompts")


def number(value: float, digits: int = 0) -> str:
    """An area, or a share in percent; a dash where there is none."""
    return "-" if np.isnan(value) else f"{value:.{digits}f}" + ("" if digits else " %")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory with valid/")
    parser.add_argument("--guardian", type=Path, required=True, help="the built binary")
    parser.add_argument("--model", type=Path, help="a packed model in place of the shipped one")
    parser.add_argument("--policy", type=Path, default=ROOT / "Policies/default.yaml")
    parser.add_argument("--rows", type=int, default=1000, help="texts of valid")
    parser.add_argument("--choosing", action="store_true", help="the other half, to choose thresholds on")
    parser.add_argument("--source-labels", action="store_true", help="the sources' own labels, not the second reader's")
    parser.add_argument("--everyday", action="store_true", help="all ordinary requests of valid, and nothing else")
    options = parser.parse_args()
    if options.everyday:
        return everyday(options.data, options.guardian, options.model, options.policy)

    texts = drawn(options.data, options.rows, options.choosing, not options.source_labels)
    rows = [one.row for one in texts]
    scores, milliseconds = classify(options.guardian, options.model, texts)
    targets = np.array([row.labels.values for row in rows])
    limits = thresholds(options.guardian, options.policy)
    source = np.array([row.source for row in rows])
    own = np.isin(source, OWN)

    print(f"{len(rows)} texts; policy {options.policy.name}; median {np.median(milliseconds):.1f} ms a text\n")
    print("| output | harmful rows | AUROC | threshold | precision | recall | false alarms |")
    print("|---|---|---|---|---|---|---|")
    for index, name in enumerate(OUTPUTS):
        known = (targets[:, index] != UNKNOWN) & ~own
        truth, score = targets[known, index] == 1, scores[known, index]
        flagged = score >= limits[name]
        precision = 100 * (truth & flagged).sum() / max(1, flagged.sum())
        recall = 100 * (truth & flagged).sum() / max(1, truth.sum())
        alarms = 100 * (~truth & flagged).sum() / max(1, (~truth).sum())
        print(
            f"| `{name}` | {truth.sum()} | {auroc(truth.astype(float), score):.3f} | {limits[name]} "
            f"| {precision:.0f} % | {recall:.0f} % | {alarms:.1f} % |"
        )
    hard = np.array([is_hard(row) for row in rows])
    kind = np.array([row.kind for row in rows])
    english = np.array([row.lang == "en" for row in rows])
    reached = np.stack([scores[:, i] >= limits[name] for i, name in enumerate(OUTPUTS)], axis=1).any(1)
    print("\n| texts of `valid` | number | any threshold reached |")
    print("|---|---|---|")
    for name, mask in {
        "harmful, English": (kind == "harmful") & english,
        "harmful, other languages": (kind == "harmful") & ~english,
        "harmless, ordinary": (kind == "benign") & ~hard,
        "harmless that look harmful": (kind == "benign") & hard,
    }.items():
        mask = mask & ~own
        print(f"| {name} | {mask.sum()} | {100 * reached[mask].mean():.1f} % |")
    print("\n| held-out texts of the corpus | harmful | harmless | AUROC | recall | false alarms |")
    print("|---|---|---|---|---|---|")
    for name in OWN:
        part = source == name
        truth = targets[part, 0] == 1
        area = auroc(truth.astype(float), scores[part, 0]) if 0 < truth.sum() < len(truth) else float("nan")
        recall, alarms = (100 * reached[part][side].mean() if side.any() else float("nan") for side in (truth, ~truth))
        print(
            f"| {name.removeprefix('own:')} | {truth.sum()} | {(~truth).sum()} | {number(area, 3)} "
            f"| {number(recall)} | {number(alarms)} |"
        )


if __name__ == "__main__":
    main()
