"""Every check of policies, by the name that people see."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cilium_policies.checks import (
    addresses,
    lookups,
    names,
    needs,
    overlap,
    peers,
    ports,
    shape,
    strangers,
    subjects,
)
from cilium_policies.checks.violation import Linted, Violation

# Every check with its name, in the order in which they run; a check's first docstring line is its description.
CHECKS: dict[str, Callable[[Linted], Iterator[Violation]]] = {
    "refused": shape.refused,
    "unread": shape.unread,
    "too-large": shape.too_large,
    "break-glass": shape.break_glass,
    "needed-flow-cut": needs.cut,
    "selects-no-pod": subjects.no_pod,
    "foreign-namespace": subjects.foreign_namespace,
    "closes-node-health": subjects.node_health,
    "empty-direction": shape.empty_direction,
    "empty-list": shape.empty_list,
    "idle-default-deny": shape.idle_flag,
    "deny-only": shape.deny_only,
    "audit-annotation": shape.audit_annotation,
    "peer-matches-nothing": peers.nobody,
    "negative-peer": peers.negative,
    "no-peer": peers.everybody,
    "service-with-ports": peers.service_ports,
    "service-in-deny": peers.service_deny,
    "no-such-service": peers.no_service,
    "cidr-of-cluster": addresses.at_cluster,
    "no-such-cidr-group": addresses.no_group,
    "service-port": ports.service_port,
    "no-such-port-name": ports.no_such_name,
    "odd-port-range": ports.odd_range,
    "dns-udp-only": ports.dns_over_udp,
    "name-without-dns": names.no_dns_rule,
    "name-of-cluster": names.in_cluster,
    "name-with-autopath": names.unanswered,
    "name-pattern": lookups.pattern,
    "name-with-search-path": lookups.search_path,
    "name-with-search-list": lookups.own_search_list,
    "useless-rule": overlap.useless,
    "open-beside-tight": overlap.defeats,
    "open-to-everybody": overlap.opens,
    "admits-strangers": strangers.admits,
    "conflicting-rules": overlap.conflict,
}

# Those that need nothing but the policies and the pods: every run of the function warns of what they find.
CHEAP = (
    "refused",
    "unread",
    "too-large",
    "selects-no-pod",
    "peer-matches-nothing",
    "no-peer",
    "open-beside-tight",
    "open-to-everybody",
)
