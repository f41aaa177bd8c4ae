"""An Application's body is what its file holds: anything may stand where a mapping belongs."""

from __future__ import annotations

import pytest
from cilium_policies.builds.applications import App, all_sources

ODD = [None, "", "x", [], [None], {}, 7, True]


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_are_as_if_nothing_stood_there(odd: object) -> None:
    bodies = [
        {"spec": odd},
        {"spec": {"template": odd, "source": odd, "sources": odd, "destination": odd}},
        {"spec": {"template": {"spec": odd}}},
        {"metadata": odd},
    ]
    for body in bodies:
        assert all_sources(body) in ([], [{}])  # an empty mapping is a source without an address
        app = App(body)
        assert app.key == ("argocd", "")
        assert app.cluster == "in-cluster"
