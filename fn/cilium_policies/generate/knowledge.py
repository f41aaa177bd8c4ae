"""How much is known of each direction of each workload: explained, guessed or unknown.

Explained: the config closes it, or a catalogue entry that the pods were recognised by states it; also where nothing can
be missing. Guessed: there is evidence, but each piece of it tells of itself alone: an address of one server, a role
binding of the API. Unknown: there is none. What is guessed or unknown is denied beyond its edges, and always named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.ports import SERVERS
from cilium_policies.config.model import EGRESS, INGRESS
from cilium_policies.evidence.edge import Edge
from cilium_policies.generate.cures import cure
from cilium_policies.generate.ties import Ties, Withheld
from cilium_policies.kube.access_rules import Bindings
from cilium_policies.kube.objects import Object
from cilium_policies.lean import TYPE_CHECKING, NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.distribution import is_bootstrapped
from cilium_policies.workloads.makers import Maker, creates_pods, is_foreign
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.lean import Literal

    Degree = Literal["unknown", "guessed"]
    Why = Literal[
        "no-callee",
        "no-caller",
        "not-rendered",
        "entry-from-memory",
        "entry-silent",
        "image-only",
        "label-only",
        "no-tie",
        "no-binding",
        "values-elsewhere",
        "api-only",
        "own-edges",
        "server-port",
        "makes-pods",
        "unknown-kind",
        "creates-pods",
        "service-unseen",
        "leads-nowhere",
        "proxy-elsewhere",
        "identity",
        "provider",
        "shows-no-pod",
    ]

_SENTENCES: dict[Why, str] = {
    "no-callee": "nothing in the input names what it calls",
    "no-caller": "it listens, and nothing in the input names who calls it",
    "not-rendered": "its chart is neither rendered nor known",
    "entry-from-memory": "what the catalogue says of {} is from memory",
    "entry-silent": "what the catalogue says of {} leaves this direction open",
    "image-only": "only its image says that it is {}; how it is set up, the manifests do not tell",
    "label-only": "only a label says that it is {}, and its image is called otherwise",
    "no-tie": "it may call {}, and nothing says which of {}",
    "no-binding": "{} calls the Kubernetes API, and the input binds no role to the service account of these pods",
    "values-elsewhere": "its values stand in part in {}, which is not read",
    "api-only": "it calls the Kubernetes API; whether anything else, the manifests do not tell",
    "own-edges": "what the manifests name is allowed; whether there is more, they do not tell",
    "server-port": "it listens on a database's or a broker's port alone, and such servers seldom call anybody",
    "makes-pods": "pods may come of it that no manifest shows ({})",
    "unknown-kind": "nobody here knows the kind {}, nor whether pods come of it",
    "creates-pods": "{} may create pods that no manifest shows",
    "service-unseen": "{} calls a Service of this name, and the input shows no pod behind it",
    "leads-nowhere": "the input shows nothing that it leads to, so nobody is let in",
    "proxy-elsewhere": "{}",
    "identity": "it gets its cloud identity at {}, which the user's word alone opens",
    "provider": "{} runs pods there that no manifest shows",
    "shows-no-pod": "it is closed, and the input shows no pod of it",
}
DIRECTIONS = (INGRESS, EGRESS)
BOTH = "ingress and egress"
UNKNOWN: Degree = "unknown"
GUESSED: Degree = "guessed"
Key = tuple[tuple[str, str, str], str]  # a workload's key and a direction


class Uncovered(NamedTuple):
    """A direction that may lack something: of `workload`, or (`workload` None, `direction` BOTH) of the pods that
    nobody sees and `source` stands for. `parts` are what the sentence for `why` names; `cure` is one config line."""

    degree: Degree
    why: Why
    direction: str
    namespace: str
    name: str
    workload: Workload | None = None
    source: Object | None = None
    parts: tuple[str, ...] = ()
    cure: str = ""

    @property
    def directions(self) -> tuple[str, ...]:
        return DIRECTIONS if self.direction == BOTH else (self.direction,)

    @property
    def sentence(self) -> str:
        """Why it is not explained, as part of a sentence."""
        return _SENTENCES[self.why].format(*self.parts)

    @property
    def advice(self) -> str:
        """What to do about it, for a line of text."""
        if self.workload is None:
            return f"say what they need: {self.cure}"
        return f"if nothing is missing, or as it should be: spec.allow: [{self.cure}]"

    @property
    def place(self) -> str:
        """`shop/web` for a workload, `KafkaConnect shop/connect` for what makes pods."""
        return str(self.source) if self.workload is None and self.source else f"{self.namespace}/{self.name}"

    def __str__(self) -> str:
        return f"{self.place} {self.direction}"


class Knowledge:
    """The degrees of a cluster's workloads, given its edges and the directions that the config closes."""

    def __init__(
        self, cluster: Cluster, catalogue: Catalogue, edges: Iterable[Edge], complete: set[Key]
    ) -> None:
        self._cluster = cluster
        self._catalogue = catalogue
        self._complete = set(complete)
        self._edges: dict[Key, list[Edge]] = {}
        self._scraped: set[tuple[tuple[str, str, str], int]] = set()
        for edge in edges:
            self._take(edge)

    def _take(self, edge: Edge) -> None:
        if edge.target.workload is not None and edge.reason.kind == "scrapes" and edge.source.workload:
            self._scraped.update((edge.target.workload.key, port.number) for port in edge.ports)
        if not edge.explains:
            return
        for peer, direction in ((edge.target, INGRESS), (edge.source, EGRESS)):
            if peer.workload is None:
                continue
            key = (peer.workload.key, direction)
            if edge.origin == "config":
                self._complete.add(key)
            else:
                self._edges.setdefault(key, []).append(edge)

    def of(self, subjects: Iterable[Workload]) -> Iterator[Uncovered]:
        """What is not explained of these workloads, and of the pods that objects of this input stand for."""
        for one in subjects:
            if not is_bootstrapped(one):
                for direction in DIRECTIONS:
                    yield from self._direction(one, direction)
        yield from map(_made, self._cluster.makers)

    def creators(self, subjects: Iterable[Workload]) -> Iterator[Uncovered]:
        """Programs that may create pods: Jenkins' agents, notebooks, task pods, CI jobs. An operator is none: its pods
        come of objects, which have lines of their own."""
        bindings = Bindings(self._cluster.inventory)
        for one in subjects:
            if one.component or not one.rendered or one.source is None:
                continue
            rules = list(bindings.rules(one.namespace, one.service_account))
            foreign = any(is_foreign(group) for rule in rules for group in rule.get("apiGroups") or ())
            if not foreign and any(map(creates_pods, rules)):
                cure = f"components.define: [{{component: {one.name}-pods, match: [{{LABEL: VALUE}}], edges: […]}}]"
                name = f"pods of {one.name}"
                yield Uncovered(
                    UNKNOWN, "creates-pods", BOTH, one.namespace, name, None, one.source, (one.name,), cure
                )

    def withheld(self, ties: Ties, subjects: Iterable[Workload]) -> Iterator[Uncovered]:
        """Clients of which nothing says whom they mean, and callers of the API without a role: what they would need
        is not opened, so it is named."""
        own = {id(one) for one in subjects}
        for found in ties.withheld.values():
            if id(found.client) in own and (found.client.key, EGRESS) not in self._complete:
                yield _without_tie(found)
        for one in ties.unbound.values():
            edges = self._edges.get((one.key, EGRESS), [])
            calls = any(edge.target.name == "kube-apiserver" for edge in edges)
            if id(one) in own and not calls and (one.key, EGRESS) not in self._complete:
                pod = f"{{pod: {one.namespace}/{one.name}}}"
                yield Uncovered(
                    UNKNOWN,
                    "no-binding",
                    EGRESS,
                    one.namespace,
                    one.name,
                    one,
                    one.source,
                    (one.component,),
                    f"{{from: {pod}, to: kube-apiserver}}",
                )

    def _direction(self, one: Workload, direction: str) -> Iterator[Uncovered]:
        key = (one.key, direction)
        if key in self._complete:
            return
        entry = self._catalogue.get(one.component) if one.component else None
        stated = entry is not None and _states(entry, direction)
        told = one.by_label and one.by_image and not self._unread(one)
        sure = entry is not None and told and not entry.guessed
        if (stated and sure) or (direction == INGRESS and self._has_no_door(one)):
            return
        edges = self._edges.get(key, [])
        degree, why = _degree(one, entry, direction, edges, stated=stated)
        parts = (entry.name,) if entry is not None else ()
        if stated and (elsewhere := self._unread(one)):
            why, parts = "values-elsewhere", (", ".join(elsewhere),)
        yield Uncovered(
            degree,
            why,
            direction,
            one.namespace,
            one.name,
            one,
            one.source,
            parts,
            cure(self._cluster, one, direction),
        )

    def _unread(self, one: Workload) -> list[str]:
        """Where more values of its release stand."""
        if one.rendered or one.source is None or one.source.kind != "HelmRelease":
            return []
        from cilium_policies.workloads.releases.release import unread_values

        return unread_values(one.source, self._cluster.inventory)

    def _has_no_door(self, one: Workload) -> bool:
        """Whether nobody can mean to call these pods: they are shown whole, and have no port, or only ports that a
        known scraper reads or that the kubelet alone asks for."""
        if not one.rendered or self._edges.get((one.key, INGRESS)):
            return False
        behind = {
            port.number
            for service in self._cluster.before(one)
            for entry in service.ports
            if (port := self._cluster.target_port(one, entry.target or str(entry.port), entry.protocol))
        }
        scraped = {number for key, number in self._scraped if key == one.key}
        probed = {port.number for port in one.probes} - behind
        return {port.number for port in one.ports} | behind <= scraped | probed


def _without_tie(found: Withheld) -> Uncovered:
    one = found.client
    names = list(dict.fromkeys(f"{server.namespace}/{server.name}" for server in found.servers))
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    ports = ", ".join(f"{port.number}/{port.protocol}" for port in found.ports)
    pod = f"{{pod: {one.namespace}/{one.name}}}"
    line = f"{{from: {pod}, to: {{pod: {names[0]}}}, ports: [{ports}], why: …}}"
    parts = (found.servers[0].component, shown)
    return Uncovered(UNKNOWN, "no-tie", EGRESS, one.namespace, one.name, one, one.source, parts, line)


def _states(entry: Component, direction: str) -> bool:
    """An edge that may not hold here states its direction all the same: the entry has thought of it."""
    return any(
        edge.direction == direction and edge.peer not in ("dns", "scraper") and not edge.probe
        for edge in entry.own_edges
    )


def _degree(
    one: Workload, entry: Component | None, direction: str, edges: list[Edge], *, stated: bool
) -> tuple[Degree, Why]:
    if entry is not None:
        memory = entry.guessed
        if not stated and not edges and memory:
            return UNKNOWN, "entry-from-memory"
        if not one.by_label:
            return (GUESSED if stated or edges else UNKNOWN), "image-only"
        if not one.by_image:
            return (GUESSED if edges else UNKNOWN), "label-only"
        return GUESSED, "entry-from-memory" if memory else "entry-silent"
    if not edges:
        if not one.rendered:
            return UNKNOWN, "not-rendered"
        if direction == EGRESS and one.ports and all(port.number in SERVERS for port in one.ports):
            return GUESSED, "server-port"
        return UNKNOWN, "no-callee" if direction == EGRESS else "no-caller"
    api = all(edge.target.kind == "entity" and edge.target.name == "kube-apiserver" for edge in edges)
    return (GUESSED, "api-only") if direction == EGRESS and api else (GUESSED, "own-edges")


def _made(maker: Maker) -> Uncovered:
    one = maker.source
    by = maker.field or f"the rules of {maker.role}"
    kind = f"{one.group}/{one.kind}" if one.group else one.kind
    line = (
        f"components.define: [{{component: {one.kind.lower()}, madeBy: [{{kind: {one.kind}, group: {one.group},"
        f' labels: {{LABEL: "{{name}}"}}}}], edges: […]}}]; or, if no pods come of it: '
        f"components.define: [{{component: {one.kind.lower()}, makesNoPods: [{kind}]}}]"
    )
    if not (maker.field or maker.role):
        return Uncovered(GUESSED, "unknown-kind", BOTH, one.namespace, one.name, None, one, (kind,), line)
    return Uncovered(UNKNOWN, "makes-pods", BOTH, one.namespace, one.name, None, one, (by,), line)
