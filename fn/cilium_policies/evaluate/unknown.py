"""The few flows that no manifest decides."""

from __future__ import annotations

from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.layer7 import uses_dns
from cilium_policies.evaluate.peers import Cloud, Named, refers
from cilium_policies.evaluate.ports import NamedPorts
from cilium_policies.evaluate.verdict import UNKNOWN_CLOUD, UNKNOWN_NAME, UNKNOWN_SERVICE
from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from cilium_policies.evaluate.entries import Entry
    from cilium_policies.evaluate.world import Side, World


def why_unknown(side: Side, peer: Endpoint, port: int, protocol: str, named: NamedPorts, world: World) -> str:
    """Why a flow that no rule allows may pass all the same; "" where it surely does not."""
    by_name = peer.outside and peer.address is not None and not peer.fqdn and uses_dns(side.allow)
    for entry in side.allow:
        if not entry.speaks_of(port, protocol, named):
            continue
        peers = entry.peers or ()
        if by_name and any(isinstance(one, Named) for one in peers):
            return UNKNOWN_NAME
        if peer.outside and any(isinstance(one, Cloud) for one in peers):
            return UNKNOWN_CLOUD
    waiting = side.idle if not world.options.all_services else []
    if any(_names_unseen_service(entry, world) for entry in waiting):
        return UNKNOWN_SERVICE
    return ""


def _names_unseen_service(entry: Entry, world: World) -> bool:
    wanted = (entry.rule.services if entry.rule else None) or ()
    return any(not any(refers(one, service) for service in world.services) for one in wanted)
