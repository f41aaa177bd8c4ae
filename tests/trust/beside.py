"""`python -m tests.trust.beside [STEP [FIRST]] [label|image|both|release|object …]`: what `evil` gets of `victim` by a
copy of a component's peer: by its marks (`both` unless said otherwise), or as a release or an operator's object.

For every edge between two components of the catalogue one end stands in `victim`, as a release, as pods by label and
image or as an operator's object, with a configuration that is hidden, and a copy of the other in `evil`. What opens
victim's pods to evil's, or lets them out to those, without a message (no side of it is foreign) is printed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import yaml
from cilium_policies.catalogue.load import load
from cilium_policies.catalogue.model import Component
from cilium_policies.config.model import EGRESS, INGRESS, Config
from cilium_policies.document.split import split
from cilium_policies.evidence.edge import Edge, LabelsPeer, NamespacePeer, Peer, fits, written_out
from cilium_policies.function import Options, make
from cilium_policies.workloads.model import Workload

from tests.short import manifests

EVIL, VICTIM = "evil", "victim"
BASE = manifests("""
- {ns: evil}
- {ns: victim}
- {ns: monitoring}
- {dep: kube-system/coredns, labels: {k8s-app: kube-dns}, image: "registry.k8s.io/coredns/coredns:v1.12.0", ports: [53]}
- {dep: evil/plain}
- {dep: victim/plain, ports: [8080]}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: own, namespace: victim}}
""")


class Copy(NamedTuple):
    """An object that stands for a component; `marks`: by labels or images alone, which anybody can write."""

    how: str
    body: dict[str, Any]
    marks: bool


@cache
def copies(name: str, namespace: str) -> tuple[Copy, ...]:
    """How an instance of a component may look in a namespace."""
    component = load().get(name)
    return tuple(_copies(component, namespace)) if component is not None else ()


def _copies(component: Component, namespace: str) -> Iterator[Copy]:
    ports = sorted(
        {
            port.number
            for edge in load().edges_of(component.name)
            if edge.direction == "ingress"
            for port in edge.pod_ports()
        }
    )[:40]
    labels = [{key: value.replace("*", "x") for key, value in one.items()} for one in component.match]
    images = [f"docker.io/{ending}:v1" for ending in component.images]
    for one in labels[:2]:
        yield Copy("label", _pod(namespace, one, "example.org/x:1", ports), marks=True)
        if images:
            yield Copy("both", _pod(namespace, one, images[0], ports), marks=True)
    for image in images[:1]:
        yield Copy("image", _pod(namespace, {"app": "copy"}, image, ports), marks=True)
    for entry in component.charts[:1]:
        chart = {"spec": {"chart": entry.chart}}
        hidden = [{"kind": "Secret", "name": "hidden"}]
        body = {
            "apiVersion": "helm.toolkit.fluxcd.io/v2",
            "kind": "HelmRelease",
            "metadata": {"name": "copy", "namespace": namespace},
            "spec": {"chart": chart, "valuesFrom": hidden},
        }
        yield Copy("release", body, marks=False)
    for made in component.made_by[:1]:
        body = {
            "apiVersion": f"{made.group}/v1" if made.group else "v1",
            "kind": made.kind,
            "metadata": {"name": "copy", "namespace": namespace},
            "spec": {},
        }
        yield Copy("object", body, marks=False)


def _pod(namespace: str, labels: dict[str, str], image: str, ports: list[int]) -> dict[str, Any]:
    container = {"name": "c", "image": image, "envFrom": [{"secretRef": {"name": "hidden"}}]}
    container["ports"] = [{"containerPort": port} for port in ports]
    spec = {"serviceAccountName": "own", "containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "copy", "namespace": namespace, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }  # fmt: skip


def _surest(found: tuple[Copy, ...]) -> list[Copy]:
    """A release and an operator's object, else pods by label and image, else by either."""
    return (
        [one for one in found if not one.marks]
        or [one for one in found if one.how == "both"]
        or list(found[:1])
    )


def pairs() -> list[tuple[str, str]]:
    """Each component with each that an edge of the catalogue leads to or comes from."""
    catalogue = load()
    found = set()
    for name in sorted(catalogue.components):
        for edge in catalogue.edges_of(name):
            word, _, other = edge.peer.partition(":")
            if word == "component" and other in catalogue.components:
                found |= {(name, other), (other, name)}
            elif word in catalogue.roles:  # each with one of those that play it
                players = sorted(catalogue.roles[word])
                one = players[len(found) % len(players)]
                found |= {(name, one), (one, name)}
    return sorted(found)


def silent(bodies: list[dict[str, Any]]) -> list[str]:
    """The edges between evil's pods and victim's whose side in victim is nobody's word."""
    text = BASE + yaml.dump_all(bodies, Dumper=yaml.CSafeDumper, explicit_start=True).encode()
    plan = make([split(text)], Config(mode="enforce"), Options()).plan
    theirs = [one for one in plan.cluster.workloads if one.namespace == EVIL and one.name != "plain"]
    plain = next(one for one in plan.cluster.workloads if (one.namespace, one.name) == (EVIL, "plain"))
    found = []
    for edge in written_out(plan.edges):
        for direction, own, other in (
            (INGRESS, edge.target, edge.source),
            (EGRESS, edge.source, edge.target),
        ):
            if own.kind != "workload" or own.workload.namespace == EVIL or direction in edge.foreign:
                continue
            if own.workload.host_network or edge.origin == "dns" or own.workload.namespace == "kube-system":
                continue  # no policy holds there, and everybody may ask for names
            if any(_is(other, one) for one in theirs) and not _is(other, plain):
                found.append(_line(edge, direction))
    return found


def _is(peer: Peer, one: Workload) -> bool:
    match peer:
        case LabelsPeer():
            return fits(peer, one)
        case NamespacePeer():
            return peer.namespace == one.namespace
    return peer.kind == "workload" and peer.workload is one


def _line(edge: Edge, direction: str) -> str:
    ports = ",".join(str(port.number) for port in edge.ports)
    told = f"{edge.evidence.origin} {edge.evidence.component} {edge.evidence.field}"
    return f"{direction}: {edge.client or edge.source} => {edge.server or edge.target} {ports} [{told}]"


def sweep(step: int = 1, first: int = 0, *ways: str) -> Iterator[str]:
    """A line for each opening, the copy and its peer before it."""
    for name, other in pairs()[first::step]:
        for mine in copies(name, EVIL):
            if mine.how not in ways:
                continue
            for theirs in _surest(copies(other, VICTIM)):
                pair = f"{name} ({mine.how}) by {other} ({theirs.how})"
                yield from (f"{pair}: {line}" for line in silent([mine.body, theirs.body]))


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:] if one.isdecimal()] or [1]
    for found in sweep(
        *(*numbers, 0)[:2], *([one for one in sys.argv[1:] if not one.isdecimal()] or ["both"])
    ):
        print(found, flush=True)
