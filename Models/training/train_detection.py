"""Trains, calibrates and evaluates the detection heads, and writes what the engine loads.

    python Models/training/train_detection.py --data DIR --trunk FILE --out Models/guardian

DIR holds `train/*.jsonl` and `valid/*.jsonl`. Hidden states are cached in --cache; a run that was stopped goes on
from there, and a second run with the same data takes minutes. The report is printed, and written beside the weights.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import numpy as np
import torch
from detection import calibration, export, golden, own_texts, report, sanity, thresholds
from detection.features import LAYERS, POOLINGS, FeatureCache, key
from detection.head import Head, Settings, auroc, join, selection_score, train
from detection.sources import VALID_LIMITS, Row, draw, read
from detection.taxonomy import CATEGORIES, OUTPUTS
from detection.trunk import Sequence, Template, digest, load_model, load_tokenizer

SEED = 1
HEAD_SEEDS = (1, 2, 3)
TRAINING_ROWS = 13_000
"""Rows of the shuffled sample that are used: the time for the hidden states sets the limit."""
TRAINING_TOKENS = 256
CANDIDATES = (("pred",), ("turn",), ("mean",), ("pred", "mean"), ("pred", "turn", "mean"))
NAME = "guardian-detection-1"
ROOT = Path(__file__).resolve().parents[2]
COMMAND = "python Models/training/train_detection.py --data DIR --trunk FILE --out Models/guardian"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory with train/ and valid/")
    parser.add_argument("--trunk", type=Path, required=True, help="the trunk's GGUF file")
    parser.add_argument("--out", type=Path, required=True, help="where detection.json and its neighbours go")
    parser.add_argument("--cache", type=Path, default=ROOT / "Models/.cache/detection-features")
    parser.add_argument("--golden", type=Path, default=ROOT / "Tests/GuardianModelTests/Fixtures/detection-golden.json")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--float32", action="store_true", help="hidden states for training in float32, not bfloat16")
    parser.add_argument("--cached-only", action="store_true", help="leave out rows that are not in the cache yet")
    parser.add_argument("--select", action="store_true", help="compare layers and poolings and stop")
    return parser.parse_args()


def held_out(sequences: list[Sequence]) -> np.ndarray:
    """The tenth of the training rows that stops the training, by a digest of the tokens."""
    return np.array([int(key(sequence), 16) % 10 == 0 for sequence in sequences])


def targets(rows: list[Row]) -> np.ndarray:
    """Targets [rows, 17] in float32."""
    return np.array([row.labels.values for row in rows], dtype=np.float32)


class Run:
    """The rows, their sequences and their cached features."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.template = Template(load_tokenizer(options.trunk))
        rows = draw(read(options.data / "train"), SEED)
        random.Random(0).shuffle(rows)
        rows = rows[:TRAINING_ROWS] + own_texts.rows() + own_texts.pairs("train")
        rows += own_texts.languages(held_out=False)
        valid = draw(read(options.data / "valid"), SEED, VALID_LIMITS) + own_texts.pairs("heldout")
        valid += own_texts.languages(held_out=True)
        self.looked_at = [("harmless", text) for text in sanity.EVERYDAY] + list(sanity.HARMFUL)
        clipped = {text: self.template.clipped(text, TRAINING_TOKENS) for text in {row.text for row in rows}}
        windows = {
            text: self.template.windows(text)
            for text in {row.text for row in valid} | {text for _, text in self.looked_at}
        }
        dtype = torch.float32 if options.float32 else torch.bfloat16
        layers = "-".join(map(str, LAYERS))
        self.cache = FeatureCache(options.cache / f"{digest(options.trunk)[:8]}-{str(dtype)[6:]}-{layers}")
        wanted = [clipped[row.text] for row in rows] + [window for found in windows.values() for window in found]
        if options.cached_only:
            rows = [row for row in rows if key(clipped[row.text]) in self.cache.where]
            valid = [row for row in valid if all(key(window) in self.cache.where for window in windows[row.text])]
            wanted = [window for _, text in self.looked_at for window in windows[text]]
        if any(key(sequence) not in self.cache.where for sequence in wanted):
            self.cache.fill(load_model(options.trunk, max(LAYERS) + 1, dtype), wanted)
        self.rows, self.valid = rows, valid
        self.sequences = [clipped[row.text] for row in rows]
        self.windows = windows
        print(f"{len(rows)} rows to train on, {len(valid)} of valid", file=sys.stderr)

    def train(
        self, layer: int, poolings: tuple[str, ...], seeds: tuple[int, ...], settings: Settings
    ) -> tuple[Head, np.ndarray]:
        """The joined head of some seeds and its logits on the held-out training rows."""
        features = self.cache.read(self.sequences, layer, poolings)
        y, stop = targets(self.rows), held_out(self.sequences)
        weights = np.array([row.weight for row in self.rows], dtype=np.float32)
        head = join([train(features, y, weights, stop, settings, seed)[0] for seed in seeds])
        return head, head.logits(features[stop])

    def logits(self, head: Head, texts: list[str], layer: int, poolings: tuple[str, ...]) -> np.ndarray:
        """Logits [texts, 17] as the engine computes them: the maximum over the windows of each text."""
        flat = [window for text in texts for window in self.windows[text]]
        values = head.logits(self.cache.read(flat, layer, poolings))
        ends = np.cumsum([len(self.windows[text]) for text in texts])
        return np.stack([part.max(0) for part in np.split(values, ends[:-1])])


def probabilities_of(platts: list[calibration.Platt], logits: np.ndarray) -> np.ndarray:
    """Calibrated probabilities [rows, 17]."""
    return np.stack([platt.probability(logits[:, i]) for i, platt in enumerate(platts)], axis=1)


def select(run: Run) -> tuple[int, tuple[str, ...]]:
    """The layer and the poolings that rank the held-out training rows best; every candidate is printed."""
    y = targets(run.rows)[held_out(run.sequences)]
    best, chosen = -1.0, (LAYERS[0], CANDIDATES[0])
    for layer in LAYERS:
        for poolings in CANDIDATES:
            _, logits = run.train(layer, poolings, HEAD_SEEDS[:1], Settings(epochs=12))
            score = selection_score(y, logits)
            print(
                f"layer {layer} {'+'.join(poolings)}: score {score:.4f}, harm AUROC {auroc(y[:, 0], logits[:, 0]):.4f}"
            )
            if score > best:
                best, chosen = score, (layer, poolings)
    return chosen


LAYER, POOLING = 18, POOLINGS
"""What `--select` chose."""


def main() -> None:
    """Runs the recipe."""
    options = arguments()
    torch.set_num_threads(options.threads)
    run = Run(options)
    if options.select:
        print("chosen:", *select(run))
        return
    head, stopped = run.train(LAYER, POOLING, HEAD_SEEDS, Settings())
    logits = run.logits(head, [row.text for row in run.valid], LAYER, POOLING)
    y = targets(run.valid)
    # Calibration and thresholds come from half of valid and from the rows that stopped the training; the report
    # from the other half.
    half = np.array([int(key(run.windows[row.text][0]), 16) % 2 == 0 for row in run.valid])
    stop = held_out(run.sequences)
    known_logits = np.concatenate([logits[half], stopped])
    known = np.concatenate([y[half], targets(run.rows)[stop]])
    known_rows = [row for rows, mask in ((run.valid, half), (run.rows, stop)) for row, one in zip(rows, mask) if one]
    shares = [None] + [calibration.REFERENCE_SHARE] * len(CATEGORIES)
    platts = [calibration.fit(known_logits[:, i], known[:, i], shares[i]) for i in range(len(OUTPUTS))]
    limits = thresholds.choose(known_rows, probabilities_of(platts, known_logits))
    probabilities = probabilities_of(platts, logits)
    seen = run.logits(head, [text for _, text in run.looked_at], LAYER, POOLING)
    seen = probabilities_of(platts, seen)
    export.write(options.out, head, LAYER, POOLING, platts, options.trunk, NAME)
    rest = [row for row, one in zip(run.valid, half) if not one]
    harmful = sum(row.labels.values[0] == 1 for row in rest)
    agree = 100 * report.consistency(probabilities[~half])
    notes = [
        f"{len(run.rows) - int(stop.sum())} texts trained on, {len(known_rows)} calibrated on (half of `valid` and the "
        f"rows that stopped the training), {len(rest)} reported on ({harmful} harmful).",
        f"Layer {LAYER}, poolings {', '.join(POOLING)}; {len(HEAD_SEEDS)} heads of {Settings().hidden} hidden units.",
        f"Of the rows with a category at 0.50 or more, {agree:.1f} % have harm there too.",
    ]
    text = report.markdown(
        rest,
        y[~half],
        probabilities[~half],
        limits,
        notes,
        [(expected, text, p) for (expected, text), p in zip(run.looked_at, seen)],
        COMMAND,
    )
    (options.out / "detection-report.md").write_text(text, encoding="utf-8")
    print(text)
    model = load_model(options.trunk, LAYER + 1, torch.float32)
    golden.write(options.golden, golden.golden(model, run.template, head, LAYER, POOLING, platts), LAYER, POOLING)


if __name__ == "__main__":
    main()
