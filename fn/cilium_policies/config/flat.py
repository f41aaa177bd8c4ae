"""Config fields given one by one: `--set PATH=VALUE`, `--mode`, and the entries of a ConfigMap."""

from __future__ import annotations

from cilium_policies.document.limits import Path
from cilium_policies.document.schema import Problem, Schema, nearest, path_text
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import Any

_SEED_KEYS = {"network_policies_enabled": "enabled", "network_policies_mode": "mode"}
_IN_A_FILE = "write it in a config file (--config FILE)"


class FlatFieldError(CiliumPoliciesError):
    """A path that names no field that can be given as one text; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def place(spec: dict[str, Any], schema: Schema, field: str, text: str) -> Path:
    """Sets one field of `spec` (the tree below `spec:`) from its path and its text (lists: with commas).

    Returns the field's path below `spec`. Raises FlatFieldError for a path that names no such field.
    """
    steps = _SEED_KEYS.get(field, field).removeprefix("spec.").split(".")
    here: dict[str, Any] = spec
    path: Path = ()
    while True:
        key, schema, steps = _descend(schema, steps, path)
        path = (*path, key)
        if not steps:
            here[key] = _value(schema, text, path)
            return path
        below = here.get(key)
        if isinstance(below, str) and "oneOf" in schema:  # one word for both directions: name them
            below = dict.fromkeys(_mapping_branch(schema)["properties"], below)
        if not isinstance(below, dict):
            below = {}
        here[key] = here = below


def _descend(schema: Schema, steps: list[str], path: Path) -> tuple[str, Schema, list[str]]:
    """The next key, the schema below it, and the steps that are left."""
    schema = _mapping_branch(schema) if "oneOf" in schema else schema
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties")
    if steps[0] in properties:
        return steps[0], properties[steps[0]], steps[1:]
    if isinstance(others, dict) and others["type"] == "string":  # label keys hold dots
        return ".".join(steps), others, []
    if isinstance(others, dict):
        return steps[0], others, steps[1:]
    if not properties:
        raise FlatFieldError(Problem(path, "nothing below this field can be given as one text", _IN_A_FILE))
    known = [path_text((*path, name)) for name in properties] + ([] if path else list(_SEED_KEYS))
    raise FlatFieldError(
        Problem((*path, *steps), "unknown field", nearest(path_text((*path, steps[0])), known))
    )


def _mapping_branch(schema: Schema) -> Schema:
    return next((branch for branch in schema["oneOf"] if "properties" in branch), {})


def _value(schema: Schema, text: str, path: Path) -> Any:
    if _is_scalar(schema):
        return text
    if schema.get("type") == "array" and _is_scalar(schema["items"]):
        return [entry.strip() for entry in text.split(",") if entry.strip()]
    members = list(schema.get("properties", ()))
    cure = f"name a field below it: {', '.join(members)}" if members else _IN_A_FILE
    raise FlatFieldError(Problem(path, "the field is neither a scalar nor a list of scalars", cure))


def _is_scalar(schema: Schema) -> bool:
    branches = schema.get("oneOf", [schema])
    return any(branch["type"] in ("string", "integer", "boolean") for branch in branches)
