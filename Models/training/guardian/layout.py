"""Token sequences of conversations, as the engine builds them.

`[1] user\\n TEXT [2] \\n [1] assistant\\n [11]`: the turns before the judged one stand in front of it, each closed, as far as
`CONTEXT_TOKENS` goes. The role of a text opens its turn; the verdict stands where the other side would speak next.
"""

from __future__ import annotations

from dataclasses import dataclass

import tokenizers
from detection.trunk import IM_END, IM_START, PRED, Sequence

CONTEXT_TOKENS = 192
"""Tokens of earlier turns that are read with the last one; of a turn that does not fit, both ends."""

#: role -> the words that open its turn, and the words of the turn in which it is judged.
TEMPLATES = {
    "user": ("user\n", "assistant\n"),
    "assistant": ("assistant\n", "user\n"),
    "tool": ("tool\n", "assistant\n"),
}


@dataclass(frozen=True)
class Turn:
    """What one side said."""

    role: str
    text: str


class Layout:
    """Builds the sequences; texts are tokenised alone and as plain text."""

    def __init__(self, tokenizer: tokenizers.Tokenizer):
        self.tokenizer = tokenizer
        self.close = [IM_END, *tokenizer.encode("\n").ids]
        self.words = {
            role: (
                [IM_START, *tokenizer.encode(prefix).ids],
                [*self.close, IM_START, *tokenizer.encode(suffix).ids, PRED],
            )
            for role, (prefix, suffix) in TEMPLATES.items()
        }

    def context(self, turns: tuple[Turn, ...], limit: int = CONTEXT_TOKENS) -> list[int]:
        """The turns before the judged one, the latest first served."""
        ids: list[int] = []
        for turn in reversed(turns):
            if limit <= 0:
                break
            text = self.tokenizer.encode(turn.text).ids
            if len(text) > limit:
                text = text[: limit // 2] + text[-(limit - limit // 2) :]
            limit -= len(text)
            ids = [*self.words[turn.role][0], *text, *self.close, *ids]
        return ids

    def sequence(self, turns: tuple[Turn, ...], window: int, clip_end: bool = False) -> Sequence:
        """The last turn behind the others, its text clipped to `window` tokens (its last ones with `clip_end`)."""
        *before, last = turns
        context = self.context(tuple(before))
        text = self.tokenizer.encode(last.text).ids
        text = text[-window:] if clip_end else text[:window]
        prefix, suffix = self.words[last.role]
        start = len(context) + len(prefix)
        return Sequence((*context, *prefix, *text, *suffix), start, start + len(text))
