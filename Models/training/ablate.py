"""Trains small guardians that differ in one thing each, from the trunk and with the same seed, and prints what that does.

    python Models/training/ablate.py --data DIR --trunk FILE --work FOLDER [--tokens N]

DIR holds `train/*.jsonl` and `valid/*.jsonl`. Each variant keeps its state in FOLDER; what was stopped goes on, what is done is
not trained again. The tokens are few, so that the figures tell the variants apart and not what a guardian can do.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from detection.metrics import auroc
from detection.sources import HARMLESS, draw, read
from detection.trunk import load_tokenizer
from guardian import corpus
from guardian.corpus import Example
from guardian.layout import Layout, Turn
from guardian.network import EXIT_LAYER, Guardian
from guardian.training import Recipe, evaluation, scores, train
from safeguard.samples import Layout as ResponseLayout
from safeguard.samples import read_samples
from safeguard.subjects import Subjects
from train_guardian import written_samples

SEED = 1
LIMITS = {"harmful": 12, "benign": 12, "reply": 0}
"""Rows of one source of `valid` that are looked at."""


@dataclass(frozen=True)
class Variant:
    """One guardian of the table."""

    name: str
    recipe: dict
    exit_layer: int = EXIT_LAYER


VARIANTS = (
    Variant("both", {}),
    Variant("detection alone", {"response_every": 0}),
    Variant("responses alone", {"detects": False}),
    Variant("both, without contrast pairs", {"without": ("pairs",)}),
    Variant("both, read behind 16 blocks", {}, 15),
    Variant("both, read behind 24 blocks", {}, 23),
    Variant("both, read behind all 30 blocks", {}, 29),
)


def public_rows(data: Path) -> dict[str, list[Example]]:
    """English rows of `valid`: harmful ones, and harmless ones."""
    found: dict[str, list[Example]] = {"harmful": [], "benign": []}
    for row in draw(read(data / "valid"), SEED, LIMITS):
        if row.lang == "en" and row.labels.values[0] in (0, 1):
            labels = HARMLESS if row.kind == "benign" else row.labels
            found[row.kind].append(Example((Turn("user", row.text),), labels, row.source))
    return found


def public_auroc(network: Guardian, layout: Layout, rows: dict[str, list[Example]]) -> float:
    """How well harm ranks harmful rows above harmless ones."""
    examples = [example for side in rows.values() for example in side]
    labels = torch.tensor([example.labels.values[0] for example in examples]).numpy()
    return auroc(labels, scores(network, layout, examples)[:, 0].numpy())


@torch.inference_mode()
def response_loss(network: Guardian, examples: list[tuple[list[int], int]]) -> float:
    """Mean cross-entropy a token of held-out responses."""
    network.eval()
    groups = [examples[start : start + 8] for start in range(0, len(examples), 8)]
    return sum(float(network.response_loss(group)) * len(group) for group in groups) / len(examples)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory with train/ and valid/")
    parser.add_argument("--trunk", type=Path, required=True, help="the trunk's GGUF file")
    parser.add_argument("--work", type=Path, required=True, help="where the states are kept")
    parser.add_argument("--tokens", type=int, default=100_000, help="tokens of detection that each variant is shown")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--bfloat16", action="store_true", help="multiply in bfloat16: faster where the processor has units for it"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tokenizer = load_tokenizer(options.trunk)
    layout, responses = Layout(tokenizer), ResponseLayout(tokenizer)
    groups = {**corpus.own(held_out=False), "public": [], "read": [], "attacks": []}
    for unit in corpus.public(options.data, Recipe.seed):
        groups[unit.group].append(unit)
    held_out = {name: corpus.own(held_out=True)[name] for name in ("pairs", "texts", "chats", "replies")}
    rows = public_rows(options.data)
    written = [responses.example(sample) for sample in written_samples(SEED)]
    subjects = Subjects()
    unseen = [
        responses.example(replace(sample, response=subjects.target(sample.category, sample.prompt, SEED, sample.kind)))
        for sample in read_samples()
        if sample.split == "heldout"
    ]
    table = [
        "| variant | public rows | pairs | posts | messages | replies | loss of unseen responses |",
        "|---|---|---|---|---|---|---|",
    ]
    for variant in VARIANTS:
        folder = options.work / variant.name.replace(" ", "-").replace(",", "")
        result = folder / "result.json"
        if not result.exists():
            recipe = replace(Recipe(), tokens=options.tokens, seed=SEED, **variant.recipe)
            torch.manual_seed(SEED)
            network = Guardian(options.trunk, exit_layer=variant.exit_layer, bfloat16=options.bfloat16)
            train(network, layout, groups, {}, written, recipe, folder)
            figures = {"response loss": response_loss(network, unseen) if recipe.response_every else None}
            if recipe.detects:
                figures |= {"public": public_auroc(network, layout, rows), **evaluation(network, layout, held_out)}
            result.write_text(json.dumps(figures), encoding="utf-8")
        figures = json.loads(result.read_text(encoding="utf-8"))
        areas = [figures.get(name) for name in ("public", "pairs", "texts", "chats", "replies")]
        cells = ["-" if area is None else f"{area:.3f}" for area in areas]
        loss = figures["response loss"]
        table.append(f"| {variant.name} | {' | '.join(cells)} | {'-' if loss is None else f'{loss:.2f}'} |")
    print("\n".join(table))


if __name__ == "__main__":
    main()
