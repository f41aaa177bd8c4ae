"""Hosts and ports in lines of their own: `host: db` near `port: 5432`, in YAML, JSON, TOML, INI, XML and Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cilium_policies.evidence.host_keys import HOST_CHARS, is_host_key, is_name, is_port, program_port
from cilium_policies.evidence.schemes import without_tags

_NEAR = 400  # characters of a key or a value: a long line would make the search quadratic
_FIELD = 2 * _NEAR + 1  # of a line: key, separator and value
_RARER = ("ndpoint", "NDPOINT", "eer", "EER", "eed", "EED", "roker", "ROKER", "oin", "OIN")  # of _HOST_WORDS
# Where a member begins in a mapping on one line (`{"host": "db", "port": 5432}`)
_MEMBER = r"(?<=[{,])[ \t]*(?=[\"']?[A-Za-z_][\w.\-]*[\"']?[ \t]*[:=])"
_MAPPING = 16  # lines of a mapping that are looked through for it
_NEAR_LINES = 3  # a `port:` that belongs to a `host:` stands at most this far from it
_SPACED = (
    r"\s{0,100}(Host|host|Port|port|Server|server)\s{1,50}([\w.\-]{1,253})\s*$"  # Fluent Bit's classic form
)
# What a variable is where the environment sets none, in Python: `env("DB_HOST", "db")`, `int(5432)`
_CALL = r"(?:[\w.]{1,50}\([\"']\w{1,100}[\"'],\s?[\"']?|int\()([\w.\-]{1,253})[\"']?\)?"


def hosts(value: str) -> Iterator[tuple[str, int, str, bool]]:
    """Host, port (0: not known), key, and whether the port stands there, for each `host: name` line."""
    if not any(word in value for word in ("ost", "OST", "erver", "ERVER", "ddr", "DDR", *_RARER)):
        return
    if "/>" in value or "</" in value:
        value = without_tags(value)
    if "{" in value:
        value = re.sub(_MEMBER, "\n", value)
    lines = [line[:_FIELD] for line in value.split("\n")]
    for number, line in enumerate(lines):
        key, name = _field(line)
        if not key or not is_host_key(key) or not is_name(name):
            continue
        near = (_ports(lines[max(0, number - far) : number + far + 1]) for far in range(1, _NEAR_LINES + 1))
        ports = next(filter(None, near), [])
        told = len(ports) == 1
        if not ports:
            ports = _ports(_siblings(lines, number))
            told = len(ports) == 1
        yield name, ports[0] if told else program_port(key), key, told


def _ports(lines: Iterable[str]) -> list[int]:
    """The numbers of `port:` lines."""
    found = map(_field, lines)
    return [int(told) for key, told in found if key.lower().endswith("port") and is_port(told)]


def _siblings(lines: list[str], number: int) -> Iterator[str]:
    """The other lines of the mapping that a line of YAML stands in, near it."""
    indent = _indent(lines[number])
    for step in (-1, 1):
        for at in range(number + step, number + step * _MAPPING, step):
            if not 0 <= at < len(lines) or (lines[at].strip() and _indent(lines[at]) < indent):
                break
            if _indent(lines[at]) == indent:
                yield lines[at]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


@lru_cache(maxsize=4096)
def _field(line: str) -> tuple[str, str]:
    """Key and value of a line `key: value`, `key = value` or `"key": "value",`; two empty texts for any other."""
    colon, equal = line.find(":", 0, _NEAR), line.find("=", 0, _NEAR)
    cut = min(colon, equal) if colon >= 0 <= equal else max(colon, equal)
    if cut < 1:
        spaced = re.match(_SPACED, line)
        return (spaced[1], spaced[2]) if spaced is not None else ("", "")
    key = line[:cut].strip(" \t-\"'")
    if not key or not HOST_CHARS.issuperset(key):
        return "", ""
    told = line[cut + 1 : cut + 1 + _NEAR].strip(" \t\r,;\"'}]")
    called = re.fullmatch(_CALL, told) if "(" in told else None
    return key, called[1] if called is not None else told
