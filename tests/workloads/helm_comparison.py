"""Holds what `app_template.expand` predicts against what `helm template` prints.

    python tests/workloads/helm_comparison.py --charts DIR TREE…

DIR holds unpacked charts `app-template-VERSION` (with `charts/common` in them), one or more versions; a TREE
is a directory of YAML files, or a git directory whose newest commit is read. Each release is rendered by the
chart whose major version it pins, else by the newest in DIR, and predicted for that same version. Compared:
pod labels, Services with ports and selectors, routes' hosts and backends, monitors, service accounts, env,
ports and probes of containers. Prints one line for each difference and the counts.

The folders come out of bjw-s-labs/helm-charts, for each version V (the schemas ask for the network):
    git archive app-template-V charts/other/app-template charts/library/common | tar x
    mv charts/other/app-template DIR/app-template-V; cp -r charts/library/common DIR/app-template-V/charts/
    rm DIR/app-template-V/{LICENSE,values.schema.json} DIR/app-template-V/charts/common/{LICENSE,values.schema.json}
"""

from __future__ import annotations

import argparse
import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.parse import load
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object, Where, at, mapping, mappings, text
from cilium_policies.workloads.releases import app_template
from cilium_policies.workloads.releases.collect import collect
from cilium_policies.workloads.releases.release import Release

_VARIABLE = re.compile(r"\$\{(\w+)(?::?[=-]([^}]*))?\}")
_DOCUMENT = re.compile(r"^---.*$", re.MULTILINE)


class Outcome(NamedTuple):
    """What the comparison of one release gave; `refused` is Helm's own message."""

    release: str
    chart: str
    differences: list[str]
    refused: str = ""


def documents(content: str, file: str) -> Iterator[Object]:
    """The objects of one YAML file, those of Lists and ResourceLists among them."""
    for number, part in enumerate(_DOCUMENT.split(content)):
        try:
            value, typed = load(part.encode()), yaml.load(part, _Typed)
        except (RefusedError, yaml.YAMLError, ValueError):
            continue
        if isinstance(value, dict):
            listed = "List" in text(value.get("kind"))
            pairs = zip(value["items"], typed["items"], strict=True) if listed else [(value, typed)]
            for member, twin in pairs:
                one = Object(member, Where(file, number))
                TYPED[id(one.body)] = twin
                yield one


class _Typed(yaml.CSafeLoader):
    """YAML 1.2's types, as Flux hands values to Helm; dates and `off` stay text."""


_Typed.yaml_implicit_resolvers = {
    key: [(tag, form) for tag, form in entries if "timestamp" not in tag and "bool" not in tag]
    for key, entries in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Typed.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
TYPED: dict[int, Any] = {}  # an object's body by identity → the same with YAML's own types


def read_tree(tree: Path) -> Iterator[Object]:
    """Every object of a directory's or a commit's YAML files."""
    if (tree / "objects").is_dir() and (tree / "HEAD").is_file():
        for name, content in _committed(tree):
            yield from documents(content, name)
        return
    for path in sorted(tree.rglob("*.yaml")):
        if path.name not in ("runtime.yaml", "flows.yaml"):
            yield from documents(path.read_text(), str(path))


def _committed(tree: Path) -> Iterator[tuple[str, str]]:
    """The YAML files of a git directory's newest commit; files that the copy lacks are left out."""
    git = ["git", "--git-dir", str(tree)]
    listed = subprocess.run(
        [*git, "ls-tree", "-r", "-z", "HEAD"], capture_output=True, check=True
    ).stdout.decode()
    entries = [line.partition("\t") for line in listed.split("\0") if line.endswith((".yaml", ".yml"))]
    wanted = "".join(f"{head.split()[2]}\n" for head, _, _ in entries)
    done = subprocess.run(
        [*git, "cat-file", "--batch"], input=wanted.encode(), capture_output=True, check=True
    )
    stream = io.BytesIO(done.stdout)
    for _, _, name in entries:
        header = stream.readline().split()
        if len(header) == 3:
            yield name, stream.read(int(header[2]) + 1).decode(errors="replace")


def plain(value: Any) -> Any:
    """Values with Flux's variables replaced by their defaults, or by a digit that may stand anywhere."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: match.group(2) or "7", value)
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value


def releases(objects: list[Object]) -> list[Release]:
    """The releases of app-template among the objects."""
    found = []
    for one in collect(Inventory(objects)):
        if app_template.recognises(one) and one.chart in ("", "app-template"):
            one.values = plain(one.values)
            one.name = plain(one.name)
            one.namespace = one.namespace or "default"
            found.append(one)
    return found


def compare(release: Release, charts: dict[int, tuple[str, Path]], helm: str) -> Outcome:
    """Renders one release and holds the prediction against it."""
    major = int((re.findall(r"\d+", release.version) or ["0"])[0])
    version, chart = charts.get(major) or charts[max(charts)]
    release.chart, release.version = "app-template", version
    with tempfile.NamedTemporaryFile("w", suffix=".json") as values:
        json.dump(typed(release), values)
        values.flush()
        command = [
            helm,
            "template",
            release.name,
            str(chart),
            "-n",
            release.namespace,
            "-f",
            values.name,
            "--kube-version",
            "1.33.0",
        ]
        done = subprocess.run(command, capture_output=True)
    if done.returncode:
        return Outcome(str(release), version, [], _reason(done.stderr.decode()))
    rendered = facts(documents(done.stdout.decode(), ""))
    predicted = facts(iter(app_template.expand(release)))
    return Outcome(str(release), version, list(differences(rendered, predicted)))


def _reason(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.startswith("Error")]
    return lines[0][-300:] if lines else stderr[-300:]


def typed(release: Release) -> Any:
    """The release's values with YAML's types, those of ConfigMaps left out."""
    values = at(TYPED[id(release.source.body)], "spec", "values")
    return plain(values or {})


def facts(objects: Iterator[Object]) -> dict[str, Any]:
    """What is compared of each object, by kind and name; kinds that say nothing of the network are left out."""
    found: dict[str, Any] = {}
    for one in objects:
        fact = _fact(one)
        if fact is not None:
            found[f"{one.kind}/{one.name}"] = fact
    return found


def _fact(one: Object) -> Any:
    if one.kind in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        return _pod(mapping(one.spec.get("template")))
    if one.kind == "CronJob":
        return _pod(mapping(at(one.spec, "jobTemplate", "spec", "template")))
    if one.kind == "Service":
        ports = sorted(
            (
                text(port.get("name")),
                text(port.get("port")),
                text(port.get("targetPort")),
                text(port.get("protocol")),
            )
            for port in mappings(one.spec.get("ports"))
        )
        return {"ports": ports, "selector": one.spec.get("selector"), "type": one.spec.get("type"),
                "label": one.labels.get("app.kubernetes.io/service")}  # fmt: skip
    if one.kind.endswith("Route"):
        backends = [
            (text(backend.get("name")), text(backend.get("namespace")), _number(text(backend.get("port"))))
            for rule in mappings(one.spec.get("rules"))
            for backend in mappings(rule.get("backendRefs"))
        ]
        parents = [
            (text(ref.get("name")), text(ref.get("namespace")))
            for ref in mappings(one.spec.get("parentRefs"))
        ]
        return {"backends": backends, "parents": parents, "hosts": one.spec.get("hostnames")}
    if one.kind == "Ingress":
        return {"class": one.spec.get("ingressClassName"), "backends": _ingress(one)}
    if one.kind in ("ServiceMonitor", "PodMonitor"):
        return {key: one.spec.get(key) for key in ("selector", "endpoints", "podMetricsEndpoints")}
    if one.kind in ("RoleBinding", "ClusterRoleBinding"):
        subjects = [
            (text(subject.get("kind")), text(subject.get("name")))
            for subject in mappings(one.body.get("subjects"))
        ]
        return {"role": at(one.body, "roleRef", "name"), "subjects": subjects}
    if one.kind in ("NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"):
        return one.spec
    return {} if one.kind in ("ConfigMap", "ServiceAccount") else None


def _number(port: str) -> str:
    """4.x prints the port names that 5.x turns into numbers, and the API server refuses them: not compared."""
    return port if port.isdigit() else ""


def _ingress(one: Object) -> list[Any]:
    return [
        (text(rule.get("host")), text(at(backend, "name")), text(at(backend, "port", "number")))
        for rule in mappings(one.spec.get("rules"))
        for path in mappings(at(rule, "http", "paths"))
        for backend in [at(path, "backend", "service")]
    ]


def _pod(template: Any) -> Any:
    spec = mapping(template.get("spec"))
    every = [*mappings(spec.get("containers")), *mappings(spec.get("initContainers"))]
    containers = {text(one.get("name")): _container(one) for one in every}
    return {
        "labels": at(template, "metadata", "labels"),
        "account": spec.get("serviceAccountName"),
        "token": text(spec.get("automountServiceAccountToken")),
        "host": text(spec.get("hostNetwork")) == "true",
        "containers": containers,
        "configs": sorted(
            text(at(volume, "configMap", "name"))
            for volume in mappings(spec.get("volumes"))
            if volume.get("configMap")
        ),
    }


def _container(one: Any) -> Any:
    probes = {
        key: _probe(mapping(one.get(key)))
        for key in ("livenessProbe", "readinessProbe", "startupProbe")
        if one.get(key)
    }
    env = {
        text(entry.get("name")): entry.get("value", entry.get("valueFrom")) or ""
        for entry in mappings(one.get("env"))
    }
    ports = sorted(
        (text(port.get("name")), text(port.get("containerPort"))) for port in mappings(one.get("ports"))
    )
    return {"image": one.get("image"), "command": one.get("command"), "args": one.get("args"), "env": env,
            "from": one.get("envFrom"), "ports": ports, "probes": probes}  # fmt: skip


def _probe(probe: Any) -> Any:
    return {
        kind: text(at(probe, kind, "port")) for kind in ("httpGet", "tcpSocket", "grpc") if probe.get(kind)
    }


def differences(rendered: Any, predicted: Any, path: str = "") -> Iterator[str]:
    """One line for each place where the two are unequal."""
    if isinstance(rendered, dict) and isinstance(predicted, dict):
        for key in sorted({*rendered, *predicted}):
            if key not in predicted:
                yield f"{path}/{key}: missing"
            elif key not in rendered:
                yield f"{path}/{key}: predicted only"
            else:
                yield from differences(rendered[key], predicted[key], f"{path}/{key}")
    elif isinstance(rendered, list) and isinstance(predicted, list) and _same_but_ports(rendered, predicted):
        return
    elif rendered != predicted and not _same_number(rendered, predicted):
        yield f"{path}: rendered {json.dumps(rendered)[:150]}, predicted {json.dumps(predicted)[:150]}"


def _same_but_ports(rendered: list[Any], predicted: list[Any]) -> bool:
    def known(backends: list[Any]) -> list[Any]:
        return [
            one[:2] if isinstance(one, tuple) and not here[-1] else one
            for one, here in zip(backends, rendered, strict=True)
        ]

    return (
        len(rendered) == len(predicted)
        and all(isinstance(one, tuple) for one in rendered)
        and (known(rendered) == known(predicted))
    )


def _same_number(rendered: Any, predicted: Any) -> bool:
    """Helm prints `50000000` as `5e+07` and `TRUE` as `true`: the same value."""
    try:
        return float(rendered) == float(predicted)
    except (TypeError, ValueError):
        return isinstance(predicted, str) and rendered == predicted.lower()


def charts_in(directory: Path) -> dict[int, tuple[str, Path]]:
    """Major version to version and directory of the charts at hand."""
    found = {}
    for path in sorted(directory.glob("app-template-*")):
        version = path.name.removeprefix("app-template-")
        found[int(version.split(".")[0])] = (version, path)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--charts", type=Path, required=True)
    parser.add_argument("--helm", default="helm")
    parser.add_argument("trees", nargs="+", type=Path)
    arguments = parser.parse_args()
    charts = charts_in(arguments.charts)
    totals = [0, 0, 0]
    for tree in arguments.trees:
        counts = [0, 0, 0]
        for release in releases(list(read_tree(tree))):
            outcome = compare(release, charts, arguments.helm)
            counts[2 if outcome.refused else 1 if outcome.differences else 0] += 1
            for line in outcome.differences:
                print(f"{tree}: {outcome.release} ({outcome.chart}): {line}")
            if outcome.refused:
                print(f"{tree}: {outcome.release} ({outcome.chart}) refused: {outcome.refused[:200]}")
        print(f"== {tree}: {counts[0]} equal, {counts[1]} different, {counts[2]} refused by Helm", flush=True)
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
    print(f"== all: {totals[0]} equal, {totals[1]} different, {totals[2]} refused by Helm")
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main())
