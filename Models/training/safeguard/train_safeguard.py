"""Trains the safeguard adapter and writes it to a folder.

    python Models/training/safeguard/train_safeguard.py --trunk FILE --out Models/guardian
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from detection.trunk import EXPL, HARM, PRED, digest, load_tokenizer
from safeguard.adapter import adapt, load_trunk
from safeguard.samples import Layout, read_samples, variants
from safeguard.training import Recipe, below, train

MAX_TOKENS = 128
REPETITION_PENALTY = 1.1


def main() -> None:
    """Reads the pairs, caches the frozen blocks' output, trains, and exports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trunk", type=Path, required=True, help="the GGUF file of the trunk")
    parser.add_argument("--out", type=Path, required=True, help="where safeguard.json and its weights go")
    parser.add_argument("--cache", type=Path, help="a folder for the frozen blocks' output, to resume from")
    parser.add_argument("--threads", type=int, default=2)
    for name, default in asdict(Recipe()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    arguments = parser.parse_args()
    recipe = Recipe(**{name: getattr(arguments, name) for name in asdict(Recipe())})
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(recipe.seed)

    layout = Layout(load_tokenizer(arguments.trunk))
    samples = read_samples()
    families = [variants(sample, recipe.seed) for sample in samples if sample.split == "train"]
    held_out = [
        replace(sample, forced=forced)
        for sample in samples
        if sample.split == "heldout" and sample.response
        for forced in (False, True)
    ]
    print(f"{len(families)} training pairs, {sum(map(len, families))} forms, {len(held_out)} held out", flush=True)

    if arguments.cache:
        arguments.cache.mkdir(parents=True, exist_ok=True)
    model = load_trunk(arguments.trunk)
    flat = [layout.example(form) for family in families for form in family]
    cached = iter(below(model, flat, recipe.first_layer, arguments.cache))
    trained = [[next(cached) for _ in family] for family in families]
    outside = below(
        model, [layout.example(sample) for sample in held_out], recipe.first_layer, arguments.cache
    )
    print("frozen blocks cached", flush=True)

    adapt(model, recipe.first_layer, recipe.rank, recipe.scale, recipe.dropout)
    arguments.out.mkdir(parents=True, exist_ok=True)
    weights = arguments.out / "safeguard.safetensors"
    history = train(model, trained, outside, recipe, weights)
    manifest = {
        "format": 1,
        "name": "guardian-safeguard-1",
        "trunkSHA256": digest(arguments.trunk),
        "weights": weights.name,
        "weightsSHA256": digest(weights),
        "firstLayer": recipe.first_layer,
        "rank": recipe.rank,
        "scale": recipe.scale,
        "markers": {"pred": PRED, "expl": EXPL, "harm": HARM},
        "maxTokens": MAX_TOKENS,
        "temperature": 0.0,
        "repetitionPenalty": REPETITION_PENALTY,
        "training": {**asdict(recipe), "pairs": len(families), "history": history},
    }
    (arguments.out / "safeguard.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
