"""Fits the head anew on the engine's states of many texts.

    python Models/training/refit_head.py --data DIR --model Models/guardian --packed FILE --bench FILE

Training the adapter sees each public row once at the most; the head alone is cheap and takes many passes. It is fitted on what
int8 makes of the states, so it knows the engine's errors. Run `calibrate_guardian.py` afterwards.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from calibrate_guardian import arguments, features
from detection.metrics import auroc
from detection.sources import HARMLESS, read
from detection.taxonomy import UNKNOWN
from detection.trunk import digest
from guardian import corpus
from guardian.corpus import Example, Unit
from guardian.layout import Turn
from guardian.network import RMS_ADDEND
from safetensors.numpy import save_file
from torch.nn import functional

SEEDS = (1, 2, 3)
LENGTH_LIMIT = 900
"""Characters of a conversation, at the most: longer ones cost more time than they teach."""
SHARES = {"pairs": 10000, "texts": 4200, "chats": 4200, "replies": 3600, "prompts": 400, "contexts": 400}
READ, PUBLIC, ATTACKS, KOREAN = 18000, 12000, 6000, 4000
EVERYDAY = (
    "banking77",
    "clinc150",
    "code-problems",
    "codegen-instruct",
    "dolly-3k",
    "factoid-qa",
    "gsm8k",
    "medical-questions",
    "nlu-home",
    "p3-prompts",
    "sgd-dialogue",
    "snips",
    "topical-chat",
)
"""Sources of ordinary requests, of which all rows are taken: what is most of any traffic must not be stopped."""
HARM_WEIGHT = 4.0
POSITIVE_WEIGHT_LIMIT = 12.0


@dataclass(frozen=True)
class Settings:
    """How one head is trained."""

    hidden: int = 128
    dropout: float = 0.4
    input_dropout: float = 0.1
    rate: float = 1e-3
    weight_decay: float = 0.02
    batch: int = 512
    epochs: int = 30
    patience: int = 4


def is_korean(unit: Unit) -> bool:
    """Whether a unit's first text has Hangul in it."""
    return any("\uac00" <= letter <= "\ud7a3" for letter in unit.examples[0].turns[-1].text)


def drawn(data: Path) -> list[Example]:
    """The texts that the head is fitted on."""
    rng = random.Random(7)
    own, public = corpus.own(held_out=False), corpus.public(data, 1)
    found: list[Example] = []

    def take(units: list[Unit], count: int) -> None:
        examples = [example for unit in rng.sample(units, len(units)) for example in unit.examples]
        short = [example for example in examples if sum(len(turn.text) for turn in example.turns) < LENGTH_LIMIT]
        found.extend(short[:count])

    for group, count in SHARES.items():
        take(own[group], count)
    everyday = [unit for unit in public if unit.examples[0].group == "own:languages"]
    take(everyday, len(everyday))
    public = [unit for unit in public if unit.examples[0].group != "own:languages"]
    take([unit for unit in public if unit.group == "read"], READ)
    take([unit for unit in public if unit.group == "public" and not is_korean(unit)], PUBLIC)
    take([unit for unit in public if unit.group == "attacks"], ATTACKS)
    take([unit for unit in public if unit.group == "public" and is_korean(unit)], KOREAN)
    rng.shuffle(found)
    known = {example.turns[-1].text for example in found}
    for row in read(data / "train"):
        if row["source"] in EVERYDAY and row["harmful"] is False and row["text"] not in known:
            example = Example((Turn("user", row["text"]),), HARMLESS, row["source"])
            if len(row["text"]) < LENGTH_LIMIT:
                found.append(example)
    return found


def loss(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor, positive: torch.Tensor) -> torch.Tensor:
    """Masked, class-balanced cross-entropy, and a penalty for a category that is likelier than harm."""
    known = (targets != UNKNOWN).float()
    each = functional.binary_cross_entropy_with_logits(
        logits, targets.clamp(min=0), pos_weight=positive, reduction="none"
    )
    outputs = torch.ones(logits.shape[1])
    outputs[0] = HARM_WEIGHT
    entropy = (each * known * outputs * weights[:, None]).sum() / len(logits)
    excess = functional.relu(torch.sigmoid(logits[:, 1:]).detach() - torch.sigmoid(logits[:, :1]))
    return entropy + excess.square().sum() / len(logits)


def selection_score(targets: np.ndarray, logits: np.ndarray) -> float:
    """What epochs are chosen by: AUROC of harm and the mean AUROC of the categories, evenly."""
    categories = [auroc(targets[:, i], logits[:, i]) for i in range(1, targets.shape[1])]
    return (auroc(targets[:, 0], logits[:, 0]) + float(np.nanmean(categories))) / 2


def fit_one(
    x: torch.Tensor, y: torch.Tensor, w: torch.Tensor, stop: np.ndarray, settings: Settings, seed: int
) -> tuple[dict[str, np.ndarray], float]:
    """One head, and its score on the rows marked `stop`, which end its training."""
    torch.manual_seed(seed)
    rows = torch.from_numpy(np.flatnonzero(~stop))
    known = (y[rows] != UNKNOWN).float() * w[rows, None]
    ones = (known * (y[rows] == 1)).sum(0)
    positive = ((known.sum(0) - ones) / ones.clamp(min=1)).clamp(1 / POSITIVE_WEIGHT_LIMIT, POSITIVE_WEIGHT_LIMIT)
    model = torch.nn.Sequential(
        torch.nn.Dropout(settings.input_dropout),
        torch.nn.Linear(x.shape[1], settings.hidden),
        torch.nn.SiLU(),
        torch.nn.Dropout(settings.dropout),
        torch.nn.Linear(settings.hidden, y.shape[1]),
    )
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=settings.weight_decay)
    steps = settings.epochs * (len(rows) // settings.batch + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, total_steps=steps, pct_start=0.1)
    held_out, best, state, worse = torch.from_numpy(stop), -1.0, {}, 0
    for _ in range(settings.epochs):
        model.train()
        for part in rows[torch.randperm(len(rows))].split(settings.batch):
            optimiser.zero_grad()
            loss(model(x[part]), y[part], w[part], positive).backward()
            optimiser.step()
            schedule.step()
        model.eval()
        with torch.inference_mode():
            score = selection_score(y[held_out].numpy(), model(x[held_out]).numpy())
        if score > best:
            best, worse, state = score, 0, {name: value.numpy().copy() for name, value in model.state_dict().items()}
        else:
            worse += 1
            if worse > settings.patience:
                break
    return state, best


def fit(states: np.ndarray, examples: list[Example], settings: Settings = Settings()) -> dict[str, np.ndarray]:
    """The tensors of one head whose logits are the mean of several seeds' heads: their hidden units stand side by side.

    `states` are [rows, poolings, width] as the engine pools them.
    """
    normal = states / np.sqrt(np.square(states).mean(-1, keepdims=True) + RMS_ADDEND)
    flat = normal.reshape(len(normal), -1).astype(np.float32)
    stop = np.arange(len(flat)) % 10 == 0
    mean, deviation = flat[~stop].mean(0), flat[~stop].std(0) + 1e-3
    x = torch.from_numpy((flat - mean) / deviation)
    y = torch.tensor([example.labels.values for example in examples], dtype=torch.float32)
    w = torch.tensor([example.weight for example in examples])
    heads = []
    for seed in SEEDS:
        state, score = fit_one(x, y, w, stop, settings, seed)
        print(f"seed {seed}: {score:.4f} on {int(stop.sum())} rows kept apart", flush=True)
        heads.append(state)
    tensors = {
        "feature.mean": mean,
        "feature.std": deviation,
        "head.w1": np.concatenate([head["1.weight"] for head in heads]),
        "head.b1": np.concatenate([head["1.bias"] for head in heads]),
        "head.w2": np.concatenate([head["4.weight"] for head in heads], axis=1) / len(heads),
        "head.b2": np.mean([head["4.bias"] for head in heads], axis=0),
    }
    return {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in tensors.items()}


def write(folder: Path, tensors: dict[str, np.ndarray]) -> None:
    """`detection.safetensors`, and its digest in `detection.json`."""
    path = folder / "detection.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    weights = folder / manifest["weights"]
    save_file(tensors, weights)
    manifest["weightsSHA256"] = digest(weights)
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = arguments(__doc__)
    parser.add_argument("--states", type=Path, help="where the engine's states are kept, for fits that follow")
    options = parser.parse_args()
    examples = drawn(options.data)
    if options.states and options.states.exists():
        states = np.load(options.states)
    else:
        windows = features(options.bench, options.packed, [example.turns for example in examples])
        states = np.stack([window.mean(0) for window in windows])
        if options.states:
            np.save(options.states, states)
    if len(states) != len(examples):
        raise SystemExit(f"{options.states} holds the states of {len(states)} texts, not of these {len(examples)}")
    write(options.model, fit(states, examples))


if __name__ == "__main__":
    main()
