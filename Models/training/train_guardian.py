"""Trains the guardian: one adapter for detection and for safeguard responses, and the head.

    python Models/training/train_guardian.py --data DIR --trunk FILE --work FOLDER

DIR holds `train/*.jsonl`. The state is kept in FOLDER; a run that was stopped goes on from there.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from detection.trunk import load_tokenizer
from guardian import corpus
from guardian.layout import Layout
from guardian.network import Guardian
from guardian.training import MIXTURES, Recipe, train
from safeguard.samples import Layout as ResponseLayout
from safeguard.samples import Sample, read_samples, variants
from safeguard.subjects import Subjects

ROOT = Path(__file__).resolve().parents[2]


def written_samples(seed: int) -> list[Sample]:
    """The written prompts in all their forms, with the responses to their subjects."""
    subjects = Subjects()
    samples = [sample for sample in read_samples() if sample.split == "train"]
    samples += [
        Sample(category, prompt, response, "train", "corpus")
        for category, prompt, response in corpus.responses(held_out=False)
    ]
    return [
        replace(form, response=subjects.target(form.category, sample.prompt, seed, sample.kind, form.prompt))
        for sample in samples
        for form in variants(sample, seed)
    ]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory with train/")
    parser.add_argument("--trunk", type=Path, required=True, help="the trunk's GGUF file")
    parser.add_argument("--work", type=Path, required=True, help="where the state is kept")
    parser.add_argument("--tokens", type=int, default=Recipe.tokens, help="tokens of detection to train on")
    parser.add_argument("--rate", type=float, default=Recipe.rate)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--mixture", choices=MIXTURES, default=Recipe.mixture)
    parser.add_argument(
        "--response-every", type=int, default=Recipe.response_every, help="steps from response to response"
    )
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--upper", type=Path, help="a safeguard adapter that the upper one starts from")
    parser.add_argument("--start", type=Path, help="a state.pt, or a folder of exported weights, to start from")
    parser.add_argument(
        "--bfloat16", action="store_true", help="multiply in bfloat16: faster where the processor has units for it"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    recipe = replace(
        Recipe(),
        tokens=options.tokens,
        rate=options.rate,
        mixture=options.mixture,
        response_every=options.response_every,
        seed=options.seed,
    )
    tokenizer = load_tokenizer(options.trunk)
    responses = ResponseLayout(tokenizer)
    torch.manual_seed(recipe.seed)
    network = Guardian(options.trunk, options.upper, bfloat16=options.bfloat16)
    if options.start and options.start.is_dir():
        network.load_exported(options.start)
    elif options.start:
        network.load(torch.load(options.start, weights_only=False)["network"])
    groups = {**corpus.own(held_out=False), "public": [], "read": [], "attacks": []}
    for unit in corpus.public(options.data, Recipe.seed):
        groups[unit.group].append(unit)
    print({name: len(units) for name, units in groups.items()}, flush=True)
    train(
        network,
        Layout(tokenizer),
        groups,
        corpus.own(held_out=True),
        [responses.example(sample) for sample in written_samples(recipe.seed)],
        recipe,
        options.work,
    )


if __name__ == "__main__":
    main()
