"""Objects that are real but for one thing: what they list, they list many times over, each time under other names.

By construction and not by reader: whatever kind comes into the corpus, every list and every mapping of names in it is
made long, so that a reader that asks of each entry for all others shows, whoever wrote it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

_LABEL = re.compile(r"[a-z][a-z0-9-]*")
_KEPT = frozenset(  # what says of which sort something is, and not which one it is
    "apiVersion kind protocol type operator scope effect verbs apiGroups resources policyTypes imagePullPolicy image"  # noqa: SIM905
    " accessModes restartPolicy schedule mode level format role unit namespace".split()
)
_FIELDS = frozenset("metadata spec status template selector".split())  # noqa: SIM905 (mappings of fields, not of names)


def places(body: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of the lists and of the mappings of names in an object, outer ones first."""
    if isinstance(body, list) and body:
        yield path
    if isinstance(body, dict):
        members = list(body.values())
        named = path and path[-1] in ("data", "stringData", "annotations", "labels", "matchLabels")
        alike = path and len(members) > 1 and all(isinstance(one, dict) for one in members)
        if (named or alike) and not _FIELDS & set(body):
            yield path
    for key, member in (
        body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    ):
        yield from places(member, (*path, key))


def stretched(body: dict[str, Any], path: Path, count: int) -> dict[str, Any]:
    """The object with `count` entries more at this place, like its first but for their names."""
    made = copy.deepcopy(body)
    place: Any = made
    for step in path:
        place = place[step]
    if isinstance(place, list):
        place += [_other(place[0], number) for number in range(count)]
    else:
        key, value = next(iter(place.items()))
        place |= {f"{key}{number}": _other(value, number) for number in range(count)}
    return made


def _other(value: Any, number: int, key: str = "") -> Any:
    """The same with the first name in every text changed, and every number."""
    if isinstance(value, dict):
        return {name: _other(member, number, str(name)) for name, member in value.items()}
    if isinstance(value, list):
        return [_other(member, number, key) for member in value]
    if isinstance(value, str) and key not in _KEPT:
        return _LABEL.sub(lambda found: f"{found[0]}{number}", value, count=1)
    if isinstance(value, int) and not isinstance(value, bool):
        return 1 + (value + number) % 65000
    return value
