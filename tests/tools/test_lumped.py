"""Every edge of an entry with several roles says whose it is."""

from __future__ import annotations

from cilium_policies.catalogue.load import load

from tools.lumped import lumped


def test_every_edge_of_an_entry_with_several_roles_says_whose_it_is() -> None:
    assert [name for name, _, _ in lumped(load())] == []
