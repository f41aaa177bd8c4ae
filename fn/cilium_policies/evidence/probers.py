"""Whether a prober, told its module, sends echo requests to its target or opens a connection."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.kube.objects import Mapping, at, mapping, text
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.releases.release import parsed

ECHO = (Port(8, "ICMP"), Port(128, "ICMPv6"))


def pings(prober: Workload, module: str) -> bool:
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
