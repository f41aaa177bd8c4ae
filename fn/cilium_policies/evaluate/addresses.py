"""Address ranges."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network


@lru_cache(maxsize=4096)
def network(text: str) -> IPv4Network | IPv6Network | None:
    """A range, given as ADDRESS/LENGTH or ADDRESS; None for what is none."""
    import ipaddress

    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def within(address: IPv4Address | IPv6Address | None, text: str) -> bool:
    """Whether the range holds the address."""
    found = network(text)
    return found is not None and address is not None and address.version == found.version and address in found
