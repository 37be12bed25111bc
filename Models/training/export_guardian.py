"""Writes a trained guardian as the files that are packed: adapter, head, their manifests, and the sentences of responses.

    python Models/training/export_guardian.py --state FOLDER/state.pt --trunk FILE --out Models/guardian

The calibration is the identity until `calibrate_guardian.py` has run. The checks and templates of `--out` are left as they are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from detection.taxonomy import CATEGORIES, OUTPUTS
from detection.trunk import EXPL, HARM, PRED, WIDTH, WINDOW_OVERLAP, WINDOW_TOKENS, digest
from guardian.layout import CONTEXT_TOKENS, TEMPLATES
from guardian.network import EXIT_LAYER, FIRST_LAYER, HEAD_WIDTH, POOLINGS, RANK, SCALE
from safeguard.subjects import Subjects
from safetensors.numpy import load_file, save_file

MARKERS = {"pred": PRED, "expl": EXPL, "harm": HARM}


def in_file_order(name: str, value: torch.Tensor) -> torch.Tensor:
    """What the file holds of a tensor. GGUF puts the halves of each head's rotary pairs side by side, in queries and keys,
    and so must what is added to them."""
    if not name.endswith(("attn_q.lora_b", "attn_k.lora_b")):
        return value
    rows, rank = value.shape
    return value.reshape(rows // HEAD_WIDTH, 2, HEAD_WIDTH // 2, rank).transpose(1, 2).reshape(rows, rank)


def adapter_tensors(state: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """What the file holds of a state."""
    return {
        name: in_file_order(name, value).contiguous().to(torch.float16).numpy()
        for name, value in state.items()
        if not name.startswith("head.")
    }


def write_adapter(state: dict[str, torch.Tensor], trunk: str, out: Path) -> str:
    """`safeguard.safetensors` in float16 and `safeguard.json`; returns the digest of the weights."""
    weights = out / "safeguard.safetensors"
    save_file(adapter_tensors(state), weights)
    manifest = {
        "format": 1,
        "name": "guardian-2",
        "trunkSHA256": trunk,
        "weights": weights.name,
        "weightsSHA256": digest(weights),
        "firstLayer": FIRST_LAYER,
        "rank": RANK,
        "scale": SCALE,
        "markers": MARKERS,
        "maxTokens": 128,
        "temperature": 0.0,
    }
    (out / "safeguard.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest["weightsSHA256"]


def write_sentences(out: Path) -> None:
    """`safeguard-sentences.json`: what responses are put together from, by category; the cues are for training alone."""
    rows = {
        category: [
            {"name": subject.name, "refusals": subject.refusals, "ways": subject.ways} for subject in subjects
        ]
        for category, subjects in Subjects().by_category.items()
    }
    text = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    (out / "safeguard-sentences.json").write_text(text, encoding="utf-8")


def lower_weights(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the head reads through, of an adapter."""
    return {name: value for name, value in weights.items() if int(name.split(".")[1]) <= EXIT_LAYER}


def write_head(state: dict[str, torch.Tensor], trunk: str, adapter: str, out: Path) -> None:
    """`detection.safetensors` and `detection.json`, not calibrated."""
    weights = out / "detection.safetensors"
    width = len(POOLINGS) * WIDTH
    tensors = {
        "feature.mean": np.zeros(width),
        "feature.std": np.ones(width),
        "head.w1": state["head.inner.weight"].numpy(),
        "head.b1": state["head.inner.bias"].numpy(),
        "head.w2": state["head.outer.weight"].numpy(),
        "head.b2": state["head.outer.bias"].numpy(),
    }
    save_file({name: np.ascontiguousarray(value, dtype=np.float32) for name, value in tensors.items()}, weights)
    manifest = {
        "format": 1,
        "name": "guardian-2",
        "trunkSHA256": trunk,
        "weights": weights.name,
        "weightsSHA256": digest(weights),
        "adapterSHA256": adapter,
        "layer": EXIT_LAYER,
        "pooling": list(POOLINGS),
        "normalization": "rms",
        "markers": MARKERS,
        "taxonomy": list(CATEGORIES),
        "windowTokens": WINDOW_TOKENS,
        "windowOverlap": WINDOW_OVERLAP,
        "contextTokens": CONTEXT_TOKENS,
        "templates": {role: {"prefix": prefix, "suffix": suffix} for role, (prefix, suffix) in TEMPLATES.items()},
        "calibration": [{"name": name, "a": 1.0, "c": 0.0} for name in OUTPUTS],
    }
    (out / "detection.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--trunk", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--responses-only",
        action="store_true",
        help="keep the head of the model that is there: only what it does not read has changed",
    )
    options = parser.parse_args()
    state = torch.load(options.state, weights_only=False)["network"]
    options.out.mkdir(parents=True, exist_ok=True)
    trunk = digest(options.trunk)
    if options.responses_only:
        before = lower_weights(load_file(options.out / "safeguard.safetensors"))
        after = lower_weights(adapter_tensors(state))
        if before.keys() != after.keys() or not all(np.array_equal(before[name], after[name]) for name in before):
            raise SystemExit(f"the head of {options.out} was fitted to other weights: export without --responses-only")
    adapter = write_adapter(state, trunk, options.out)
    write_sentences(options.out)
    if not options.responses_only:
        return write_head(state, trunk, adapter, options.out)
    manifest = json.loads((options.out / "detection.json").read_text(encoding="utf-8"))
    manifest["adapterSHA256"] = adapter
    (options.out / "detection.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
