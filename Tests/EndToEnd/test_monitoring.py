"""What the alert rules and the Grafana dashboard ask Prometheus: a file with one expression that it does not take is refused whole."""

import json

import promql_parser
import pytest
import yaml

from harness import ROOT

FOLDER = ROOT / "examples/monitoring"


def alerts():
    """The expressions of the alert rules, by name."""
    groups = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def queries():
    """The expressions of the dashboard, by panel, as Grafana sends them."""
    panels = json.loads((FOLDER / "grafana-dashboard.json").read_text())["panels"]
    for panel in panels:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")


EXPRESSIONS = [*alerts().items(), *queries()]


@pytest.mark.parametrize("expression", [text for _, text in EXPRESSIONS], ids=[name for name, _ in EXPRESSIONS])
def test_each_expression_is_one_of_prometheus(expression):
    assert promql_parser.parse(expression)


def test_the_memory_alert_fires_below_the_limit_of_the_kubernetes_manifests():
    manifests = yaml.safe_load_all((ROOT / "examples/deploy/kubernetes.yaml").read_text())
    (deployment,) = [manifest for manifest in manifests if manifest["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    limit = int(container["resources"]["limits"]["memory"].removesuffix("Mi")) << 20
    assert 0 < float(alerts()["GuardianMemory"].split(">")[1]) < limit
