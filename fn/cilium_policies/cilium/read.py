"""Policies as values: CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy and CiliumCIDRGroup.

Reading is tolerant: what has the wrong shape is left out and told as a problem; whether the API server and
the agent would take the object is `validity`'s question.
"""

from __future__ import annotations

from cilium_policies.cilium.model import (
    Cidr,
    CidrGroup,
    Fqdn,
    Policy,
    PortRange,
    Rule,
    ServiceRef,
    Spec,
    ToPorts,
)
from cilium_policies.cilium.networkpolicy import network_policy_spec
from cilium_policies.cilium.reader import Mapping, Problem, Reader
from cilium_policies.lean import Any

CNP = "CiliumNetworkPolicy"
CCNP = "CiliumClusterwideNetworkPolicy"
NETWORK_POLICY = "NetworkPolicy"
POLICY_KINDS = (CNP, CCNP, NETWORK_POLICY)

_NO_FIELDS = ("", "")  # an icmps entry without fields: it matches nothing


def read_policy(body: Mapping, namespace: str = "") -> tuple[Policy | None, list[Problem]]:
    """A parsed CNP, CCNP or NetworkPolicy, and what in it could not be read.

    `namespace` stands in for one that the object does not carry. None where the object is of another kind.
    """
    kind = body.get("kind")
    if kind not in POLICY_KINDS:
        return None, [Problem("kind", f"{kind!r} is not a policy")]
    reader = Reader()
    metadata = reader.mapping(body.get("metadata"), "metadata")
    own = reader.text(metadata.get("namespace"), "metadata.namespace") or namespace
    space = "" if kind == CCNP else own or "default"
    if kind == NETWORK_POLICY:
        specs = [network_policy_spec(reader, body, space)]
    else:
        specs = _specs(reader, body)
    name = reader.text(metadata.get("name"), "metadata.name")
    labels = _strings(reader, metadata, "labels")
    annotations = _strings(reader, metadata, "annotations")
    return Policy(kind, space, name, tuple(specs), labels, annotations), reader.problems


def read_cidr_group(body: Mapping) -> CidrGroup:
    """A parsed CiliumCIDRGroup."""
    reader = Reader()
    metadata = reader.mapping(body.get("metadata"), "metadata")
    spec = reader.mapping(body.get("spec"), "spec")
    name = reader.text(metadata.get("name"), "metadata.name")
    return CidrGroup(
        name, reader.texts(spec, "externalCIDRs", "spec") or (), _strings(reader, metadata, "labels")
    )


def _strings(reader: Reader, metadata: Mapping, key: str) -> dict[str, str]:
    given = reader.mapping(metadata.get(key), f"metadata.{key}")
    return {name: reader.text(value, f"metadata.{key}.{name}") for name, value in given.items()}


def _specs(reader: Reader, body: Mapping) -> list[Spec]:
    found = []
    if body.get("spec") is not None:
        found.append(_spec(reader, reader.mapping(body["spec"], "spec"), "spec"))
    value = body.get("specs")
    if value is not None and not isinstance(value, list):
        reader.problems.append(Problem("specs", "not a list"))
        value = None
    for number, member in enumerate(value or ()):
        path = f"specs[{number}]"
        found.append(_spec(reader, reader.mapping(member, path), path))
    return found


def _spec(reader: Reader, body: Mapping, path: str) -> Spec:
    given = {
        key: reader.selector(body[key], f"{path}.{key}") if body.get(key) is not None else None
        for key in ("endpointSelector", "nodeSelector")
    }
    flags = reader.mapping(body.get("enableDefaultDeny"), f"{path}.enableDefaultDeny")
    return Spec(
        given["endpointSelector"],
        given["nodeSelector"],
        _rules(reader, body, "ingress", "from", path),
        _rules(reader, body, "egress", "to", path),
        _rules(reader, body, "ingressDeny", "from", path),
        _rules(reader, body, "egressDeny", "to", path),
        _flag(flags.get("ingress")),
        _flag(flags.get("egress")),
        reader.text(body.get("description"), f"{path}.description"),
    )


def _flag(value: Any) -> bool | None:
    if value in (True, "true", "True", "TRUE"):
        return True
    return False if value in (False, "false", "False", "FALSE") else None


def _rules(reader: Reader, body: Mapping, key: str, side: str, path: str) -> tuple[Rule, ...] | None:
    members = reader.members(body, key, path)
    if members is None:
        return None
    return tuple(_rule(reader, reader.mapping(member, where), side, where) for member, where in members)


def _rule(reader: Reader, body: Mapping, side: str, path: str) -> Rule:
    return Rule(
        endpoints=reader.selectors(body, f"{side}Endpoints", path),
        entities=reader.texts(body, f"{side}Entities", path),
        cidrs=_cidrs(reader, body, side, path),
        fqdns=_fqdns(reader, body, path) if side == "to" else None,
        services=_services(reader, body, path) if side == "to" else None,
        nodes=reader.selectors(body, f"{side}Nodes", path),
        groups=bool(reader.members(body, f"{side}Groups", path)),
        ports=_ports(reader, body, path),
        icmps=_icmps(reader, body, path),
    )


def _cidrs(reader: Reader, body: Mapping, side: str, path: str) -> tuple[Cidr, ...] | None:
    """toCIDR and toCIDRSet together. An empty list of either selects nothing, whatever the other holds."""
    plain = reader.texts(body, f"{side}CIDR", path)
    members = reader.members(body, f"{side}CIDRSet", path)
    if plain == () or members == []:
        return ()
    if plain is None and members is None:
        return None
    found = [Cidr(one) for one in plain or ()]
    for member, where in members or ():
        given = reader.mapping(member, where)
        selector = given.get("cidrGroupSelector")
        found.append(
            Cidr(
                reader.text(given.get("cidr"), where),
                reader.texts(given, "except", where) or (),
                reader.text(given.get("cidrGroupRef"), where),
                None if selector is None else reader.selector(selector, f"{where}.cidrGroupSelector"),
            )
        )
    return tuple(found)


def _fqdns(reader: Reader, body: Mapping, path: str) -> tuple[Fqdn, ...] | None:
    members = reader.members(body, "toFQDNs", path)
    if members is None:
        return None
    given = [(reader.mapping(member, where), where) for member, where in members]
    return tuple(
        Fqdn(reader.text(one.get("matchName"), where), reader.text(one.get("matchPattern"), where))
        for one, where in given
    )


def _services(reader: Reader, body: Mapping, path: str) -> tuple[ServiceRef, ...] | None:
    members = reader.members(body, "toServices", path)
    if members is None:
        return None
    found = []
    for member, where in members:
        given = reader.mapping(member, where)
        by_labels = given.get("k8sServiceSelector")
        chosen = reader.mapping(by_labels if by_labels is not None else given.get("k8sService"), where)
        space = reader.text(chosen.get("namespace"), where)
        if by_labels is not None:
            found.append(ServiceRef(space, "", reader.selector(chosen.get("selector"), f"{where}.selector")))
        elif given.get("k8sService") is not None:
            found.append(ServiceRef(space, reader.text(chosen.get("serviceName"), where)))
    return tuple(found)


def _ports(reader: Reader, body: Mapping, path: str) -> tuple[ToPorts, ...] | None:
    members = reader.members(body, "toPorts", path)
    if members is None:
        return None
    return tuple(_to_ports(reader, reader.mapping(member, where), where) for member, where in members)


def _to_ports(reader: Reader, body: Mapping, path: str) -> ToPorts:
    ports = []
    for member, where in reader.members(body, "ports", path) or ():
        given = reader.mapping(member, where)
        end = reader.end_port(given, where)
        protocol = reader.text(given.get("protocol"), where) or "ANY"
        port = reader.text(given.get("port"), where)
        ports.append(PortRange(port, protocol.upper(), end))
    rules = body.get("rules")
    names = reader.texts(body, "serverNames", path) or ()
    return ToPorts(tuple(ports), _layer_seven(body, rules, names), rules, names)


def _layer_seven(body: Mapping, rules: Any, names: tuple[str, ...]) -> str:
    if isinstance(rules, dict):
        if rules.get("dns"):
            return "dns"
        if rules.get("http"):
            return "http"
        if any(rules.values()):
            return "other"
    if body.get("listener"):
        return "other"
    return "tls" if names or body.get("terminatingTLS") or body.get("originatingTLS") else ""


def _icmps(reader: Reader, body: Mapping, path: str) -> tuple[tuple[str, str], ...] | None:
    members = reader.members(body, "icmps", path)
    if members is None:
        return None
    found = []
    for member, where in members:
        fields = reader.members(reader.mapping(member, where), "fields", where) or []
        given = [(reader.mapping(field, place), place) for field, place in fields]
        found += [
            (reader.text(one.get("family"), place) or "IPv4", reader.text(one.get("type"), place))
            for one, place in given
        ] or [_NO_FIELDS]
    return tuple(found)
