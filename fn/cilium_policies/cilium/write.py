"""Generated policies as YAML text: block style, two spaces, sequences at their parent's column, as kustomize
writes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cilium_policies.cilium.model import Cidr, Policy, PortRange, Rule, Selector, ServiceRef, Spec, ToPorts
from cilium_policies.cilium.scalar import quoted, scalar
from cilium_policies.document.visible import visible
from cilium_policies.lean import Any

API_VERSION = "cilium.io/v2"
LONGEST = 60_000  # bytes in a line: `flux envsubst` silently drops what follows a line of more than 64 KiB

Mapping = dict[str, Any]


class Port(str):
    """A port's text: always quoted, because the schema wants a string and a variable may become a number."""

    __slots__ = ()


def policy_text(policy: Policy, *, comments: bool = True) -> bytes:
    """One document without `---`, UTF-8, LF. With `comments` each rule's `why` stands above it."""
    lines = [f"apiVersion: {API_VERSION}", f"kind: {policy.kind}"]
    _member(lines, "", "metadata", _metadata(policy))
    if len(policy.specs) == 1 and not policy.listed:
        lines.append("spec:")
        lines.extend(_spec_lines("  ", "  ", policy.specs[0], comments))
    else:
        lines.append("specs:" if policy.specs else "specs: []")
        for spec in policy.specs:
            lines.extend(_spec_lines("- ", "  ", spec, comments))
    lines.append("")
    return "\n".join(lines).encode()


def policy_object(policy: Policy) -> Mapping:
    """The policy as the mapping that a YAML or JSON reader would return (numbers and flags typed)."""
    body: Mapping = {"apiVersion": API_VERSION, "kind": policy.kind, "metadata": _metadata(policy)}
    if len(policy.specs) == 1 and not policy.listed:
        return {**body, "spec": spec_object(policy.specs[0])}
    return {**body, "specs": [spec_object(spec) for spec in policy.specs]}


def _metadata(policy: Policy) -> Mapping:
    metadata: Mapping = {"name": policy.name}
    if policy.namespace:
        metadata["namespace"] = policy.namespace
    if policy.labels:
        metadata["labels"] = dict(sorted(policy.labels.items()))
    if policy.annotations:
        metadata["annotations"] = dict(sorted(policy.annotations.items()))
    return metadata


def spec_object(spec: Spec) -> Mapping:
    """One rule set as a mapping, in the order in which a reader wants it."""
    body = _subject(spec)
    for name, rules in spec.lists.items():
        if rules is not None:
            body[name] = [rule_object(rule, _side(name)) for rule in rules]
    return body


def _subject(spec: Spec) -> Mapping:
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


def _side(list_name: str) -> str:
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


def _spec_lines(first: str, indent: str, spec: Spec, comments: bool) -> Sequence[str]:
    """The members of one spec; `first` is the first line's indent, which may carry a sequence's dash.

    A thousand namespaces have one default-deny: what was written once is remembered, but for rules made of edges,
    which no other spec has.
    """
    if any(rule.edges for rules in (spec.ingress, spec.egress) for rule in rules or ()):
        return _fresh_spec(first, indent, spec, comments)
    try:
        return _remembered_spec(first, indent, spec, comments)
    except TypeError:  # L7 rules are mappings, which cannot be looked up
        return _fresh_spec(first, indent, spec, comments)


def _fresh_spec(first: str, indent: str, spec: Spec, comments: bool) -> tuple[str, ...]:
    lines: list[str] = []
    for key, value in _subject(spec).items():
        _member(lines, indent, key, value)
    for key, given in spec.lists.items():
        if not given:
            if given is not None:
                _member(lines, indent, key, [])
            continue
        lines.append(f"{indent}{key}:")
        for rule in given:
            if comments:
                lines.extend(comment_lines(rule.why, indent))
            lines.extend(_rule_lines(rule, _side(key), indent))
    if not lines:
        return (f"{first}{{}}",)
    lines[0] = first + lines[0][len(indent) :]
    return tuple(lines)


def _rule_lines(rule: Rule, side: str, indent: str) -> list[str]:
    """One rule as an entry of its list: pods, other peers and ports apart, as many rules share each of them."""
    inner = indent + "  "
    lines: list[str] = []
    if rule.endpoints:
        lines.append(f"{inner}{side}Endpoints:")
        for selector in rule.endpoints:
            lines += _selector_lines(selector, inner)
    others = rule._replace(endpoints=None if rule.endpoints else rule.endpoints, ports=None, why="", edges=())
    if others != _NOBODY:
        lines += _members(others, side, inner)
    if rule.ports is not None:
        shared = all(entry.rules is None for entry in rule.ports)  # those of layer 7 cannot be looked up
        lines += (_members if shared else _fresh_members)(Rule(ports=rule.ports), side, inner)
    if not lines:
        return [f"{indent}- {{}}"]
    lines[0] = f"{indent}- {lines[0][len(inner) :]}"
    return lines


_NOBODY = Rule()


def _fresh_members(rule: Rule, side: str, indent: str) -> tuple[str, ...]:
    lines: list[str] = []
    for key, value in rule_object(rule, side).items():
        _member(lines, indent, key, value)
    return tuple(lines)


@lru_cache(maxsize=1024)
def _selector_lines(selector: Selector, indent: str) -> tuple[str, ...]:
    """A selector as an entry of its list."""
    lines: list[str] = []
    _item(lines, indent, selector_object(selector))
    return tuple(lines)


_remembered_spec = lru_cache(maxsize=64)(_fresh_spec)
_members = lru_cache(maxsize=1024)(_fresh_members)


def comment_lines(text: str, indent: str) -> list[str]:
    """`text` as comment lines: one, or several where it is too long to stay readable."""
    words = [visible(word) for word in text.split()]
    rows: list[str] = []
    row = ""
    for word in words:
        if row and len(row) + len(word) > 110:
            rows.append(row)
            row = ""
        row = f"{row} {word}" if row else word[: LONGEST // 4]
    return [f"{indent}# {one}" for one in ([*rows, row] if row else rows)]


def _member(lines: list[str], indent: str, key: str, value: Any) -> None:
    head = f"{indent}{scalar(key)}:"
    if isinstance(value, dict) and value:
        lines.append(head)
        for name, member in value.items():
            _member(lines, indent + "  ", name, member)
    elif isinstance(value, list) and value:
        lines.append(head)
        for member in value:
            _item(lines, indent, member)
    else:
        lines.append(f"{head} {_leaf(value, indent)}")


def _item(lines: list[str], indent: str, value: Any) -> None:
    if not value or not isinstance(value, (dict, list)):
        lines.append(f"{indent}- {_leaf(value, indent)}")
        return
    start = len(lines)
    inner = indent + "  "
    if isinstance(value, dict):
        for name, member in value.items():
            _member(lines, inner, name, member)
    else:
        for member in value:
            _item(lines, inner, member)
    lines[start] = f"{indent}- {lines[start][len(inner) :]}"


def _leaf(value: Any, indent: str) -> str:
    if isinstance(value, str):
        text = quoted(value) if isinstance(value, Port) else scalar(value)
        return text if len(text) * 4 < LONGEST else _folded(value, indent + "  ")
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{}"
    return "[]" if isinstance(value, list) else str(value)


def _folded(value: str, indent: str) -> str:
    """A double-quoted scalar over several lines, each break escaped so that it adds nothing to the text."""
    step = LONGEST // 24  # an escape has at most six characters, a character at most four bytes
    pieces = [quoted(value[at : at + step])[1:-1] for at in range(0, len(value), step)]
    # A continued line loses its leading blanks: the backslash keeps the first one.
    kept = [f"\\{piece}" if at and piece.startswith(" ") else piece for at, piece in enumerate(pieces)]
    return '"' + f"\\\n{indent}".join(kept) + '"'
