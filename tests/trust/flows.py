"""Flows as one line of text: `FROM -> TO PORT[/PROTOCOL]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ENTITIES = ("world", "host", "remote-node", "kube-apiserver")


def end(text: str, named: Mapping[str, Any]) -> dict[str, Any]:
    """`ns/name` (a workload), an entity, an address, or an end that `named` describes."""
    if text in named:
        return dict(named[text])
    if text in _ENTITIES:
        return {"entity": text}
    return {"pod": text} if "/" in text else {"cidr": text}


def query(flow: str, named: Mapping[str, Any]) -> dict[str, Any]:
    """The flow as the judge asks it."""
    source, _, rest = flow.partition(" -> ")
    target, _, port = rest.rpartition(" ")
    number, _, protocol = port.partition("/")
    return {
        "from": end(source, named),
        "to": end(target, named),
        "port": int(number),
        "protocol": protocol or "TCP",
    }
