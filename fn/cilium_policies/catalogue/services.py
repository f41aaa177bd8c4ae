"""Services that charts and operators make, as entries of the catalogue write them."""

from __future__ import annotations

from cilium_policies.kube.objects import mappings, text
from cilium_policies.lean import Any, NamedTuple


class ServiceTemplate(NamedTuple):
    """A Service that a chart or operator makes. `name` and ports may hold `{release}`, `{fullname}`, `{name}`,
    `{port}`; `ports` are (name, port, target, protocol), all text. `ports_of`: where a custom resource holds the
    Service ports that its operator copies, in place of `ports`; with neither there is no Service. `values`: the block
    of a chart's values that shapes it, where that is not `service`; `enabled`: the value without which there is none.
    """

    name: str
    ports: tuple[tuple[str, str, str, str], ...]
    ports_of: str = ""
    values: str = ""
    enabled: str = ""


def read_services(value: Any) -> tuple[ServiceTemplate, ...]:
    return tuple(
        ServiceTemplate(
            text(one.get("name")),
            tuple(
                (
                    text(port.get("name")),
                    text(port.get("port")),
                    text(port.get("target")) or text(port.get("port")),
                    text(port.get("protocol")) or "TCP",
                )
                for port in mappings(one.get("ports"))
            ),
            text(one.get("portsOf")),
            text(one.get("values")),
            text(one.get("enabled")),
        )
        for one in mappings(value)
    )
