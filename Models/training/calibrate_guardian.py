"""Calibrates the head on the engine that ships, and writes the report.

    python Models/training/calibrate_guardian.py --data DIR --model Models/guardian --packed FILE --bench FILE

The pooled states come from `guardian-bench dump-features`, so what int8 does to them is part of the calibration. Half of the rows
of `valid` and of the held-out texts of the corpus calibrate and choose thresholds; the report is over the other half.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from detection import calibration, report, sanity, thresholds
from detection.own_texts import languages
from detection.sources import Row, draw, read
from detection.taxonomy import CATEGORIES, OUTPUTS
from detection.trunk import WIDTH
from guardian import corpus
from guardian.layout import Turn
from guardian.network import POOLINGS, RMS_ADDEND
from safetensors.numpy import load_file

SEED = 1
LIMITS = {"harmful": 100, "benign": 50, "reply": 60}
"""Rows of one source and kind of `valid`, at the most."""
COMMAND = "python Models/training/calibrate_guardian.py --data DIR --model Models/guardian --packed FILE --bench FILE"


@dataclass(frozen=True)
class Judged:
    """A conversation to be judged, and what the report calls it."""

    turns: tuple[Turn, ...]
    row: Row

    @property
    def is_for_calibration(self) -> bool:
        """Half of the texts, by a digest."""
        return hashlib.sha256(self.row.text.encode()).digest()[0] % 2 == 0


class Head:
    """The exported head in numpy."""

    def __init__(self, path: Path):
        self.tensors = load_file(path)

    def logits(self, features: np.ndarray) -> np.ndarray:
        """[rows, poolings, width] as the engine pools them to [rows, 17]."""
        states = features / np.sqrt(np.square(features).mean(-1, keepdims=True) + RMS_ADDEND)
        x = states.reshape(len(states), -1)
        x = (x - self.tensors["feature.mean"]) / self.tensors["feature.std"]
        hidden = x @ self.tensors["head.w1"].T + self.tensors["head.b1"]
        hidden = hidden / (1 + np.exp(-hidden))
        return hidden @ self.tensors["head.w2"].T + self.tensors["head.b2"]


def features(bench: Path, packed: Path, conversations: list[tuple[Turn, ...]]) -> list[np.ndarray]:
    """The engine's pooled states of each conversation: [windows, poolings, width]."""
    with tempfile.NamedTemporaryFile() as states:
        lines = "".join(
            json.dumps({"turns": [{"role": turn.role, "text": turn.text} for turn in turns]}) + "\n"
            for turns in conversations
        )
        command = [bench.resolve(), "dump-features", "--model", packed.resolve(), "--out", states.name]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
        counts = [int(line) for line in done.stdout.split()]
        values = np.fromfile(states.name, dtype=np.float32).reshape(-1, len(POOLINGS), WIDTH)
    if len(counts) != len(conversations) or sum(counts) != len(values):
        raise SystemExit(f"{len(conversations)} conversations in, {len(counts)} with {len(values)} windows out")
    return np.split(values, np.cumsum(counts)[:-1])


def judged(data: Path, as_read: bool = True) -> list[Judged]:
    """Rows of `valid`, and the corpus' held-out texts. Without `as_read` the labels of rows are their sources' own."""
    found = []
    for row in draw(read(data / "valid"), SEED, LIMITS, as_read) + languages(held_out=True):
        found.append(Judged((Turn("assistant" if row.kind == "reply" else "user", row.text),), row))
    for group, units in corpus.own(held_out=True).items():
        for example in (example for unit in units for example in unit.examples):
            kind = "harmful" if example.is_harmful else "reply" if group == "replies" else "benign"
            # Named so that the report counts the harmless ones as hard to tell from harm.
            row = Row(example.turns[-1].text, f"own:{group}", kind, example.labels, 1.0, "en")
            found.append(Judged(example.turns, row))
    return [one for one in found if one.row.text.strip()]


def arguments(description: str) -> argparse.ArgumentParser:
    """The command line of what runs on the engine's states."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="the folder with detection.json")
    parser.add_argument("--packed", type=Path, required=True, help="that folder, packed")
    parser.add_argument("--bench", type=Path, required=True, help="the built guardian-bench")
    return parser


def main() -> None:
    """The command line."""
    options = arguments(__doc__).parse_args()
    head = Head(options.model / "detection.safetensors")
    rows = judged(options.data)
    looked_at = [("harmless", text) for text in sanity.EVERYDAY] + list(sanity.HARMFUL)
    conversations = [one.turns for one in rows] + [(Turn("user", text),) for _, text in looked_at]
    states = features(options.bench, options.packed, conversations)
    logits = np.stack([head.logits(windows).max(0) for windows in states])
    logits, seen = logits[: len(rows)], logits[len(rows) :]
    targets = np.array([one.row.labels.values for one in rows])
    half = np.array([one.is_for_calibration for one in rows])
    shares = [None] + [calibration.REFERENCE_SHARE] * len(CATEGORIES)
    platts = [calibration.fit(logits[half, i], targets[half, i], shares[i]) for i in range(len(OUTPUTS))]

    def probabilities(values: np.ndarray) -> np.ndarray:
        return np.stack([platt.probability(values[:, i]) for i, platt in enumerate(platts)], axis=1)

    table = [one.row for one in rows]
    known = [row for row, one in zip(table, half) if one]
    rest = [row for row, one in zip(table, half) if not one]
    limits = thresholds.choose(known, probabilities(logits[half]))
    p, y = probabilities(logits[~half]), targets[~half]
    notes = [
        f"{len(known)} texts calibrated on (half of `valid` and of the corpus' held-out texts), {len(rest)} reported on "
        f"({sum(row.labels.values[0] == 1 for row in rest)} harmful), all on the int8 engine.",
        f"Of the rows with a category at 0.50 or more, {100 * report.consistency(p):.1f} % have harm there too.",
    ]
    looked = [(expected, text, q) for (expected, text), q in zip(looked_at, probabilities(seen))]
    text = report.markdown(rest, y, p, limits, notes, looked, COMMAND)
    path = options.model / "detection.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["calibration"] = [
        {"name": name, "a": round(platt.a, 6), "c": round(platt.c, 6)} for name, platt in zip(OUTPUTS, platts)
    ]
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    (options.model / "detection-report.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
