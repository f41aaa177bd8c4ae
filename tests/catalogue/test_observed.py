"""Entries are held against what a render has shown (`observed`): labels, Services and probed ports."""

from __future__ import annotations

import pytest
from cilium_policies.catalogue import index
from cilium_policies.catalogue.model import Component

BODIES = {path.stem: index.read_file(path) for path in index.COMPONENTS.glob("*.yaml")}
OBSERVED = {name: body for name, body in BODIES.items() if "observed" in body}


def test_some_entries_have_been_observed() -> None:
    assert len(OBSERVED) > 80


@pytest.mark.parametrize("name", sorted(OBSERVED))
def test_the_charts_row_is_what_the_render_showed(name: str) -> None:
    seen, component = OBSERVED[name]["observed"], Component(OBSERVED[name])
    rows = [one for one in component.charts if one.chart == seen["chart"]]
    assert any(
        row.labels.items() <= seen["labels"].items()
        and {one.name for one in row.services} <= set(seen.get("services", []))
        for row in rows
    )


@pytest.mark.parametrize("name", sorted(OBSERVED))
def test_a_probed_port_is_known(name: str) -> None:
    component = Component(OBSERVED[name])
    known = {
        number
        for edge in component.own_edges
        if edge.direction == "ingress"
        for port in edge.pod_ports()
        for number in range(port.number, (port.end or port.number) + 1)
    }
    probed = {int(one) for one in OBSERVED[name]["observed"].get("probes", []) if one.isdigit()}
    assert probed <= known
