"""Generation as the engine does it: the likeliest token, of all or of those that an automaton allows."""

from __future__ import annotations

import torch
from detection.trunk import IM_END
from torch import nn

from .automaton import LEAST_SHARE, Automaton


def likeliest(logits: torch.Tensor, tokens: list[int]) -> int:
    """Of tokens in rising order."""
    return tokens[int(logits[torch.tensor(tokens)].argmax())]


@torch.inference_mode()
def generate(model: nn.Module, prompt: list[int], max_tokens: int, automaton: Automaton | None = None) -> list[int]:
    """The tokens after a prompt, without the end token; `max_tokens` of them where the end did not come.

    Of tokens that are equally likely the one of the lowest id is taken.
    """
    written: list[int] = []
    state, cache, inputs = Automaton.START, None, prompt
    while len(written) < max_tokens:
        allowed = sorted(automaton.edges[state]) if automaton else None
        if allowed and len(allowed) == 1:
            token = allowed[0]
        else:
            out = model(torch.tensor([inputs]), past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache, inputs = out.past_key_values, []
            logits = out.logits[0, -1].float()
            token = likeliest(logits, allowed) if allowed else int(logits.argmax())
            if automaton and state == Automaton.START and automaton.reserve:
                share = logits[torch.tensor(allowed)].softmax(0).max()
                token = token if share >= LEAST_SHARE else likeliest(logits, sorted(automaton.reserve))
        if automaton is None and token == IM_END:
            break
        written.append(token)
        inputs = [*inputs, token]
        if automaton is not None:
            state = automaton.edges[state][token]
            if state == Automaton.END:
                break
    return written
