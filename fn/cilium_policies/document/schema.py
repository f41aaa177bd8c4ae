"""A value held against a schema: the config's, the catalogue's, and those of Cilium's policy kinds.

The keywords are those of JSON Schema that stand there: type, enum, pattern, minLength, maxLength, minimum, maximum,
properties, required, additionalProperties, minProperties, items, minItems, maxItems, uniqueItems, oneOf; and five of
our own: `exactlyOne` and `someOf` (fields), `format` (checked by a function of the caller's), `cure` and `example`
(what to say of a wrong value). Integers of `intOrString` need no quotes.

Scalars are text, as everywhere in this program: `true` is a boolean and `8080` an integer where the schema asks for
one (YAML 1.2's forms only), and text elsewhere. With `typed` they have the types that the API server sees. A known
member whose value is null counts as absent, or with `nulls` as a value.
`import jsonschema` costs more than the whole function; property tests hold this checker to it and to Cilium's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cilium_policies.document.limits import Path
from cilium_policies.document.spelling import meant, near
from cilium_policies.lean import Any, NamedTuple

Schema = dict[str, Any]

BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_STEP = r'\["([^"]*)"\]|\[(\d+)\]|([^.\[\]]+)'
INTEGER = r"[-+]?[0-9]{1,18}"
NO_FORM = "does not have the form of this field"


class Problem(NamedTuple):
    """What is wrong at `path`; `cure` says what would be right ("" where the message says it)."""

    path: Path
    message: str
    cure: str = ""


class Checker(NamedTuple):
    """How values are read: see above. `formats` are the checks of `format`: what is wrong with a value, or ""."""

    typed: bool = False
    nulls: bool = False
    formats: dict[str, Callable[[str], str]] = {}  # noqa: RUF012

    def check(self, schema: Schema, value: Any, path: Path = ()) -> Iterator[Problem]:
        """Every way in which `value` misses `schema`, in the order of the text."""
        if "oneOf" in schema:
            yield from self._one_of(schema["oneOf"], value, path)
            return
        kind = schema["type"]
        if kind == "object":
            if isinstance(value, dict):
                yield from self._object(schema, value, path)
            else:
                yield Problem(path, f"expected a mapping, found {shown(value)}", _keys_cure(schema))
        elif kind == "array":
            if isinstance(value, list):
                yield from self._array(schema, value, path)
            else:
                yield Problem(path, f"expected a list, found {shown(value)}", f"write [{shown(value, '…')}]")
        else:
            yield from self._scalar(schema, kind, value, path)

    def _object(self, schema: Schema, value: dict[Any, Any], path: Path) -> Iterator[Problem]:
        properties: Schema = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for key, member in value.items():
            if key in properties:
                if member is not None or self.nulls:
                    yield from self.check(properties[key], member, (*path, key))
            elif others is False:
                yield Problem(
                    (*path, str(key)), f"unknown field {str(key)!r}", nearest(str(key), list(properties))
                )
            elif isinstance(others, dict) and (member is not None or self.nulls):
                yield from self.check(others, member, (*path, str(key)))
        if len(value) < schema.get("minProperties", 0):
            yield Problem(path, "is an empty mapping", "remove the field or give it members")
        for key in schema.get("required", ()):
            if not self._has(value, key):
                yield Problem(path, f"{key!r} is missing", f"add {key}:")
        yield from self._chosen(schema, value, path)

    def _chosen(self, schema: Schema, value: dict[Any, Any], path: Path) -> Iterator[Problem]:
        """Fields of which one must stand there: exactly one, or at least one."""
        ways = schema.get("exactlyOne", ())
        given = [key for key in ways if self._has(value, key)]
        if ways and len(given) != 1:
            which = f"has {' and '.join(given)}" if given else "has none of them"
            cure = "keep one" if given else f"add {' or '.join(f'{way}:' for way in ways)}"
            yield Problem(path, f"needs exactly one of {', '.join(ways)}, {which}", cure)
        some = schema.get("someOf", ())
        if some and not any(self._has(value, key) for key in some):
            yield Problem(path, f"needs one of {', '.join(some)}", schema.get("cure", f"add {some[0]}:"))

    def _has(self, value: dict[Any, Any], key: str) -> bool:
        return key in value if self.nulls else value.get(key) is not None

    def _array(self, schema: Schema, value: list[Any], path: Path) -> Iterator[Problem]:
        for number, member in enumerate(value):
            yield from self.check(schema["items"], member, (*path, number))
        longest = schema.get("maxItems", len(value))
        if len(value) > longest:
            cure = schema.get("cure") or f"keep {longest} of them"
            yield Problem(path, f"has {len(value)} members, {longest} are allowed", cure)
        if len(value) < schema.get("minItems", 0):
            yield Problem(path, "is an empty list", "remove the field or give it members")
        if schema.get("uniqueItems") and len(value) != len({str(member) for member in value}):
            yield Problem(path, "names something twice", "remove the repetition")

    def _one_of(self, branches: list[Schema], value: Any, path: Path) -> Iterator[Problem]:
        """The branch for the value's own form is the one whose problems help; the branches never overlap."""
        mappings = [branch for branch in branches if branch["type"] == "object"]
        if not isinstance(value, dict) or not mappings:
            kinds = [branch["type"] for branch in branches]
            flag = isinstance(value, str) and "boolean" in kinds
            flag = flag and (value in BOOLEANS or "string" not in kinds)
            kind = (
                "array" if isinstance(value, list) and "array" in kinds else "boolean" if flag else "string"
            )
            yield from self.check(next(one for one in branches if one["type"] == kind), value, path)
            return
        known = {key for branch in mappings for key in branch["properties"]}
        value = {key: member for key, member in value.items() if member is not None or key not in known}
        fitting = [one for one in mappings if all(key in value for key in one.get("required", ()))]
        if fitting:
            yield from self.check(fitting[0], value, path)
            return
        keys = [key for branch in mappings for key in branch.get("required", ())]
        wrong = next((str(key) for key in value if key not in keys), "")
        message = f"unknown field {wrong!r}" if wrong else "the mapping has no key with a value"
        yield Problem((*path, wrong) if wrong else path, message, nearest(wrong, keys))

    def _scalar(self, schema: Schema, kind: str, value: Any, path: Path) -> Iterator[Problem]:
        if schema.get("intOrString") and isinstance(value, int) and not isinstance(value, bool):
            return
        if isinstance(kind, list):  # of scalars: untyped, text is any of them
            kind = "string"
        if not self._is(kind, value):
            yield Problem(path, f"expected {_a(kind)}, found {shown(value)}", _type_cure(schema, kind, value))
        elif kind == "boolean":
            if isinstance(value, str) and value not in BOOLEANS:
                yield Problem(path, f"{shown(value)} is not a boolean", "write true or false")
        elif kind == "integer":
            yield from _check_integer(schema, value, path)
        else:
            yield from self._text(schema, value, path)

    def _is(self, kind: str, value: Any) -> bool:
        """Whether a scalar is of a kind; untyped, text may be anything."""
        if isinstance(value, str):
            return kind == "string" or not self.typed
        return type(value) is {"boolean": bool, "integer": int}.get(kind)

    def _text(self, schema: Schema, value: str, path: Path) -> Iterator[Problem]:
        if "enum" in schema and value not in schema["enum"]:
            yield Problem(path, f"unknown value {shown(value)}", _word_cure(schema, value))
        elif len(value) < schema.get("minLength", 0):
            yield Problem(path, "the value is empty", "write one, or leave the field out")
        elif len(value) > schema.get("maxLength", len(value)):
            yield Problem(path, f"longer than {schema['maxLength']} characters", "shorten it")
        elif "pattern" in schema and not matches(schema["pattern"], value):
            yield Problem(path, f"{shown(value)} {NO_FORM}", _form_cure(schema, value))
        elif "format" in schema and (wrong := self.formats[schema["format"]](value)):
            yield Problem(path, f"{shown(value)} {wrong}", _form_cure(schema, value))


def check(schema: Schema, value: Any, path: Path = ()) -> Iterator[Problem]:
    """Every way in which a value of text scalars misses a schema without references, nulls counting as absent."""
    return Checker().check(schema, value, path)


def _check_integer(schema: Schema, value: str | int, path: Path) -> Iterator[Problem]:
    if isinstance(value, str) and not re.fullmatch(INTEGER, value):
        yield Problem(path, f"{shown(value)} is not a whole number", "write a number without quotes")
        return
    low, high = schema.get("minimum"), schema.get("maximum")
    if (low is not None and int(value) < low) or (high is not None and int(value) > high):
        limits = f"from {low} to {high}" if high is not None else f"{low} or more"
        yield Problem(path, f"{value} is out of range", f"write a number {limits}")


def matches(pattern: str, value: str) -> bool:
    """Whether a pattern of the schema matches; its `$` is the very end, as in JSON Schema."""
    return re.search(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern, value) is not None


def nearest(wrong: str, known: list[str]) -> str:
    """The cure for a wrong word: the known one nearest to it, else all of them."""
    return meant(near(wrong, known)) or (f"known here: {', '.join(known)}" if known else "")


def shown(value: Any, limit: str = "") -> str:
    """A value in a message: scalars quoted and cut, mappings and lists by their kind."""
    if value is None:
        return limit or "nothing"
    if isinstance(value, dict):
        return limit or "a mapping"
    if isinstance(value, list):
        return limit or "a list"
    text = str(value)
    return repr(text if len(text) <= 40 else text[:39] + "…")


def path_text(path: Path) -> str:
    """`spec.allow[0].from`; keys that hold a dot stand in brackets."""
    text = ""
    for step in path:
        text = f"{text}[{step}]" if isinstance(step, int) else below(text, step)
    return text


def below(path: str, key: str) -> str:
    """The text of a path one key further down."""
    if "." in key:
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def path_of(text: str) -> Path:
    """The steps of a path as `path_text` writes it."""
    return tuple(
        int(number) if number else quoted or name for quoted, number, name in re.findall(_STEP, text)
    )


def _a(kind: str) -> str:
    return {"integer": "a number", "boolean": "true or false"}.get(kind, "text")


def _type_cure(schema: Schema, kind: str, value: Any) -> str:
    if "enum" in schema:
        return f"write {' or '.join(schema['enum'])}"
    if isinstance(value, str):
        return "write it without quotes"
    quoted = kind == "string" and not isinstance(value, dict | list) and value is not None
    return f'quote it: "{value}"' if quoted else f"write {_a(kind)}"


def _keys_cure(schema: Schema) -> str:
    properties = list(schema.get("properties", ()))
    return f"known here: {', '.join(properties)}" if properties else ""


def _word_cure(schema: Schema, value: str) -> str:
    cure = nearest(value, schema["enum"])
    return str(schema["cure"]) if "cure" in schema and not near(value, schema["enum"]) else cure


def _form_cure(schema: Schema, value: str) -> str:
    """Patterns that begin with a choice of words get the nearest word; the others are shown by example."""
    if "cure" in schema:
        return str(schema["cure"])
    choice = re.match(r"\^\(([-a-z|]+)\|\(", schema["pattern"])
    words = choice[1].split("|") if choice else []
    cure = nearest(value, words)
    return cure if near(value, words) else f"{cure and cure + '; or '}write one like {schema['example']}"
