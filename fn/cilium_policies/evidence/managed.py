"""Managed services of a cloud that a setting names by its host alone: what the name ends in tells the ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.clouds import Cloud
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.trust import MANAGED, is_variable
from cilium_policies.workloads.model import Text


def named(texts: Iterable[Text], clouds: tuple[Cloud, ...]) -> Iterator[tuple[Text, Address]]:
    """`NAMESPACE: acme.servicebus.windows.net`: a variable whose whole value is the host of such a service."""
    for found in texts:
        host = found.value.strip().rstrip(".").lower()
        if host.count(".") < 3 or len(host) > 253 or not is_variable(found):
            continue
        if not all(part.replace("-", "").isalnum() for part in host.split(".")):
            continue
        for cloud in clouds:
            for port in cloud.ports_of(host):
                yield found, Address(host, port.number, MANAGED, port.protocol, found.key, True, False)
