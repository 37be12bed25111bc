"""Compares the packed int8 model with the float model it was made from.

    python Tests/Reference/check_quantisation.py --data DIR [--rows N]

Over rows of `DIR/valid`: the AUROC of each output by either path, and the greatest difference of the two. Over texts of this
repository: the perplexity of the trunk by either path. Exit status 1 if an AUROC differs by more than 0.003 or the perplexity
by more than 2 %.
"""

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Models/training"))

from detection.metrics import auroc
from detection.sources import VALID_LIMITS, draw, read
from detection.taxonomy import OUTPUTS, UNKNOWN

BENCH = ROOT / ".build/release/guardian-bench"
TEXTS = ["README.md", "Models/MODEL_CARD.md", "Models/training/README.md", "Policies/README.md"]
SEED = 1
AUROC_LIMIT = 0.003
PERPLEXITY_LIMIT = 0.02


def run(bench: Path, *arguments: str, lines: list[str] = ()) -> list[str]:
    """A subcommand of `guardian-bench agreement`; its output, a line each."""
    command = [str(bench.resolve()), "agreement", *arguments]
    done = subprocess.run(command, cwd=ROOT, input="".join(lines), text=True, stdout=subprocess.PIPE, check=True)
    return done.stdout.splitlines()


def check_scores(bench: Path, data: Path, limit: int | None) -> bool:
    """Prints the table of AUROCs; whether all are near enough."""
    rows = draw(read(data / "valid"), SEED, VALID_LIMITS)
    random.Random(SEED).shuffle(rows)
    rows = rows[:limit]
    printed = run(bench, "scores", lines=[json.dumps(row.text) + "\n" for row in rows])
    scores = np.array([json.loads(line) for line in printed])
    if scores.shape != (len(rows), 2, len(OUTPUTS)):
        raise SystemExit(f"{len(rows)} texts in, scores of the shape {scores.shape} out")
    targets = np.array([row.labels.values for row in rows])

    print(f"{len(rows)} rows; greatest difference of a score {np.abs(scores[:, 0] - scores[:, 1]).max():.4f}\n")
    print("| output | harmful rows | float | int8 | difference |")
    print("|---|---|---|---|---|")
    near = True
    for index, name in enumerate(OUTPUTS):
        known = targets[:, index] != UNKNOWN
        harmful = int((targets[known, index] == 1).sum())
        if harmful in (0, known.sum()):
            print(f"| `{name}` | {harmful} | none | none | |")
            continue
        areas = [auroc(targets[:, index], scores[:, path, index]) for path in (0, 1)]
        difference = areas[1] - areas[0]
        near = near and abs(difference) <= AUROC_LIMIT
        print(f"| `{name}` | {harmful} | {areas[0]:.5f} | {areas[1]:.5f} | {difference:+.5f} |")
    return near


def check_perplexity(bench: Path) -> bool:
    """Prints the perplexities; whether they are near enough."""
    report = json.loads(run(bench, "perplexity", *TEXTS)[0])
    change = report["int8"] / report["float"] - 1
    print(
        f"\n{report['tokens']:.0f} tokens of {', '.join(TEXTS)}: "
        f"perplexity {report['float']:.3f} (float), {report['int8']:.3f} (int8), {100 * change:+.2f} %"
    )
    return abs(change) <= PERPLEXITY_LIMIT


def main() -> None:
    """Checks both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory with valid/")
    parser.add_argument("--bench", type=Path, default=BENCH, help="the built benchmark")
    parser.add_argument("--rows", type=int, help="rows to draw; all that the report of the heads uses if left out")
    options = parser.parse_args()
    near = check_scores(options.bench, options.data, options.rows)
    near = check_perplexity(options.bench) and near
    if not near:
        raise SystemExit("The packed model is not near enough to the float model.")


if __name__ == "__main__":
    main()
