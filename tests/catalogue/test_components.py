"""The data itself: every file valid, every peer known, nothing said twice."""

import re

import pytest
from cilium_policies.catalogue import index
from cilium_policies.catalogue.distributions import find, names
from cilium_policies.catalogue.load import load
from cilium_policies.catalogue.model import Component

BODIES = {path.stem: index.read_file(path) for path in index.COMPONENTS.glob("*.yaml")}
BROUGHT = {
    one.component for name in names() for one in find(name, load().distributions).brings
}  # by a distribution, which says the labels


def test_there_is_a_catalogue():
    assert len(BODIES) >= 360


@pytest.mark.parametrize("name", sorted(BODIES))
def test_component(name):
    component = Component(BODIES[name])
    assert component.what
    assert component.checked
    told = (
        component.match
        or component.images
        or any("labelsAt" in one or "serviceAccount" in one for one in component.data.get("madeBy", []))
    )
    assert told or component.host_network or name in BROUGHT, "nothing tells its pods"
    seen = set()
    for edge in component.own_edges:
        if edge.peer.startswith("component:"):
            assert edge.peer[10:] in BODIES
            assert edge.direction == "egress", "an edge between components stands in the client's file"
        else:
            assert edge.when != "peer"
        on_evidence = edge.when == "evidence" or (isinstance(edge.when, list) and "evidence" in edge.when)
        assert not (on_evidence and edge.peer in ("internet", "world") and edge.direction == "egress")
        assert ";" not in edge.why, "reasons are joined by semicolons"
        for port in edge.ports:
            assert (edge.direction, edge.peer, port, str(edge.when), edge.why) not in seen
            seen.add((edge.direction, edge.peer, port, str(edge.when), edge.why))


def _switches(data):
    """The switches in an entry of which nothing set means off, wherever they stand."""
    if isinstance(data, dict):
        if "enabled" in data and (data.get("default") is False or {"port", "target"} <= data.keys()):
            yield data["enabled"]
        for one in data.values():
            yield from _switches(one)
    elif isinstance(data, list):
        for one in data:
            yield from _switches(one)


@pytest.mark.parametrize("name", sorted(BODIES))
def test_no_switch_that_is_off_unless_set_says_not_of_one_thing_among_others(name):
    """What is not set is then false, and so is its `not`: `all: [a, {not: b}]` would be off where `a` alone is set."""
    for switch in _switches(BODIES[name]):
        among = switch.get("all", ()) if isinstance(switch, dict) else switch
        assert not any("not" in one for one in among if isinstance(one, dict)), switch


def test_no_name_of_the_renders_that_the_data_were_learnt_from_is_left():
    """Labels and names of chart entries were read off renders of a release `relx` in a namespace `nsx`."""
    left = [
        f"{path.stem}: {word}"
        for path in sorted(index.COMPONENTS.glob("*.yaml"))
        for word in re.findall(r"\b(?:nsx|relx)\b[\w-]*", path.read_text(encoding="utf-8"))
    ]
    assert left == []
