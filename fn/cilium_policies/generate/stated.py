"""What a catalogue entry states of a direction, and of which pods that bear its name it states nothing."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.config.model import EGRESS
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.ends import KUBE_APISERVER
from cilium_policies.generate.uncovered import GUESSED, UNKNOWN, some
from cilium_policies.kube.pods import TASKS, WORKLOAD_KINDS
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.generate.uncovered import Degree, Why

_SEVERAL = 3  # parts that no entry lists are no hook or helper beside the program


def unlisted(workloads: Iterable[Workload], catalogue: Catalogue) -> dict[int, tuple[str, str]]:
    """By id the pods of releases in which several parts (by the label that tells them) bear the name of one entry that
    lists none of them: another chart's, of one program cut into many. Each with the parts and the entry's name."""
    releases: dict[tuple[str, str, str], list[Workload]] = {}
    for one in workloads:
        if one.component and one.rendered and one.by_label and one.kind not in TASKS:
            releases.setdefault((one.namespace, one.release, one.component), []).append(one)
    found = {}
    for (_, _, name), members in releases.items():
        entry = catalogue.get(name) if len(members) >= _SEVERAL else None
        if entry is None:
            continue
        others = {id(one): role for one in members if (role := _unlisted(one, entry))}
        roles = sorted(set(others.values()))
        if len(roles) >= _SEVERAL:
            found.update(dict.fromkeys(others, (some(roles), entry.name)))
    return found


def _unlisted(one: Workload, entry: Component) -> str:
    """The part that its labels tell, where the entry has a pattern for none such."""
    role = entry.played(one.labels)
    if not role or role in entry.parts or role in (entry.name, one.name):
        return ""
    if entry.plays_any:
        return ""
    listed = (each for edge in entry.own_edges for each in edge.part if each != "*")
    return "" if any(fnmatchcase(role, each) for each in listed) else role


def states(entry: Component, direction: str) -> bool:
    """An edge that may not hold here states its direction all the same: the entry has thought of it."""
    return any(
        edge.direction == direction and edge.peer not in ("dns", "scraper") and not edge.probe
        for edge in entry.own_edges
    )


def is_from_a_render(entry: Component, direction: str) -> bool:
    """Whether that nobody is meant in a direction is all that the entry says of it, and nothing but a chart shows it: a
    chart does not show what its program calls, or who calls that."""
    told = [edge for edge in entry.own_edges if edge.direction == direction and edge.peer != "dns"]
    return all(edge.peer in ("none", "scraper") or edge.probe for edge in told) and any(
        edge.peer == "none" and not edge.source for edge in told
    )


def is_whole(one: Workload, catalogue: Catalogue) -> bool:
    """Whether pods are shown with all their ports: whoever makes them of a template in an object of a kind that nobody
    knows may add some, as that object's other fields say."""
    return one.rendered and (
        one.source is None
        or one.kind in WORKLOAD_KINDS
        or bool(catalogue.made_by(one.source.group, one.kind))
    )


def degree_of(
    one: Workload,
    entry: Component | None,
    direction: str,
    edges: list[Edge],
    catalogue: Catalogue,
    *,
    stated: bool,
) -> tuple[Degree, Why]:
    """How much is known of a direction that neither entry nor config explains whole, and for want of what."""
    if entry is not None:
        memory = entry.guessed
        if not one.by_label:
            return (GUESSED if stated or edges else UNKNOWN), "image-only"
        if not one.by_image:
            return (GUESSED if edges else UNKNOWN), "label-only" if entry.images else "label-alone"
        return GUESSED, "entry-from-memory" if memory else "entry-silent"
    if not one.rendered and (one.chart or not edges):
        # what its values name is allowed, whatever its pods are
        degree = GUESSED if edges else UNKNOWN
        return degree, "nothing-on" if catalogue.by_chart(one.chart) else "not-rendered"
    if not edges:
        return UNKNOWN, "no-callee" if direction == EGRESS else "no-caller"
    api = all(edge.target == KUBE_APISERVER for edge in edges)
    return (GUESSED, "api-only") if direction == EGRESS and api else (GUESSED, "own-edges")
