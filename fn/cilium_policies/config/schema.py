"""A value held against a schema of the form that `function-definition.yaml` uses.

Only the keywords that stand there are known: type, enum, pattern, minLength, minimum, maximum, properties,
required, additionalProperties, items, oneOf. Scalars are text, as everywhere in this program: `true` is a
boolean and `8080` an integer where the schema asks for one (YAML 1.2's forms only), and text elsewhere. A
known member whose value is null counts as absent.
`import jsonschema` costs more than the whole function; a property test holds this checker to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.document.spelling import near
from cilium_policies.lean import Any, NamedTuple

Schema = dict[str, Any]
Path = tuple[str | int, ...]

BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")


class Problem(NamedTuple):
    """What is wrong at `path`; `cure` says what would be right ("" where the message says it)."""

    path: Path
    message: str
    cure: str = ""


def check(schema: Schema, value: Any, path: Path = ()) -> Iterator[Problem]:
    """Every way in which `value` misses `schema`, in the order of the text."""
    if "oneOf" in schema:
        yield from _check_one_of(schema["oneOf"], value, path)
        return
    kind = schema["type"]
    if kind == "object":
        if isinstance(value, dict):
            yield from _check_object(schema, value, path)
        else:
            yield Problem(path, f"{shown(value)} stands where a mapping belongs", _keys_cure(schema))
    elif kind == "array":
        if isinstance(value, list):
            for number, member in enumerate(value):
                yield from check(schema["items"], member, (*path, number))
        else:
            yield Problem(path, f"{shown(value)} stands where a list belongs", f"write [{shown(value, '…')}]")
    else:
        yield from _check_scalar(schema, kind, value, path)


def _check_object(schema: Schema, value: dict[Any, Any], path: Path) -> Iterator[Problem]:
    properties: Schema = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for key, member in value.items():
        if key in properties:
            if member is not None:
                yield from check(properties[key], member, (*path, key))
        elif others is False:
            yield Problem(
                (*path, str(key)), f"unknown field {str(key)!r}", nearest(str(key), list(properties))
            )
        elif isinstance(others, dict) and member is not None:
            yield from check(others, member, (*path, str(key)))
    for key in schema.get("required", ()):
        if value.get(key) is None:
            yield Problem(path, f"{key!r} is missing", f"add {key}:")


def _check_one_of(branches: list[Schema], value: Any, path: Path) -> Iterator[Problem]:
    """The branch for the value's own form is the one whose problems help; the branches never overlap."""
    mappings = [branch for branch in branches if branch["type"] == "object"]
    if not isinstance(value, dict):
        flag = isinstance(value, str) and value in BOOLEANS
        kind = "boolean" if flag and any(one["type"] == "boolean" for one in branches) else "string"
        yield from check(next(one for one in branches if one["type"] == kind), value, path)
        return
    known = {key for branch in mappings for key in branch["properties"]}
    value = {key: member for key, member in value.items() if member is not None or key not in known}
    fitting = [one for one in mappings if all(key in value for key in one.get("required", ()))]
    if fitting:
        yield from check(fitting[0], value, path)
        return
    keys = [key for branch in mappings for key in branch.get("required", ())]
    wrong = next((str(key) for key in value if key not in keys), "")
    message = f"unknown field {wrong!r}" if wrong else "the mapping has no key with a value"
    yield Problem((*path, wrong) if wrong else path, message, nearest(wrong, keys))


def _check_scalar(schema: Schema, kind: str, value: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(path, f"{shown(value)} stands where {_a(kind)} belongs", _values_cure(schema))
    elif kind == "boolean":
        if value not in BOOLEANS:
            yield Problem(path, f"{shown(value)} is no boolean", "write true or false")
    elif kind == "integer":
        yield from _check_integer(schema, value, path)
    elif "enum" in schema and value not in schema["enum"]:
        yield Problem(path, f"unknown value {shown(value)}", nearest(value, schema["enum"]))
    elif len(value) < schema.get("minLength", 0):
        yield Problem(path, "the value is empty", "write one, or leave the field out")
    elif "pattern" in schema and not matches(schema["pattern"], value):
        yield Problem(path, f"{shown(value)} has not the form of this field", _pattern_cure(schema, value))


def _check_integer(schema: Schema, value: str, path: Path) -> Iterator[Problem]:
    if not INTEGER.match(value):
        yield Problem(path, f"{shown(value)} is no whole number")
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
    close = near(wrong, known)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known here: {', '.join(known)}" if known else ""


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
        if isinstance(step, int):
            text += f"[{step}]"
        elif "." in step:
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text


def _a(kind: str) -> str:
    return {"integer": "a number", "boolean": "true or false"}.get(kind, "text")


def _values_cure(schema: Schema) -> str:
    return f"write {' or '.join(schema['enum'])}" if "enum" in schema else ""


def _keys_cure(schema: Schema) -> str:
    properties = list(schema.get("properties", ()))
    return f"known here: {', '.join(properties)}" if properties else ""


def _pattern_cure(schema: Schema, value: str) -> str:
    """Patterns that begin with a choice of words get the nearest word; the others are shown by example."""
    choice = re.match(r"\^\(([-a-z|]+)\|\(", schema["pattern"])
    words = choice[1].split("|") if choice else []
    cure = nearest(value, words)
    return cure if near(value, words) else f"{cure and cure + '; or '}write one like {schema['example']}"
