"""What scores are measured by."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score

from .taxonomy import UNKNOWN


def auroc(targets: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve over the rows whose target is known; not a number where one class is missing."""
    known = targets != UNKNOWN
    if len(set(targets[known])) < 2:
        return float("nan")
    return float(roc_auc_score(targets[known], scores[known]))
