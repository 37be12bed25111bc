"""The metrics as Prometheus's own linter wants them: its rules of text and names, in other code, over a gateway that was used."""

import re
import shutil
import subprocess

import pytest

from origin import LEAK

LINE = re.compile(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\+Inf|NaN|[-+0-9.e]+)')
# Names that end otherwise: what is counted has no unit.
UNITS = ("_seconds", "_bytes")


def families(text):
    """Name to (help, type, samples)."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, words = line[7:].split(" ", 1)
            assert name not in found, f"{name} comes twice"
            found[name] = [words, None, []]
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert found[name][1] is None and not found[name][2], f"{name}: TYPE stands behind HELP, before samples"
            found[name][1] = kind
        else:
            match = LINE.fullmatch(line)
            assert match, f"not a sample: {line}"
            family = re.sub(r"_(bucket|sum|count)$", "", match[1]) if match[1] not in found else match[1]
            assert family == list(found)[-1], f"{line}: its family is not the last"
            found[family][2].append((match[1], match[2] or "", match[3]))
    return found


def use(gateway):
    gateway.ask("hello")
    gateway.ask("hello", stream=True)
    gateway.ask(f"the {LEAK}")
    gateway.request("/v1/nowhere", body={})


def test_names_types_and_samples_follow_the_conventions(gateway):
    use(gateway)
    text = gateway.metrics()
    assert text.endswith("\n")
    found = families(text)
    assert len(found) > 40
    for name, (words, kind, samples) in found.items():
        assert re.fullmatch(r"guardian_[a-z0-9]+(_[a-z0-9]+)*", name), name
        assert len(words) > 10 and kind in ("counter", "gauge", "histogram"), name
        # promtool's rules: counters and nothing else end in _total; base units; no type and no unit's short form in a name.
        assert name.endswith("_total") == (kind == "counter"), name
        assert not re.search(r"_(counter|gauge|histogram|summary|count|sum|bucket)(_|$)", name), name
        assert not re.search(r"_(milliseconds|microseconds|ms|minutes|hours|kilobytes|megabytes|kb|mb|percent)(_|$)", name)
        if kind == "histogram":
            assert name.endswith(UNITS), name
        assert len({(sample, labels) for sample, labels, _ in samples}) == len(samples), f"{name}: a series comes twice"
        assert all("le=" not in labels for sample, labels, _ in samples if not sample.endswith("_bucket")), name
        if kind == "counter":
            assert all(float(value) >= 0 for _, _, value in samples), name


def test_buckets_add_up(gateway):
    use(gateway)
    for name, (_, kind, samples) in families(gateway.metrics()).items():
        if kind != "histogram":
            continue
        series = {}
        for sample, labels, value in samples:
            plain = re.sub(r',?le="[^"]*"', "", labels).replace("{}", "")
            series.setdefault(plain, {}).setdefault(sample.removeprefix(name), []).append((labels, float(value)))
        for plain, parts in series.items():
            counts = [value for _, value in parts["_bucket"]]
            assert counts == sorted(counts), (name, plain)
            assert 'le="+Inf"' in parts["_bucket"][-1][0]
            assert counts[-1] == parts["_count"][0][1] and len(parts["_sum"]) == 1, (name, plain)


def test_prometheus_own_linter_has_nothing_to_say(gateway):
    """Where it is installed; the rules above hold without it."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    use(gateway)
    text = gateway.metrics()
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
