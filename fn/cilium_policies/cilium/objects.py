"""Policies as the mappings that a reader of YAML or JSON would return."""

from __future__ import annotations

from cilium_policies.cilium.model import Cidr, Policy, PortRange, Rule, Selector, ServiceRef, Spec, ToPorts
from cilium_policies.lean import Any

API_VERSION = "cilium.io/v2"

Mapping = dict[str, Any]


class Port(str):
    """A port's text: always quoted, because the schema wants a string and a variable may become a number."""

    __slots__ = ()


def policy_object(policy: Policy) -> Mapping:
    """The policy as the mapping that a YAML or JSON reader would return (numbers and flags typed)."""
    body: Mapping = {"apiVersion": API_VERSION, "kind": policy.kind, "metadata": metadata(policy)}
    if len(policy.specs) == 1 and not policy.listed:
        return {**body, "spec": spec_object(policy.specs[0])}
    return {**body, "specs": [spec_object(spec) for spec in policy.specs]}


def metadata(policy: Policy) -> Mapping:
    """What identifies it, its labels and annotations sorted."""
    found: Mapping = {"name": policy.name}
    if policy.namespace:
        found["namespace"] = policy.namespace
    if policy.labels:
        found["labels"] = dict(sorted(policy.labels.items()))
    if policy.annotations:
        found["annotations"] = dict(sorted(policy.annotations.items()))
    return found


def spec_object(spec: Spec) -> Mapping:
    """One rule set as a mapping, in the order in which a reader wants it."""
    body = subject(spec)
    for name, rules in spec.lists.items():
        if rules is not None:
            body[name] = [rule_object(rule, side(name)) for rule in rules]
    return body


def subject(spec: Spec) -> Mapping:
    """What stands before a rule set's rules."""
    body: Mapping = {}
    if spec.description:
        body["description"] = spec.description
    if spec.subject is not None:
        body["endpointSelector"] = selector_object(spec.subject)
    if spec.node_subject is not None:
        body["nodeSelector"] = selector_object(spec.node_subject)
    flags = (("ingress", spec.deny_ingress_default), ("egress", spec.deny_egress_default))
    default_deny = {direction: value for direction, value in flags if value is not None}
    if default_deny:
        body["enableDefaultDeny"] = default_deny
    return body


def rule_object(rule: Rule, side: str) -> Mapping:
    """One rule as a mapping; `side` is "from" for ingress rules, "to" for egress rules."""
    body: Mapping = {}
    if rule.endpoints is not None:
        body[f"{side}Endpoints"] = [selector_object(one) for one in rule.endpoints]
    if rule.entities is not None:
        body[f"{side}Entities"] = list(rule.entities)
    if rule.cidrs is not None:
        body.update(_cidrs(rule.cidrs, side))
    if rule.fqdns is not None:
        names = [{"matchName": one.name} if one.name else {"matchPattern": one.pattern} for one in rule.fqdns]
        body["toFQDNs"] = names
    if rule.services is not None:
        body["toServices"] = [_service(one) for one in rule.services]
    if rule.nodes is not None:
        body[f"{side}Nodes"] = [selector_object(one) for one in rule.nodes]
    if rule.icmps is not None:
        body["icmps"] = _icmps(rule.icmps)
    if rule.ports is not None:
        body["toPorts"] = [_to_ports(one) for one in rule.ports]
    return body


def selector_object(selector: Selector) -> Mapping:
    """matchLabels for what is one value, sorted; matchExpressions for the rest, as they stand."""
    labels: dict[str, str] = {}
    expressions: list[Mapping] = []
    for key, operator, values, was_expression in selector.requirements:
        if operator == "In" and len(values) == 1 and key not in labels and not was_expression:
            labels[key] = values[0]
        else:
            expression: Mapping = {"key": key, "operator": operator}
            expressions.append({**expression, "values": list(values)} if values else expression)
    body: Mapping = {"matchLabels": dict(sorted(labels.items()))} if labels else {}
    return {**body, "matchExpressions": expressions} if expressions else body


def side(list_name: str) -> str:
    """What the fields of peers begin with in a list's rules."""
    return "from" if list_name.startswith("ingress") else "to"


def _cidrs(cidrs: tuple[Cidr, ...], side: str) -> Mapping:
    # The agent refuses toCIDR beside toCIDRSet in one rule.
    if all(one.cidr and not one.excepts for one in cidrs):
        return {f"{side}CIDR": [one.cidr for one in cidrs]}
    members: list[Mapping] = []
    for one in cidrs:
        member: Mapping = {"cidrGroupRef": one.group} if one.group else {"cidr": one.cidr}
        if one.group_selector is not None:
            member = {"cidrGroupSelector": selector_object(one.group_selector)}
        members.append({**member, "except": list(one.excepts)} if one.excepts else member)
    return {f"{side}CIDRSet": members}


def _icmps(icmps: tuple[tuple[str, str], ...]) -> list[Mapping]:
    fields = [
        {"family": family, "type": int(kind) if kind.isdecimal() else kind}
        for family, kind in icmps
        if family
    ]
    return ([{"fields": fields}] if fields else []) + [{"fields": []} for family, _ in icmps if not family]


def _service(service: ServiceRef) -> Mapping:
    where = {"namespace": service.namespace} if service.namespace else {}
    if service.selector is not None:
        return {"k8sServiceSelector": {"selector": selector_object(service.selector), **where}}
    return {"k8sService": {"serviceName": service.name, **where}}


def _to_ports(entry: ToPorts) -> Mapping:
    body: Mapping = {"ports": [_port(port) for port in entry.ports]} if entry.ports else {}
    if entry.server_names:
        body["serverNames"] = list(entry.server_names)
    return {**body, "rules": entry.rules} if entry.rules is not None else body


def _port(port: PortRange) -> Mapping:
    body: Mapping = {"port": Port(port.port)}
    if port.end:
        body["endPort"] = port.end
    return {**body, "protocol": port.protocol} if port.protocol else body
