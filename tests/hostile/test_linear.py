"""Three times the text takes three times the CPU, whatever it is full of and wherever it stands."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.hostile.growth import assert_in_proportion, cpu
from tests.hostile.planted import thing

PIECES = ["a:1 ", "http://a:1/b@ ", "https://", "a.svc ", "a=b ", "host: a\n", "- http://a\n", "a.", "{{", "$(", "[",
          "${a}", "--a=b:1\n", "port: 1\nhost: b\n", ",a:1", "//@", "host=a port=1 ", '"a":"b",',
          "a", " ", "\n", "\n ", "${", "smtp", "smtp_host\n", "s3 ", "[a]\n", "=", "http://",
          "{{ .Values.a }} ", "http://a:1 b@", "a:1|x@"]  # fmt: skip
COMMANDS = {
    "list": ["list", "--policies", "planned"],
    "uncovered": ["list", "--uncovered", "-v"],
    "foreign": ["list", "--foreign"],
    "report": ["report", "--policies", "planned"],
    "lint": ["lint", "--planned", "-v"],
    "check": ["check", "-v"],
    "inventory": ["inventory"],
    "rollout": ["rollout"],
    "explain": ["explain", "--policies", "planned", "--from", "a/web", "--to", "world", "--port", "443"],
    "test": ["test", "--record"],
    "audit": ["audit", "--rules"],
}
LABELS = {"app": "web"}
SIZES = (1, 60_000, 180_000)  # signs


def manifests(text: str) -> str:
    """A workload that has the text in its environment, arguments, annotations, two keys of a ConfigMap and one of a
    Secret; a release that has it in its values, and one of each image whose entry reads configuration."""
    container = {
        "name": "c",
        "image": "e.com/x:1",
        "args": [text],
        "env": [{"name": "A_URL", "value": text}],
        "envFrom": [{"configMapRef": {"name": "m"}}, {"secretRef": {"name": "s"}}],
    }
    metadata = {"labels": LABELS, "annotations": {"k": text}}
    template = {"metadata": metadata, "spec": {"containers": [container]}}
    documents = [
        thing("v1", "Namespace", "a", space=None),
        {**thing("v1", "ConfigMap", "m", space="a"), "data": {"x.yaml": text, "X": text}},
        {**thing("v1", "Secret", "s", space="a"), "stringData": {"x.yaml": text, "X": text}},
        thing("helm.toolkit.fluxcd.io/v2", "HelmRelease", "r", space="a", spec={
            "chart": {"spec": {"chart": "app-template", "version": "4.1.1"}},
            "values": {"env": {"A": text}, "configMaps": {"c": {"data": {"a.yaml": text}}}}}),
        *(reader(name, image, text) for name, image in READERS.items()),
        thing("apps/v1", "Deployment", "web", {"k": text}, space="a",
              spec={"selector": {"matchLabels": LABELS}, "template": template}),
    ]  # fmt: skip
    return "\n---\n".join(map(json.dumps, documents))


# Programs whose entries of the catalogue look into texts.
READERS = {
    "coredns": "registry.k8s.io/coredns/coredns:1",
    "gatus": "ghcr.io/twin/gatus:1",
    "alertmanager": "quay.io/prometheus/alertmanager:1",
    "grafana": "grafana/grafana:1",
    "recyclarr": "ghcr.io/recyclarr/recyclarr:1",
    "alloy": "grafana/alloy:1",
}


def reader(name: str, image: str, text: str) -> dict:
    """A pod of a known program that has the text as its environment and configuration."""
    labels = {"app.kubernetes.io/name": name}
    container = {
        "name": name,
        "image": image,
        "env": [{"name": "SMTP_HOST", "value": text}],
        "envFrom": [{"configMapRef": {"name": "m"}}],
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return thing(
        "apps/v1",
        "Deployment",
        name,
        space="a",
        spec={"selector": {"matchLabels": labels}, "template": template},
    )


def seconds(command: list[str], text: str) -> float:
    """CPU of one run on a cluster that has the text everywhere."""
    return cpu(command, manifests(text))


def run(command: list[str], piece: str) -> Callable[[int], float]:
    """CPU by the number of signs of a text that is full of the piece."""
    return lambda size: seconds(command, piece * (size // len(piece)) or "x")


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_three_times_the_text_takes_three_times_the_time(piece: str) -> None:
    assert_in_proportion(run(["--only-policies"], piece), SIZES, no_time=0.5, factor=5.5)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("piece", ["http://a:1/b@ ", "smtp_host\n"])
def test_each_question_takes_time_in_proportion(name: str, piece: str) -> None:
    assert_in_proportion(run(COMMANDS[name], piece), SIZES, no_time=0.7, factor=5.5)
