"""The reference implementations that the Swift engine is checked against."""

import json
import os
import subprocess
from pathlib import Path

import gguf
import tokenizers
from tokenizers import pre_tokenizers

ROOT = Path(__file__).resolve().parents[2]
TRUNK = ROOT / "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"
BENCH = ROOT / ".build/debug/guardian-bench"


def load_tokenizer(trunk: Path) -> tokenizers.Tokenizer:
    """SmolLM2's tokenizer by hand: no added tokens, so a marker typed as text stays text; no unknown token.

    transformers' conversion from GGUF leaves out the splitting of digits, so it is not the reference.
    """
    fields = gguf.GGUFReader(trunk).fields
    vocabulary = {token: index for index, token in enumerate(fields["tokenizer.ggml.tokens"].contents())}
    merges = [tuple(merge.split(" ", 1)) for merge in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    return tokenizer


def load_model(trunk: Path):
    """The dequantised trunk in PyTorch, float32."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(
        str(trunk.resolve().parent), gguf_file=trunk.resolve().name, dtype=torch.float32
    )
    return model.eval().requires_grad_(False)


def run_bench(bench: Path, *arguments: str, lines: list[str]) -> list[str]:
    """Feeds lines to a subcommand of guardian-bench; its output, a line each."""
    done = subprocess.run(
        [os.fspath(bench), *arguments], input="\n".join(lines) + "\n", text=True, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.split("\n")[:-1]


def write_fixture(path: Path, value: object) -> None:
    """Writes a golden file, one entry a line so that a change shows as a small difference."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = ",\n".join(json.dumps(entry, ensure_ascii=True) for entry in value)
    path.write_text(f"[\n{entries}\n]\n")
