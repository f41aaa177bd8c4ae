"""`spec.allow`: the edges that the user declares, resolved against the pods and Services of the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from cilium_policies.config.model import Allow, Config
from cilium_policies.config.peer import ConfigPeer
from cilium_policies.document.finding import Finding, of_config
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    Edge,
    EntityPeer,
    Evidence,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    OutsidePeer,
    Peer,
    WorkloadPeer,
    workload_of,
)
from cilium_policies.evidence.reasons import stated
from cilium_policies.generate.config_peers import resolved
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.uncovered import Key
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

SAME = "same-namespace"


class Allowed:
    """Edges of the config; `complete`: the directions that `none` declares complete; `findings` about peers."""

    def __init__(self, cluster: Cluster, config: Config, roles: Roles) -> None:
        self._cluster = cluster
        self._roles = roles
        self._names = sorted({one.namespace for one in cluster.workloads})
        self._shown = {*self._names, *(one.name for one in cluster.inventory.of("Namespace", group=""))}
        self.edges: list[Edge] = []
        self.complete: set[Key] = set()
        self.findings: list[Finding] = []
        for allow in config.allow:
            self._read(allow)

    def _read(self, allow: Allow) -> None:
        names = self._namespaces(allow)
        if not names:
            self._nothing(allow, f"namespaces {', '.join(allow.namespaces)}" if allow.namespaces else SAME)
        for name in names:
            self._between(allow, name)

    def _namespaces(self, allow: Allow) -> list[str]:
        """The namespaces that such an edge is drawn in; `same-namespace` alone means that of the other end, and
        at both ends each of its own. [""] where the edge speaks of none."""
        if allow.namespaces:
            return [name for name in self._names if any(fnmatchcase(name, each) for each in allow.namespaces)]
        if SAME not in (allow.source.name, allow.target.name):
            return [""]
        other = allow.target if allow.source.name == SAME else allow.source
        if other.kind in ("pod", "service"):
            return [other.namespace]
        if other.kind == "namespace":
            return [other.name]
        if other.kind == "component":
            return sorted({one.namespace for one in self._roles.component(other.name)})
        return self._names

    def _between(self, allow: Allow, namespace: str) -> None:
        if "none" in (allow.source.kind, allow.target.kind):
            side, direction = (
                (allow.source, "egress") if allow.target.kind == "none" else (allow.target, "ingress")
            )
            for peer in self._peers(allow, side, namespace):
                for one in self._members(peer):
                    self.complete.add((one.key, direction))
            return
        ports = self._ports(allow)
        self._warn_of_service_ports(allow)
        line = f"spec.allow[{allow.number}]"
        evidence = Evidence("config", field=line, place=allow.where)
        reason = stated(allow.why, line)
        for source in self._peers(allow, allow.source, namespace):
            for target in self._peers(allow, allow.target, namespace):
                for client, server in self._sides(source, target):
                    self.edges.append(
                        Edge(client, server, ports, reason, evidence, True, allow.http, allow.dns)
                    )

    def _sides(self, source: Peer, target: Peer) -> Iterator[tuple[Peer, Peer]]:
        """A wide end stands for each of its pods as a subject, and for itself as the other's peer."""
        wide = ("namespace", "all-pods")
        if source.kind in wide:
            for one in self._members(source):
                if one is not workload_of(target):
                    yield WorkloadPeer(one), target
        if target.kind in wide:
            for one in self._members(target):
                if one is not workload_of(source):
                    yield source, WorkloadPeer(one)
        if not (source.kind in wide and target.kind in wide):
            yield source, target

    def _members(self, peer: Peer) -> list[Workload]:
        match peer:
            case WorkloadPeer():
                return [peer.workload]
            case NamespacePeer():
                return self._cluster.in_namespace(peer.namespace)
            case AllPodsPeer():
                return list(self._cluster.workloads)
            case LabelsPeer() | EntityPeer() | OutsidePeer() | InternetPeer() | CidrPeer() | FqdnPeer():
                return []

    def _ports(self, allow: Allow) -> tuple[Port, ...]:
        """Pod ports; through a Service its own port numbers are meant where it has them."""
        if allow.target.kind != "service":
            return allow.ports
        service = self._cluster.service(allow.target.namespace, allow.target.name)
        if service is None:
            return allow.ports
        backends = self._cluster.backends(service)
        wanted = allow.ports or tuple(Port(entry.port, entry.protocol) for entry in service.ports)
        found = []
        for port in wanted:
            if port.icmp:
                found.append(port)
                continue
            targets = {self._cluster.pod_port(one, service, str(port.number)) for one in backends}
            found += sorted(one for one in targets if one is not None) or [port]
        return tuple(dict.fromkeys(found))

    def _warn_of_service_ports(self, allow: Allow) -> None:
        """A port that only the Service before a pod has: the rule would open a port on which nobody listens."""
        if allow.target.kind != "pod":
            return
        for one in self._cluster.in_namespace(allow.target.namespace):
            if one.name != allow.target.name.rpartition("/")[2] or not one.ports:
                continue
            listened = {port.number for port in one.ports}
            for service in self._cluster.services_for(one):
                for entry in service.ports:
                    wrong = any(port.number == entry.port and not port.end for port in allow.ports)
                    if wrong and entry.port not in listened and not service.headless:
                        self._service_port(allow, entry.port, service)

    def _service_port(self, allow: Allow, port: int, service: Service) -> None:
        name = f"{service.namespace}/{service.name}"
        self._warn(
            allow,
            f"{port} is a port of Service {name}; its pods listen on another, and a policy acts on theirs",
            f"write to: {{service: {name}}}, or the pods' port",
        )

    def _peers(self, allow: Allow, peer: ConfigPeer, namespace: str) -> list[Peer]:
        calls = peer is allow.source
        found = list(resolved(peer, self._cluster, self._roles, namespace, calls=calls))
        if not found or (peer.kind == "namespace" and peer.name not in self._shown):
            self._nothing(allow, str(peer))
        if peer.kind == "component" and namespace and not allow.namespaces:
            return [one for one in found if one.kind == "workload" and one.workload.namespace == namespace]
        return found

    def _nothing(self, allow: Allow, what: str) -> None:
        cure = "correct the name, or give the inventory of the whole tree (spec.inventory)"
        self._warn(allow, f"{what} matches nothing in the input", cure)

    def _warn(self, allow: Allow, message: str, cure: str) -> None:
        path, where = f"spec.allow[{allow.number}]", allow.where
        self.findings.append(of_config(path, message, cure, where.file, where.line))
