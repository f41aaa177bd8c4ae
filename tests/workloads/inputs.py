"""Objects and releases from short YAML texts, for the tests of workloads."""

from __future__ import annotations

import re
from pathlib import Path

from cilium_policies.document.parse import load
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object, Where, mapping, mappings, text
from cilium_policies.workloads.releases.collect import collect
from cilium_policies.workloads.releases.release import Release


def objects(content: str, file: str = "") -> list[Object]:
    """The objects of a stream or ResourceList."""
    found = []
    for number, part in enumerate(re.split(r"(?m)^---.*$", content)):
        value = mapping(load(part.encode()))
        members = mappings(value.get("items")) if text(value.get("kind")).endswith("List") else [value]
        found += [Object(member, Where(file, number)) for member in members if member]
    return found


def release(values: str, chart: str = "app-template", version: str = "4.1.1", name: str = "demo") -> Release:
    """A release of namespace `apps` with these values (YAML)."""
    source = Object(
        {
            "apiVersion": "helm.toolkit.fluxcd.io/v2",
            "kind": "HelmRelease",
            "metadata": {"name": name, "namespace": "apps"},
        },
        Where("apps/demo.yaml", 0, 1),
    )
    made = Release(source, "apps", name, mapping(load(values.encode())))
    made.chart, made.version = chart, version
    return made


def releases(content: str) -> list[Release]:
    """The releases that the objects of a stream show."""
    return collect(Inventory(objects(content)))


def case(directory: Path) -> list[Object]:
    """The function's input of a corpus case: the root and every application's build."""
    found = objects((directory / "input.yaml").read_text(), "input.yaml")
    for path in sorted(directory.glob("apps/*.yaml")):
        found += objects(path.read_text(), f"apps/{path.name}")
    return found
