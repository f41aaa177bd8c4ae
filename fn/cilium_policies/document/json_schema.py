"""Schemas as JSON files hold them, with their references followed, for `document/schema.py`."""

from __future__ import annotations

from cilium_policies.document.schema import Schema
from cilium_policies.lean import Any, decoded


def read_schemas(path: str) -> dict[str, Schema]:
    """The schemas of a file that `tools/shared.py` wrote, by name: a schema is the same object wherever it stands."""
    with open(path, encoding="utf-8") as file:
        data = decoded(file.read())
    found: dict[str, Schema] = linked(data["schemas"], data["definitions"])
    return found


def linked(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """The schema with each `$ref` as the definition itself (by the last part of its path), which may hold itself; what
    standard JSON Schema says by `anyOf` and `oneOf` is said in the keywords of `document/schema.py`."""
    made: dict[str, Schema] = {}

    def link(value: Any) -> Any:
        if isinstance(value, list):
            return [link(one) for one in value]
        if not isinstance(value, dict):
            return value
        name = value.get("$ref")
        if not isinstance(name, str):
            return _own_words({key: link(one) for key, one in value.items()})
        name = name.rpartition("/")[2]
        if name not in made:
            made[name] = {}
            made[name].update(link(definitions[name]))
        return made[name]

    found: Schema = link(schema)
    return found


def _own_words(schema: Schema) -> Schema:
    """`anyOf` and `oneOf` of nothing but `required` choose fields; the other branches of `anyOf` never overlap."""
    for keyword, ours in (("anyOf", "someOf"), ("oneOf", "exactlyOne")):
        branches = schema.get(keyword)
        if not isinstance(branches, list):
            continue
        if all(isinstance(one, dict) and list(one) == ["required"] for one in branches):
            schema[ours] = [key for one in schema.pop(keyword) for key in one["required"]]
        elif keyword == "anyOf":
            schema["oneOf"] = schema.pop(keyword)
    return schema
