"""A small checker for object schemas: the few types that Cilium's CRDs use, each saying what is wrong and where."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cilium_policies.lean import Any, NamedTuple, Protocol


class Refusal(NamedTuple):
    """Why a policy does not work: where (field path), what, what to do, and who refuses it.

    `by` is "schema" (the API server: `kubectl apply` fails) or "agent" (the API server takes the object, the
    agent enforces nothing of it).
    """

    path: str
    message: str
    cure: str
    by: str


class Check:
    """One run over one object: its refusals so far. `typed` is false where every scalar came as text."""

    __slots__ = ("found", "typed")

    def __init__(self, typed: bool) -> None:
        self.typed = typed
        self.found: list[Refusal] = []

    def refuse(self, path: str, message: str, cure: str) -> None:
        self.found.append(Refusal(path, message, cure, "schema"))


class Kind(Protocol):
    """A type of the schema."""

    def check(self, value: Any, path: str, run: Check) -> None: ...


def described(value: Any) -> str:
    """A value's type, as people call it."""
    names = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return "empty" if value is None else names.get(type(value), "a number")


class Text(NamedTuple):
    """A string. `pattern` must match all of it; `hint` says in words what the pattern wants."""

    pattern: re.Pattern[str] | None = None
    longest: int = 0
    values: tuple[str, ...] = ()
    hint: str = ""

    def check(self, value: Any, path: str, run: Check) -> None:
        if not isinstance(value, str):
            run.refuse(
                path, f"is {described(value)}, not text", f'quote it: "{value}"' if value else "write text"
            )
        elif self.values and value not in self.values:
            run.refuse(path, f"{value!r} is not allowed", f"use one of {', '.join(self.values)}")
        elif self.longest and len(value) > self.longest:
            run.refuse(path, f"longer than {self.longest} characters", "shorten it")
        elif self.pattern is not None and not self.pattern.fullmatch(value):
            run.refuse(path, f"{value!r} is not allowed", self.hint)


class Number(NamedTuple):
    """An integer within bounds."""

    low: int
    high: int

    def check(self, value: Any, path: str, run: Check) -> None:
        number = value
        if not run.typed and isinstance(value, str) and re.fullmatch(r"-?\d+", value):
            number = int(value)
        if not isinstance(number, int) or isinstance(number, bool):
            run.refuse(path, f"is {described(value)}, not a number", "write a number without quotes")
        elif not self.low <= number <= self.high:
            run.refuse(path, f"{number} is not between {self.low} and {self.high}", "correct the number")


class Flag(NamedTuple):
    """true or false."""

    def check(self, value: Any, path: str, run: Check) -> None:
        if not isinstance(value, bool) and (run.typed or value not in ("true", "false", "True", "False")):
            run.refuse(path, f"is {described(value)}, not true or false", "write true or false")


class NumberOrText(NamedTuple):
    """An integer, or text that the pattern matches."""

    pattern: re.Pattern[str]
    hint: str

    def check(self, value: Any, path: str, run: Check) -> None:
        if isinstance(value, int) and not isinstance(value, bool):
            return
        if not isinstance(value, str):
            run.refuse(path, f"is {described(value)}, not a number or name", self.hint)
        elif not self.pattern.fullmatch(value):
            run.refuse(path, f"{value!r} is not allowed", self.hint)


class List(NamedTuple):
    """A list whose members are all of one kind."""

    member: Kind
    longest: int = 0  # 0: any length; -1: only the empty list
    shortest: int = 0
    hint: str = ""
    distinct: bool = False

    def check(self, value: Any, path: str, run: Check) -> None:
        if not isinstance(value, list):
            run.refuse(path, f"is {described(value)}, not a list", "remove the field or give it members")
            return
        for number, member in enumerate(value):
            self.member.check(member, f"{path}[{number}]", run)
        longest = max(self.longest, 0) if self.longest else len(value)
        if len(value) > longest:
            run.refuse(path, f"has {len(value)} members, {longest} are allowed", self.hint)
        if len(value) < self.shortest:
            run.refuse(path, "is an empty list", "remove the field or give it members")
        if self.distinct and len(value) != len({str(member) for member in value}):
            run.refuse(path, "names something twice", "remove the repetition")


class Map(NamedTuple):
    """A mapping with free keys."""

    member: Kind

    def check(self, value: Any, path: str, run: Check) -> None:
        if not isinstance(value, dict):
            run.refuse(path, f"is {described(value)}, not a mapping", "remove the field or give it members")
            return
        for key, member in value.items():
            self.member.check(member, f"{path}.{key}", run)


class Struct(NamedTuple):
    """A mapping with known fields. Exactly one field of `one_of` and at least one of `some_of` must stand there."""

    fields: Mapping[str, Kind]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    some_of: tuple[str, ...] = ()
    some_hint: str = ""

    def check(self, value: Any, path: str, run: Check) -> None:
        if not isinstance(value, dict):
            run.refuse(path, f"is {described(value)}, not a mapping", "remove the field or give it members")
            return
        for key, member in value.items():
            kind = self.fields.get(key)
            if kind is None:
                cure = f"remove it; the fields here are {', '.join(sorted(self.fields))}"
                run.refuse(f"{path}.{key}", "unknown field", cure)
            else:
                kind.check(member, f"{path}.{key}", run)
        for key in self.required:
            if key not in value:
                run.refuse(path, f"lacks {key}", f"add {key}")
        given = [key for key in self.one_of if key in value]
        if self.one_of and len(given) != 1:
            which = f"has {' and '.join(given)}" if given else "has none of them"
            run.refuse(path, f"needs exactly one of {', '.join(self.one_of)}, {which}", "keep one")
        if self.some_of and not any(key in value for key in self.some_of):
            run.refuse(path, f"needs one of {', '.join(self.some_of)}", self.some_hint)
