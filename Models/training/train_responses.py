"""Trains the upper adapter further on the written responses, after the lower one is settled.

    python Models/training/train_responses.py --state FOLDER/state.pt --trunk FILE --out FOLDER/final.pt

What the head reads does not change. The states behind the lower adapter are computed once for each sequence.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from pathlib import Path

import torch
from detection.trunk import load_tokenizer
from guardian import corpus
from guardian.lowrank import run_blocks
from guardian.network import EXIT_LAYER, FIRST_LAYER, Guardian, padded
from safeguard.samples import Layout, Sample
from torch.nn import functional
from train_guardian import written_responses

BATCH = 4
RATE = 8e-4
WARM_UP = 30


class Continuations:
    """Sequences with the states in front of the upper blocks, computed when they are first asked for."""

    def __init__(self, network: Guardian, sequences: list[tuple[list[int], int]]):
        self.network, self.sequences, self.states = network, sequences, {}

    def __len__(self) -> int:
        return len(self.sequences)

    def loss(self, indices: list[int]) -> torch.Tensor:
        """Mean cross-entropy a token of the responses of some sequences."""
        for index in indices:
            if index not in self.states:
                with torch.no_grad():
                    below = self.network.below(padded([self.sequences[index][0]]))
                    states = run_blocks(self.network.model, below, FIRST_LAYER, EXIT_LAYER + 1)[0]
                self.states[index] = states.half()
        states = torch.nn.utils.rnn.pad_sequence([self.states[index].float() for index in indices], batch_first=True)
        model = self.network.model
        states = run_blocks(model, states, EXIT_LAYER + 1, len(model.model.layers))
        group = [self.sequences[index] for index in indices]
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
    forms = written_responses(layout, 1)
    families = [forms[index : index + 2] for index in range(0, len(forms), 2)]
    # Of every pair one form, so that most of the states can be used twice.
    training = Continuations(network, [rng.choice(family) for family in families])
    samples = [Sample(*one, "heldout", "corpus") for one in corpus.responses(held_out=True)][:60]
    held_out = Continuations(network, [layout.example(sample) for sample in samples])
    upper = [tensor for name, tensor in network.adapters().items() if int(name.split(".")[1]) > EXIT_LAYER]
    for tensor in network.adapters().values():
        tensor.requires_grad_(False)
    for tensor in upper:
        tensor.requires_grad_(True)
    optimiser = torch.optim.AdamW(upper, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    order: list[int] = []
    total = 0.0

    def save(step: int) -> None:
        torch.save({"network": network.state(), "step": step}, options.out)

    print(json.dumps({"step": 0, "held out": round(held_out_loss(held_out), 4)}), flush=True)
    for step in range(1, options.steps + 1):
        if len(order) < BATCH:
            order = rng.sample(range(len(training)), len(training))
        rate = RATE * min(1.0, step / WARM_UP) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / options.steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = training.loss([order.pop() for _ in range(BATCH)])
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
