"""Training of the adapters on the likelihood of the written responses."""

from __future__ import annotations

import hashlib
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from .adapter import adapters, load_adapters, run_blocks, save_adapters


@dataclass(frozen=True)
class Recipe:
    """What the training depends on besides the data. All of it is written to the report."""

    first_layer: int = 20
    rank: int = 16
    scale: float = 2.0
    dropout: float = 0.1
    rate: float = 1e-3
    epochs: int = 6
    patience: int = 2
    batch: int = 4
    seed: int = 20


@dataclass
class Example:
    """The hidden states below the first adapted block, and the tokens to be predicted from `start` on."""

    hidden: torch.Tensor
    ids: list[int]
    start: int


def batches(lengths: list[int], size: int) -> list[list[int]]:
    """Indices of examples of like length, so that little padding is computed."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    return [order[i : i + size] for i in range(0, len(order), size)]


@torch.inference_mode()
def below(
    model: nn.Module, sequences: list[tuple[list[int], int]], first_layer: int, cache: Path | None = None
) -> list[Example]:
    """Runs the frozen blocks once; everything after is trained on their output.

    With `cache`, a folder, sequences that an earlier run has seen are read back, so a stopped run resumes.
    """
    hidden: dict[int, torch.Tensor] = {}
    paths = [cache / f"{_key(ids, first_layer)}.pt" if cache else None for ids, _ in sequences]
    for i, path in enumerate(paths):
        if path is not None and path.exists():
            hidden[i] = torch.load(path)
    missing = [i for i in range(len(sequences)) if i not in hidden]
    for group in batches([len(sequences[i][0]) for i in missing], 16):
        rows = [missing[j] for j in group]
        longest = max(len(sequences[i][0]) for i in rows)
        padded = torch.tensor([sequences[i][0] + [0] * (longest - len(sequences[i][0])) for i in rows])
        with torch.autocast("cpu", torch.bfloat16):
            out = run_blocks(model, model.model.embed_tokens(padded), 0, first_layer)
        for row, i in enumerate(rows):
            hidden[i] = out[row, : len(sequences[i][0])].float().clone()
            if paths[i] is not None:
                torch.save(hidden[i], paths[i])
    return [Example(hidden[i], ids, start) for i, (ids, start) in enumerate(sequences)]


def _key(ids: list[int], first_layer: int) -> str:
    return hashlib.sha256(repr((first_layer, ids)).encode()).hexdigest()[:24]


def loss_of(model: nn.Module, group: list[Example], first_layer: int) -> tuple[torch.Tensor, int]:
    """Summed cross-entropy of the response tokens of a batch, and their number."""
    hidden = nn.utils.rnn.pad_sequence([example.hidden for example in group], batch_first=True)
    with torch.autocast("cpu", torch.bfloat16):
        hidden = run_blocks(model, hidden, first_layer, len(model.model.layers))
        rows = torch.cat([hidden[i, e.start - 1 : len(e.ids) - 1] for i, e in enumerate(group)])
        logits = model.lm_head(model.model.norm(rows))
    targets = torch.tensor([token for example in group for token in example.ids[example.start :]])
    return nn.functional.cross_entropy(logits.float(), targets, reduction="sum"), len(targets)


@torch.inference_mode()
def held_out_loss(model: nn.Module, examples: list[Example], first_layer: int) -> float:
    """Mean cross-entropy a token, with dropout off."""
    model.eval()
    total, count = 0.0, 0
    for group in batches([len(e.ids) for e in examples], 16):
        loss, tokens = loss_of(model, [examples[i] for i in group], first_layer)
        total, count = total + loss.item(), count + tokens
    return total / count


def train(
    model: nn.Module, families: list[list[Example]], held_out: list[Example], recipe: Recipe, weights: Path
) -> list[dict]:
    """One form of every training pair an epoch, in turn; writes the adapters with the lowest held-out loss."""
    rng = random.Random(recipe.seed)
    torch.manual_seed(recipe.seed)
    tensors = adapters(model)
    for tensor in tensors.values():
        tensor.requires_grad_(True)
    optimiser = torch.optim.AdamW(tensors.values(), lr=recipe.rate, betas=(0.9, 0.99), weight_decay=0.01)
    steps = recipe.epochs * -(-len(families) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=steps, pct_start=0.1, anneal_strategy="cos"
    )
    turns = [rng.sample(range(len(family)), len(family)) for family in families]
    history: list[dict] = []
    best = float("inf")
    for epoch in range(recipe.epochs):
        began, total, count = time.monotonic(), 0.0, 0
        chosen = [family[turn[epoch % len(turn)]] for family, turn in zip(families, turns)]
        groups = batches([len(e.ids) for e in chosen], recipe.batch)
        rng.shuffle(groups)
        model.train()
        for group in groups:
            loss, tokens = loss_of(model, [chosen[i] for i in group], recipe.first_layer)
            (loss / tokens).backward()
            nn.utils.clip_grad_norm_(tensors.values(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad(set_to_none=True)
            total, count = total + loss.item(), count + tokens
        outside = held_out_loss(model, held_out, recipe.first_layer)
        history.append({"epoch": epoch + 1, "train": round(total / count, 4), "heldOut": round(outside, 4)})
        print(history[-1], f"{time.monotonic() - began:.0f} s", flush=True)
        if outside < best:
            best = outside
            save_adapters(model, weights)
        elif epoch + 1 - min(history, key=lambda row: row["heldOut"])["epoch"] >= recipe.patience:
            break
    load_adapters(model, weights)
    model.eval()
    return history
