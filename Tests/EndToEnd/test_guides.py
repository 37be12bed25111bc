"""What README.md, the guides and the deployment files tell people to type and to write: it is accepted by the real binary."""

import json
import re
import shlex
import subprocess

import pytest
import yaml

from harness import MODEL, ROOT, Process, free_port, merge, run

PAGES = [ROOT / "README.md", ROOT / "Policies/README.md", *sorted((ROOT / "examples/guides").glob("*.md"))]


def blocks(page, language):
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.S)


def commands():
    """Each command line of the pages that runs the binary, without what follows a pipe or a comment."""
    for page in PAGES:
        code = "\n".join(blocks(page, "sh")).replace("\\\n", " ")
        inline = re.findall(r"`(guardian [a-z][^`]*)`", page.read_text())
        for line in [*code.splitlines(), *inline]:
            line = line.strip()
            if re.match(r"(\.build/release/)?guardian [a-z]", line):
                yield page.name, line


COMMANDS = sorted(set(commands()))


@pytest.mark.parametrize("page, line", COMMANDS, ids=[f"{page}: {line[:60]}" for page, line in COMMANDS])
def test_each_command_and_option_exists(page, line):
    words = shlex.split(line, comments=True)[1:]
    path = []
    for word in words:
        if not re.fullmatch(r"[a-z][a-z-]+", word) or run("help", *path, word).returncode != 0:
            break
        path.append(word)
    assert path, f"{line}: there is no such command"
    text = run("help", *path).stdout
    for option in re.findall(r"(?<!\S)--[a-z-]+", line.split("#")[0]):
        assert re.search(rf"{option}\b", text), f"guardian {' '.join(path)} has no {option}"


def configuration(tmp_path, certificates, policy):
    return {
        "version": 1,
        "listen": {
            "address": f"127.0.0.1:{free_port()}",
            "tls": {"certificate": str(certificates.server), "key": str(certificates.key)},
        },
        "admin": {"address": f"127.0.0.1:{free_port()}"},
        "upstream": {"url": "http://127.0.0.1:9"},
        "policy": str(policy),
        "model": {"file": str(MODEL)},
        "audit": {"path": str(tmp_path / "audit.jsonl")},
    }


@pytest.mark.parametrize("index", range(len(blocks(ROOT / "examples/guides/providers.md", "yaml"))))
def test_each_provider_of_the_guide_is_a_configuration(tmp_path, certificates, index):
    block = yaml.safe_load(blocks(ROOT / "examples/guides/providers.md", "yaml")[index])
    made = {**configuration(tmp_path, certificates, ROOT / "Policies/shadow.yaml"), **block}
    file = tmp_path / "guardian.yaml"
    file.write_text(json.dumps(made))
    found = run("doctor", "--config", file, "--offline", "--json")
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_rule_of_the_guide_is_one(tmp_path):
    (block,) = blocks(ROOT / "examples/guides/write-a-rule.md", "yaml")
    policy = tmp_path / "policy.yaml"
    policy.write_text(f"version: 1\nname: guide\ninput: {{others: ignore}}\noutput: ignore\n{block}")
    checked = run("policy", "check", policy)
    assert checked.returncode == 0, checked.stderr


def test_the_first_policy_of_the_readme_is_one(tmp_path):
    (block,) = [block for block in blocks(ROOT / "README.md", "yaml") if "name: my-policy" in block]
    (tmp_path / "Policies").symlink_to(ROOT / "Policies")
    policy = tmp_path / "my-policy.yaml"
    policy.write_text(block)
    checked = run("policy", "check", policy)
    assert checked.returncode == 0, checked.stderr


def test_the_gateway_of_the_kubernetes_manifests_starts(tmp_path, certificates):
    """Its configuration, with the places of the files and the ports replaced."""
    manifests = list(yaml.safe_load_all((ROOT / "examples/deploy/kubernetes.yaml").read_text()))
    kinds = {manifest["kind"]: manifest for manifest in manifests}
    made = yaml.safe_load(kinds["ConfigMap"]["data"]["guardian.yaml"])
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    variables = {entry["name"]: "Bearer x" for entry in container["env"]}
    assert made["upstream"]["authorization_env"] in variables
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    for path in (made["policy"], made["listen"]["tls"]["certificate"], made["callers"]["keys"]):
        assert any(path.startswith(mount + "/") for mount in mounts)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert made["listen"]["address"].endswith(f":{ports['https']}")
    assert made["admin"]["address"].endswith(f":{ports['admin']}")
    # SIGTERM comes only when the nodes know that the pod left the service; the hook's time counts too.
    program, seconds = container["lifecycle"]["preStop"]["exec"]["command"]
    assert program == "/bin/sleep" and int(seconds) > 0
    drain = int(made["drain_timeout"].removesuffix("s"))
    # Behind the drain: 1 second for the admin port, 2 for what is judged, 10 for records and 5 for spans.
    assert int(seconds) + drain + 18 < pod["terminationGracePeriodSeconds"]
    local = configuration(tmp_path, certificates, ROOT / "Policies/default.yaml")
    merge(made, {key: local[key] for key in ("listen", "admin", "policy", "model")})
    # Made as the guide says.
    (steps,) = [block for block in blocks(ROOT / "examples/guides/kubernetes.md", "sh") if "keys.yaml" in block]
    lines = [line for line in steps.splitlines() if line.startswith(("key=", "printf "))]
    subprocess.run(["bash", "-euc", "\n".join(lines)], cwd=tmp_path, check=True)
    assert made["callers"]["keys"].endswith("/keys.yaml")
    made["callers"]["keys"] = str(tmp_path / "keys.yaml")
    file = tmp_path / "guardian.yaml"
    file.write_text(json.dumps(made))
    gateway = Process(["serve", "--config", file], tmp_path, "gateway", variables)
    try:
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            gateway.await_answer(f"http://{made['admin']['address']}{container[probe]['httpGet']['path']}")
    finally:
        gateway.terminate()
