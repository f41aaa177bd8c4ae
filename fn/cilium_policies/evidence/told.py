"""All that the readers of configuration find in one text, for an inventory, which keeps nothing else of it."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.evidence import addresses
from cilium_policies.evidence.signs import is_dashboard
from cilium_policies.evidence.variables import pairs
from cilium_policies.workloads.inventory.told import Found


def told(value: str, key: str, file: bool) -> Iterator[Found]:
    """Addresses in a text: as a file's, or as the value of the variable or field `key`."""
    if not value or (file and is_dashboard(value)):
        return
    found = addresses.targets(value, key, file)
    if key and not file:
        found += pairs({key: value})
    for one in found:
        yield Found(one.host, one.port, one.scheme, one.protocol, one.key)
