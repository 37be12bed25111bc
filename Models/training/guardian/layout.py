"""Token sequences of conversations, as the engine builds them.

`[1] user\\n TEXT [2] \\n [1] assistant\\n [11]`: the turns before the judged one stand in front of it, each closed, as far as
`CONTEXT_TOKENS` goes, from a mark at which most of the following turns begin too. The role of a text opens its turn; the
verdict stands where the other side would speak next.
"""

from __future__ import annotations

from dataclasses import dataclass

import tokenizers
from detection.trunk import IM_END, IM_START, PRED, Sequence

CONTEXT_TOKENS = 192
"""Tokens of earlier turns that are read with the last one; of a turn that does not fit, both ends."""

LEAST = 4
"""What a turn takes of these at the least: the words around it are read too, however little it says."""

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
        """The turns before the judged one, as far back as a mark goes: see `ContextWindow` of the engine."""
        share = limit // 2
        texts = [self.tokenizer.encode(turn.text).ids for turn in turns]
        taken = [max(min(len(text), share), min(LEAST, share)) for text in texts]
        first, left = len(turns), limit
        while first > 0 and taken[first - 1] <= left:
            first -= 1
            left -= taken[first]
        marks, said = [0], 0
        for index, turn in enumerate(turns[:-1]):
            said += min(len(turn.text.encode()) // 4, share)
            if said >= share:
                marks.append(index + 1)
                said = 0
        start = next((mark for mark in marks if mark >= first), first)
        others = sum(min(len(text), share) for text in texts[start:-1])
        ids: list[int] = []
        for index in range(start, len(turns)):
            text, most = texts[index], share if index + 1 < len(turns) else limit - others
            if len(text) > most:
                text = text[: most // 2] + text[-(most - most // 2) :]
            ids += [*self.words[turns[index].role][0], *text, *self.close]
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
