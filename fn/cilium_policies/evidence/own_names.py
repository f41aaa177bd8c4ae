"""The public name of a program that runs in several pods: its queue and its tasks share the environment or the file of
the pods that the name leads to, and are told it for links that browsers follow."""

from __future__ import annotations

from collections.abc import Callable

from cilium_policies.catalogue.recognise import repository_of
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.callers import is_script
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.trust import outside
from cilium_policies.workloads.model import Text, Workload


def trust(
    destinations: Destinations, workload: Workload, found: Text, address: Address, known: bool
) -> Callable[[bool], bool]:
    """What says, told whether an own route serves the name, whether a text may name an address outside. `known`: the
    catalogue says that it is called."""

    def trusted(routed: bool) -> bool:
        if known:
            return True
        if not outside(found, address, workload, routed):
            return False
        return not (routed and _is_shared(destinations, workload, found, address))

    return trusted


def _is_shared(destinations: Destinations, workload: Workload, found: Text, address: Address) -> bool:
    """Whether a name and path lead to pods that run the same program and are told the very same text, no command."""
    if found.is_arguments or is_script(found):
        return False
    return any(
        one.namespace == workload.namespace
        and _program(one) == _program(workload) != ""
        and any((text.key, text.value) == (found.key, found.value) for text in one.texts)
        for one in destinations.hostnames.served(address.host.rstrip(".").lower(), address.path)
    )


def _program(workload: Workload) -> str:
    """The image of a pod's first container."""
    return repository_of(workload.images[0]) if workload.images else ""
