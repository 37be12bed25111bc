"""Training sequences with the choices in them: what the upper adapter learns is to choose as it will have to."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from guardian.lowrank import run_blocks
from guardian.network import EXIT_LAYER, FIRST_LAYER, Guardian, padded
from torch.nn import functional

from .automaton import automaton
from .samples import Layout, Sample
from .subjects import Subjects

SENTENCE_WEIGHT = 0.1
"""Of a choice among sentences, beside 1 for one of the subject: the targets there are drawn by lot."""


@dataclass(frozen=True)
class Choice:
    """A place of a sequence at which the token was one of several."""

    place: int
    allowed: tuple[int, ...]
    token: int
    weight: float


@dataclass(frozen=True)
class SamplePath:
    """A sequence, how many of its tokens hold the name of its subject, and the choices in it."""

    ids: list[int]
    named: int
    choices: tuple[Choice, ...]


class Paths:
    """Sequences of which the upper blocks are trained."""

    def __init__(self, network: Guardian, layout: Layout):
        self.network = network
        self.automata = {
            category: automaton(subjects, lambda text: layout.tokenizer.encode(text).ids)
            for category, subjects in Subjects().by_category.items()
        }
        words = sorted({token for each in self.automata.values() for edges in each.edges for token in edges})
        self.column = {token: column for column, token in enumerate(words)}
        with torch.no_grad():
            # The output matrix of the tokens that may ever be written.
            self.output = network.model.lm_head.weight[torch.tensor(words)].float()
        (self.line_end,) = layout.tokenizer.encode("\n").ids
        self.layout = layout

    def path(self, sample: Sample) -> SamplePath:
        """Of a sample whose response begins with the name of its subject."""
        ids, start = self.layout.example(sample)
        *written, _ = ids[start:]
        named = written.index(self.line_end) + 1
        choices = (
            Choice(start + place, tuple(sorted(allowed)), written[place], 1.0 if place < named else SENTENCE_WEIGHT)
            for place, allowed in self.automata[sample.category].choices(written)
        )
        return SamplePath(ids, start + named, tuple(choices))

    def losses(self, group: list[tuple[SamplePath, bool]]) -> tuple[torch.Tensor, torch.Tensor, list[bool]]:
        """Of paths, each whole or only to the name of its subject: the cross-entropy of each choice, its weight, and for each
        path whether every choice of the name would have been made so."""
        ends = [len(path.ids) if is_whole else path.named for path, is_whole in group]
        model = self.network.model
        with torch.no_grad():
            below = self.network.below(padded([path.ids[: end - 1] for (path, _), end in zip(group, ends)]))
            states = run_blocks(model, below, FIRST_LAYER, EXIT_LAYER + 1)
        states = run_blocks(model, states, EXIT_LAYER + 1, len(model.model.layers))
        made = [
            (row, choice)
            for row, ((path, _), end) in enumerate(zip(group, ends))
            for choice in path.choices
            if choice.place < end
        ]
        rows = torch.stack([states[row, choice.place - 1] for row, choice in made])
        mask = torch.full((len(made), len(self.column)), float("-inf"))
        for line, (_, choice) in zip(mask, made):
            line[[self.column[token] for token in choice.allowed]] = 0
        logits = functional.linear(model.model.norm(rows), self.output) + mask
        targets = torch.tensor([self.column[choice.token] for _, choice in made])
        hits = [True] * len(group)
        for (row, choice), is_hit in zip(made, (logits.argmax(-1) == targets).tolist()):
            hits[row] &= is_hit or choice.weight < 1
        weights = torch.tensor([choice.weight for _, choice in made])
        return functional.cross_entropy(logits, targets, reduction="none"), weights, hits
