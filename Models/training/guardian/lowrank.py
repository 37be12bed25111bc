"""The trunk, and the low-rank change of its linear maps: y = W x + scale * B (A x)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from transformers import AutoModelForCausalLM
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

# Names in the exported file, and where the module sits in a block.
MODULES = {
    "attn_q": ("self_attn", "q_proj"),
    "attn_k": ("self_attn", "k_proj"),
    "attn_v": ("self_attn", "v_proj"),
    "attn_output": ("self_attn", "o_proj"),
    "ffn_gate": ("mlp", "gate_proj"),
    "ffn_up": ("mlp", "up_proj"),
    "ffn_down": ("mlp", "down_proj"),
}


class _Product(torch.autograd.Function):
    """x times the weight with its low-rank addition merged: one large product each way, where adding afterwards takes
    two more passes over the output."""

    @staticmethod
    def forward(ctx, x, weight, a, b, scale):
        merged = torch.addmm(weight, b, a, alpha=scale).to(x.dtype)
        ctx.save_for_backward(x, merged, a, b)
        ctx.scale = scale
        return nn.functional.linear(x, merged)

    @staticmethod
    def backward(ctx, gradient):
        x, merged, a, b = ctx.saved_tensors
        rows, inputs = gradient.flatten(0, -2), x.flatten(0, -2)
        low = rows @ b.to(rows.dtype)
        return (
            gradient @ merged if ctx.needs_input_grad[0] else None,
            None,
            ctx.scale * (low.t() @ inputs).to(a.dtype),
            ctx.scale * (rows.t() @ (inputs @ a.to(inputs.dtype).t())).to(b.dtype),
            None,
        )


class LowRank(nn.Module):
    """A frozen linear map with a trained low-rank addition, which starts at zero."""

    def __init__(self, base: nn.Linear, rank: int, scale: float):
        super().__init__()
        self.base, self.scale = base, scale
        self.rounds = False
        self.lora_a = nn.Parameter(torch.empty(rank, base.in_features))
        self.lora_b = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.normal_(self.lora_a, std=base.in_features**-0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape [..., in] to [..., out]."""
        if self.rounds:
            return _Product.apply(x.to(torch.bfloat16), self.base.weight, self.lora_a, self.lora_b, self.scale)
        if torch.is_grad_enabled():
            return _Product.apply(x, self.base.weight, self.lora_a, self.lora_b, self.scale)
        # One token at a time, as in generation, merging would cost more than the product.
        return self.base(x) + self.scale * nn.functional.linear(nn.functional.linear(x, self.lora_a), self.lora_b)


class Rounded(nn.Module):
    """A frozen linear map with weights and products in bfloat16, sums in float32 inside the product."""

    def __init__(self, base: nn.Linear):
        super().__init__()
        self.weight = base.weight.detach().to(torch.bfloat16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape [..., in] to [..., out], in bfloat16."""
        return nn.functional.linear(x.to(torch.bfloat16), self.weight)


class _Normalised(nn.Module):
    """The block's norm, rounded once for the three products that read it."""

    def __init__(self, base: nn.Module):
        super().__init__()
        self.weight, self.epsilon = base.weight, base.variance_epsilon

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.rms_norm(x, x.shape[-1:], self.weight, self.epsilon).to(torch.bfloat16)


def round_products(model: nn.Module) -> None:
    """Lets the linear maps of all blocks multiply in bfloat16; residuals, attention, adapters and head stay float32.

    Processors with matrix units (AMX) then train more than twice as fast; on others this only costs precision.
    """
    for block in model.model.layers:
        block.input_layernorm = _Normalised(block.input_layernorm)
        block.post_attention_layernorm = _Normalised(block.post_attention_layernorm)
        for part, name in MODULES.values():
            parent = getattr(block, part)
            layer = getattr(parent, name)
            if isinstance(layer, LowRank):
                layer.rounds = True
            else:
                setattr(parent, name, Rounded(layer))
    model.lm_head = Rounded(model.lm_head)
    model.config._attn_implementation = WIDE_ATTENTION


def _wide_attention(module, query, key, value, *arguments, **options):
    """Attention of rounded values; queries and keys are float32 again behind their rotation. Its backward pass in bfloat16
    is several times slower."""
    return ALL_ATTENTION_FUNCTIONS["sdpa"](module, query, key, value.float(), *arguments, **options)


WIDE_ATTENTION = "wide"
ALL_ATTENTION_FUNCTIONS.register(WIDE_ATTENTION, _wide_attention)


def load_trunk(path: Path) -> nn.Module:
    """The whole trunk, dequantised to float32 and frozen."""
    model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32)
    return model.eval().requires_grad_(False)


def run_blocks(model: nn.Module, hidden: torch.Tensor, first: int, last: int) -> torch.Tensor:
    """Blocks first..<last on hidden states [batch, tokens, width] from position 0 on.

    Sequences are padded on the right, so the causal mask alone keeps padding out of what counts.
    """
    positions = torch.arange(hidden.shape[1])[None]
    rotary = model.model.rotary_emb(hidden, positions)
    for block in model.model.layers[first:last]:
        out = block(hidden, attention_mask=None, position_ids=positions, position_embeddings=rotary)
        hidden = out[0] if isinstance(out, tuple) else out
    return hidden
