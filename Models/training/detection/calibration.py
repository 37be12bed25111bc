"""Platt calibration: p = sigmoid(a * logit + c), one pair for each output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .taxonomy import UNKNOWN


@dataclass(frozen=True)
class Platt:
    """The two parameters of one output."""

    a: float
    c: float

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of logits."""
        return 1 / (1 + np.exp(-np.clip(self.a * logits + self.c, -60, 60)))


REFERENCE_SHARE = 0.05
"""The share of texts of a category for which its probability is calibrated. The shares in the sets tell more about
the sets than about traffic, and a common share gives the thresholds of all categories the same meaning."""


def fit(logits: np.ndarray, targets: np.ndarray, share: float | None = None) -> Platt:
    """The pair that minimises the cross-entropy on the known rows, by Newton's method.

    Targets are drawn in a little, as Platt proposed, so that few positives cannot make the slope run away. With
    `share` the rows are weighed as if that share of them was positive.
    """
    known = targets != UNKNOWN
    z, y = logits[known].astype(np.float64), targets[known]
    ones, zeros = float((y == 1).sum()), float((y == 0).sum())
    goal = np.where(y == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    present = ones / (ones + zeros)
    share = present if share is None else share
    weight = np.where(y == 1, share / present, (1 - share) / (1 - present))
    design = np.stack([z, np.ones_like(z)], axis=1)
    parameters = np.array([1.0, np.log(share / (1 - share))])

    def entropy(candidate: np.ndarray) -> float:
        s = design @ candidate
        return float((weight * (np.logaddexp(0, s) - goal * s)).sum())

    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(design @ parameters, -60, 60)))
        gradient = design.T @ (weight * (p - goal))
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + 1e-6 * np.eye(2)
        step, scale = np.linalg.solve(curvature, gradient), 1.0
        while scale > 1e-6 and entropy(parameters - scale * step) > entropy(parameters):
            scale /= 2
        parameters = parameters - scale * step
        if np.abs(scale * step).max() < 1e-8:
            break
    if parameters[0] <= 0:
        raise ValueError(f"calibration slope {parameters[0]:.3f}: the output does not rank its positives first")
    return Platt(float(parameters[0]), float(parameters[1]))


def _weighted(
    probabilities: np.ndarray, targets: np.ndarray, share: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Known probabilities, labels and the weights that make `share` of the rows positive; None without both labels."""
    known = targets != UNKNOWN
    p, y = probabilities[known], targets[known]
    present = float((y == 1).mean()) if len(y) else 0.0
    if not 0 < present < 1:
        return None
    share = present if share is None else share
    return p, y, np.where(y == 1, share / present, (1 - share) / (1 - present))


def expected_error(probabilities: np.ndarray, targets: np.ndarray, share: float | None = None, bins: int = 10) -> float:
    """Expected calibration error over bins of equal width, with the rows weighed as `fit` weighs them."""
    found = _weighted(probabilities, targets, share)
    if found is None:
        return float("nan")
    p, y, weight = found
    place = np.minimum((p * bins).astype(int), bins - 1)
    gaps = (abs((weight * (p - y))[place == b].sum()) for b in set(place))
    return float(sum(gaps) / weight.sum())


def reliability(
    columns: list[tuple[np.ndarray, np.ndarray, float | None]], bins: int = 10
) -> list[tuple[int, float, float]]:
    """Of each bin of equal width the rows, their mean probability and the share of positives, over several outputs.

    A column is an output's probabilities, its targets and the share it is calibrated for. Empty bins give nan.
    """
    parts = [part for part in (_weighted(*column) for column in columns) if part is not None]
    p, y, weight = (np.concatenate(side) for side in zip(*parts))
    place = np.minimum((p * bins).astype(int), bins - 1)
    found = []
    for b in range(bins):
        inside = place == b
        total = weight[inside].sum()
        mean, positive = (
            (float((weight * values)[inside].sum() / total) if total else float("nan")) for values in (p, y == 1)
        )
        found.append((int(inside.sum()), mean, positive))
    return found
