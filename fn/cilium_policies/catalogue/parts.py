"""Small texts of an entry as values: `group/Kind`, `8080/TCP`."""

from __future__ import annotations

from cilium_policies.kube.ports import ICMP, Port

# Begins, in the index of injections, a kind of object; no label or annotation begins so.
BY_OBJECT = "object:"


def group_kind(written: str) -> tuple[str, str]:
    """Group and kind of `group/Kind`; the group "" where none is said."""
    group, _, kind = written.rpartition("/")
    return group, kind


def parse_port(written: str) -> Port | None:
    """`8080/TCP`, `8000-8010/UDP` or `8/ICMP` as a Port; TCP where no protocol stands; None for anything else."""
    number, _, protocol = written.partition("/")
    if protocol in ICMP:
        return Port(int(number), protocol) if number.isdigit() and 0 < int(number) < 256 else None
    low, dash, high = number.partition("-")
    if not low.isdigit() or (dash and not high.isdigit()) or protocol not in ("", "TCP", "UDP", "SCTP"):
        return None
    first, last = int(low), int(high) if dash else 0
    if not 0 < first < 65536 or (dash and not first <= last < 65536):
        return None
    return Port(first, protocol or "TCP", "", last)
