"""Trains the upper adapter further on the written responses, after the lower one is settled.

    python Models/training/train_responses.py --data DIR --state FOLDER/state.pt --trunk FILE --out FOLDER/final.pt

What the head reads does not change. Half of the prompts are the written ones, half are public rows: what a response says depends on
the subject of a prompt alone (`safeguard/subjects.py`), so any prompt with a category can be answered.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter
from pathlib import Path

import torch
from detection.taxonomy import CATEGORIES
from detection.trunk import load_tokenizer
from guardian import corpus
from guardian.lowrank import run_blocks
from guardian.network import EXIT_LAYER, FIRST_LAYER, Guardian, padded
from safeguard.samples import Layout, Sample
from safeguard.subjects import Subjects
from torch.nn import functional
from train_guardian import written_responses

BATCH = 4
RATE = 8e-4
WARM_UP = 30
LONGEST = 400
"""Characters of a public prompt, at the most: what it is about is said by then, and long ones cost time."""
HARMLESS = 400
"""Harmless public prompts, under any category, which get the general response."""
OWN, GENERAL = 450, 60
"""Harmful public prompts of a category with a subject of their own, and with the general one, at the most."""


def public_responses(data: Path, layout: Layout, seed: int) -> list[tuple[list[int], int]]:
    """Token sequences of public rows of one category each, and of harmless ones that were stopped all the same."""
    rng = random.Random(seed)
    subjects = Subjects()
    found = []
    counts: Counter[tuple[str, bool]] = Counter()
    for unit in corpus.public(data, seed):
        (example,) = unit.examples
        prompt = example.turns[0].text
        if example.turns[0].role != "user" or len(prompt) > LONGEST:
            continue
        named = [name for name, value in zip(CATEGORIES, example.labels.values[1:]) if value == 1]
        if example.is_harmful and len(named) == 1:
            kind, category = "harmful", named[0]
            place, most = (category, True), OWN
            if subjects.subject(category, prompt).cue is None:
                place, most = (category, False), GENERAL
        elif example.labels.values[0] == 0:
            kind, category = "mismatch", rng.choice(CATEGORIES)
            place, most = ("", False), HARMLESS
        else:
            continue
        if counts[place] == most:
            continue
        counts[place] += 1
        forced = kind == "mismatch" or rng.random() < 0.3
        response = subjects.target(category, prompt, seed, kind)
        found.append(layout.example(Sample(category, prompt, response, "train", kind, forced)))
    return found


class Continuations:
    """Sequences of which the upper blocks are trained."""

    def __init__(self, network: Guardian, sequences: list[tuple[list[int], int]]):
        self.network, self.sequences = network, sequences

    def __len__(self) -> int:
        return len(self.sequences)

    def loss(self, indices: list[int]) -> torch.Tensor:
        """Mean cross-entropy a token of the responses of some sequences."""
        group = [self.sequences[index] for index in indices]
        model = self.network.model
        with torch.no_grad():
            below = self.network.below(padded([ids for ids, _ in group]))
            states = run_blocks(model, below, FIRST_LAYER, EXIT_LAYER + 1)
        states = run_blocks(model, states, EXIT_LAYER + 1, len(model.model.layers))
        rows = torch.cat([states[i, start - 1 : len(ids) - 1] for i, (ids, start) in enumerate(group)])
        targets = torch.tensor([token for ids, start in group for token in ids[start:]])
        return functional.cross_entropy(model.lm_head(model.model.norm(rows)), targets)


def held_out_loss(examples: Continuations) -> float:
    """Mean over batches, without a graph."""
    with torch.no_grad():
        starts = range(0, len(examples), BATCH)
        losses = [examples.loss([*range(start, min(start + BATCH, len(examples)))]).item() for start in starts]
    return sum(losses) / len(losses)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory with train/")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--trunk", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    rng = random.Random(1)
    network = Guardian(options.trunk)
    network.load(torch.load(options.state, weights_only=False)["network"])
    network.eval()
    layout = Layout(load_tokenizer(options.trunk))
    written, public = written_responses(layout, 1), public_responses(options.data, layout, 1)
    print(json.dumps({"written": len(written), "public": len(public)}), flush=True)
    training = Continuations(network, written + public)
    subjects = Subjects()
    samples = [
        Sample(category, prompt, subjects.target(category, prompt, 1), "heldout", "corpus")
        for category, prompt, _ in corpus.responses(held_out=True)
    ]
    held_out = Continuations(network, [layout.example(sample) for sample in rng.sample(samples, 60)])
    upper = [tensor for name, tensor in network.adapters().items() if int(name.split(".")[1]) > EXIT_LAYER]
    for tensor in network.adapters().values():
        tensor.requires_grad_(False)
    for tensor in upper:
        tensor.requires_grad_(True)
    optimiser = torch.optim.AdamW(upper, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    decks: list[list[int]] = [[], []]
    total = 0.0

    def draw(deck: int) -> int:
        """One of the written sequences, or of the public ones, none twice before all were drawn."""
        if not decks[deck]:
            first, last = (0, len(written)) if deck == 0 else (len(written), len(written) + len(public))
            decks[deck] = rng.sample(range(first, last), last - first)
        return decks[deck].pop()

    def save(step: int) -> None:
        torch.save({"network": network.state(), "step": step}, options.out)

    print(json.dumps({"step": 0, "held out": round(held_out_loss(held_out), 4)}), flush=True)
    for step in range(1, options.steps + 1):
        rate = RATE * min(1.0, step / WARM_UP) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / options.steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = training.loss([draw(index % 2) for index in range(BATCH)])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(upper, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        total += loss.item()
        if step % 50 == 0:
            print(json.dumps({"step": step, "loss": round(total / 50, 4)}), flush=True)
            total = 0.0
            save(step)
    print(json.dumps({"step": options.steps, "held out": round(held_out_loss(held_out), 4)}), flush=True)
    save(options.steps)


if __name__ == "__main__":
    main()
