"""`python -m tests.trust.named [FORM …]`: objects of every kind that anybody reads, in `evil`, that name `victim`'s.

Beside a cluster in which each chart of the catalogue has a release, and each object of an operator's stands in
`victim`, evil has an object of each kind, with a name of one of the FORMS at each of the paths that entries read and in
the usual fields. What opens that was not open without them, and is nobody's announced word, is printed. Left are what
controllers and scrapers are there for (routes, monitors), and pods of an object that run beside its operator.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

import yaml
from cilium_policies.catalogue.load import load
from cilium_policies.config.model import EGRESS, INGRESS, Config
from cilium_policies.document.split import split
from cilium_policies.evidence.edge import Edge, namespace_of, written_out
from cilium_policies.function import Options, make
from cilium_policies.kube.objects import CLUSTER_SCOPED

from tests.hostile.kinds import kinds
from tests.short import manifests
from tests.trust.beside import BASE

EVIL, VICTIM, PLATFORM = "evil", "victim", "platform"
_USUAL = (
    "url", "address", "endpoint", "host", "server", "hosts", "endpoints", "connectionString", "selector", "targetRef",
    "ref", "serviceRef", "clusterRef", "secretRef", "namespace", "namespaceSelector", "namespaces", "targetNamespace",
    "service", "podSelector", "targets",
)  # fmt: skip
# What no namespace holds, and what is refused where its destination is no name.
_OTHERS = (
    "List", "Secret", "Application", "ApplicationSet", "PolicyServer", "Logging", "ConfigConnector", "Istio",
    "IstioCNI", "ZTunnel", "TektonConfig", "TektonTrigger", "TridentOrchestrator", "ClusterPodMonitoring",
)  # fmt: skip
FORMS: dict[str, Any] = {
    "url": "http://db.victim.svc:9999",
    "host": "db.victim.svc.cluster.local",
    "address": "db.victim:9999",
    "ref": {"name": "db", "namespace": "victim", "port": 9999},
    "refs": [{"name": "db", "namespace": "victim", "port": 9999, "kind": "Service"}],
    "slash": "victim/db",
    "labels": {"app": "db"},
    "selector": {"matchLabels": {"app": "db"}},
    "namespaces": ["victim"],
    "every": {},
    "any": {"any": True, "matchNames": ["victim"]},
    "namespace": "victim",
    "true": True,
    "name": "db",
    "pod": {"metadata": {"namespace": "victim", "labels": {"app": "db"}}, "spec": {"containers": [{
        "name": "c", "image": "e.com/x:1", "env": [{"name": "U", "value": "http://x.evil:4444"}]}]}},
    "own": "http://x.evil.svc:4444",
}  # fmt: skip
GROUND = """
- {dep: victim/db, kind: StatefulSet, ports: [5432, 9999]}
- {svc: victim/db, ports: {5432: 5432, 9999: 9999}}
- {dep: victim/api, env: {DATABASE_URL: "postgres://db:5432/api"}, ports: [8080]}
- {svc: victim/api, ports: {80: 8080}}
- {ns: platform}
- {dep: evil/x, ports: [4444]}
- {svc: evil/x, ports: {4444: 4444}}
- apiVersion: gateway.networking.k8s.io/v1
  kind: Gateway
  metadata: {name: public, namespace: platform}
  spec: {gatewayClassName: corp, listeners: [{name: h, port: 443, protocol: HTTPS}]}
- {dep: platform/envoy, labels: {gateway.networking.k8s.io/gateway-name: public}, ports: [10443]}
- apiVersion: monitoring.coreos.com/v1
  kind: Prometheus
  metadata: {name: main, namespace: platform}
  spec: {serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}, podMonitorSelector: {}, probeSelector: {},
    podMonitorNamespaceSelector: {}, probeNamespaceSelector: {}, scrapeConfigSelector: {},
    scrapeConfigNamespaceSelector: {}}
"""


def ground() -> bytes:
    """The cluster without evil's objects."""
    catalogue = load()
    bodies = []
    for number, chart in enumerate(sorted(catalogue.head["charts"])):
        bodies.append(
            {
                "apiVersion": "helm.toolkit.fluxcd.io/v2",
                "kind": "HelmRelease",
                "metadata": {"name": f"r{number}", "namespace": PLATFORM},
                "spec": {
                    "chart": {"spec": {"chart": chart}},
                    "valuesFrom": [{"kind": "Secret", "name": "hidden"}],
                },
            }
        )
    for name in sorted(catalogue.components):
        component = catalogue.get(name)
        for made in component.made_by if component is not None else ():
            bodies += [_object(made.group, made.kind, "db", VICTIM)]
    once = {(one["apiVersion"], one["kind"], one["metadata"]["name"]): one for one in bodies}
    return BASE + manifests(GROUND) + as_text(once.values())


def _object(group: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{group}/v1" if group else "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {},
    }


def written(form: str) -> list[dict[str, Any]]:
    """Objects of all kinds in evil with one form of name in their fields."""
    found = []
    for group, kind in kinds():
        if kind in CLUSTER_SCOPED or kind in _OTHERS:
            continue
        if not re.fullmatch(r"[A-Za-z]\w+", kind):
            continue
        body = _object(group, kind, "db", EVIL)
        body["spec"] = {key: deepcopy(FORMS[form]) for key in _USUAL}
        for path in kinds()[group, kind]:
            _put(body, path, deepcopy(FORMS[form]))
        body["metadata"] = {**body["metadata"], "name": "db", "namespace": EVIL}
        found.append(body)
    return found


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    if path.startswith("metadata."):
        return
    place: Any = body
    steps = path.split(".")
    for number, step in enumerate(steps):
        name = re.sub(r"\[[^\]]*\]", "", step) or "key"
        name = "key" if name == "*" else name
        if not isinstance(place, dict):
            return
        if number == len(steps) - 1:
            place[name] = value
        elif "[" in step:
            place[name] = place[name] if isinstance(place.get(name), list) else [{}]
            place = place[name][0]
        else:
            place[name] = place[name] if isinstance(place.get(name), dict) else {}
            place = place[name]


def edges(text: bytes) -> list[Edge]:
    return list(written_out(make([split(text)], Config(mode="enforce"), Options()).plan.edges))


def openings(before: set[tuple[str, ...]], found: list[Edge]) -> Iterator[str]:
    for edge in found:
        for direction, own in ((INGRESS, edge.target), (EGRESS, edge.source)):
            if own.kind != "workload" or own.workload.namespace == EVIL or direction in edge.foreign:
                continue
            if own.workload.host_network:
                continue  # no policy holds there
            if edge.evidence.origin == "catalogue" and EVIL in (
                namespace_of(edge.source),
                namespace_of(edge.target),
            ):
                continue  # an operator's object says what its pods are
            if (key := _key(edge, direction)) not in before:
                told = edge.evidence
                kind = getattr(told.subject, "kind", "")
                yield f"{' '.join(key)} [{told.origin} {told.component} {kind} {told.namespace} {told.field}]"


def _key(edge: Edge, direction: str) -> tuple[str, ...]:
    ports = ",".join(str(port.number) for port in edge.ports)
    return (direction, str(edge.client or edge.source), str(edge.server or edge.target), ports)


def keys(found: list[Edge]) -> set[tuple[str, ...]]:
    return {_key(edge, direction) for edge in found for direction in (INGRESS, EGRESS)}


class _Plain(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_text(bodies: Iterable[dict[str, Any]]) -> bytes:
    """The objects as a stream, each value written where it stands."""
    return yaml.dump_all(bodies, Dumper=_Plain, explicit_start=True).encode()


def main() -> None:
    """A line for each opening, its form before it."""
    base = ground()
    before = keys(edges(base))
    for form in sys.argv[1:] or FORMS:
        for line in openings(before, edges(base + as_text(written(form)))):
            print(f"{form}: {line}", flush=True)


if __name__ == "__main__":
    main()
