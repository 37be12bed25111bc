"""Trains the upper adapter further on the written responses, after the lower one is settled.

    python Models/training/train_responses.py --data DIR --state FOLDER/state.pt --trunk FILE --out FOLDER/final.pt

What the head reads does not change. A third of the prompts are the written ones, a third are public rows, a third the corpus' other
texts: what a response says depends on the subject of a prompt alone (`safeguard/subjects.py`), so any prompt with a category can be
answered. The loss is that of the choices which the model will have (`safeguard/automaton.py`), each among the tokens that may come next: nothing is learned of the rest.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch
from detection.taxonomy import CATEGORIES
from detection.trunk import load_tokenizer
from guardian import corpus
from guardian.corpus import Unit
from guardian.network import EXIT_LAYER, Guardian
from safeguard.paths import Paths, SamplePath
from safeguard.samples import Layout, Sample
from safeguard.subjects import Subjects
from train_guardian import written_samples

BATCH = 8
RATE = 8e-4
BATCHES = 16
"""Drawn at a time."""
WARM_UP = 30
SENTENCES = 0.25
"""Of the sequences, those that go on behind the name of the subject: which of its sentences are taken matters less."""
LONGEST = 300
"""Characters of a prompt that is not a written one, at the most: what it is about is said by then, and long ones cost time."""
HARMLESS = 400
"""Harmless prompts of a source, under any category, which get the general subject."""
OWN, REST = 450, 60
"""Harmful prompts of a source and a category with a subject of their own, and with none, at the most."""


def samples(units: list[Unit], seed: int) -> list[Sample]:
    """Short prompts of one category each, and harmless ones that were stopped all the same."""
    rng = random.Random(seed)
    subjects = Subjects()
    found = []
    counts: Counter[tuple[str, bool]] = Counter()
    for unit in units:
        # Of twins, the harmful one.
        example = unit.examples[0]
        prompt = example.turns[0].text
        if len(example.turns) > 1 or example.turns[0].role != "user" or len(prompt) > LONGEST:
            continue
        named = [name for name, value in zip(CATEGORIES, example.labels.values[1:]) if value == 1]
        if example.is_harmful and len(named) == 1:
            kind, category = "harmful", named[0]
            place, most = (category, True), OWN
            if subjects.subject(category, prompt).cue is None:
                place, most = (category, False), REST
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
        found.append(Sample(category, prompt, response, "train", kind, forced))
    return found


def corpus_samples(seed: int) -> list[Sample]:
    """Of the project's own pairs, messages and posts."""
    own = corpus.own(held_out=False)
    units = [*own["pairs"], *own["chats"], *own["texts"]]
    random.Random(seed).shuffle(units)
    return samples(units, seed)


def drawn(groups: list[list[SamplePath]], rng: random.Random) -> Iterator[list[tuple[SamplePath, bool]]]:
    """Batches, of each group as many paths, none twice before all were drawn. Paths of like length go together: padding is
    computed like any token."""
    decks: list[list[SamplePath]] = [[] for _ in groups]
    while True:
        some: list[tuple[SamplePath, bool]] = []
        for index in range(BATCH * BATCHES):
            group = index % len(groups)
            if not decks[group]:
                decks[group] = rng.sample(groups[group], len(groups[group]))
            some.append((decks[group].pop(), rng.random() < SENTENCES))
        some.sort(key=lambda drawn: len(drawn[0].ids) if drawn[1] else drawn[0].named)
        yield from rng.sample([some[start : start + BATCH] for start in range(0, len(some), BATCH)], BATCHES)


def held_out_names(paths: Paths, held_out: list[SamplePath]) -> float:
    """Share of held-out prompts whose subject is found."""
    hits: list[bool] = []
    with torch.no_grad():
        for start in range(0, len(held_out), BATCH):
            hits += paths.losses([(path, False) for path in held_out[start : start + BATCH]])[2]
    return round(sum(hits) / len(hits), 4)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory with train/")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--trunk", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--bfloat16", action="store_true", help="multiply in bfloat16: faster where the processor has units for it"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    network = Guardian(options.trunk, bfloat16=options.bfloat16)
    network.load(torch.load(options.state, weights_only=False)["network"])
    network.eval()
    paths = Paths(network, Layout(load_tokenizer(options.trunk)))
    groups = [
        [paths.path(sample) for sample in group]
        for group in (written_samples(1), samples(corpus.public(options.data, 1), 1), corpus_samples(1))
    ]
    print(json.dumps(dict(zip(("written", "public", "corpus"), map(len, groups)))), flush=True)
    subjects = Subjects()
    held_out = [
        paths.path(Sample(category, prompt, subjects.target(category, prompt, 1), "heldout", "corpus"))
        for category, prompt, _ in corpus.responses(held_out=True)
    ]
    for tensor in network.adapters().values():
        tensor.requires_grad_(False)
    upper = [tensor for name, tensor in network.adapters().items() if int(name.split(".")[1]) > EXIT_LAYER]
    for tensor in upper:
        tensor.requires_grad_(True)
    optimiser = torch.optim.AdamW(upper, lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    batches = drawn(groups, rng)
    print(json.dumps({"step": 0, "held out": held_out_names(paths, held_out)}), flush=True)
    total, hits = 0.0, 0
    for step in range(1, options.steps + 1):
        rate = RATE * min(1.0, step / WARM_UP) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * step / options.steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        losses, weights, found = paths.losses(next(batches))
        loss = (losses * weights).sum() / weights.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(upper, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        total += loss.item()
        hits += sum(found)
        if step % 50 == 0:
            print(json.dumps({"step": step, "loss": round(total / 50, 4), "names": hits / 50 / BATCH}), flush=True)
            total, hits = 0.0, 0
            torch.save({"network": network.state(), "step": step}, options.out)
        if step % 400 == 0 or step == options.steps:
            print(json.dumps({"step": step, "held out": held_out_names(paths, held_out)}), flush=True)
    torch.save({"network": network.state(), "step": options.steps}, options.out)


if __name__ == "__main__":
    main()
