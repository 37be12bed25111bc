"""Scores rows of `valid` with the real binary and prints the table of the README's model section.

    python Models/training/evaluate_engine.py --data DIR --guardian .build/release/guardian

Rows are of the half of `valid` that neither training, calibration nor the choice of thresholds saw, drawn with a fixed
seed. The thresholds are those of a policy, as `guardian policy explain` gives them.
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
from detection.features import key
from detection.head import auroc
from detection.sources import draw, read
from detection.taxonomy import OUTPUTS, UNKNOWN
from detection.thresholds import is_hard
from detection.trunk import Template, load_tokenizer
from train_detection import SEED, VALID_LIMITS

ROOT = Path(__file__).resolve().parents[2]
TRUNK = ROOT / "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"


def classify(binary: Path, texts: list[str]) -> tuple[np.ndarray, list[float]]:
    """Probabilities [texts, 17], overall harm first, and the milliseconds that each text took."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        file.flush()
        command = [binary.resolve(), "classify", "--input", file.name]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    scored = [json.loads(line) for line in done.stdout.splitlines()]
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


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory with valid/")
    parser.add_argument("--guardian", type=Path, required=True, help="the built binary")
    parser.add_argument("--policy", type=Path, default=ROOT / "Policies/default.yaml")
    parser.add_argument("--rows", type=int, default=1000)
    options = parser.parse_args()

    template = Template(load_tokenizer(TRUNK))
    rows = draw(read(options.data / "valid"), SEED, VALID_LIMITS)
    rows = [row for row in rows if int(key(template.windows(row.text)[0]), 16) % 2 == 1]
    random.Random(SEED).shuffle(rows)
    rows = rows[: options.rows]
    scores, milliseconds = classify(options.guardian, [row.text for row in rows])
    targets = np.array([row.labels.values for row in rows])
    limits = thresholds(options.guardian, options.policy)

    print(f"{len(rows)} rows; policy {options.policy.name}; median {np.median(milliseconds):.1f} ms a text\n")
    print("| output | harmful rows | AUROC | threshold | precision | recall | false alarms |")
    print("|---|---|---|---|---|---|---|")
    for index, name in enumerate(OUTPUTS):
        known = targets[:, index] != UNKNOWN
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
    print("\n| rows | number | any threshold reached |")
    print("|---|---|---|")
    for name, mask in {
        "harmful, English": (kind == "harmful") & english,
        "harmful, other languages": (kind == "harmful") & ~english,
        "harmless, ordinary": (kind == "benign") & ~hard,
        "harmless that look harmful": (kind == "benign") & hard,
    }.items():
        print(f"| {name} | {mask.sum()} | {100 * reached[mask].mean():.1f} % |")


if __name__ == "__main__":
    main()
