"""What a response may consist of, token by token: the subject of the prompt, then one of its refusals and one of its ways.

The engine builds the same automata from `safeguard-sentences.json` and lets the model choose among the tokens that may come
next (constrained decoding: Willard and Louf 2023, "Efficient Guided Generation for Large Language Models").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .subjects import Subject

Encode = Callable[[str], list[int]]

UNSPECIFIC = 2
"""Subjects of a category, the last ones, that are about no matter in particular."""
LEAST_SHARE = 0.6
"""How likely a subject has to be among those of its category to be named, by its first token. Where the model is less sure than that
it is wrong more often than not, and what fits the whole category is better than what talks past the caller."""


class Automaton:
    """A deterministic finite automaton over tokens. It starts in state 0 and has one end, from which nothing goes on."""

    START, END = 0, 1

    def __init__(self) -> None:
        self.edges: list[dict[int, int]] = [{}, {}]
        self.reserve: list[int] = []
        """First tokens, of which the likeliest is taken where the likeliest of all is less likely than `LEAST_SHARE`."""

    def state(self) -> int:
        """A new state."""
        self.edges.append({})
        return len(self.edges) - 1

    def add(self, tokens: list[int], start: int, end: int) -> None:
        """Leads from one state to another by way of tokens; beginnings that are equal share states."""
        *inner, last = tokens
        for token in inner:
            if token not in self.edges[start]:
                self.edges[start][token] = self.state()
            start = self.edges[start][token]
            if start == self.END:
                raise ValueError("a text is the beginning of another")
        if self.edges[start].setdefault(last, end) != end:
            raise ValueError("a text is the beginning of another")

    def choices(self, tokens: list[int]) -> Iterable[tuple[int, set[int]]]:
        """For each of the tokens of a path that was one of several: its place, and what it was chosen from."""
        state = self.START
        for place, token in enumerate(tokens):
            allowed = self.edges[state].keys()
            if len(allowed) > 1:
                yield place, set(allowed)
            state = self.edges[state][token]
        if state != self.END:
            raise ValueError("the path does not reach the end")


def automaton(subjects: Sequence[Subject], encode: Encode) -> Automaton:
    """Of the subjects of a category."""
    found = Automaton()
    found.reserve = [encode(f"{subject.name}\n")[0] for subject in subjects[-UNSPECIFIC:]]
    for subject in subjects:
        named, refused = found.state(), found.state()
        found.add(encode(f"{subject.name}\n"), Automaton.START, named)
        for refusal in subject.refusals:
            found.add(encode(refusal), named, refused)
        for way in subject.ways:
            found.add(encode(f" {way}"), refused, Automaton.END)
    return found
