"""The loss, the mixture and the loop."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from detection.metrics import auroc
from detection.taxonomy import UNKNOWN
from detection.trunk import Sequence
from torch.nn import functional

from .corpus import Example, Unit
from .disguise import disguised
from .layout import Layout
from .network import Guardian


@dataclass(frozen=True)
class Recipe:
    """What the training depends on besides the data."""

    tokens: int = 1_150_000
    batch_tokens: int = 1280
    rate: float = 5e-4
    head_rate: float = 1e-3
    upper_rate: float = 3e-4
    warm_up: float = 0.04
    window: int = 224
    response_every: int = 8
    """Steps from response to response; 0 is none."""
    response_batch: int = 5
    harm_weight: float = 4.0
    positive_weight: float = 3.0
    twin_weight: float = 1.0
    twin_margin: float = 3.0
    response_weight: float = 1.0
    mixture: str = "own"
    seed: int = 1
    detects: bool = True
    """Whether detection is learnt; the steps stay the same."""
    without: tuple[str, ...] = ()
    """Groups that nothing is drawn from."""


#: The share of the drawn units of each group. `own` leans on the project's own texts, which tell harm from its look;
#: `public`, for the run that goes on from there, leans on what people and attackers wrote; `traffic`, for the third, on
#: the ordinary requests that a guard must leave alone; `posts` on all of these and on more of the project's own posts,
#: messages and pairs; `written` on the project's own texts again, for when half of these are new; `read` on public rows
#: whose labels were given anew; `platform` on texts that are no requests, such as comments and stories.
MIXTURES = {
    "own": {
        "public": 0.45,
        "attacks": 0.08,
        "pairs": 0.18,
        "chats": 0.07,
        "texts": 0.06,
        "replies": 0.10,
        "prompts": 0.04,
        "contexts": 0.02,
    },
    "public": {
        "public": 0.42,
        "attacks": 0.22,
        "pairs": 0.13,
        "chats": 0.06,
        "texts": 0.06,
        "replies": 0.07,
        "prompts": 0.02,
        "contexts": 0.02,
    },
    "traffic": {
        "public": 0.50,
        "attacks": 0.18,
        "pairs": 0.13,
        "chats": 0.05,
        "texts": 0.05,
        "replies": 0.06,
        "prompts": 0.01,
        "contexts": 0.02,
    },
    "posts": {
        "public": 0.43,
        "attacks": 0.14,
        "pairs": 0.17,
        "chats": 0.09,
        "texts": 0.09,
        "replies": 0.05,
        "prompts": 0.01,
        "contexts": 0.02,
    },
    "written": {
        "public": 0.36,
        "attacks": 0.13,
        "pairs": 0.21,
        "chats": 0.13,
        "texts": 0.08,
        "replies": 0.06,
        "prompts": 0.01,
        "contexts": 0.02,
    },
    "read": {
        "read": 0.36,
        "public": 0.14,
        "attacks": 0.15,
        "pairs": 0.14,
        "chats": 0.08,
        "texts": 0.05,
        "replies": 0.06,
        "contexts": 0.02,
    },
    "platform": {
        "read": 0.27,
        "public": 0.12,
        "attacks": 0.12,
        "pairs": 0.16,
        "chats": 0.09,
        "texts": 0.16,
        "replies": 0.06,
        "contexts": 0.02,
    },
}


@dataclass(frozen=True)
class Batch:
    """Sequences with their targets; `twins` are places of (harmful, harmless)."""

    sequences: list[Sequence]
    targets: torch.Tensor
    weights: torch.Tensor
    twins: list[tuple[int, int]]


class Deck:
    """Draws the units of a group without repetition, and shuffles anew when all are drawn."""

    def __init__(self, units: list[Unit], rng: random.Random):
        self.units, self.rng, self.order = units, rng, []

    def draw(self) -> Unit:
        if not self.order:
            self.order = self.rng.sample(range(len(self.units)), len(self.units))
        return self.units[self.order.pop()]


def _sequence(layout: Layout, example: Example, window: int, rng: random.Random) -> Sequence:
    return layout.sequence(example.turns, window, clip_end=rng.random() < 0.5)


def batches(layout: Layout, groups: dict[str, list[Unit]], recipe: Recipe) -> Iterator[Batch]:
    """Endless batches of the mixture, of rows of like length."""
    rng = random.Random(recipe.seed)
    mixture = MIXTURES[recipe.mixture]
    if "read" not in mixture:
        groups = {**groups, "public": groups["public"] + groups["read"], "read": []}
    decks = {name: Deck(units, rng) for name, units in groups.items()}
    shown = {name: share for name, share in mixture.items() if name not in recipe.without}
    names, shares = zip(*shown.items())
    while True:
        drawn, count = [], 0
        while count < 40 * recipe.batch_tokens:
            unit = disguised(decks[rng.choices(names, shares)[0]].draw(), rng)
            rows = [_sequence(layout, example, recipe.window, rng) for example in unit.examples]
            drawn.append((unit, rows))
            count += sum(len(row.ids) for row in rows)
        drawn.sort(key=lambda item: max(len(row.ids) for row in item[1]))
        packed: list[list[tuple[Unit, list[Sequence]]]] = [[]]
        for item in drawn:
            longest = max(len(row.ids) for row in item[1])
            size = sum(len(rows) for _, rows in packed[-1]) + len(item[1])
            if packed[-1] and size * longest > recipe.batch_tokens:
                packed.append([])
            packed[-1].append(item)
        rng.shuffle(packed)
        yield from map(_batch, packed)


def _batch(items: list[tuple[Unit, list[Sequence]]]) -> Batch:
    sequences, targets, weights, twins = [], [], [], []
    for unit, rows in items:
        if len(rows) == 2:
            twins.append((len(sequences), len(sequences) + 1))
        sequences += rows
        targets += [example.labels.values for example in unit.examples]
        weights += [example.weight for example in unit.examples]
    return Batch(sequences, torch.tensor(targets), torch.tensor(weights), twins)


def detection_loss(logits: torch.Tensor, batch: Batch, recipe: Recipe) -> torch.Tensor:
    """Masked cross-entropy, categories below harm, and a margin between twins."""
    known = (batch.targets != UNKNOWN).float() * batch.weights[:, None]
    outputs = torch.ones(logits.shape[1])
    outputs[0] = recipe.harm_weight
    positive = torch.full((logits.shape[1],), recipe.positive_weight)
    positive[0] = 1.0
    each = functional.binary_cross_entropy_with_logits(
        logits, batch.targets.clamp(min=0), pos_weight=positive, reduction="none"
    )
    loss = (each * known * outputs).sum() / len(logits)
    excess = functional.relu(torch.sigmoid(logits[:, 1:]).detach() - torch.sigmoid(logits[:, :1]))
    loss = loss + excess.square().sum() / len(logits)
    if batch.twins:
        first, second = (torch.tensor(side) for side in zip(*batch.twins))
        gap = logits[first, 0] - logits[second, 0]
        loss = loss + recipe.twin_weight * functional.softplus(recipe.twin_margin - gap).sum() * 2 / len(logits)
    return loss


@torch.inference_mode()
def scores(network: Guardian, layout: Layout, examples: list[Example], window: int = 512) -> torch.Tensor:
    """Logits [examples, 17] of the first window of each."""
    network.eval()
    rows = [(index, layout.sequence(example.turns, window)) for index, example in enumerate(examples)]
    rows.sort(key=lambda row: len(row[1].ids))
    result = torch.zeros(len(examples), 17)
    start = 0
    while start < len(rows):
        stop = start + 1
        while stop < len(rows) and (stop + 1 - start) * len(rows[stop][1].ids) <= 4096:
            stop += 1
        part = rows[start:stop]
        result[[index for index, _ in part]] = network.head(network.features([row for _, row in part]))
        start = stop
    network.train()
    return result


def evaluation(network: Guardian, layout: Layout, held_out: dict[str, list[Unit]]) -> dict[str, float]:
    """AUROC of harm on the held-out own texts by group, and recall and false alarms at 0.5 without calibration."""
    found: dict[str, float] = {}
    for group, units in held_out.items():
        examples = [example for unit in units for example in unit.examples]
        harm = scores(network, layout, examples)[:, 0].numpy()
        labels = torch.tensor([example.labels.values[0] for example in examples]).numpy()
        found[group] = round(auroc(labels, harm), 4)
        if group == "pairs":
            found["pairs recall"] = round(float((harm[labels == 1] > 0).mean()), 3)
            found["pairs alarms"] = round(float((harm[labels == 0] > 0).mean()), 3)
    return found


def train(
    network: Guardian,
    layout: Layout,
    groups: dict[str, list[Unit]],
    held_out: dict[str, list[Unit]],
    written: list[tuple[list[int], int]],
    recipe: Recipe,
    folder: Path,
) -> None:
    """Trains, keeps `folder/state.pt` every 50 steps, and goes on from there if it exists."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    state_path, log_path = folder / "state.pt", folder / "log.jsonl"
    # Before the optimiser is made: loading may put another head in the place of the one that is there.
    state = torch.load(state_path, weights_only=False) if state_path.exists() else None
    if state:
        network.load(state["network"])
    upper, lower = [], []
    for name, tensor in network.adapters().items():
        tensor.requires_grad_(True)
        is_lower = int(name.split(".")[1]) <= network.exit_layer
        (lower if is_lower else upper).append(tensor)
    head = list(network.head.parameters())
    optimiser = torch.optim.AdamW(
        [
            {"params": lower, "peak": recipe.rate, "weight_decay": 0.01},
            {"params": head, "peak": recipe.head_rate, "weight_decay": 0.02},
            {"params": upper, "peak": recipe.upper_rate, "weight_decay": 0.01},
        ],
        lr=recipe.rate,
        betas=(0.9, 0.98),
    )
    step, tokens = 0, 0
    if state:
        optimiser.load_state_dict(state["optimiser"])
        step, tokens = state["step"], state["tokens"]

    def log(line: dict) -> None:
        print(json.dumps(line), flush=True)
        with log_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def save() -> None:
        partial = state_path.with_suffix(".partial")
        torch.save(
            {"network": network.state(), "optimiser": optimiser.state_dict(), "step": step, "tokens": tokens}, partial
        )
        partial.rename(state_path)

    log({"recipe": asdict(recipe), "step": step})
    rng = random.Random(f"{recipe.seed + 1} from {step}" if step else recipe.seed + 1)
    order: list[int] = []
    stream = batches(layout, groups, recipe)
    for _ in range(step):
        next(stream)
    network.train()
    began, first, sums, next_look = time.monotonic(), tokens, [0.0, 0.0, 0, 0], (tokens / recipe.tokens) + 0.25
    while tokens < recipe.tokens:
        batch = next(stream)
        progress = tokens / recipe.tokens
        factor = min(1.0, progress / recipe.warm_up) if progress < recipe.warm_up else 1.0
        factor *= 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * max(factor, 0.02)
        if recipe.detects:
            loss = detection_loss(network.head(network.features(batch.sequences)), batch, recipe)
            loss.backward()
            sums[0] += loss.item()
            sums[2] += 1
        if recipe.response_every and step % recipe.response_every == recipe.response_every - 1:
            if len(order) < recipe.response_batch:
                order = rng.sample(range(len(written)), len(written))
            likelihood = network.response_loss([written[order.pop()] for _ in range(recipe.response_batch)])
            (recipe.response_weight * likelihood).backward()
            sums[1] += likelihood.item()
            sums[3] += 1
        torch.nn.utils.clip_grad_norm_([*lower, *head, *upper], 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        tokens += sum(len(sequence.ids) for sequence in batch.sequences)
        step += 1
        if step % 50 == 0:
            rate = (tokens - first) / (time.monotonic() - began)
            log(
                {
                    "step": step,
                    "tokens": tokens,
                    "loss": round(sums[0] / max(1, sums[2]), 4),
                    "response": round(sums[1] / max(1, sums[3]), 4),
                    "rate": round(rate, 1),
                }
            )
            sums = [0.0, 0.0, 0, 0]
            save()
        if tokens / recipe.tokens >= next_look:
            log({"step": step, **evaluation(network, layout, held_out)})
            next_look += 0.25
    save()
    log({"step": step, "tokens": tokens, **evaluation(network, layout, held_out)})
