"""NetworkPolicy (networking.k8s.io/v1) in the terms of Cilium's language, as the agent translates it
(v1.20.2:pkg/k8s/network_policy.go)."""

from __future__ import annotations

from cilium_policies.cilium.model import Cidr, PortRange, Requirement, Rule, Selector, Spec, ToPorts
from cilium_policies.cilium.reader import Mapping, Reader

NAMESPACE = "k8s:io.kubernetes.pod.namespace"
NAMESPACE_LABELS = "k8s:io.cilium.k8s.namespace.labels."


def network_policy_spec(reader: Reader, body: Mapping, namespace: str) -> Spec:
    """One spec. A direction that the policy does not govern is None; () is governed and allows nobody.
    A rule without peers is for everybody, one without ports for every port; the peers of a rule add up."""
    spec = reader.mapping(body.get("spec"), "spec")
    types = reader.texts(spec, "policyTypes", "spec") or ()
    ingress = _rules(reader, spec, "ingress", "from", namespace)
    egress = _rules(reader, spec, "egress", "to", namespace)
    if not ingress:
        ingress = () if "Ingress" in types or "Egress" not in types else None
    if not egress:
        egress = () if "Egress" in types else None
    subject = reader.selector(spec.get("podSelector"), "spec.podSelector")
    return Spec(
        in_namespace(subject, namespace),
        ingress=ingress,
        egress=egress,
        deny_ingress_default=None if ingress is None else True,
        deny_egress_default=None if egress is None else True,
    )


def in_namespace(selector: Selector, namespace: str) -> Selector:
    """A pod selector within one namespace."""
    own = Requirement(NAMESPACE, "In", (namespace,))
    given = [_from_kubernetes(one) for one in selector.requirements]
    return Selector((*(one for one in given if one.expression or one.key != NAMESPACE), own))


def _from_kubernetes(one: Requirement) -> Requirement:
    return one if ":" in one.key else one._replace(key=f"k8s:{one.key}")


def _rules(reader: Reader, spec: Mapping, key: str, side: str, namespace: str) -> tuple[Rule, ...] | None:
    members = reader.members(spec, key, "spec")
    if members is None:
        return None
    found = []
    for member, path in members:
        body = reader.mapping(member, path)
        endpoints: list[Selector] = []
        cidrs: list[Cidr] = []
        peers = reader.members(body, side, path)
        for peer, where in peers or ():
            _add_peer(reader, reader.mapping(peer, where), where, namespace, endpoints, cidrs)
        listed = reader.members(body, "ports", path) or ()
        ports = tuple(_port(reader, reader.mapping(port, where), where) for port, where in listed)
        found.append(
            Rule(
                endpoints=tuple(endpoints) if endpoints else None,
                cidrs=tuple(cidrs) if cidrs else None,
                entities=None if peers else ("all",),
                ports=(ToPorts(ports),) if ports else None,
            )
        )
    return tuple(found)


def _add_peer(
    reader: Reader, body: Mapping, path: str, namespace: str, endpoints: list[Selector], cidrs: list[Cidr]
) -> None:
    block = body.get("ipBlock")
    if block is not None:
        given = reader.mapping(block, path)
        excepts = reader.texts(given, "except", path) or ()
        cidrs.append(Cidr(reader.text(given.get("cidr"), path), excepts))
        return
    pods = reader.selector(body.get("podSelector"), f"{path}.podSelector")
    if body.get("namespaceSelector") is None:
        endpoints.append(in_namespace(pods, namespace))
        return
    spaces = reader.selector(body["namespaceSelector"], f"{path}.namespaceSelector").requirements
    named = tuple(one._replace(key=NAMESPACE_LABELS + one.key) for one in spaces)
    anywhere = (Requirement(NAMESPACE, "Exists"),)
    endpoints.append(Selector((*(named or anywhere), *(_from_kubernetes(one) for one in pods.requirements))))


def _port(reader: Reader, body: Mapping, path: str) -> PortRange:
    end = reader.end_port(body, path)
    protocol = reader.text(body.get("protocol"), path) or "TCP"
    port = reader.text(body.get("port"), path) or "0"
    return PortRange(port, protocol.upper(), end)
