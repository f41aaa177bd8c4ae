"""Small clusters from YAML, and edges as lines that a test can compare."""

from __future__ import annotations

from collections.abc import Iterable

import yaml
from cilium_policies.catalogue.load import load
from cilium_policies.config.settings import Settings
from cilium_policies.evidence.edge import Edge, Peer
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object
from cilium_policies.kube.ports import Port
from cilium_policies.workloads import rendered
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload


def cluster(text: str, *made: Workload, settings: Settings | None = None) -> Cluster:
    """The cluster that these YAML documents show, with workloads beside them that operators make."""
    objects = [Object(body) for body in yaml.load_all(text, yaml.BaseLoader) if body]
    inventory = Inventory(objects)
    workloads = [*rendered.workloads(inventory), *made]
    services = rendered.services(inventory)
    return Cluster(inventory, workloads, services, settings or Settings(), proxies=load().proxies)


def deployment(name: str, ports: str = "", env: str = "", extra: str = "", namespace: str = "shop") -> str:
    """A Deployment whose pods carry `app: NAME`; `ports` and `env` are YAML flow sequences, `extra` lines go
    on in the container (8 spaces) or in the pod (6)."""
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
      - name: main
        image: "registry.invalid/{name}:1"
        ports: {ports or "[]"}
        env: {env or "[]"}
{extra}
---
"""


def service(name: str, ports: str, spec: str = "", namespace: str = "shop", app: str = "") -> str:
    """A Service before the pods of the Deployment of the same name."""
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {app or name}}}}}
spec:
  selector: {{app: {app or name}}}
  ports: {ports}
{spec}
---
"""


def flows(edges: Iterable[Edge]) -> set[str]:
    """Edges as `SOURCE > TARGET PORTS`."""
    return {f"{_peer(edge.source)} > {_peer(edge.target)} {_ports(edge.ports)}".strip() for edge in edges}


def _peer(peer: Peer) -> str:
    if peer.kind == "workload":
        return f"{peer.workload.namespace}/{peer.workload.name}"
    if peer.kind == "labels":
        return f"{peer.namespace or '*'}[{','.join(f'{key}={value}' for key, value in peer.labels)}]"
    if peer.kind == "namespace":
        return f"{peer.namespace}/*"
    if peer.kind in ("cidr", "internet", "fqdn"):
        return f"{peer.kind}:{peer.name}"
    return peer.name if peer.kind == "entity" else peer.kind


def _ports(ports: tuple[Port, ...]) -> str:
    return ",".join(
        f"{port.name or port.number}{f'-{port.end}' if port.end else ''}/{port.protocol}" for port in ports
    )
