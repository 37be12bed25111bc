"""Pooled hidden states of the trunk, computed once for each sequence and kept on disk.

A cache directory holds shards `shard-KEY.npz` with `keys` (SHA-1 of the token ids) and `values`
[rows, layers, poolings, width] in float16. A run that was stopped goes on where its last shard ended.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

import numpy as np
import torch

from .trunk import Sequence

LAYERS = (16, 18)
POOLINGS = ("pred", "turn", "mean")
BATCH_TOKENS = 2048
SHARD_ROWS = 1024


def key(sequence: Sequence) -> str:
    """The name of a sequence in the cache."""
    return hashlib.sha1(np.asarray(sequence.ids, dtype=np.int32).tobytes()).hexdigest()


@torch.inference_mode()
def pool(model: torch.nn.Module, batch: list[Sequence], layers: tuple[int, ...] = LAYERS) -> torch.Tensor:
    """Pooled hidden states [rows, layers, poolings, width] in float32.

    Rows are padded on the right: attention is causal, so that what follows a row cannot change it.
    """
    longest = max(len(sequence.ids) for sequence in batch)
    ids = torch.tensor([[*sequence.ids, *[0] * (longest - len(sequence.ids))] for sequence in batch])
    captured: dict[int, torch.Tensor] = {}

    def capture(layer: int):
        def hook(_module, _inputs, output):
            captured[layer] = output[0] if isinstance(output, tuple) else output

        return hook

    hooks = [model.layers[layer].register_forward_hook(capture(layer)) for layer in layers]
    try:
        model(ids, use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    rows = []
    for index, sequence in enumerate(batch):
        end = len(sequence.ids) - 1
        pooled = []
        for layer in layers:
            hidden = captured[layer][index]
            text = hidden[sequence.start : sequence.stop].float()
            mean = text.mean(0) if len(text) else torch.zeros(hidden.shape[-1])
            pooled.append(torch.stack([hidden[end].float(), hidden[end - 1].float(), mean]))
        rows.append(torch.stack(pooled))
    return torch.stack(rows)


class FeatureCache:
    """The pooled hidden states of many sequences, on disk."""

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.where: dict[str, tuple[Path, int]] = {}
        for path in sorted(directory.glob("shard-*.npz")):
            self._index(path)

    def _index(self, path: Path) -> None:
        with np.load(path) as shard:
            for row, name in enumerate(shard["keys"]):
                self.where[str(name)] = (path, row)

    def fill(self, model: torch.nn.Module, sequences: list[Sequence]) -> None:
        """Computes what is not there yet, shortest first within a shard, and prints its progress."""
        missing = list({key(sequence): sequence for sequence in sequences if key(sequence) not in self.where}.items())
        began, tokens = time.monotonic(), 0
        for first in range(0, len(missing), SHARD_ROWS):
            part = sorted(missing[first : first + SHARD_ROWS], key=lambda item: len(item[1].ids))
            values = np.concatenate([pool(model, batch).numpy() for batch in _batches([s for _, s in part])])
            if not np.isfinite(values).all() or np.abs(values).max() > np.finfo(np.float16).max:
                raise SystemExit("a hidden state does not fit into float16: widen the cache's type")
            path = self.directory / f"shard-{part[0][0][:12]}.npz"
            partial = path.with_suffix(".partial")
            with partial.open("wb") as file:
                np.savez(file, keys=np.array([name for name, _ in part]), values=values.astype(np.float16))
            partial.rename(path)
            self._index(path)
            tokens += sum(len(sequence.ids) for _, sequence in part)
            rate = tokens / (time.monotonic() - began)
            print(
                f"features: {first + len(part)}/{len(missing)} rows, {rate:.0f} tokens/s", file=sys.stderr, flush=True
            )

    def read(self, sequences: list[Sequence], layer: int, poolings: tuple[str, ...]) -> np.ndarray:
        """The features of sequences [rows, len(poolings) * width] in float32; all must have been computed."""
        columns = [POOLINGS.index(name) for name in poolings]
        found: dict[Path, list[tuple[int, int]]] = {}
        for index, sequence in enumerate(sequences):
            path, row = self.where[key(sequence)]
            found.setdefault(path, []).append((index, row))
        result: np.ndarray | None = None
        for path, places in found.items():
            with np.load(path) as shard:
                values = shard["values"][:, LAYERS.index(layer)][:, columns]
            if result is None:
                result = np.empty((len(sequences), values.shape[1] * values.shape[2]), dtype=np.float32)
            into, rows = zip(*places)
            result[list(into)] = values[list(rows)].reshape(len(rows), -1)
        return result if result is not None else np.empty((0, 0), dtype=np.float32)


def _batches(sequences: list[Sequence]):
    """Sequences of about equal length, `BATCH_TOKENS` at a time with their padding."""
    batch: list[Sequence] = []
    for sequence in sequences:
        if batch and (len(batch) + 1) * len(sequence.ids) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(sequence)
    if batch:
        yield batch
