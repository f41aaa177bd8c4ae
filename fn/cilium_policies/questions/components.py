"""`components` and `components NAME`: the catalogue as tables; `text` and Markdown pages of one entry."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cilium_policies.catalogue import wording
from cilium_policies.catalogue.flows import Edge
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.document.finding import refused
from cilium_policies.document.spelling import meant, near
from cilium_policies.kube.objects import mappings, text
from cilium_policies.lean import Any
from cilium_policies.show.table import Table, columns


def listed(catalogue: Catalogue, pattern: str = "") -> Table:
    """One row a component, by name; `pattern` keeps those whose name, purpose, chart or image holds it."""
    rows: list[tuple[str | int | None, ...]] = []
    for name in sorted(catalogue.components):
        one = catalogue.components[name]
        charts = list(dict.fromkeys(entry.chart for entry in one.charts))
        kinds = list(dict.fromkeys(entry.kind for entry in one.made_by))
        words = " ".join((name, one.what, *charts, *kinds, *one.images)).lower()
        if pattern.lower() in words:
            edges = catalogue.edges_of(name)
            rows.append((name, one.what, ", ".join(charts), ", ".join(kinds), len(edges)))
    return Table(
        "Components", columns("component", "what", "charts", "made_by", "edges"), rows, "no such component"
    )


def stale(catalogue: Catalogue) -> Table:
    """One row a component: the last day that its entry names, oldest first; entries that name none come before."""
    rows: list[tuple[str | int | None, ...]] = []
    for name in catalogue.components:
        one = catalogue.components[name]
        days = re.findall(r"\b20\d\d-\d\d-\d\d\b", f"{one.data.get('observed', '')} {one.checked}")
        rows.append((max(days, default=""), name, one.checked))
    rows.sort(key=str)
    return Table("Components by age", columns("looked_at", "component", "checked"), rows, "no component")


def shown(catalogue: Catalogue, name: str) -> list[Table]:
    """How a component is recognised, its edges in both directions, and what a user can set.

    Raises RefusedError for a name that is not in the catalogue, with the nearest one.
    """
    component = catalogue.get(name)
    if component is None:
        cure = meant(near(name, catalogue.components)) or "cilium-policies components lists them"
        raise refused(f"{name!r} is not a component", cure)
    return [recognition(component), edges(catalogue, component), hosts(component), choices(component)]


def values(catalogue: Catalogue, name: str) -> list[dict[str, Any]]:
    """The same as one object for programs: `recognisedBy`, `edges`, `hosts`, `choices`."""
    names = ("recognisedBy", "edges", "hosts", "choices")
    tables = [
        [dict(zip((one.key for one in table.columns), row, strict=True)) for row in table.rows]
        for table in shown(catalogue, name)
    ]
    return [{"component": name, **dict(zip(names, tables, strict=True))}]


def recognition(component: Component) -> Table:
    """What tells its pods, most trusted first."""
    rows: list[tuple[str | int | None, ...]] = [("what", component.what)]
    if component.role:
        rows.append(("role", component.role))
    if component.namespace:
        rows.append(("usual namespace", component.namespace))
    rows += [("labels", wording.labels(one)) for one in component.match]
    if component.shared_labels:
        rows.append(("", "these labels are a framework's default: image or name must agree"))
    if component.part_labels:
        rows.append(("roles by", ", ".join(component.part_labels)))
    rows += [("image", one) for one in component.images]
    rows += [("chart", wording.chart(one)) for one in component.charts]
    rows += [("made from", wording.maker(one)) for one in component.made_by]
    if component.host_network:
        rows.append(("host network", "no policy can select it; to others it is host and remote-node"))
    rows += [("opened", text(one.get("why"))) for one in mappings(component.data.get("opens"))]
    if component.notes:
        rows.append(("note", component.notes))
    rows.append(("checked", component.checked))
    return Table(component.name, columns("by", "what"), list(dict.fromkeys(rows)))


def edges(catalogue: Catalogue, component: Component) -> Table:
    """Its edges seen from it, ingress first, each with its reason, condition and source."""
    return edge_table(catalogue.edges_of(component.name), component)


def edge_table(given: Iterable[Edge], component: Component) -> Table:
    """Some of a component's edges."""
    found = sorted(given, key=lambda one: one.direction == "egress")
    rows: list[tuple[str | int | None, ...]] = [_row(one, component) for one in found]
    names = columns("direction", "peer", "ports", "why", "when", "source")
    return Table("Edges", names, rows, "no edges")


def hosts(component: Component) -> Table:
    """Whom it calls outside by name, a row a place where names stand; or why they cannot be known."""
    rows: list[tuple[str | int | None, ...]] = [
        (wording.ports(one), names, one.purpose)
        for one in component.own_edges
        for names in wording.hosts(one)
    ]
    return Table("Hosts outside", columns("ports", "hosts", "purpose"), rows, "no hosts outside are stated")


def _row(edge: Edge, component: Component) -> tuple[str | int | None, ...]:
    condition = wording.when(edge.when)
    if edge.probe:
        condition = "spec.cluster.probes is rules"
    source = edge.source or (f"see {edge.owner}" if edge.owner != component.name else "checked")
    return (
        "from" if edge.direction == "ingress" else "to",
        wording.peer(edge),
        wording.ports(edge),
        edge.why,
        condition,
        source,
    )


def choices(component: Component) -> Table:
    """What a user can set: values that switch edges, the edges that only spec.allow opens, and the way out."""
    rows: list[tuple[str | int | None, ...]] = [
        ("value", one, "switches an edge above") for one in wording.settings(component)
    ]
    rows += [
        ("spec.allow", _allow(one, component), one.why)
        for one in component.own_edges
        if one.when == "asked" and not one.probe
    ]
    rows += [
        ("spec.components.disable", f"[{component.name}]", "leaves it out; its pods get derived policies"),
        ("spec.components.define", f"component: {component.name}", "replaces this entry by your own"),
    ]
    return Table("What you can set", columns("where", "what", "why"), rows)


def _allow(edge: Edge, component: Component) -> str:
    ends = [f"component:{component.name}", edge.peer]
    source, target = ends if edge.direction == "egress" else reversed(ends)
    ports = f", ports: [{', '.join(edge.ports)}]" if edge.ports else ""
    return f"{{from: '{source}', to: '{target}'{ports}}}"
