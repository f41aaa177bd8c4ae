"""Decided connections as a graph: what the report's pictures show."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.config.model import EGRESS, INGRESS, Mode
from cilium_policies.evaluate.portset import PortSet, is_any_port, words
from cilium_policies.generate.plan import Plan
from cilium_policies.questions.decided import Decided
from cilium_policies.questions.party import EVERY_POD, THE_INTERNET, THE_WORLD, Party
from cilium_policies.show.graph import Graph, Group, Link, Node
from cilium_policies.workloads.model import Workload

NOWHERE = "(no namespace)"
LEGEND = (
    ("good", "enforced"),
    ("warn", "audit: nothing is cut"),
    ("mixed", "the directions differ"),
    ("off", "no policies"),
    ("bad", "uncovered workload, or a connection that only your own policies open"),
    ("outside", "outside the cluster"),
    ("plain", "nodes, API server, pods of any namespace"),
    ("host", "grey name: on the host network, no policy selects it"),
)
API = "kube-apiserver"


def graph(plan: Plan, rows: Iterable[Decided], title: str) -> Graph:
    """Namespaces with their workloads, and a link for each row."""
    drawn = _Drawn(plan)
    for one in rows:
        drawn.connection(one)
    groups = tuple(drawn.groups[key] for key in sorted(drawn.groups))
    return Graph(
        title, groups, tuple(drawn.nodes.values()), tuple(dict.fromkeys(drawn.links)), _legend(drawn)
    )


def _legend(drawn: _Drawn) -> tuple[tuple[str, str], ...]:
    shown = {group.tone for group in drawn.groups.values()} | {link.tone for link in drawn.links}
    shown |= {"bad"} if any(group.alert for group in drawn.groups.values()) else set()
    shown |= {"host"} if any(node.tone == "off" for node in drawn.nodes.values()) else set()
    lanes = any(group.lane and group.tone == "plain" for group in drawn.groups.values())
    return tuple(entry for entry in LEGEND if entry[0] in shown and (entry[0] != "plain" or lanes))


def looks(mode: Mode | None) -> tuple[str, str]:
    """Tone and badge of a namespace."""
    if mode is None or mode.off:
        return "off", "no policies"
    if mode.ingress == mode.egress:
        return ("good", "enforced") if mode.ingress == "enforce" else ("warn", "audit")
    enforced = [word for word, one in ((INGRESS, mode.ingress), (EGRESS, mode.egress)) if one == "enforce"]
    return "mixed", f"{enforced[0]} enforced" if enforced else "partly off"


def short(ports: PortSet) -> str:
    """Ports on a line of a picture: TCP goes without saying, any port is ""."""
    return "" if is_any_port(ports) else words(ports, short=True)


class _Drawn:
    """Groups, nodes and links, made as connections ask for them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._open: dict[str, set[str]] = {}
        for one in plan.uncovered:
            key = "/".join(one.workload.key) if one.workload else one.place
            self._open.setdefault(one.namespace, set()).add(key)
        self.groups: dict[str, Group] = {}
        self.nodes: dict[str, Node] = {}
        self.links: list[Link] = []
        self._by_name: dict[tuple[str, str], str] = {}
        for name in plan.namespaces:
            self._namespace(name)
        for workload in plan.cluster.workloads:
            self._workload(workload)

    def connection(self, one: Decided) -> None:
        row = one.connection
        source, target = self._end(row.source, "in"), self._end(row.target, "out")
        if source == target:
            return
        beyond = any(self.groups[self.nodes[key].group].tone == "outside" for key in (source, target))
        tone = "bad" if one.yours else "outside" if beyond else "plain"
        why = "; ".join((*one.reasons, *one.marks))
        self.links.append(Link(source, target, short(row.open), one.kind, tone, why))

    def _namespace(self, name: str) -> str:
        key = name or NOWHERE
        if key not in self.groups:
            mode = self._plan.modes.get(name) if name in self._plan.namespaces else None
            tone, badge = looks(mode)
            open_ends = len(self._open.get(name, ()))
            note = f"{open_ends} uncovered" if open_ends else ""
            self.groups[key] = Group(key, key, tone, badge, "", note, open_ends, key)
        return key

    def _workload(self, workload: Workload) -> None:
        key = "/".join(workload.key)
        uncovered = key in self._open.get(workload.namespace, ())
        tone = "bad" if uncovered else "off" if workload.host_network else "plain"
        note = f"{workload}{', on the host network: no policy selects it' if workload.host_network else ''}"
        self.nodes[key] = Node(key, self._namespace(workload.namespace), workload.name, tone, note)
        for name in (workload.name, f"{workload.kind}/{workload.name}"):
            self._by_name.setdefault((workload.namespace, name), key)

    def _end(self, party: Party, side: str) -> str:
        """The key of the node that stands for an end; callers outside and the called stand on either side."""
        if party.kind == "workload":
            return self._by_name[party.namespace, party.name]
        if party.kind == "pods":
            if party.namespace:
                return self._inside(party.namespace)
            return self._other("any namespace", EVERY_POD, side)
        if party.kind == "entity" and party not in (THE_WORLD, THE_INTERNET):
            group, place = (API, "out") if party.name == API else ("nodes", "in")
            return self._other(group, party.name, place)
        title = str(party) if party != THE_WORLD else "anybody" if side == "in" else "any address"
        return self._other("from outside" if side == "in" else "outside", title, side)

    def _inside(self, namespace: str) -> str:
        key = self._namespace(namespace)
        node = f"{key}//{EVERY_POD}"
        self.nodes.setdefault(node, Node(node, key, EVERY_POD, many=True))
        return node

    def _other(self, group: str, title: str, side: str) -> str:
        """A node of a group beside the namespaces."""
        single = group in (API, "nodes")
        key = group if single else f"{side}/{group}"
        tone = "outside" if "outside" in group else "plain"
        self.groups.setdefault(key, Group(key, group, tone, "", side))
        node = f"{key}//{title}"
        self.nodes.setdefault(node, Node(node, key, title, tone))
        return node
