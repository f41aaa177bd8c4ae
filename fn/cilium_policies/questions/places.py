"""File and line of the very field that says why an edge is needed.

Only questions ask for it: the function keeps no positions. Where the text has none for a field (a value that a
ConfigMap of another release brings, an annotation that a transformer adds) the place is that of the object.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from cilium_policies.document.limits import Path, Value
from cilium_policies.evidence.edge import Edge, Evidence
from cilium_policies.kube.objects import Object, Where
from cilium_policies.questions.lined import Lined, lined, says
from cilium_policies.workloads.model import Service, Text, Workload

# Where objects of a release keep its values: as fields, and as a text of their own.
_VALUES: tuple[Path, ...] = (("spec", "values"), ("spec", "source", "helm", "valuesObject"))
_VALUES_TEXT: tuple[Path, ...] = (("spec", "valuesContent"), ("spec", "source", "helm", "values"))
_DATA: tuple[Path, ...] = (("data",), ("stringData",), ("spec", "target", "template", "data"))


def where_of(edge: Edge) -> Where:
    """The place of the field, or of the object or config entry, that an edge rests on."""
    evidence = edge.evidence
    one = _object(evidence)
    if one is None or one.item is None:
        return evidence.where
    found, named = lined(one, one.item), _named(edge)
    line = _line(found, evidence, named)
    if not line and evidence.text is not None and named:
        line = found.only(named[0])
    return one.where._replace(line=line) if line else evidence.where


def _object(evidence: Evidence) -> Object | None:
    if evidence.text is not None and evidence.text.source is not None:
        return evidence.text.source
    subject = evidence.subject
    return subject.source if isinstance(subject, Workload | Service) else subject


def _named(edge: Edge) -> tuple[str, ...]:
    """What the text says of the other end: its host or Service."""
    name = edge.target.name if edge.target.kind in ("internet", "fqdn", "cidr") else ""
    parts = edge.reason.parts if edge.reason.kind != "stated" else ()
    return tuple(part for part in (name.partition("/")[0], *reversed(parts)) if part)


def _line(found: Lined, evidence: Evidence, named: tuple[str, ...]) -> int:
    """The line in the object's text; 0 where the text has none."""
    if evidence.text is not None:
        return _text_line(found, evidence.text, named)
    word, _, key = evidence.field.partition(" ")
    if word == "annotation":
        return next((found.line(path) for path in _keyed(found.body, "annotations", key)), 0)
    if evidence.origin == "identity" and evidence.field:
        return found.line(("metadata", "annotations", evidence.field))
    return found.object_line()


def _text_line(found: Lined, text_: Text, named: tuple[str, ...]) -> int:
    match text_.kind:
        case "env" if text_.source is None:
            line, told = found.sole(text_.field)
            if line and told.strip() == b"- name: " + text_.field.encode():
                return line
            paths = chain(found.entries("env", text_.field), _keyed(found.body, "env", text_.field))
            return next(filter(None, map(found.line, paths)), 0)
        case "args" | "command":
            return next(_arguments(found, text_.kind, named), 0)
        case "env" | "entry":
            lines = (found.line((*data, text_.field)) for data in _DATA)
            line = next(filter(None, lines), 0)
            return found.saying(line, named) if line else 0
        case "value":
            return _value_line(found, text_.field)
        case "field":
            return found.dotted((), text_.field)


def _value_line(found: Lined, field: str) -> int:
    lines = (found.dotted(place, field) for place in _VALUES)
    inside = (found.literal(place, field) for place in _VALUES_TEXT)
    return next(filter(None, chain(lines, inside)), 0)


def _arguments(found: Lined, part: str, named: tuple[str, ...]) -> Iterator[int]:
    """Lines of the words of containers that name the other end, then of the first container's list."""
    line, told = found.sole(named[0]) if named else (0, b"")
    if line and says(told, named[0].encode()) and found.has_argument(part, named[0]):
        yield line
    for word in named:
        for path in found.words(part, word):
            if line := found.line(path):
                yield found.saying(line, (word,))
    yield from (found.line(path) for path, _ in found.lists(part)[:1])


def _keyed(value: Value, key: str, name: str, path: Path = ()) -> Iterator[Path]:
    """Paths of what a mapping below a key calls so."""
    if isinstance(value, dict):
        for one, member in value.items():
            if one == key and isinstance(member, dict) and name in member:
                yield (*path, one, name)
            else:
                yield from _keyed(member, key, name, (*path, one))
