"""The number of a port that is called by its name, on pods that no manifest shows."""

from __future__ import annotations

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.port_names import number_of

WIDGET = {
    "component": "widget",
    "what": "x",
    "match": [{"app": "widget"}],
    "partLabel": "role",
    "edges": [
        {"from": "none", "why": "nobody calls it", "source": "widget.go"},
        {"from": "same-namespace", "ports": ["80/TCP"], "why": "x", "part": ["front*"]},
    ],
}


@pytest.mark.parametrize(("role", "number"), [("back", 0), ("front-1", None), ("", None)])
def test_a_part_that_nobody_calls_listens_nowhere(role: str, number: int | None) -> None:
    """Of one that a pattern names, or that its labels do not tell, nothing is known: a name stays a name."""
    one = Workload("apps", "one", "Widget")
    one.labels = {"app": "widget", **({"role": role} if role else {})}
    entry = load(define=(WIDGET,)).get("widget")
    assert entry is not None
    assert number_of(one, "metrics", "TCP", entry, ()) == number
