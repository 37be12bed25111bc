"""The head: a small multi-layer perceptron over pooled hidden states, with 17 outputs.

Several seeds are trained and joined into one wider head whose logits are the mean of theirs, which is exact: the
hidden units stand side by side and each output's weights are divided by the number of seeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch.nn import functional

from .taxonomy import UNKNOWN

HARM_WEIGHT = 4.0
"""Weight of overall harm in the loss, against 1 for each category."""
CONSISTENCY_WEIGHT = 1.0
"""Weight of the penalty for a category that is likelier than harm."""
POSITIVE_WEIGHT_LIMIT = 12.0
"""Class balance: positives of an output weigh as much as its negatives together, up to this factor."""


@dataclass(frozen=True)
class Settings:
    """How one head is trained."""

    hidden: int = 128
    dropout: float = 0.4
    input_dropout: float = 0.1
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    batch: int = 512
    epochs: int = 30
    patience: int = 4


@dataclass(frozen=True)
class Head:
    """Trained parameters; `mean` and `std` standardise the features first."""

    mean: np.ndarray
    std: np.ndarray
    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Uncalibrated logits [rows, 17]."""
        x = (features - self.mean) / self.std
        hidden = x @ self.w1.T + self.b1
        hidden = hidden / (1 + np.exp(-hidden))
        return hidden @ self.w2.T + self.b2


def auroc(targets: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve over the rows whose target is known; not a number where one class is missing."""
    known = targets != UNKNOWN
    if len(set(targets[known])) < 2:
        return float("nan")
    return float(roc_auc_score(targets[known], scores[known]))


def selection_score(targets: np.ndarray, logits: np.ndarray) -> float:
    """What layers, poolings and epochs are chosen by: AUROC of harm and the mean AUROC of the categories, evenly."""
    categories = [auroc(targets[:, i], logits[:, i]) for i in range(1, targets.shape[1])]
    return (auroc(targets[:, 0], logits[:, 0]) + float(np.nanmean(categories))) / 2


def _loss(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor, positive: torch.Tensor) -> torch.Tensor:
    """Masked, class-balanced binary cross-entropy plus the consistency penalty."""
    known = (targets != UNKNOWN).float()
    each = functional.binary_cross_entropy_with_logits(
        logits, targets.clamp(min=0), pos_weight=positive, reduction="none"
    )
    outputs = torch.ones(logits.shape[1])
    outputs[0] = HARM_WEIGHT
    entropy = (each * known * outputs * weights[:, None]).sum() / len(logits)
    probability = torch.sigmoid(logits)
    excess = functional.relu(probability[:, 1:].detach() - probability[:, :1])
    return entropy + CONSISTENCY_WEIGHT * excess.square().sum() / len(logits)


def train(
    features: np.ndarray, targets: np.ndarray, weights: np.ndarray, held_out: np.ndarray, settings: Settings, seed: int
) -> tuple[Head, float]:
    """One head of one seed and its selection score on the rows marked `held_out`, which stop the training."""
    torch.manual_seed(seed)
    mean, std = features[~held_out].mean(0), features[~held_out].std(0) + 1e-3
    x = torch.from_numpy((features - mean) / std)
    y, w = torch.from_numpy(targets), torch.from_numpy(weights)
    rows = torch.from_numpy(np.flatnonzero(~held_out))
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
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    steps = settings.epochs * (len(rows) // settings.batch + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, total_steps=steps, pct_start=0.1)
    best, best_state, worse = -1.0, None, 0
    for _ in range(settings.epochs):
        model.train()
        for part in rows[torch.randperm(len(rows))].split(settings.batch):
            optimizer.zero_grad()
            _loss(model(x[part]), y[part], w[part], positive).backward()
            optimizer.step()
            schedule.step()
        model.eval()
        with torch.inference_mode():
            score = selection_score(targets[held_out], model(x[torch.from_numpy(held_out)]).numpy())
        if score > best:
            best, worse = score, 0
            best_state = {name: value.clone() for name, value in model.state_dict().items()}
        else:
            worse += 1
            if worse > settings.patience:
                break
    state = {name: value.numpy() for name, value in best_state.items()}
    return Head(mean, std, state["1.weight"], state["1.bias"], state["4.weight"], state["4.bias"]), best


def join(heads: list[Head]) -> Head:
    """One head whose logits are the mean of the heads' logits."""
    return Head(
        heads[0].mean,
        heads[0].std,
        np.concatenate([head.w1 for head in heads]),
        np.concatenate([head.b1 for head in heads]),
        np.concatenate([head.w2 for head in heads], axis=1) / len(heads),
        np.mean([head.b2 for head in heads], axis=0),
    )
