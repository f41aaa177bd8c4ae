"""What a catalogue entry states, and cannot know: what users have its pods do, what stands in a Secret, and an operator
that another build holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.config.model import EGRESS, INGRESS
from cilium_policies.generate.uncovered import GUESSED, Uncovered, of_workload
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import walk_strings
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.evidence.edge import Edge
    from cilium_policies.generate.uncovered import Why

_NEVER_ASKED = ("dns", "kube-apiserver")  # what names and role bindings tell of


def beyond_entry(
    one: Workload, entry: Component, inventory: Inventory, edges: Iterable[Edge] = ()
) -> Iterator[Uncovered]:
    """Calls of pods that no entry knows: of what users wrote, of their own containers, of a hidden configuration, to a
    store that their object names and no rule (`edges`: theirs) leads to."""
    why: Why = "users-code"
    parts: tuple[str, ...] = ()
    if not entry.users_code:
        # Imported for builds that hold what an entry states: start-up is paid at every build.
        from cilium_policies.generate.added import added
        from cilium_policies.generate.hidden import hidden

        why, names = "own-containers", added(one, entry)
        if not names:
            why, names = "config-unread", hidden(one, inventory, entry)
        if not names:
            why, names = "left-to-you", _asked(one, entry)
        if not names:
            why, names = "bucket-unopened", [] if any(map(_leads_out, edges)) else _buckets(one)
        if not names:
            return
        parts = (", ".join(names[:3]) + (" …" if len(names) > 3 else ""),)
    line = f"{{from: {{pod: {one.namespace}/{one.name}}}, to: none}}"
    yield of_workload(GUESSED, why, EGRESS, one, parts, line)


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


def _asked(one: Workload, entry: Component) -> list[str]:
    """What the entry knows that the program may call, and leaves to the user's word: a purpose each."""
    role = entry.played(one.labels)
    told = (
        edge
        for edge in entry.own_edges
        if edge.when == "asked" and edge.direction == EGRESS and not edge.added
    )
    mine = (edge for edge in told if not edge.part or not role or role in edge.part)
    return list(dict.fromkeys(edge.why for edge in mine if edge.peer not in _NEVER_ASKED))


def without_operator(
    one: Workload, entry: Component, catalogue: Catalogue, present: Collection[str]
) -> Iterator[Uncovered]:
    """Pods of an operator's object, where the operator calls them and is not in the input: nobody lets it in."""
    if one.rendered or one.chart or one.source is None:
        return
    calling = (
        edge
        for edge in catalogue.edges_of(entry.name)
        if edge.direction == INGRESS and edge.when is None and edge.peer.startswith("component:")
    )
    for edge in calling:
        name = edge.peer.partition(":")[2]
        caller = catalogue.get(name)
        groups = {made.group for made in caller.made_by} if caller is not None else set()
        operand = one.source.group in groups  # of such an object as well: then the input would show it
        if "operator" in name and name not in present and not operand:
            pod, ports = f"{{pod: {one.namespace}/{one.name}}}", ", ".join(edge.ports)
            line = f"{{from: {{namespace: NAMESPACE}}, to: {pod}, ports: [{ports}], why: …}}"
            yield of_workload(GUESSED, "operator-unseen", INGRESS, one, (name,), line)
            return
