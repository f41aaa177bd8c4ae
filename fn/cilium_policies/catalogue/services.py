"""Services that charts and operators make, as entries of the catalogue write them."""

from __future__ import annotations

from cilium_policies.catalogue.flows import When, texts
from cilium_policies.kube.objects import flag, mappings, text
from cilium_policies.lean import Any, NamedTuple


class PortTemplate(NamedTuple):
    """A port of such a Service, all text. `enabled`: the switch in a chart's values, or in the custom resource, without
    which it is left out. `on_host`: it is there only where an operator's pods are in the network of their node (True),
    or where they are not (False)."""

    name: str
    port: str
    target: str
    protocol: str
    enabled: When = None
    on_host: bool | None = None


class ServiceTemplate(NamedTuple):
    """A Service that a chart or operator makes. `name` and ports may hold `{release}`, `{fullname}`, `{name}`,
    `{port}`. `ports_of`: where a custom resource holds the Service ports that its operator copies, in place of `ports`;
    with neither there is no Service. `values`: the block of a chart's values that shapes it, where that is not
    `service`; `mapped`: paths in them, each called after a protocol, at which further ports are keys; `named`: a path
    at which they stand by name, each with `port` or `containerPort`, `exposedPort` or `servicePort`, `protocol` and,
    where the Service has it, `expose` or `enabled`. `type`: the chart's own, where it is not ClusterIP. `enabled`: the
    switch in a chart's values, or in the custom resource, that says whether it is made; `default`: whether it is where
    that is not set. `each`: a list or mapping of the custom resource; there is one for each member, told by `{each}`.
    `leads_to`: it is another name of the first of these Services (`NAME.NAMESPACE`) that the cluster has.
    """

    name: str
    ports: tuple[PortTemplate, ...]
    ports_of: str = ""
    values: str = ""
    mapped: tuple[str, ...] = ()
    type: str = ""
    named: str = ""
    enabled: When = None
    default: bool = True
    each: str = ""
    leads_to: tuple[str, ...] = ()


def read_services(value: Any) -> tuple[ServiceTemplate, ...]:
    return tuple(
        ServiceTemplate(
            text(one.get("name")),
            tuple(
                PortTemplate(
                    text(port.get("name")),
                    text(port.get("port")),
                    text(port.get("target")) or text(port.get("port")),
                    text(port.get("protocol")) or "TCP",
                    port.get("enabled"),
                    flag(port["onHost"]) if "onHost" in port else None,
                )
                for port in mappings(one.get("ports"))
            ),
            text(one.get("portsOf")),
            text(one.get("values")),
            texts(one.get("mapped")),
            text(one.get("type")),
            text(one.get("named")),
            one.get("enabled"),
            flag(one.get("default"), True),
            text(one.get("each")),
            texts(one.get("leadsTo")),
        )
        for one in mappings(value)
    )
