"""The written prompt and response pairs, and the token sequences made of them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from pathlib import Path

import tokenizers
from detection.trunk import EXPL, HARM, IM_END
from guardian.layout import Layout as DetectionLayout

from .wrappers import reword, wrap

RESPONSES = Path(__file__).parent / "responses"
PROMPT_TOKENS = 512

TAXONOMY = (
    "violent_crimes", "nonviolent_crimes", "sex_crimes", "child_exploitation", "defamation", "specialized_advice",
    "privacy", "intellectual_property", "weapons", "hate", "self_harm", "sexual_content", "misinformation",
    "cybercrime", "harassment", "jailbreak",
)  # fmt: skip

# Categories that a detector mistakes for one another. A response written for the one must come out right under the
# other, since it follows the prompt. Nothing is filed under self_harm here: under that name a response is help.
NEIGHBOURS = {
    "violent_crimes": ("weapons", "harassment"),
    "nonviolent_crimes": ("cybercrime", "privacy", "violent_crimes"),
    "sex_crimes": ("violent_crimes", "sexual_content"),
    "child_exploitation": ("sex_crimes", "sexual_content"),
    "defamation": ("harassment", "misinformation"),
    "specialized_advice": ("misinformation", "nonviolent_crimes"),
    "privacy": ("cybercrime", "harassment"),
    "intellectual_property": ("nonviolent_crimes", "cybercrime"),
    "weapons": ("violent_crimes", "nonviolent_crimes"),
    "hate": ("harassment", "misinformation"),
    "self_harm": ("violent_crimes", "specialized_advice"),
    "sexual_content": ("sex_crimes", "jailbreak"),
    "misinformation": ("defamation", "nonviolent_crimes"),
    "cybercrime": ("nonviolent_crimes", "privacy"),
    "harassment": ("hate", "privacy"),
    "jailbreak": ("cybercrime", "misinformation"),
}


@dataclass(frozen=True)
class Sample:
    """One prompt with the response that a caller should get."""

    category: str
    prompt: str
    response: str
    split: str
    kind: str
    forced: bool = False


def read_samples(folder: Path = RESPONSES) -> list[Sample]:
    """All written pairs, in taxonomy order. Checks what a slip of the pen would break."""
    samples: list[Sample] = []
    for category in TAXONOMY:
        path = folder / f"{category}.jsonl"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            sample = Sample(**json.loads(line))
            if sample.category != category or sample.split not in ("train", "heldout"):
                raise SystemExit(f"{path.name}:{number}: wrong category or split")
            samples.append(sample)
    prompts = [sample.prompt.casefold() for sample in samples]
    if len(set(prompts)) != len(prompts):
        raise SystemExit("a prompt occurs twice")
    return samples


def variants(sample: Sample, seed: int) -> list[Sample]:
    """The two forms in which a training pair is seen: as written, and reworded or wrapped. One of them is forced.

    Every second pair has its second form under a neighbouring category. A harmless prompt is always forced.
    """
    rng = random.Random(f"{seed}:{sample.category}:{sample.prompt}")
    forced = sample.kind == "mismatch" or rng.random() < 0.5
    surface = rng.choice((reword, wrap))
    other = replace(sample, prompt=surface(sample.prompt, rng), forced=sample.kind == "mismatch" or not forced)
    if sample.kind != "mismatch" and rng.random() < 0.5:
        other = replace(other, category=rng.choice(NEIGHBOURS[sample.category]))
    return [replace(sample, forced=forced), other]


class Layout:
    """Token sequences of safeguard generation; they continue the detection sequence, so both share one cache."""

    def __init__(self, tokenizer: tokenizers.Tokenizer):
        self.tokenizer = tokenizer
        self.prefix, self.suffix = DetectionLayout(tokenizer).words["user"]

    def prompt(self, text: str, category: str, forced: bool) -> list[int]:
        """Everything before the first generated token."""
        text_ids = self.tokenizer.encode(text).ids
        if len(text_ids) > PROMPT_TOKENS:
            # What is asked may stand before a document or behind it.
            text_ids = text_ids[: PROMPT_TOKENS // 2] + text_ids[-(PROMPT_TOKENS // 2) :]
        markers = [HARM, EXPL] if forced else [EXPL]
        words = self.tokenizer.encode(f" {category.replace('_', ' ')}\n").ids
        return [*self.prefix, *text_ids, *self.suffix, *markers, *words]

    def example(self, sample: Sample) -> tuple[list[int], int]:
        """The whole sequence of a sample, and where its response starts."""
        prompt = self.prompt(sample.prompt, sample.category, sample.forced)
        return [*prompt, *self.tokenizer.encode(sample.response).ids, IM_END], len(prompt)
