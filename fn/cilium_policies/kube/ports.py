"""The ports that pods listen on."""

from __future__ import annotations

from cilium_policies.lean import NamedTuple

ICMP = ("ICMP", "ICMPv6")


class Port(NamedTuple):
    """A pod port: what a policy acts on. `number` to `end` inclusive; `end` 0 means just `number`. Of ICMP and ICMPv6
    the number is a message's type."""

    number: int
    protocol: str = "TCP"
    name: str = ""
    end: int = 0

    @property
    def written(self) -> str:
        """As the config writes it: `8080/TCP`, `8000-8010/UDP`."""
        return f"{self.number}-{self.end}/{self.protocol}" if self.end else f"{self.number}/{self.protocol}"

    @property
    def icmp(self) -> bool:
        return self.protocol in ICMP
