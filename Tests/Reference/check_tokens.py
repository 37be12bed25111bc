"""Compares the tokenizer with the reference on many strings.

    python Tests/Reference/check_tokens.py [--count 24000] [--data FILE ...] [--all-scalars] [--write-golden]

Exit status 1 if any string's ids differ. The reference reads bytes that are no UTF-8 as Python's "replace" does.
"""

import argparse
import base64
import json
import random
import sys
from pathlib import Path

from reference import BENCH, ROOT, TRUNK, load_tokenizer, run_bench, write_fixture
from strings import ILL_FORMED, WRITTEN, random_bytes, random_text, varied

GOLDEN = ROOT / "Tests/TokenizerTests/Fixtures/tokens-golden.json"


def texts_of(path: Path) -> list[bytes]:
    """Every string value of a file of JSON lines, or every line of another file."""
    texts = []
    for line in path.read_text(errors="replace").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            row = line
        texts += [value for value in (row.values() if isinstance(row, dict) else [row]) if isinstance(value, str)]
    return [text.encode("utf-8", "replace") for text in texts]


def scalars() -> list[bytes]:
    """Each scalar value where the tokens tell its class: 's splits off after all but "other", two spaces stay together
    before numbers only."""
    return [
        f"{chr(value)}'s  {chr(value)}".encode()
        for value in range(0x110000)
        if not 0xD800 <= value < 0xE000
    ]


def golden(count: int) -> list[bytes]:
    """The strings of the committed fixture: the written ones and short random ones."""
    source = random.Random(7)
    strings = [text.encode() for text in WRITTEN] + ILL_FORMED
    while len(strings) < count:
        strings.append(random_bytes(source)[:60] if source.random() < 0.25 else random_text(source)[:50].encode())
    return strings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trunk", type=Path, default=TRUNK)
    parser.add_argument("--bench", type=Path, default=BENCH)
    parser.add_argument("--count", type=int, default=24000)
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--all-scalars", action="store_true")
    parser.add_argument("--write-golden", action="store_true")
    options = parser.parse_args()

    tokenizer = load_tokenizer(options.trunk)
    strings = varied(options.count)
    for path in options.data:
        strings += texts_of(path)
    if options.all_scalars:
        strings += scalars()
    strings = list(dict.fromkeys(strings))
    lines = [base64.b64encode(string).decode() for string in strings]
    output = run_bench(options.bench, "dump-tokens", "--model", str(options.trunk), lines=lines)
    assert len(output) == len(strings), f"{len(output)} lines for {len(strings)} strings"
    different = 0
    for string, line in zip(strings, output):
        expected = tokenizer.encode(string.decode("utf-8", "replace")).ids
        actual = [int(word) for word in line.split()]
        if expected != actual:
            different += 1
            if different <= 20:
                print(f"differs: {string[:80]!r}\n  reference {expected[:24]}\n  here      {actual[:24]}")
    total = sum(map(len, strings))
    print(f"{len(strings)} strings, {total} bytes, {different} different")
    if options.write_golden:
        entries = [
            {"bytes": base64.b64encode(string).decode(), "ids": tokenizer.encode(string.decode("utf-8", "replace")).ids}
            for string in golden(300)
        ]
        write_fixture(GOLDEN, entries)
        print(f"wrote {len(entries)} entries to {GOLDEN.relative_to(ROOT)}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
