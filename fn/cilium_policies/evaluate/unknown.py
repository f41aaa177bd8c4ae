"""The few flows that no manifest decides."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.layer7 import uses_dns
from cilium_policies.evaluate.peers import Cloud, Named, Service, refers
from cilium_policies.evaluate.ports import NamedPorts
from cilium_policies.evaluate.verdict import UNKNOWN_CLOUD, UNKNOWN_NAME, UNKNOWN_SERVICE


def why_unknown(
    allow: list[Entry],
    waiting: Iterable[Entry],
    services: Iterable[Service],
    peer: Endpoint,
    port: tuple[int, str],
    named: NamedPorts,
) -> str:
    """Why a flow that no rule allows may pass all the same; "" where it surely does not. `waiting` are rules for
    Services, of which these are known."""
    by_name = peer.outside and peer.address is not None and not peer.fqdn and uses_dns(allow)
    for entry in allow:
        if not entry.speaks_of(*port, named):
            continue
        peers = entry.peers or ()
        if by_name and any(isinstance(one, Named) for one in peers):
            return UNKNOWN_NAME
        if peer.outside and any(isinstance(one, Cloud) for one in peers):
            return UNKNOWN_CLOUD
    if any(_names_unseen_service(entry, services) for entry in waiting):
        return UNKNOWN_SERVICE
    return ""


def _names_unseen_service(entry: Entry, services: Iterable[Service]) -> bool:
    wanted = (entry.rule.services if entry.rule else None) or ()
    return any(not any(refers(one, service) for service in services) for one in wanted)
