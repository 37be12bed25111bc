"""The tokenizer, read from the GGUF file that the engine's model is packed from, and the token sequence around one text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import gguf
import tokenizers
from tokenizers import pre_tokenizers

WIDTH = 576

# Control tokens. The text of a user is tokenised as plain text and never produces one.
IM_START, IM_END = 1, 2
PRED, EXPL, HARM = 11, 12, 16

WINDOW_TOKENS, WINDOW_OVERLAP = 512, 64


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


def load_tokenizer(path: Path) -> tokenizers.Tokenizer:
    """The byte-level BPE of the trunk, without added tokens: `<|im_end|>` typed by a user stays plain text."""
    fields = gguf.GGUFReader(path).fields
    if fields["tokenizer.ggml.pre"].contents() != "smollm":
        raise SystemExit(f"{path}: the recipe knows the pre-tokenizer 'smollm' only")
    vocabulary = {token: index for index, token in enumerate(fields["tokenizer.ggml.tokens"].contents())}
    merges = [tuple(merge.split(" ", 1)) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    return tokenizer


@dataclass(frozen=True)
class Sequence:
    """The token ids of one detection window; the text's own tokens are `ids[start:stop]`."""

    ids: tuple[int, ...]
    start: int
    stop: int
