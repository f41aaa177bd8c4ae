"""What the ports of plain TCP and UDP lead to that ingress-nginx, HAProxy and their like serve beside HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.workloads.model import Text

_LED_TO = r"([a-z0-9-]{1,63})/([a-z0-9.-]{1,63}):(\d{1,5})(?::PROXY)*(?::[\w/.-]*)?"
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
