"""Hostile objects of every kind that an entry of the catalogue reads, finds pods of or looks into, and of those that
the program reads itself: each with values at the paths that the entries name, and with odd ones at any of them.

The paths are taken from the entries as they stand, so that a new entry's are among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import cilium_policies
import yaml
from cilium_policies.kube.kinds import FIELDS, READ_KINDS

from tests.hostile.inputs import ODD, _spoil

Kind = tuple[str, str]

_CATALOGUE = Path(cilium_policies.__file__).parent / "catalogue"
_PATH = re.compile(r"[a-z]\w*(?:(?:\[[^\]]*\]|\*)?\.[\w*\-\[\]]+)+")  # `spec.triggers[].http.url`
SOUND: list[Any] = [
    "web", "http://web.shop.svc:80/x", "db.shop:5432", "redis://:pw@cache:6379/0", "10.0.0.7", "{{ x }}", "${X}",
    "5432", 8080, True, "true", ["web", "db.shop:5432"], {"name": "web", "port": 80}, {"app": "web"},
    [{"name": "web", "url": "https://api.example.com"}], {"matchLabels": {"app": "web"}},
    {"host": "db.shop", "port": "5432", "secretRef": {"name": "env"}},
    {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "e.com/x:1"}]}},
    "kind: Deployment\nmetadata: {name: in}\nspec: {}\n", "a: &a [*a]\n", "x" * 3000,
]  # fmt: skip
HUGE: list[Any] = [
    10**18, -(10**18), 10**400, "9" * 400, 1e308, "1e999", float("1e-300"), "65536", 65536, -1, "0x7fffffff",
    2**63, "\x00", "\ud83d", "a" * 70000, {"a" * 300: "b"}, {"": {"": {"": ""}}}, [[[[[[]]]]]],
]  # fmt: skip


@cache
def kinds() -> dict[Kind, tuple[str, ...]]:
    """Group and kind, and the paths that entries name beside it."""
    found: dict[Kind, set[str]] = {}
    for path in sorted(_CATALOGUE.rglob("*.yaml")):
        for document in yaml.load_all(path.read_text("utf-8"), yaml.CSafeLoader):
            for rows in document.values() if isinstance(document, dict) else ():
                for row in rows if isinstance(rows, list) else [rows]:
                    for kind in _asked(row):
                        found.setdefault(kind, set()).update(_paths(row))
    for kind in READ_KINDS:
        found.setdefault(("", kind), set()).update(
            field for field in FIELDS.get(kind, ()) if re.fullmatch(r"[\w.]+", field)
        )
    return {kind: tuple(sorted(paths)) for kind, paths in sorted(found.items())}


def _asked(row: Any) -> Iterator[Kind]:
    if isinstance(row, dict):
        kind = row.get("kind")
        if isinstance(kind, str) and not _PATH.fullmatch(kind):  # else where the object says a kind
            yield str(row.get("group", "")), kind
        for one in row.values():
            yield from _asked(one)
    elif isinstance(row, list):
        for one in row:
            yield from _asked(one)


def _paths(row: Any) -> Iterator[str]:
    if isinstance(row, dict):
        row = [*row.values()]
    if isinstance(row, list):
        for one in row:
            yield from _paths(one)
    elif isinstance(row, str) and _PATH.fullmatch(row):
        yield row


def odd(random: Random, kind: Kind) -> dict[str, Any]:
    """An object of the kind: sound at some of its paths, odd at others, then spoilt anywhere."""
    group, name = kind
    body: dict[str, Any] = {
        "apiVersion": f"{group}/v1" if group else "v1",
        "kind": name,
        "metadata": {
            "name": random.choice(("web", "a", "x-1")),
            "namespace": random.choice(("shop", "data")),
        },
    }
    for path in kinds()[kind]:
        if random.random() < 0.7:
            values = random.choice((SOUND, SOUND, SOUND, ODD, HUGE))
            _put(body, path, deepcopy(random.choice(values)), random)
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        _spoil(random, body)
    if random.random() < 0.1:
        _put(body, "spec.deep", _deep(random), random)
    return body


def _put(body: dict[str, Any], path: str, value: Any, random: Random) -> None:
    """The value at the path: through lists where it has them, or one of another form one time in ten."""
    steps = [one for one in re.split(r"\.|\[[^\]]*\]", path) if one]
    place: Any = body
    for step, after in zip(steps, [*steps[1:], ""], strict=True):
        if isinstance(place, list):
            place = place[0] if place else {}
        if not isinstance(place, dict):
            return
        step = "key" if step == "*" else step
        if not after:
            place[step] = value
            return
        listed = f"{step}[" in path or random.random() < 0.1
        if not isinstance(place.get(step), (dict, list)):
            place[step] = [{}] if listed else {}
        place = place[step]


def _deep(random: Random) -> Any:
    made: Any = "x"
    for _ in range(random.choice((20, 60, 200))):
        made = {"a": made} if random.random() < 0.5 else [made]
    return made
