"""What a catalogue entry states, and cannot know: what users have its pods do, what stands in a Secret, and an operator
that another build holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from cilium_policies.catalogue.conditions import holds
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.recognise import is_among
from cilium_policies.config.model import EGRESS, INGRESS
from cilium_policies.evidence.reasons import stated
from cilium_policies.generate.cures import cure
from cilium_policies.generate.facts import WorkloadFacts
from cilium_policies.generate.named import may_be_added
from cilium_policies.generate.uncovered import GUESSED, Uncovered, of_workload, some
from cilium_policies.kube.objects import mappings, text, walk_strings
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.catalogue.flows import Edge as Known
    from cilium_policies.evidence.edge import Edge
    from cilium_policies.generate.roles import Roles
    from cilium_policies.generate.uncovered import Why

_NEVER_ASKED = ("dns", "kube-apiserver")  # what names and role bindings tell of


def beyond_entry(
    one: Workload, entry: Component, cluster: Cluster, roles: Roles, edges: Iterable[Edge] = ()
) -> Iterator[Uncovered]:
    """Calls of pods that no entry knows: of what users wrote, of their own containers, of a hidden configuration or of
    an operator's, what is left to the user's word, and to a store that their object names; of the last two those to
    which no rule (`edges`: theirs) leads."""
    why: Why = "users-code"
    parts: tuple[str, ...] = ()
    if not entry.users_code:
        # Imported for builds that hold what an entry states: start-up is paid at every build.
        from cilium_policies.generate.added import added
        from cilium_policies.generate.hidden import hidden, hidden_beside, hidden_classes, hidden_maps

        why, names = "own-containers", added(one, entry)
        if not names:
            why, names = "config-unread", hidden(one, cluster.inventory, entry)
        if not names:
            names = hidden_beside(one, cluster, entry)
        if not names:
            why, names = "map-unread", hidden_maps(one, cluster.inventory)
        if not names:
            why, names = "class-unread", hidden_classes(one, cluster.inventory)
        if not names:
            why, names = _settings(one, entry, cluster)
        if not names and entry.data.get("reads"):
            from cilium_policies.generate.silent_objects import silent_objects

            why, names = "object-silent", silent_objects(one, entry, cluster, edges)
        if not names:
            why, names = "left-to-you", _asked(one, entry, WorkloadFacts(one, cluster, roles), edges)
        if not names:
            why, names = "bucket-unopened", _buckets(one)
            names = [] if names and any(map(_leads_out, edges)) else names
        if not names:
            return
        parts = (some(names),)
    line = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: none}}"
    yield of_workload(GUESSED, why, EGRESS, one, parts, line)


def said_in_secrets(found: Uncovered, one: Workload, cluster: Cluster) -> Uncovered:
    """A direction of which nothing is known whom a pod calls, with the Secrets that may say it and are not shown."""
    from cilium_policies.generate.hidden import hidden

    names = hidden(one, cluster.inventory)
    if not names:
        return found
    line = f"{{from: {{pod: {cluster.called(one)}}}, to: {{fqdn: NAME}}, ports: [443/TCP], why: …}}"
    return found._replace(why="callee-hidden", parts=(some(names),), cure=line)


def _settings(one: Workload, entry: Component, cluster: Cluster) -> tuple[Why, list[str]]:
    """The ConfigMaps and Secrets that an operator's settings have these pods read, where the input shows neither; else
    the operators that may have them read something (`toldBy` in the entry's `reads`), where it shows none."""
    unread: dict[str, None] = {}
    unseen: dict[str, None] = {}
    rows = mappings(entry.data.get("reads")) if not one.rendered else ()
    for row in rows:
        if not (operator := text(row.get("toldBy"))):
            continue
        from cilium_policies.evidence.handed import operators, places

        told = operators(cluster, one, operator)
        if not told:
            unseen[operator] = None
        for namespace, name in places(cluster, one, told, row):
            shown = (cluster.inventory.get(kind, namespace, name) for kind in ("ConfigMap", "Secret"))
            if name and not any(shown):
                unread[f"{namespace}/{name}"] = None
    return ("settings-unread", list(unread)) if unread else ("settings-unseen", list(unseen))


def _buckets(one: Workload) -> list[str]:
    """The buckets of object stores that the object of pods which an operator makes names, each by its field."""
    if one.rendered or one.chart or one.source is None:
        return []
    told = walk_strings(one.source.spec)
    return [
        f"spec.{path}" for path, value in told if value and re.search(r"(?i)(?:^|\.)bucket(?:_?name)?$", path)
    ]


def _leads_out(edge: Edge) -> bool:
    return edge.origin == "address" or edge.target.kind in ("internet", "outside", "fqdn", "cidr")


def _asked(one: Workload, entry: Component, facts: WorkloadFacts, edges: Iterable[Edge]) -> list[str]:
    """What the entry knows that the program may call, and leaves to the user's word: a purpose each, but for those that
    a rule serves already, or that its settings switch off (`addedIf`); and beside them what its users may add."""
    role = entry.played(one.labels)
    mine = [edge for edge in entry.own_edges if edge.direction == EGRESS and is_among(role, edge.part)]
    asked = (edge for edge in mine if edge.when == "asked" and not edge.added)
    meant = [edge for edge in asked if holds(edge.added_when, facts, edge.peer)]
    if not meant:
        return []  # as nearly always: nobody goes through the rules
    meant += (edge for edge in mine if edge.added and may_be_added(edge, facts))
    served = {edge.reason for edge in edges if edge.origin == "catalogue"}
    left = (edge for edge in meant if stated(edge.why, edge.owner, edge.number) not in served)
    return list(dict.fromkeys(edge.added or edge.why for edge in left if edge.peer not in _NEVER_ASKED))


def without_operator(
    one: Workload, entry: Component, direction: str, catalogue: Catalogue, present: Collection[str]
) -> Iterator[Uncovered]:
    """Pods of an operator's object that call the operator, or are called by it, where it is not in the input, and an
    operator that calls such pods as the config leaves out: no rule names the other end."""
    if direction == EGRESS:
        yield from _without_left_out(one, entry, catalogue)
    if one.rendered or one.chart or one.source is None:
        return
    found = [
        edge
        for edge in catalogue.edges_of(entry.name)
        if edge.direction == direction and edge.when is None and _is_operator(edge, one, entry, catalogue)
    ]
    if not found or any(edge.peer.partition(":")[2] in present for edge in found):
        return
    pod, ports = f"{{pod: {one.namespace}/{one.name}}}", ", ".join(found[0].ports)
    place = "{namespace: NAMESPACE}"
    ends = f"from: {place}, to: {pod}" if direction == INGRESS else f"from: {pod}, to: {place}"
    why: Why = "operator-unseen" if direction == INGRESS else "operator-uncalled"
    parts = (found[0].peer.partition(":")[2],)
    yield of_workload(GUESSED, why, direction, one, parts, f"{{{ends}, ports: [{ports}], why: …}}")


def _is_operator(edge: Known, one: Workload, entry: Component, catalogue: Catalogue) -> bool:
    """Whether the other end is what makes these pods: the entry names it, or it is called an operator."""
    kind, _, name = edge.peer.partition(":")
    if kind != "component" or name == entry.name:
        return False
    makers = {made.operator for made in entry.made_by} - {""}
    caller = catalogue.get(name)
    groups = {made.group for made in caller.made_by} if caller is not None else set()
    operand = one.source is not None and one.source.group in groups  # made as well: then the input shows it
    return (name in makers if makers else "operator" in name) and not operand


def _without_left_out(one: Workload, entry: Component, catalogue: Catalogue) -> Iterator[Uncovered]:
    """An operator of which the entry says that it calls every instance of a component that the config leaves out, so
    that no rule names those."""
    role = entry.played(one.labels)
    peers = (
        edge.peer
        for edge in entry.own_edges
        if edge.direction == EGRESS and edge.every and is_among(role, edge.part)
    )
    called = dict.fromkeys(peer.partition(":")[2] for peer in peers if peer.startswith("component:"))
    left = [name for name in called if catalogue.get(name) is None]
    if left:
        line = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: {{namespace: NAMESPACE}}, why: …}}"
        yield of_workload(GUESSED, "calls-left-out", EGRESS, one, (", ".join(left),), line)


def without_client(
    one: Workload, entry: Component, cluster: Cluster, edges: Iterable[Edge]
) -> Iterator[Uncovered]:
    """A rendered server that callers have to name, all in one workload, where no rule lets another pod in: a server
    without a client is of no use, so the input does not show them."""
    serves = any(edge.peer == "same-namespace" and edge.when == "evidence" for edge in entry.own_edges)
    if not (serves and one.rendered and all(edge.client is one for edge in edges)):
        return
    parts = (each for each in cluster.in_namespace(one.namespace) if each.component == entry.name)
    if all(each is one for each in parts) and cluster.services_for(one):
        yield of_workload(GUESSED, "no-client-shown", INGRESS, one, (), cure(cluster, one, INGRESS))
