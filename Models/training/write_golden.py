"""Writes the golden files that the engine is tested against, from the exported model.

    python Models/training/write_golden.py --trunk FILE --model Models/guardian

Everything is computed in float32 on the dequantised trunk.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from detection.trunk import load_tokenizer
from guardian import golden
from guardian.layout import Layout
from guardian.network import Guardian
from safeguard.samples import Layout as ResponseLayout

FIXTURES = Path(__file__).resolve().parents[2] / "Tests/GuardianModelTests/Fixtures"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trunk", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="the folder with detection.json")
    parser.add_argument("--out", type=Path, default=FIXTURES)
    options = parser.parse_args()
    torch.set_num_threads(2)
    tokenizer = load_tokenizer(options.trunk)
    network = Guardian(options.trunk)
    network.load_exported(options.model)
    network.eval()
    manifest = json.loads((options.model / "detection.json").read_text(encoding="utf-8"))
    golden.write(options.out / "detection-golden.json", golden.detection(network, Layout(tokenizer), manifest), "texts")
    manifest = json.loads((options.model / "safeguard.json").read_text(encoding="utf-8"))
    golden.write(
        options.out / "safeguard-golden.json", golden.safeguard(network, ResponseLayout(tokenizer), manifest), "cases"
    )


if __name__ == "__main__":
    main()
