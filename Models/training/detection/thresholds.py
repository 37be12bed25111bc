"""Which thresholds a policy gets: the lowest that keep within its budget of false alarms."""

from __future__ import annotations

import numpy as np

from .sources import Row
from .taxonomy import OUTPUTS

#: Sources of which every benign row looks harmful: over-blocking tests, and lists of harmful requests in which some are not.
#: All other benign rows are what the report calls ordinary.
HARD_BENIGN = (
    "coconot-contrast",
    "phtest-harmless",
    "oktest",
    "guardreasoner-sample",
    "square-ko",
    "truthfulqa",
    "deepset-injections",
    "aart",
    "advbench",
    "do-not-answer",
    "figstep-safebench",
    "forbidden-questions",
    "harmfulqa",
    "hh-rlhf-harmless",
    "jailbreak-in-the-wild",
    "multijail",
    "owasp-aitg",
    "salad-mcq",
    "trustllm-misuse",
    "wildjailbreak",
    "xsafety-en",
    "kosbi-ko",
    "korean-hate-speech",
    "apeach-ko",
    "own:neighbours",
    "own:pairs",
    "own:chats",
    "own:texts",
    "own:contexts",
)

#: policy -> (share of ordinary, share of hard benign rows) that one output may flag at the most.
BUDGETS = {"strict": (0.007, 0.05), "balanced": (0.002, 0.015), "permissive": (0.0005, 0.005)}
HARM_BUDGETS = {"strict": (0.05, 0.25), "balanced": (0.02, 0.12), "permissive": (0.004, 0.04)}


def is_hard(row: Row) -> bool:
    """Whether a benign row comes from a set that tests over-blocking."""
    return row.source in HARD_BENIGN


def choose(rows: list[Row], probabilities: np.ndarray) -> dict[str, list[float]]:
    """For each policy the lowest threshold of each output that keeps within the policy's budgets on these rows."""
    hard = np.array([row.kind == "benign" and is_hard(row) for row in rows])
    ordinary = np.array([row.kind != "harmful" and not is_hard(row) for row in rows])
    found: dict[str, list[float]] = {}
    for policy in BUDGETS:
        found[policy] = []
        for output in range(len(OUTPUTS)):
            share_ordinary, share_hard = (HARM_BUDGETS if output == 0 else BUDGETS)[policy]
            lowest = max(
                np.quantile(probabilities[ordinary, output], 1 - share_ordinary),
                np.quantile(probabilities[hard, output], 1 - share_hard),
            )
            found[policy].append(float(np.clip(np.ceil(lowest * 50) / 50, 0.04, 0.96)))
    return found
