"""A policy's text with the types that the API server sees: `port: 80` is a number there, `port: "80"` is text."""

from __future__ import annotations

from collections.abc import Callable

from cilium_policies.lean import Any

_TAG = "tag:yaml.org,2002:"


class _Other(str):
    """A scalar's text that is no text to the API server, with what it is."""

    kind: str


def typed(text: bytes) -> Any:
    """The one document in `text` as JSON values, read as every document is: what there is sound YAML is so here, an
    anchor set again, a merge key and JSON's escapes included. Raises RefusedError for what is none."""
    from cilium_policies.document.events import build  # where the input holds no policies, nobody asks

    return _value(build(text, line=1, file="", events=_marked), {})


def _marked(text: bytes) -> Callable[[], Any]:
    """The events of a text, in which scalars of another type are marked."""
    import yaml

    from cilium_policies.document.events import events

    get = events(text)
    resolver: Any = yaml.resolver.Resolver
    resolve = resolver().resolve

    def marked() -> Any:
        event = get()
        if event.__class__ is yaml.ScalarEvent:
            tag = event.tag
            if tag is None or tag == "!":
                tag = resolve(yaml.ScalarNode, event.value, event.implicit)
            if tag != _TAG + "str":
                event.value = _Other(event.value)
                event.value.kind = tag.removeprefix(_TAG)
        return event

    return marked


def _value(value: Any, made: dict[int, Any]) -> Any:
    if isinstance(value, _Other):
        return _scalar(str(value), value.kind)
    if not isinstance(value, (dict, list)):
        return value
    known = made.get(id(value))
    if known is None:
        known = made[id(value)] = _new(value, made)
    return known


def _new(value: Any, made: dict[int, Any]) -> Any:
    if isinstance(value, dict):
        return {str(key): _value(member, made) for key, member in value.items()}
    return [_value(member, made) for member in value]


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
