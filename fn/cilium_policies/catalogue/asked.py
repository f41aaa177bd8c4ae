"""What the entries look for in a cluster, gathered from all of them: an inventory keeps that of what it shows.

    asked(entries, platforms) -> {
      "kinds":    group and kind of every object that is spoken of, as `group/Kind`
      "patterns": expressions by which conditions look into texts and arguments
      "calls":    what meshes' injected proxies call
      "meshes":   the ConfigMaps that name a mesh's providers
      "words":    what a field has to be for a condition, "matches": expressions of the same
      "named":    the last key of each path at which an object is named, or a text is filled in from
      "notes":    annotations
      "makes":    expressions that find, in a program's configuration, the names of what the pods that it makes use
    }

Each is a sorted list of texts: the compiled catalogue holds them as a table, so that nobody reads every entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.kube.objects import at, mappings, text
from cilium_policies.lean import Any

_GROUP_KIND = re.compile(r"[a-z0-9.\-]{1,253}/[A-Z][A-Za-z0-9]{1,62}")
# Of entries: where they have paths at which objects are named
_NAMED_AT = ("by", "at", "secrets", "backends", "target", "hosts")
_TOLD = ("is", "matches")
_SOUGHT = ("text", "arg")
_MADE = ("namespace", "mounts", "account")
_NOTE = re.compile(r"(?:metadata\.annotations\.)?([a-z0-9.\-]{1,253}\.[a-z]{2,20}/[\w.\-]{0,63})")
_FILLED = re.compile(r"\{(?:host:)?(?:[\w*\-]+\.)+([\w\-]+)[|}]")  # `{values.nameOverride|web}`
_PATH = re.compile(r"(?:[\w*\-]+\.)+([\w\-]+)")


def asked(entries: Iterable[Mapping[str, Any]], platforms: Iterable[Any] = ()) -> dict[str, list[str]]:
    """What all entries look for, and what is known of distributions and clouds speaks of."""
    every = list(entries)
    parts = [*every, *platforms]
    injects = [row for entry in every for row in mappings(entry.get("injects"))]
    meshes = (text(at(row, "providers", "configMap")) for row in injects)
    found: dict[str, Iterable[str]] = {
        "kinds": ("/".join(kind) for part in parts for kind in _kinds_in(part)),
        "calls": (one for row in injects for one in texts(row.get("calls"))),
        "meshes": filter(None, meshes),
        "makes": (one for entry in every for row in mappings(entry.get("makes")) for one in _found_by(row)),
        **_words(parts),
    }
    return {name: sorted(set(told)) for name, told in found.items()}


def _found_by(row: Mapping[str, Any]) -> Iterator[str]:
    """The expressions of a row by which names are found; a name itself needs none."""
    return (one for key in _MADE if "(" in (one := text(row.get(key))))


def _words(parts: Iterable[Any]) -> dict[str, Iterable[str]]:
    said: dict[str, set[str]] = {key: set() for key in (*_TOLD, *_NAMED_AT, *_SOUGHT, "")}
    for key, value in (row for part in parts for row in _texts(part, "")):
        said[key if key in said else ""].add(value)
    every = set[str]().union(*said.values())
    named = [match for key in _NAMED_AT for one in said[key] if (match := _PATH.fullmatch(one))]
    filled = [match for one in every for match in _FILLED.finditer(one)]
    return {
        "patterns": set[str]().union(*map(said.__getitem__, _SOUGHT)),
        "words": said["is"],
        "matches": said["matches"],
        "named": (match[1] for match in (*named, *filled)),
        "notes": (match[1] for match in map(_NOTE.fullmatch, every) if match),
    }


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Texts with the key that they stand at; keys as texts as well."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield "", name
            yield from _texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str):
        yield key, value


def _kinds_in(value: Any) -> Iterator[tuple[str, str]]:
    """Group and kind of every object that an entry speaks of, whatever for."""
    if isinstance(value, dict):
        if isinstance(kind := value.get("kind"), str):
            yield text(value.get("group")), kind
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from _kinds_in(member)
    elif isinstance(value, str) and _GROUP_KIND.fullmatch(value):
        yield group_kind(value)
