"""What the ports of plain TCP and UDP lead to that ingress-nginx, HAProxy and their like serve beside HTTP, and where
they send what no Ingress serves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text

_LED_TO = r"([a-z0-9-]{1,63})/([a-z0-9.-]{1,63}):(\d{1,5})(?::(?:PROXY)?){0,2}(?::[\w/.-]*)?"
_UNROUTED = r"--default-backend-service[=\s]+([a-z0-9-]{1,63})/([a-z0-9.-]{1,63})"
_SERVED = r"(?:^|\.)(tcp|udp)(?:-?[sS]ervices)?\.\d{1,5}$"


def led_to(value: str, udp: bool) -> str:
    """The address of what a port of ingress-nginx or HAProxy leads to, where a value names it: `gitlab/shell:22`."""
    found = re.fullmatch(_LED_TO, value.strip())
    if found is None:
        return value
    return f"{'udp' if udp else 'tcp'}://{found[2]}.{found[1]}.svc:{found[3]}"


def of_values(values: Iterable[Text]) -> Iterator[Text]:
    """What the ports lead to that a controller's chart has it serve: `tcp: {22: gitlab/shell:22}`."""
    for one in values:
        if one.kind == "value" and (port := re.search(_SERVED, one.field)) is not None:
            led = led_to(one.value, port[1] == "udp")
            yield from [one._replace(kind="entry", value=led)] if led != one.value else ()


def unrouted(cluster: Cluster, told: Text) -> Iterator[Text]:
    """The address of the Service that the flag of such a controller names: its first port is called."""
    for namespace, name in re.findall(_UNROUTED, told.value):
        service = cluster.service(namespace, name)
        if service is not None and service.ports:
            yield told._replace(kind="entry", value=f"tcp://{name}.{namespace}.svc:{service.ports[0].port}")
