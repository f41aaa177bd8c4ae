"""Managed services of a cloud that a setting names by its host alone: what the name ends in tells the ports."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.clouds import Cloud
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.signs import compiled, holds
from cilium_policies.evidence.trust import MANAGED, is_value, is_variable
from cilium_policies.workloads.model import Text, Workload

_DOTS = 3  # in the name of a managed service, at least
# A field of a settings file.
_SAID = (
    "account",
    "servicebus",
    "eventhubs",
    "customer",
)  # in the keys of settings that name a service by a part of its host
_VALUE = r"[\"']?\s{0,8}[:=]\s{0,8}[\"']?([a-z0-9][a-z0-9\-]{2,49})(?![\w.\-${])"
_MEMBER = r"[:=]\s*[\"']?((?:[\w-]{1,63}\.){3,8}[a-z]{2,24})[\"']?(?=\s*(?:[,;}\]\n]|$))"


def named(workload: Workload, clouds: tuple[Cloud, ...]) -> Iterator[tuple[Text, Address]]:
    """`NAMESPACE: acme.servicebus.windows.net`: a variable, or a field of a file, whose value is the host of such a
    service."""
    may_call = workload.may_say(_SAID)
    for found in workload.texts:
        if may_call and holds(f"{found.key}\n{found.value}".lower(), _SAID):
            yield from ((found, address) for address in _called(found, clouds))
        if found.value.count(".") < _DOTS:
            continue
        if is_variable(found):
            for address in hosts(found.value, clouds):
                yield found, address._replace(key=found.key)
        elif not is_value(found):
            for host in dict.fromkeys(match[1] for match in compiled(_MEMBER).finditer(found.value)):
                yield from ((found, address) for address in hosts(host, clouds))


def hosts(value: str, clouds: tuple[Cloud, ...]) -> Iterator[Address]:
    """The addresses of a managed service whose host a value is."""
    host = value.strip().rstrip(".").lower()
    if host.count(".") < _DOTS or len(host) > 253:
        return
    if not all(part.replace("-", "").isalnum() for part in host.split(".")):
        return
    for cloud in clouds:
        for port in cloud.ports_of(host):
            yield Address(host, port.number, MANAGED, port.protocol, "", True, False)


def _called(found: Text, clouds: tuple[Cloud, ...]) -> Iterator[Address]:
    """The services of which a setting says the first part of the host (`storage_account: acme`)."""
    said = f"{found.key}={found.value.strip()}\n" if is_variable(found) else found.value
    for cloud in clouds:
        for key, beside, host in cloud.called:
            if beside and not re.search(beside, said, re.IGNORECASE):
                continue
            for match in re.finditer(rf"(?<![A-Za-z0-9])(?i:{key}){_VALUE}", said):
                for address in hosts(host.format(match[1]), (cloud,)):
                    yield address._replace(key=found.key)
