"""Compares the forward pass with PyTorch float32 on the same dequantised weights.

    python Tests/Reference/check_logits.py [--write-golden]

Over 20 prompts: the greatest absolute difference of the logits after the prompt must stay under 1e-3, and greedy
continuations of 64 tokens must be identical. Exit status 1 otherwise.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from reference import BENCH, ROOT, TRUNK, load_model, load_tokenizer, run_bench, write_fixture

GOLDEN = ROOT / "Tests/TransformerTests/Fixtures/logits-golden.json"
TOLERANCE = 1e-3

QUESTIONS = [
    "What is the capital of France?",
    "Write a short poem about the sea.",
    "Explain why the sky is blue to a child.",
    "How do I reverse a list in Python?",
    "안녕하세요, 오늘 날씨 어때요?",
    "Translate to German: The house is old.",
    "2 + 2 * 3 = ?",
    "😀😀😀",
    "List three fruits and three vegetables.",
    "Why is my bread not rising? " * 12,
]

TEXTS = [
    "The history of the bicycle begins",
    "def fibonacci(n):\n    ",
    "Once upon a time there was a fox who",
    "Der schnelle braune Fuchs",
    "SELECT name, age FROM people WHERE",
    "1, 1, 2, 3, 5, 8, 13,",
    "A",
    "\n\n",
    "Water boils at a lower temperature on mountains because",
    "The quick brown fox jumps over the lazy dog. " * 30,
]


def prompts(tokenizer) -> list[list[int]]:
    """Ten questions in chat markup and ten plain texts, as token ids."""

    def encode(text: str) -> list[int]:
        return tokenizer.encode(text).ids

    chats = [[1, *encode("user\n" + text), 2, *encode("\n"), 1, *encode("assistant\n")] for text in QUESTIONS]
    return chats + [encode(text) for text in TEXTS]


@torch.inference_mode()
def continuation(model, prompt: list[int], count: int) -> tuple[np.ndarray, list[int]]:
    """The logits after the prompt, and `count` greedy tokens (the end-of-turn token does not end them)."""
    output = model(torch.tensor([prompt]), use_cache=True)
    first = output.logits[0, -1].numpy()
    ids = [int(first.argmax())]
    while len(ids) < count:
        output = model(torch.tensor([ids[-1:]]), past_key_values=output.past_key_values, use_cache=True)
        ids.append(int(output.logits[0, -1].argmax()))
    return first, ids


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trunk", type=Path, default=TRUNK)
    parser.add_argument("--bench", type=Path, default=BENCH)
    parser.add_argument("--greedy", type=int, default=64)
    parser.add_argument("--write-golden", action="store_true")
    options = parser.parse_args()

    sequences = prompts(load_tokenizer(options.trunk))
    lines = [" ".join(map(str, sequence)) for sequence in sequences]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "logits.bin"
        arguments = ["--model", str(options.trunk), "--out", str(out), "--greedy", str(options.greedy)]
        output = run_bench(options.bench, "dump-logits", *arguments, lines=lines)
        logits = np.fromfile(out, dtype="<f4").reshape(len(sequences), -1)
    model = load_model(options.trunk)
    worst, wrong, golden = 0.0, 0, []
    for prompt, actual, line in zip(sequences, logits, output):
        expected, ids = continuation(model, prompt, options.greedy)
        difference = float(np.abs(expected - actual).max())
        same = ids == [int(word) for word in line.split()]
        worst, wrong = max(worst, difference), wrong + (not same)
        print(f"{len(prompt):4} tokens: difference {difference:.2e}, continuation {'identical' if same else 'DIFFERS'}")
        top = np.argsort(-expected)[:8]
        entry = {"prompt": prompt, "top": [[int(i), round(float(expected[i]), 5)] for i in top], "greedy": ids[:24]}
        golden.append(entry)
    print(f"{len(sequences)} prompts: greatest difference {worst:.2e}, {wrong} continuations differ")
    if options.write_golden:
        write_fixture(GOLDEN, [golden[index] for index in (0, 4, 11, 18)])
        print(f"wrote {GOLDEN.relative_to(ROOT)}")
    return 1 if worst >= TOLERANCE or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
