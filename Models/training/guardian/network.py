"""The trunk with its two adapters, and the head that reads it.

The lower adapter changes what the head reads; the upper one, above the read-out, turns the same states into safeguard
responses. Both are low-rank: y = W x + scale * B (A x).
"""

from __future__ import annotations

from pathlib import Path

import torch
from detection.taxonomy import OUTPUTS
from detection.trunk import WIDTH, Sequence
from safetensors.torch import load_file
from torch import nn

from .lowrank import MODULES, LowRank, load_trunk, round_products, run_blocks

FIRST_LAYER, EXIT_LAYER = 8, 19
"""The blocks that the lower adapter changes; the head reads the states behind the last of them."""
RANK, SCALE = 32, 2.0
UPPER_RANK = 16
HIDDEN = 192
HEAD_WIDTH = 64
POOLINGS = ("pred", "turn", "mean")
UPPER_MODULES = {name: place for name, place in MODULES.items() if name not in ("attn_q", "attn_k")}
"""Responses need no other attention, only other words."""
RMS_ADDEND = 1e-5
"""The trunk's own, as the engine adds it."""


class Head(nn.Module):
    """Pooled states, each of unit root mean square, through one hidden layer to 17 logits."""

    def __init__(self, dropout: float = 0.2, hidden: int = HIDDEN):
        super().__init__()
        self.inner = nn.Linear(len(POOLINGS) * WIDTH, hidden)
        self.outer = nn.Linear(hidden, len(OUTPUTS))
        self.dropout = nn.Dropout(dropout)
        with torch.no_grad():
            self.outer.bias.fill_(-2.0)
            self.outer.bias[0] = 0.0

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[rows, poolings * width], normalised, to [rows, 17]."""
        return self.outer(self.dropout(nn.functional.silu(self.inner(self.dropout(features)))))


def normalized(states: torch.Tensor) -> torch.Tensor:
    """States [..., width], each divided by its root mean square."""
    return states * torch.rsqrt(states.square().mean(-1, keepdim=True) + RMS_ADDEND)


class Guardian(nn.Module):
    """The frozen trunk, both adapters and the head."""

    def __init__(
        self, trunk: Path, upper: Path | None = None, exit_layer: int = EXIT_LAYER, bfloat16: bool = False
    ):
        super().__init__()
        self.model = load_trunk(trunk)
        self.exit_layer = exit_layer
        layers = self.model.model.layers
        self._adapt(range(FIRST_LAYER, exit_layer + 1), MODULES, RANK)
        self._adapt(range(exit_layer + 1, len(layers)), UPPER_MODULES, UPPER_RANK)
        if bfloat16:
            round_products(self.model)
        self.head = Head()
        if upper is not None:
            stored = {name: value for name, value in load_file(upper).items() if _block(name) > exit_layer}
            self.load_adapters({name: in_own_order(name, value) for name, value in stored.items()}, partly=True)

    def _adapt(self, blocks: range, modules: dict, rank: int) -> None:
        for index in blocks:
            for part, name in modules.values():
                parent = getattr(self.model.model.layers[index], part)
                setattr(parent, name, LowRank(getattr(parent, name), rank, SCALE))

    def adapters(self) -> dict[str, nn.Parameter]:
        """The low-rank tensors under their names in the file that the engine reads."""
        tensors: dict[str, nn.Parameter] = {}
        for index, block in enumerate(self.model.model.layers):
            for module, (part, name) in MODULES.items():
                layer = getattr(getattr(block, part), name)
                if isinstance(layer, LowRank):
                    tensors[f"layers.{index}.{module}.lora_a"] = layer.lora_a
                    tensors[f"layers.{index}.{module}.lora_b"] = layer.lora_b
        return tensors

    def load_adapters(self, stored: dict[str, torch.Tensor], partly: bool = False) -> None:
        """Takes stored tensors; all of them must have a place, and unless `partly` every place must get one."""
        tensors = self.adapters()
        if stored.keys() - tensors.keys() or (not partly and tensors.keys() - stored.keys()):
            raise SystemExit("the stored adapter is not of this recipe")
        with torch.no_grad():
            for name, tensor in stored.items():
                tensors[name].copy_(tensor)

    def state(self) -> dict[str, torch.Tensor]:
        """What is trained: adapters and head."""
        head = {f"head.{name}": value for name, value in self.head.state_dict().items()}
        return {name: value.detach() for name, value in {**self.adapters(), **head}.items()}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Takes what `state` gave."""
        head = {name[5:]: value for name, value in state.items() if name.startswith("head.")}
        self.head = Head(hidden=len(head["inner.bias"]))
        self.head.load_state_dict(head)
        self.load_adapters({name: value for name, value in state.items() if not name.startswith("head.")})

    def load_exported(self, folder: Path) -> None:
        """Takes adapters and head from the files that are packed."""
        stored = load_file(folder / "safeguard.safetensors")
        self.load_adapters({name: in_own_order(name, value) for name, value in stored.items()})
        head = load_file(folder / "detection.safetensors")
        # Standardising is linear, as the layer behind it is: W ((x - m) / s) + b = (W / s) x + (b - (W / s) m).
        weight = head["head.w1"] / head["feature.std"]
        bias = head["head.b1"] - weight @ head["feature.mean"]
        self.head = Head(hidden=len(bias))
        state = {"inner.weight": weight, "inner.bias": bias}
        self.head.load_state_dict({**state, "outer.weight": head["head.w2"], "outer.bias": head["head.b2"]})

    def below(self, ids: torch.Tensor) -> torch.Tensor:
        """States in front of the first adapted block, without a graph."""
        with torch.no_grad():
            return run_blocks(self.model, self.model.model.embed_tokens(ids), 0, FIRST_LAYER)

    def pooled(self, batch: list[Sequence]) -> torch.Tensor:
        """Pooled states [rows, poolings, width] of right-padded sequences."""
        ids = padded([list(sequence.ids) for sequence in batch])
        states = run_blocks(self.model, self.below(ids), FIRST_LAYER, self.exit_layer + 1)
        rows = torch.arange(len(batch))
        ends = torch.tensor([len(sequence.ids) - 1 for sequence in batch])
        places = torch.arange(ids.shape[1])[None]
        inside = (places >= torch.tensor([[s.start] for s in batch])) & (
            places < torch.tensor([[s.stop] for s in batch])
        )
        weight = inside.float() / inside.sum(1, keepdim=True).clamp(min=1)
        mean = torch.einsum("rt,rtw->rw", weight, states)
        return torch.stack([states[rows, ends], states[rows, ends - 1], mean], 1)

    def features(self, batch: list[Sequence]) -> torch.Tensor:
        """What the head takes: [rows, poolings * width]."""
        return normalized(self.pooled(batch)).flatten(1)

    def response_loss(self, group: list[tuple[list[int], int]]) -> torch.Tensor:
        """Mean cross-entropy a token of the parts behind `start` of (ids, start)."""
        ids = padded([example for example, _ in group])
        states = run_blocks(self.model, self.below(ids), FIRST_LAYER, len(self.model.model.layers))
        rows = torch.cat([states[i, start - 1 : len(example) - 1] for i, (example, start) in enumerate(group)])
        targets = torch.tensor([token for example, start in group for token in example[start:]])
        return nn.functional.cross_entropy(self.model.lm_head(self.model.model.norm(rows)).float(), targets)


def _block(name: str) -> int:
    """The block of a stored tensor."""
    return int(name.split(".")[1])


def in_own_order(name: str, value: torch.Tensor) -> torch.Tensor:
    """Undoes what the export does to queries and keys."""
    if not name.endswith(("attn_q.lora_b", "attn_k.lora_b")):
        return value
    rows, rank = value.shape
    return value.reshape(rows // HEAD_WIDTH, HEAD_WIDTH // 2, 2, rank).transpose(1, 2).reshape(rows, rank)


def padded(rows: list[list[int]]) -> torch.Tensor:
    """Token ids [rows, longest], filled up on the right."""
    longest = max(map(len, rows))
    return torch.tensor([row + [0] * (longest - len(row)) for row in rows])
