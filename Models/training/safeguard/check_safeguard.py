"""Generates for prompts that the training has not seen and applies the acceptance checks (see acceptance.py).

    python Models/training/safeguard/check_safeguard.py --trunk FILE --model Models/guardian [--data DIR]

Prompts are the 64 held-out pairs, 16 harmless held-out prompts under a category that a rule decided, and, with
`--data` (the folder with `valid/`), 48 harmful prompts of public sets, which probes.jsonl names by digest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from detection.trunk import load_tokenizer
from guardian.network import Guardian
from safeguard.acceptance import Acceptance
from safeguard.generation import generate
from safeguard.samples import Layout, read_samples
from torch import nn

BATCH = 16


@dataclass(frozen=True)
class Probe:
    """One prompt to answer."""

    group: str
    category: str
    prompt: str
    forced: bool


def own_probes() -> list[Probe]:
    """The held-out prompts, every second one forced; a harmless prompt always is."""
    held_out = [sample for sample in read_samples() if sample.split == "heldout"]
    return [
        Probe(
            "heldout" if sample.kind == "harmful" else "mismatch",
            sample.category,
            sample.prompt,
            sample.kind == "mismatch" or index % 2 == 1,
        )
        for index, sample in enumerate(held_out)
    ]


def public_probes(data: Path) -> list[Probe]:
    """The prompts that probes.jsonl names, found by the digest of their text."""
    wanted = [json.loads(line) for line in (Path(__file__).parent / "probes.jsonl").read_text().splitlines()]
    probes = []
    for index, row in enumerate(wanted):
        for line in (data / "valid" / f"{row['source']}.jsonl").read_text(encoding="utf-8").split("\n"):
            text = json.loads(line)["text"] if line else ""
            if hashlib.sha256(text.encode()).hexdigest() == row["textSHA256"]:
                probes.append(Probe("public", row["category"], text, index % 2 == 1))
                break
        else:
            raise SystemExit(f"probes.jsonl: no such text in {row['source']}")
    return probes


def load_guardian(trunk: Path, folder: Path) -> tuple[nn.Module, Layout, dict]:
    """The trunk with the exported adapters, the token layout, and the manifest."""
    network = Guardian(trunk)
    network.load_exported(folder)
    manifest = json.loads((folder / "safeguard.json").read_text(encoding="utf-8"))
    return network.model.eval(), Layout(load_tokenizer(trunk)), manifest


def batches(lengths: list[int], size: int) -> list[list[int]]:
    """Indices of prompts of like length, so that little padding is computed."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    return [order[i : i + size] for i in range(0, len(order), size)]


def main() -> None:
    """Prints every response with its verdict, and the share that passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trunk", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="the folder with safeguard.json")
    parser.add_argument("--data", type=Path, help="the folder with valid/")
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--top-p", type=float, default=0.9)
    parser.add_argument("--penalty", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, help="take every n-th prompt only")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    model, layout, manifest = load_guardian(arguments.trunk, arguments.model)
    temperature = manifest["temperature"] if arguments.temperature is None else arguments.temperature
    penalty = manifest["repetitionPenalty"] if arguments.penalty is None else arguments.penalty
    acceptance = Acceptance()
    passed, failed, total = Counter(), Counter(), Counter()
    probes = own_probes() + (public_probes(arguments.data) if arguments.data else [])
    probes = probes[:: arguments.every]
    prompts = [layout.prompt(probe.prompt, probe.category, probe.forced) for probe in probes]
    written: dict[int, list[int]] = {}
    for group in batches([len(prompt) for prompt in prompts], BATCH):
        rows = generate(
            model,
            [prompts[i] for i in group],
            manifest["maxTokens"],
            penalty,
            temperature,
            arguments.top_p,
            arguments.seed,
        )
        written.update(zip(group, rows))
    for index, probe in enumerate(probes):
        ids = written[index]
        capped = len(ids) == manifest["maxTokens"]
        verdict = acceptance.judge(layout.tokenizer.decode(ids), probe.category, capped, ids)
        total[probe.group] += 1
        passed[probe.group] += verdict.failed is None
        failed[verdict.failed] += 1
        mark = f"FAILED {verdict.failed}" if verdict.failed else "ok"
        print(f"[{probe.group} {probe.category}{' forced' if probe.forced else ''}] {probe.prompt[:200]!r}")
        print(f"  {mark}{' capped' if capped else ''}: {verdict.text}", flush=True)
    for group, count in total.items():
        print(f"{group}: {passed[group]} of {count} pass")
    print(f"all: {sum(passed.values())} of {sum(total.values())} pass; failures {dict(failed)}")


if __name__ == "__main__":
    main()
