"""A policy's text with the types that the API server sees: `port: 80` is a number there, `port: "80"` is text."""

from __future__ import annotations

from cilium_policies.lean import Any

_TAG = "tag:yaml.org,2002:"


def typed(text: bytes) -> Any:
    """The one document in `text` as JSON values. The text has been parsed before and is sound YAML."""
    import yaml  # where the input holds no policies, nobody asks

    node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return None if node is None else _value(node, {})


def _value(node: Any, made: dict[int, Any]) -> Any:
    known = made.get(id(node))
    if known is None:
        known = made[id(node)] = _new(node, made)
    return known


def _new(node: Any, made: dict[int, Any]) -> Any:
    if node.id == "mapping":
        return {key.value: _value(value, made) for key, value in node.value if key.id == "scalar"}
    if node.id == "sequence":
        return [_value(member, made) for member in node.value]
    return _scalar(node.value, node.tag.removeprefix(_TAG))


def _scalar(text: str, kind: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on")
    try:
        if kind == "int":
            return int(text.replace("_", ""), 0)
        if kind == "float":
            return float(text.replace("_", ""))
    except ValueError:
        return text
    return text
