"""Generation as the engine does it: greedy with a repetition penalty, or top-p with a seed."""

from __future__ import annotations

import torch
from detection.trunk import IM_END
from torch import nn


def penalise(logits: torch.Tensor, seen: list[int], penalty: float) -> torch.Tensor:
    """Divides positive and multiplies negative logits of the tokens written so far (not those of the prompt)."""
    if penalty == 1.0 or not seen:
        return logits
    index = torch.tensor(sorted(set(seen)))
    chosen = logits[index]
    logits = logits.clone()
    logits[index] = torch.where(chosen > 0, chosen / penalty, chosen * penalty)
    return logits


def pick(logits: torch.Tensor, temperature: float, top_p: float, generator: torch.Generator) -> int:
    """The next token: the likeliest at temperature 0 (the lowest id on a tie), else a draw from the nucleus."""
    if temperature == 0.0:
        return int(torch.argmax(logits))
    probabilities, order = torch.softmax(logits / temperature, -1).sort(descending=True)
    keep = probabilities.cumsum(-1) - probabilities < top_p
    kept = probabilities * keep
    return int(order[torch.multinomial(kept / kept.sum(), 1, generator=generator)])


@torch.inference_mode()
def generate(
    model: nn.Module,
    prompts: list[list[int]],
    max_tokens: int,
    penalty: float = 1.0,
    temperature: float = 0.0,
    top_p: float = 1.0,
    seed: int = 0,
) -> list[list[int]]:
    """For each prompt the tokens after it, without the end token; `max_tokens` of them where the end did not come.

    Prompts run as one batch, padded on the left and masked; a batch of one is computed as the engine does it.
    """
    generator = torch.Generator().manual_seed(seed)
    longest = max(map(len, prompts))
    inputs = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    written: list[list[int]] = [[] for _ in prompts]
    open_rows = set(range(len(prompts)))
    cache = None
    for _ in range(max_tokens):
        out = model(
            inputs,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        cache = out.past_key_values
        tokens = [IM_END] * len(prompts)
        for row in sorted(open_rows):
            logits = penalise(out.logits[row, -1].float(), written[row], penalty)
            tokens[row] = pick(logits, temperature, top_p, generator)
            if tokens[row] == IM_END:
                open_rows.remove(row)
            else:
                written[row].append(tokens[row])
        if not open_rows:
            break
        inputs = torch.tensor(tokens)[:, None]
        mask = torch.cat([mask, torch.ones(len(prompts), 1, dtype=mask.dtype)], 1)
        positions = positions[:, -1:] + 1
    return written
