"""The ports that pods listen on."""

from __future__ import annotations

from cilium_policies.lean import NamedTuple


class Port(NamedTuple):
    """A pod port: what a policy acts on. `number` to `end` inclusive; `end` 0 means just `number`."""

    number: int
    protocol: str = "TCP"
    name: str = ""
    end: int = 0
