"""Thresholds and the evaluation report: what the heads do on rows that neither training nor calibration saw."""

from __future__ import annotations

import numpy as np

from .calibration import REFERENCE_SHARE, expected_error, reliability
from .metrics import auroc
from .sources import Row
from .taxonomy import CATEGORIES, OUTPUTS, UNKNOWN
from .thresholds import is_hard

#: Statements and comments, not requests to a model.
STATEMENTS = ("kosbi-ko", "korean-hate-speech", "apeach-ko")


def _rates(targets: np.ndarray, flagged: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall and false positive rate over the known rows."""
    known = targets != UNKNOWN
    y, f = targets[known] == 1, flagged[known]
    hits = float((y & f).sum())
    return (
        hits / max(float(f.sum()), 1e-9),
        hits / max(float(y.sum()), 1e-9),
        float((~y & f).sum()) / max(float((~y).sum()), 1e-9),
    )


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _area(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def _table(header: list[str], body: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *("| " + " | ".join(line) + " |" for line in body),
        "",
    ]


def _groups(
    rows: list[Row], targets: np.ndarray, probabilities: np.ndarray, limits: dict[str, list[float]]
) -> list[str]:
    """AUROC of harm and the rates of the harm output on parts of the rows."""
    kind = np.array([row.kind for row in rows])
    hard = np.array([is_hard(row) for row in rows])
    korean = np.array([row.lang == "ko" for row in rows])
    english = np.array([row.lang == "en" for row in rows])
    statement = np.array([row.source in STATEMENTS for row in rows])
    request = kind != "reply"
    ordinary = (kind == "benign") & ~hard
    parts = {
        "all rows": np.ones(len(rows), dtype=bool),
        "requests in English": request & english,
        "requests in Korean, without statements": request & korean & ~statement,
        "Korean statements (social bias, comments)": statement,
        "other languages": request & ~english & ~korean,
        "harmful against ordinary benign, English": english & (ordinary | (kind == "harmful")),
        "harmful against hard benign, English": english & ((hard & (kind == "benign")) | (kind == "harmful")),
        "harmless replies": kind == "reply",
    }
    body = []
    for name, part in parts.items():
        y, p = targets[part, 0], probabilities[part, 0]
        line = [name, str(int((y == 1).sum())), str(int((y == 0).sum())), _area(auroc(y, p))]
        for limit in (0.5, limits["balanced"][0]):
            precision, recall, false = _rates(y, p >= limit)
            line += [
                _percent(precision) if (y == 1).any() else "-",
                _percent(recall) if (y == 1).any() else "-",
                _percent(false) if (y == 0).any() else "-",
            ]
        body.append(line)
    at = f"at {limits['balanced'][0]:.2f}"
    return _table(
        [
            "part",
            "harmful",
            "harmless",
            "AUROC",
            "precision at 0.50",
            "recall",
            "FPR",
            f"precision {at}",
            "recall",
            "FPR",
        ],
        body,
    )


def _outputs(targets: np.ndarray, probabilities: np.ndarray, limits: dict[str, list[float]]) -> list[str]:
    body = []
    for index, name in enumerate(OUTPUTS):
        y, p = targets[:, index], probabilities[:, index]
        line = [
            f"`{name}`",
            str(int((y == 1).sum())),
            _area(auroc(y, p)),
            _area(expected_error(p, y, REFERENCE_SHARE if index else None)),
        ]
        for limit in (0.5, limits["balanced"][index]):
            line += [_percent(value) for value in _rates(y, p >= limit)]
        body.append([*line, f"{limits['balanced'][index]:.2f}"])
    header = [
        "output",
        "positives",
        "AUROC",
        "ECE",
        "precision at 0.50",
        "recall",
        "FPR",
        "precision at balanced",
        "recall",
        "FPR",
        "balanced",
    ]
    return _table(header, body)


def _reliability(targets: np.ndarray, probabilities: np.ndarray) -> list[str]:
    """The reliability diagram: what share of the rows of a score are harmful."""
    harm = reliability([(probabilities[:, 0], targets[:, 0], None)])
    categories = reliability([(probabilities[:, i], targets[:, i], REFERENCE_SHARE) for i in range(1, len(OUTPUTS))])
    body = []
    for index, (overall, each) in enumerate(zip(harm, categories)):
        line = [f"{index / 10:.1f} to {(index + 1) / 10:.1f}"]
        for rows, mean, positive in (overall, each):
            bar = "" if np.isnan(positive) else "█" * round(20 * positive) + "░" * (20 - round(20 * positive))
            line += [str(rows), *("-" if np.isnan(value) else f"{value:.2f}" for value in (mean, positive)), bar]
        body.append(line)
    header = ["score", "harm: rows", "mean", "harmful", "", "categories: rows", "mean", "of the category", ""]
    return _table(header, body)


def _sources(
    rows: list[Row], probabilities: np.ndarray, limits: dict[str, list[float]], kinds: tuple[str, ...]
) -> list[str]:
    body = []
    any_category = {policy: (probabilities[:, 1:] >= np.array(limit)[1:]).any(1) for policy, limit in limits.items()}
    for source in sorted({row.source for row in rows if row.kind in kinds}):
        part = np.array([row.source == source and row.kind in kinds for row in rows])
        body.append(
            [
                source,
                str(int(part.sum())),
                _percent(float((probabilities[part, 0] >= 0.5).mean())),
                _percent(float((probabilities[part, 0] >= limits["balanced"][0]).mean())),
                *(
                    _percent(float(any_category[policy][part].mean()))
                    for policy in ("strict", "balanced", "permissive")
                ),
            ]
        )
    return _table(
        ["source", "rows", "harm at 0.50", "harm at balanced", "any category, strict", "balanced", "permissive"], body
    )


def consistency(probabilities: np.ndarray) -> float:
    """Share of the rows with a category at 0.5 or more whose harm is there too."""
    high = (probabilities[:, 1:] >= 0.5).any(1)
    return float((probabilities[high, 0] >= 0.5).mean()) if high.any() else 1.0


def union_rates(rows: list[Row], probabilities: np.ndarray, limits: dict[str, list[float]]) -> list[str]:
    """What a whole policy flags: any category over its threshold."""
    parts = {
        "ordinary benign": [row.kind == "benign" and not is_hard(row) for row in rows],
        "hard benign": [row.kind == "benign" and is_hard(row) for row in rows],
        "harmless replies": [row.kind == "reply" for row in rows],
        "harmful, English": [row.kind == "harmful" and row.lang == "en" for row in rows],
        "harmful, other languages": [row.kind == "harmful" and row.lang != "en" for row in rows],
    }
    body = []
    for name, mask in parts.items():
        part = np.array(mask)
        body.append(
            [
                name,
                str(int(part.sum())),
                *(
                    _percent(float((probabilities[part, 1:] >= np.array(limits[policy])[1:]).any(1).mean()))
                    for policy in ("strict", "balanced", "permissive")
                ),
            ]
        )
    return _table(["part", "rows", "strict: any category", "balanced", "permissive"], body)


def markdown(
    rows: list[Row],
    targets: np.ndarray,
    probabilities: np.ndarray,
    limits: dict[str, list[float]],
    notes: list[str],
    looked_at: list[tuple[str, str, np.ndarray]],
    command: str,
) -> str:
    """The report, as committed."""
    suggested = [
        [f"`{name}`", *(f"{limits[policy][i]:.2f}" for policy in ("strict", "balanced", "permissive"))]
        for i, name in enumerate(OUTPUTS)
    ]
    seen = []
    for expected, text, p in looked_at:
        top = int(p[1:].argmax())
        seen.append([expected, text.replace("|", "\\|"), f"{p[0]:.2f}", f"{CATEGORIES[top]} {p[1 + top]:.2f}"])
    lines = [
        "# Detection: evaluation",
        "",
        f"Printed by `{command}`.",
        "Figures in percent, but areas (AUROC), calibration errors (ECE) and thresholds.",
        "Rows: the half of `valid` and of the corpus' held-out texts that training, calibration and thresholds did not see.",
        "",
        *[f"- {note}" for note in notes],
        "",
        "## Overall harm",
        "",
        *_groups(rows, targets, probabilities, limits),
        "## Each output",
        "",
        "Masked rows are left out. With 10 positives a recall may be off by 30 points.",
        "",
        *_outputs(targets, probabilities, limits),
        "## Reliability",
        "",
        "Of the rows with a score, the share that is harmful, or of the category: equal to the mean score, were the calibration perfect.",
        "Categories together, their rows weighed as if one in twenty was of the category.",
        "",
        *_reliability(targets, probabilities),
        "## A whole policy",
        "",
        "Share of the rows on which at least one category reaches its threshold.",
        "",
        *union_rates(rows, probabilities, limits),
        "## Suggested thresholds",
        "",
        *_table(["output", "strict", "balanced", "permissive"], suggested),
        "## Harmless sources: share flagged",
        "",
        *_sources(rows, probabilities, limits, ("benign", "reply")),
        "## Harmful sources: share flagged",
        "",
        *_sources(rows, probabilities, limits, ("harmful",)),
        "## Texts to look at",
        "",
        "Own texts, not trained on: overall harm, and the likeliest category.",
        "",
        *_table(["expected", "text", "harm", "category"], seen),
    ]
    return "\n".join(lines).rstrip() + "\n"
