"""Schemas as small JSON files: what occurs more than once is written once, under `definitions`, a line each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]


def lines(origin: str, schemas: dict[str, Schema]) -> str:
    """The file with these schemas by name: what changes in one is a short diff."""
    data = _shared(schemas)
    parts = [f'"origin": {json.dumps(origin)}']
    for part in ("schemas", "definitions"):
        members = ",\n".join(
            f"{json.dumps(key)}: {json.dumps(one, ensure_ascii=False)}" for key, one in data[part].items()
        )
        parts.append(f'"{part}": {{\n{members}\n}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _shared(schemas: dict[str, Schema]) -> Schema:
    """The schemas by name, and `definitions` of what occurs in them more than once."""
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}

    def count(schema: Schema, field: str) -> None:
        text = json.dumps(schema, sort_keys=True)
        counts[text] += 1
        if counts[text] == 1:
            names[text] = field
            for name, one in _below(schema, field):
                count(one, name)

    for one in schemas.values():
        count(one, "spec")
    taken: Counter[str] = Counter()
    made: dict[str, str] = {}
    definitions: Schema = {}

    def refer(schema: Schema, field: str) -> Schema:
        text = json.dumps(schema, sort_keys=True)
        if counts[text] == 1 or len(text) < 60:
            return _with(schema, refer, field)
        if text not in made:
            taken[names[text]] += 1
            number = taken[names[text]]
            made[text] = names[text] if number == 1 else f"{names[text]}-{number}"
            definitions[made[text]] = _with(schema, refer, field)
        return {"$ref": made[text]}

    versions = {name: refer(one, "spec") for name, one in schemas.items()}
    return {"schemas": versions, "definitions": dict(sorted(definitions.items()))}


def _below(schema: Schema, field: str) -> list[tuple[str, Schema]]:
    inner = [
        (field, schema[key]) for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)
    ]
    return [*schema.get("properties", {}).items(), *inner, *((field, one) for one in schema.get("oneOf", ()))]


def _with(schema: Schema, refer: Callable[[Schema, str], Schema], field: str) -> Schema:
    found = dict(schema)
    if "properties" in found:
        found["properties"] = {name: refer(one, name) for name, one in found["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = refer(found[key], field)
    if "oneOf" in found:
        found["oneOf"] = [refer(one, field) for one in found["oneOf"]]
    return found
