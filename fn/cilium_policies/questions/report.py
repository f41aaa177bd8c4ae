"""The plan as a graph and tables: what `report` draws."""

from __future__ import annotations

from typing import NamedTuple

from cilium_policies.cilium.model import Policy
from cilium_policies.config.model import EGRESS, INGRESS, Mode
from cilium_policies.evidence.edge import Edge, Peer
from cilium_policies.evidence.words import evidence_words, reason_words
from cilium_policies.generate.plan import Plan
from cilium_policies.questions.words import kind_of, peer_words, ports_words
from cilium_policies.show.graph import Graph, Group, Link, Node
from cilium_policies.show.page import Tile
from cilium_policies.show.table import Cell, Table, columns
from cilium_policies.workloads.model import Workload

NOWHERE = "(no namespace)"
LEGEND = (
    ("good", "enforced"),
    ("warn", "audit: nothing is cut"),
    ("mixed", "the directions differ"),
    ("off", "no policies"),
    ("bad", "uncovered workload"),
    ("outside", "outside the cluster"),
)


class Report(NamedTuple):
    graph: Graph
    tiles: list[Tile]
    tables: list[tuple[str, Table]]


def report(plan: Plan, policies: list[Policy], title: str) -> Report:
    """Everything that a report shows of a plan."""
    drawn = _Drawn(plan)
    groups = tuple(drawn.groups[key] for key in sorted(drawn.groups))
    graph = Graph(title, groups, tuple(drawn.nodes.values()), tuple(drawn.links), _legend(groups))
    tables = [
        ("Connections", connections(plan)),
        ("Namespaces", namespaces(plan, policies)),
        ("Uncovered", uncovered(plan)),
        ("Outside", outside(plan)),
    ]
    return Report(graph, _tiles(plan, policies, tables), tables)


def connections(plan: Plan) -> Table:
    """Every edge of the plan, one row each."""
    rows = sorted({_row(edge) for edge in plan.edges})
    named = columns("from", "to", "ports", "kind", "why", "evidence")
    return Table("Connections that the policies allow", named, [*rows], "no connection")


def _row(edge: Edge) -> tuple[Cell, ...]:
    return (
        peer_words(edge.source),
        peer_words(edge.target),
        ports_words(edge.ports),
        kind_of(edge),
        reason_words(edge.reason),
        evidence_words(edge.evidence),
    )


def namespaces(plan: Plan, policies: list[Policy]) -> Table:
    """One row a namespace that gets policies."""
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            plan.modes[name].word,
            sum(1 for one in plan.subjects if one.namespace == name),
            sum(1 for one in policies if one.namespace == name),
            sum(1 for one in plan.uncovered if one.workload.namespace == name),
        )
        for name in sorted(plan.namespaces)
    ]
    named = columns("namespace", "mode", "workloads", "policies", "uncovered=uncovered directions")
    return Table("Namespaces", named, rows, "no namespace")


def uncovered(plan: Plan) -> Table:
    """Each direction that nothing explains, and the config line that would allow it."""
    rows: list[tuple[Cell, ...]] = [
        (
            one.workload.namespace,
            one.workload.name,
            one.direction,
            _mode(plan, one.workload, one.direction),
            one.cure,
        )
        for one in plan.uncovered
    ]
    named = columns("namespace", "workload", "direction", "mode", "cure=to allow it")
    return Table(
        "What nothing in the input explains", named, list(dict.fromkeys(rows)), "every workload is covered"
    )


def outside(plan: Plan) -> Table:
    """Who is reached from outside the cluster, and who reaches out of it."""
    rows = sorted(
        ("in" if _is_outside(edge.source) else "out", *_row(edge))
        for edge in plan.edges
        if _is_outside(edge.source) or _is_outside(edge.target)
    )
    named = columns("direction", "from", "to", "ports", "kind", "why", "evidence")
    return Table(
        "Connections with the outside", named, [*dict.fromkeys(rows)], "no connection with the outside"
    )


def _is_outside(peer: Peer) -> bool:
    return peer.kind in ("internet", "cidr", "fqdn") or (
        peer.kind == "entity" and peer.name in ("world", "all")
    )


def _mode(plan: Plan, workload: Workload, direction: str) -> str:
    mode = plan.modes.get(workload.namespace, Mode())
    return mode.egress if direction == EGRESS else mode.ingress


def _legend(groups: tuple[Group, ...]) -> tuple[tuple[str, str], ...]:
    shown = {group.tone for group in groups} | ({"bad"} if any(group.alert for group in groups) else set())
    return tuple(entry for entry in LEGEND if entry[0] in shown)


def _tiles(plan: Plan, policies: list[Policy], tables: list[tuple[str, Table]]) -> list[Tile]:
    words = [plan.modes[name].word for name in plan.namespaces]
    enforced, audited = words.count("enforce"), words.count("audit")
    rows = {name: len(table.rows) for name, table in tables}
    tiles = [Tile(str(len(words)), "namespaces", "plain", "Namespaces"), Tile(str(len(policies)), "policies")]
    tiles += [Tile(str(enforced), "enforced", "good")] if enforced else []
    tiles += [Tile(str(audited), "in audit", "warn")] if audited else []
    mixed = len(words) - enforced - audited
    tiles += [Tile(str(mixed), "one direction each", "mixed")] if mixed else []
    tiles.append(Tile(str(rows["Connections"]), "connections", "plain", "Connections"))
    tiles.append(Tile(str(rows["Outside"]), "with the outside", "outside", "Outside"))
    open_ends = rows["Uncovered"]
    tiles.append(Tile(str(open_ends), "uncovered directions", "bad" if open_ends else "good", "Uncovered"))
    return tiles


class _Drawn:
    """Groups, nodes and links, made as edges ask for them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._open = {id(one.workload) for one in plan.uncovered}
        self.groups: dict[str, Group] = {}
        self.nodes: dict[str, Node] = {}
        self.links: list[Link] = []
        for name in plan.namespaces:
            self._namespace(name)
        for workload in plan.cluster.workloads:
            self._workload(workload)
        for edge in plan.edges:
            self._edge(edge)
        self._dns()
        self.links = list(dict.fromkeys(self.links))

    def _namespace(self, name: str) -> str:
        key = name or NOWHERE
        if key not in self.groups:
            mode = self._plan.modes.get(name) if name in self._plan.namespaces else None
            tone, badge = _looks(mode)
            open_ends = len(
                {str(one.workload) for one in self._plan.uncovered if one.workload.namespace == name}
            )
            note = f"{open_ends} uncovered" if open_ends else ""
            self.groups[key] = Group(key, key, tone, badge, "", note, open_ends)
        return key

    def _workload(self, workload: Workload) -> str:
        key = "/".join(workload.key)
        if key not in self.nodes:
            tone = "bad" if id(workload) in self._open else "off" if workload.host_network else "plain"
            note = (
                f"{workload}{', on the host network: no policy selects it' if workload.host_network else ''}"
            )
            self.nodes[key] = Node(key, self._namespace(workload.namespace), workload.name, tone, note)
        return key

    def _edge(self, edge: Edge) -> None:
        if edge.source.kind == "all-pods" and edge.target.workload in self._plan.dns.workloads:
            return  # each asking pod is a link of its own
        source, target = self._peer(edge.source, "in"), self._peer(edge.target, "out")
        ends = (edge.source, edge.target)
        tone = "outside" if any(map(_is_outside, ends)) else "plain"
        ports = edge.ports
        label = ports_words(ports, short=True)
        if not ports and edge.target == Peer("entity", "kube-apiserver"):
            label = (
                ""
                if not self._plan.cluster.settings.api_ports
                else _numbers(self._plan.cluster.settings.api_ports)
            )
        if source != target:
            self.links.append(Link(source, target, label, kind_of(edge), tone, reason_words(edge.reason)))

    def _dns(self) -> None:
        """DNS of every subject, which no edge states."""
        servers = [self._workload(one) for one in self._plan.dns.workloads]
        servers = servers or [self._inside(self._plan.dns.namespace, "cluster DNS")]
        for workload in self._plan.subjects:
            for server in servers:
                if server != self._workload(workload):
                    self.links.append(
                        Link(self._workload(workload), server, "53, 53/UDP", "dns", "plain", "DNS")
                    )

    def _peer(self, peer: Peer, side: str) -> str:
        """The key of the node that stands for a peer; the outside has its own groups on either side."""
        if peer.workload is not None:
            return self._workload(peer.workload)
        if peer.kind in ("labels", "namespace"):
            title = peer_words(peer).partition("/")[2]
            return self._inside(peer.namespace, title) if peer.namespace else self._other("any", title, side)
        if peer.kind == "all-pods":
            return self._other("any", "every pod", side)
        if peer.kind == "entity" and peer.name == "kube-apiserver":
            return self._other("kube-apiserver", "kube-apiserver", side)
        if peer.kind == "entity" and not _is_outside(peer):
            return self._other("nodes", peer.name, side)
        return self._other("anybody" if side == "in" else "outside", peer_words(peer), side)

    def _inside(self, namespace: str, title: str) -> str:
        """A node for pods that the input does not show one by one."""
        key = self._namespace(namespace)
        node = f"{key}//{title}"
        self.nodes.setdefault(node, Node(node, key, title))
        return node

    def _other(self, group: str, title: str, side: str) -> str:
        """A node of a group beside the namespaces."""
        key = f"{side}/{group}"
        tone = "outside" if group in ("anybody", "outside") else "plain"
        name = {"any": "any namespace", "anybody": "from outside"}.get(group, group)
        self.groups.setdefault(key, Group(key, name, tone, "", side))
        node = f"{key}//{title}"
        self.nodes.setdefault(node, Node(node, key, title, tone))
        return node


def _numbers(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports))


def _looks(mode: Mode | None) -> tuple[str, str]:
    """Tone and badge of a namespace."""
    if mode is None or mode.off:
        return "off", "no policies"
    if mode.ingress == mode.egress:
        return ("good", "enforced") if mode.ingress == "enforce" else ("warn", "audit")
    enforced = [word for word, one in ((INGRESS, mode.ingress), (EGRESS, mode.egress)) if one == "enforce"]
    return "mixed", f"{enforced[0]} enforced" if enforced else "partly off"
