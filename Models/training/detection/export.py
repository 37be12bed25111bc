"""Writes the files that the Swift engine loads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from .calibration import Platt
from .head import Head
from .taxonomy import CATEGORIES, OUTPUTS
from .trunk import EXPL, HARM, PRED, WINDOW_OVERLAP, WINDOW_TOKENS, Template, digest


def write(
    directory: Path, head: Head, layer: int, poolings: tuple[str, ...], calibration: list[Platt], trunk: Path, name: str
) -> None:
    """`detection.safetensors` and its manifest `detection.json`."""
    directory.mkdir(parents=True, exist_ok=True)
    weights = directory / "detection.safetensors"
    tensors = {
        "feature.mean": head.mean,
        "feature.std": head.std,
        "head.w1": head.w1,
        "head.b1": head.b1,
        "head.w2": head.w2,
        "head.b2": head.b2,
    }
    save_file({key: np.ascontiguousarray(value, dtype=np.float32) for key, value in tensors.items()}, weights)
    words = {"prefix": Template.prefix, "suffix": Template.suffix}
    manifest = {
        "format": 1,
        "name": name,
        "trunkSHA256": digest(trunk),
        "weights": weights.name,
        "weightsSHA256": digest(weights),
        "layer": layer,
        "pooling": list(poolings),
        "markers": {"pred": PRED, "expl": EXPL, "harm": HARM},
        "taxonomy": list(CATEGORIES),
        "windowTokens": WINDOW_TOKENS,
        "windowOverlap": WINDOW_OVERLAP,
        "templates": {role: words for role in ("user", "assistant", "tool")},
        "calibration": [
            {"name": output, "a": round(platt.a, 6), "c": round(platt.c, 6)}
            for output, platt in zip(OUTPUTS, calibration)
        ],
    }
    (directory / "detection.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
