"""Generated policies as YAML text: block style, two spaces, sequences at their parent's column, as kustomize
writes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cilium_policies.cilium.model import NO_OTHERS, PORTS, Policy, Rule, Selector, Spec, ToPorts
from cilium_policies.cilium.objects import (
    API_VERSION,
    Port,
    metadata,
    rule_object,
    selector_object,
    side,
    subject,
)
from cilium_policies.cilium.scalar import quoted, scalar
from cilium_policies.document.visible import visible
from cilium_policies.lean import Any

_SOFT = "enableDefaultDeny"
_ROW = 110  # characters of a comment's line, about
LONGEST = 60_000  # bytes in a line: `flux envsubst` silently drops what follows a line of more than 64 KiB


def policy_text(policy: Policy, *, comments: bool = True) -> bytes:
    """One document without `---`, UTF-8, LF. With `comments` each rule's `why` stands above it."""
    lines = [f"apiVersion: {API_VERSION}", f"kind: {policy.kind}", "metadata:"]
    for key, value in metadata(policy).items():
        if isinstance(value, dict):
            lines.extend(_labels(key, tuple(value.items())))
        else:
            lines.append(f"  {key}: {_leaf(value, '  ')}")
    if len(policy.specs) == 1 and not policy.listed:
        lines.append("spec:")
        lines.extend(_spec_lines("  ", "  ", policy.specs[0], comments))
    else:
        lines.append("specs:" if policy.specs else "specs: []")
        for spec in policy.specs:
            lines.extend(_spec_lines("- ", "  ", spec, comments))
    lines.append("")
    return "\n".join(lines).encode()


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
    for key, value in subject(spec).items():
        if key == _SOFT:  # of few forms
            lines.extend(_labels(key, tuple(value.items()), indent))
        else:
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
            lines.extend(_rule_lines(rule, side(key), indent))
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
    if not (rule.endpoints and rule[1:PORTS] == NO_OTHERS and rule.icmps is None):  # most name pods alone
        others = rule._replace(
            endpoints=None if rule.endpoints else rule.endpoints, ports=None, why="", edges=()
        )
        if others != _NOBODY:
            lines += _members(others, side, inner)
    if rule.ports is not None:
        try:
            lines += _ports(rule.ports, side, inner)
        except TypeError:  # L7 rules are mappings, which cannot be looked up
            lines += _fresh_ports(rule.ports, side, inner)
    if not lines:
        return [f"{indent}- {{}}"]
    lines[0] = f"{indent}- {lines[0][len(inner) :]}"
    return lines


_NOBODY = Rule()


def _fresh_ports(ports: tuple[ToPorts, ...], side: str, indent: str) -> tuple[str, ...]:
    return _fresh_members(Rule(ports=ports), side, indent)


def _fresh_members(rule: Rule, side: str, indent: str) -> tuple[str, ...]:
    lines: list[str] = []
    for key, value in rule_object(rule, side).items():
        _member(lines, indent, key, value)
    return tuple(lines)


@lru_cache(maxsize=4096)
def _selector_lines(selector: Selector, indent: str) -> tuple[str, ...]:
    """A selector as an entry of its list."""
    lines: list[str] = []
    _item(lines, indent, selector_object(selector))
    return tuple(lines)


@lru_cache(maxsize=1024)
def _labels(key: str, pairs: tuple[tuple[str, Any], ...], indent: str = "  ") -> tuple[str, ...]:
    """Labels, annotations or another mapping that many policies share."""
    lines: list[str] = []
    _member(lines, indent, key, dict(pairs))
    return tuple(lines)


_remembered_spec = lru_cache(maxsize=64)(_fresh_spec)
_members = lru_cache(maxsize=1024)(_fresh_members)
_ports = lru_cache(maxsize=1024)(_fresh_ports)


def comment_lines(text: str, indent: str) -> list[str]:
    """`text` as comment lines: one, or several where it is too long to stay readable."""
    if len(text) <= _ROW and text.isascii() and text.isprintable() and " ".join(text.split()) == text != "":
        return [f"{indent}# {text}"]  # as most are
    words = [visible(word) for word in text.split()]
    rows: list[str] = []
    row = ""
    for word in words:
        if row and len(row) + len(word) > _ROW:
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
