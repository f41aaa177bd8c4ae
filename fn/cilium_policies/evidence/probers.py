"""Probers (a blackbox or snmp exporter): which workload stands at a prober's address, what a target names, and what the
prober calls when it is asked about one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cilium_policies.catalogue.ports import SCHEMES
from cilium_policies.document.parse import parsed
from cilium_policies.evidence.addresses import Address, targets
from cilium_policies.evidence.destinations import Destinations
from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer, workload_of
from cilium_policies.evidence.reasons import Reason
from cilium_policies.kube.objects import Mapping, at, mapping, sequence, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.model import Workload

_ECHO = (Port(8, "ICMP"), Port(128, "ICMPv6"))
_PORTS = {"https": 443}
_NAMED = ("target", "targets", "server", "host", "hostname", "address", "url")
_HOST = r"[A-Za-z0-9]([\w\-]*\.)+[A-Za-z0-9\-]+"


def calls(
    destinations: Destinations, prober: Workload, module: str, asked: Iterable[Address], evidence: Evidence
) -> Iterator[Edge]:
    """From a prober to the targets that it is asked about with this module, which says whether it pings them."""
    echo = _pings(prober, module)
    for address in asked if echo else _redirected(asked, module):
        for peer, ports, _ in destinations.of(prober, address, lambda routed: True):
            called = _ECHO if echo else ports
            yield Edge(WorkloadPeer(prober), peer, called, Reason("probes-target"), evidence)


def _redirected(asked: Iterable[Address], module: str) -> Iterator[Address]:
    """What a prober is asked about, and where a web server sends it that is asked without TLS."""
    for address in asked:
        yield address
        if address.port == 80 and "tcp" not in module:
            yield address._replace(port=443)


def probers_at(destinations: Destinations, scraper: Workload, where: Address) -> list[Workload]:
    """The workloads of the cluster at the address that a scraper has for a prober, each once."""
    found = (workload_of(peer) for peer, _, _ in destinations.of(scraper, where, lambda routed: False))
    return list(dict.fromkeys(one for one in found if one is not None))


def module_of(params: Mapping) -> str:
    """The module that a scrape's parameters choose; "" for none."""
    return next(map(text, sequence(params.get("module"))), "")


def address_of(value: str, scheme: str = "") -> Address | None:
    """The one address of a `URL`, `host:port` or bare host; None where there is none."""
    found = targets(value, "target")
    if found:
        return found[0]
    host = value.partition("/")[0]
    if not host or any(mark in host for mark in " :{}$"):
        return None
    return Address(host, _PORTS.get(scheme, 80), scheme, direct=True)


def told_by_name(prober: Workload, key: str, value: str) -> list[Address]:
    """The address that a parameter's value is; of a bare host only where the parameter's name and the prober's tell its
    port."""
    found = targets(value, "target")[:1]
    if found or key.lower() not in _NAMED or re.fullmatch(_HOST, value) is None:
        return [one for one in found if one.direct]
    words = re.split(r"[-_.]", prober.component or prober.name)
    spoken = next((SCHEMES[word] for word in words if word in SCHEMES), ())
    return [Address(value, port, "", protocol, key, True, False) for port, protocol in spoken[:1]]


def asked_about(prober: Workload, value: str) -> list[Address]:
    """What a prober is asked about by a target of a Probe or a job; of a bare host the prober's name tells the port,
    else it is HTTP's."""
    return told_by_name(prober, "target", value) or [one for one in (address_of(value),) if one is not None]


def _pings(prober: Workload, module: str) -> bool:
    """Whether a module of the prober's sends echo requests and opens no connection: as its configuration says, else
    by the name that the program's own configuration has for it."""
    said = [at(prober.values, "config", "modules", module, "prober")]
    said += (
        at(_modules(one.value), module, "prober")
        for one in prober.texts
        if one.kind == "entry" and "modules:" in one.value and f"{module}:" in one.value
    )
    return next(filter(None, map(text, said)), module) == "icmp"


@lru_cache(maxsize=8)
def _modules(value: str) -> Mapping:
    """The modules of a prober's configuration, which every Probe asks for."""
    return mapping(parsed(value).get("modules"))
