"""Parsed mappings read field by field: what has the wrong shape is left out and remembered as a problem."""

from __future__ import annotations

from cilium_policies.cilium.model import Requirement, Selector
from cilium_policies.document.schema import below
from cilium_policies.lean import Any, NamedTuple

Mapping = dict[str, Any]


class Problem(NamedTuple):
    """Something that could not be read: field path and what is wrong there."""

    path: str
    message: str


class Reader:
    """Collects the problems of one object."""

    __slots__ = ("problems",)

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def mapping(self, value: Any, path: str) -> Mapping:
        if isinstance(value, dict):
            return value
        if value is not None:
            self.problems.append(Problem(path, "not a mapping"))
        return {}

    def members(self, body: Mapping, key: str, path: str) -> list[tuple[Any, str]] | None:
        """The members of a list with their paths; None where the field is absent or null."""
        value = body.get(key)
        if value is None:
            return None
        where = f"{path}.{key}"
        if not isinstance(value, list):
            self.problems.append(Problem(where, "not a list"))
            return None
        return [(member, f"{where}[{number}]") for number, member in enumerate(value)]

    def text(self, value: Any, path: str) -> str:
        """A scalar as text, however the loader typed it."""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(value)
        if value is not None:
            self.problems.append(Problem(path, "not a scalar"))
        return ""

    def end_port(self, body: Mapping, path: str) -> int:
        """`endPort`; 0 where there is none that is a port."""
        end = self.text(body.get("endPort"), path)
        return int(end) if end.isdecimal() and len(end) < 6 else 0

    def texts(self, body: Mapping, key: str, path: str) -> tuple[str, ...] | None:
        members = self.members(body, key, path)
        return None if members is None else tuple(self.text(member, where) for member, where in members)

    def selector(self, value: Any, path: str) -> Selector:
        """A label selector. Labels come first, by key; then the expressions as written."""
        body = self.mapping(value, path)
        labels = self.mapping(body.get("matchLabels"), f"{path}.matchLabels")
        found = [
            Requirement(key, "In", (self.text(labels[key], below(f"{path}.matchLabels", key)),))
            for key in sorted(labels)
        ]
        for member, where in self.members(body, "matchExpressions", path) or ():
            given = self.mapping(member, where)
            values = self.texts(given, "values", where) or ()
            operator = self.text(given.get("operator"), where)
            key = self.text(given.get("key"), where)
            found.append(Requirement(key, operator, values, operator == "In" and len(values) == 1))
        return Selector(tuple(found))

    def selectors(self, body: Mapping, key: str, path: str) -> tuple[Selector, ...] | None:
        members = self.members(body, key, path)
        return None if members is None else tuple(self.selector(member, where) for member, where in members)
