"""The ports that pods listen on."""

from __future__ import annotations

from cilium_policies.lean import NamedTuple

TRANSPORTS = ("TCP", "UDP", "SCTP")
ICMP = ("ICMP", "ICMPv6")
_METRICS = ("metric", "monitor", "prom", "export")
_CHECKS = ("health", "probe", "liveness", "readiness", "livez", "readyz", "pprof", "debug")
_CHECK = ("live", "ready")


def is_of_metrics(name: str) -> bool:
    """Whether a port or Service is called after what scrapers ask for: `http-metrics`, `prometheus`, `exporter`."""
    name = name.lower()
    return any(word in name for word in _METRICS)


def is_of_operations(name: str) -> bool:
    """Whether it is called after what no client of the program asks for: metrics, the kubelet's probes, debugging."""
    name = name.lower()
    return is_of_metrics(name) or name in _CHECK or any(word in name for word in _CHECKS)


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

    def covers(self, other: Port) -> bool:
        """Whether all of another one is within it; of ports without a number the name tells."""
        if self.protocol != other.protocol or (not self.number and self.name != other.name):
            return False
        return self.number <= other.number and (other.end or other.number) <= (self.end or self.number)

    @property
    def icmp(self) -> bool:
        return self.protocol in ICMP
