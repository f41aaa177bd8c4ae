"""Makes what follows from `function-definition.yaml`: `config/schema.json`, `docs/config.md` and
`docs/schema/config.json`.

    python -m tools.schema_build [--check]

`--check` writes nothing and exits 1 when one of them is not what the definition says.
"""

from __future__ import annotations

# ruff: noqa: E501
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from cilium_policies.document.schema import Schema

from tools.shared import lines

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "fn" / "cilium_policies"
DEFINITION = PACKAGE / "function-definition.yaml"
DATA = PACKAGE / "config" / "schema.json"
REFERENCE = ROOT / "docs" / "config.md"
JSON_SCHEMA = ROOT / "docs" / "schema" / "config.json"

_ORIGIN = "Made from function-definition.yaml by tools/schema_build.py. Do not edit."

_REFERENCE_HEAD = """# Config reference

<!-- Made from fn/cilium_policies/function-definition.yaml by `python -m tools.schema_build`: do not edit. -->

`apiVersion: cilium-policies.fn/v1alpha1`, `kind: CiliumPolicies`. Every field may be left out; adding the function is the opt-in.
[`function-config.yaml`](../function-config.yaml) is a config with each field and its comment.

A `v1` ConfigMap works too: scalar fields and lists of scalars by their path below `spec` (`mode`, `namespaces.exclude`,
`cluster.dns.namespace`), lists separated by commas, and `network_policies_enabled` and `network_policies_mode`. On a command line
`--set PATH=VALUE` takes the same paths and `--mode` sets `spec.mode`.

Modes, from weakest to strongest: `spec.mode`, `spec.rollout`, `spec.namespaces.uncovered`, `spec.namespaces.overrides`.

| field | form | default | meaning |
|---|---|---|---|
"""


def schema_of(definition: str) -> Schema:
    """The openAPIV3Schema of the definition's text."""
    found: Schema = yaml.safe_load(definition)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def data_text(schema: Schema) -> str:
    """The part of the schema that a check needs."""
    return lines(_ORIGIN, {"config": _checked(schema)})


def reference_text(schema: Schema) -> str:
    """The reference page: one row a field, in the order of the schema."""
    rows = "".join(
        f"| `{path}` | {form} | {default} | {text} |\n" for path, form, default, text in fields(schema)
    )
    return _REFERENCE_HEAD + rows


def json_schema(schema: Schema) -> str:
    """The same for editors: `# yaml-language-server: $schema=…/config.json` as a config's first line."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Config of cilium-policies"}
    return json.dumps({**head, **schema}, ensure_ascii=False, indent=2) + "\n"


def fields(schema: Schema, path: str = "") -> list[tuple[str, str, str, str]]:
    """(path, form, default, meaning) of every field below `spec` that is described."""
    found: list[tuple[str, str, str, str]] = []
    for name, below, inner in _members(schema):
        here = f"{path}{name}"
        if below.get("description") and here.startswith("spec"):
            default = json.dumps(below["default"], ensure_ascii=False) if "default" in below else ""
            text = " ".join(below["description"].split()).replace("|", "\\|")
            found.append((here, _form(below), f"`{default}`" if default else "", text))
        found.extend(fields(inner, f"{here}."))
    return found


def _members(schema: Schema) -> list[tuple[str, Schema, Schema]]:
    """(name, schema, schema of what stands below it) of an object's members."""
    members = list(schema.get("properties", {}).items())
    others = schema.get("additionalProperties")
    if isinstance(others, dict) and "properties" in others:
        members.append(("NAME", others))
    result = []
    for name, below in members:
        if below.get("type") == "array" and "properties" in below["items"]:
            result.append((f"{name}[]" if name != "define" else name, below, below["items"]))
        elif "oneOf" in below:
            objects = [branch for branch in below["oneOf"] if "properties" in branch]
            result.append((name, below, objects[0] if len(objects) == 1 else {}))
        else:
            result.append((name, below, below))
    return result


def _form(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(f"`{word}`" for word in schema["enum"])
    if "oneOf" in schema:
        return "a peer" if len(schema["oneOf"]) > 2 else "a word, or a mapping"
    if schema["type"] == "array":
        items = schema["items"]
        if "oneOf" in items:
            return "list of peers"
        return {"array": "list of lists", "object": "list", "integer": "list of numbers"}.get(
            items["type"], "list of texts"
        )
    plain = {"boolean": "`true` or `false`", "integer": "number", "object": "mapping", "string": "text"}
    return plain[schema["type"]]


_UNCHECKED = ("description", "default")


def _checked(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_checked(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for key, member in schema.items():
        if key == "properties":
            kept[key] = {name: _checked(below) for name, below in member.items()}
        elif key not in _UNCHECKED:
            kept[key] = _checked(member)
    return kept


def main(arguments: list[str]) -> int:
    """Writes the files, or with `--check` says which are stale."""
    schema = schema_of(DEFINITION.read_text("utf-8"))
    stale = []
    made = (
        (DATA, data_text(schema)),
        (REFERENCE, reference_text(schema)),
        (JSON_SCHEMA, json_schema(schema)),
    )
    for path, text in made:
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
    if stale:
        print(("stale: " if "--check" in arguments else "written: ") + ", ".join(stale))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
