"""Fields of files and objects that no tool has read before this program: nobody has checked their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cilium_policies.document.finding import refused
from cilium_policies.lean import Any

_CURE = "the tool that applies it would refuse it"


def listed(fields: Mapping[str, Any], key: str) -> list[Any]:
    """A list among the fields; [] without it. Raises RefusedError for what is none."""
    value = fields.get(key) or []
    if not isinstance(value, list):
        raise refused(f"{key} is not a list", _CURE)
    return value


def tables(fields: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of mappings among the fields; [] without it. Raises RefusedError for what is none."""
    found = listed(fields, key)
    if not all(isinstance(one, dict) for one in found):
        raise refused(f"{key} holds something else than mappings", _CURE)
    return found


def table(fields: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A mapping among the fields; {} without it. Raises RefusedError for what is none."""
    value = fields.get(key) or {}
    if not isinstance(value, dict):
        raise refused(f"{key} is not a mapping", _CURE)
    return value


def joined(own: Any, more: Iterable[Any]) -> Any:
    """What a kustomization lists with more behind it. What is no list stays: the tool says so."""
    if own and not isinstance(own, list):
        return own
    return [*(own or ()), *more]
