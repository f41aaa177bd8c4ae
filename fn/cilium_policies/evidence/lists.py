"""Lists: in YAML texts the key below which an item stands, and variables that hold one as JSON or Python write it."""

from __future__ import annotations

import re

from cilium_policies.evidence.signs import compiled

_KEY = r"((?:\s|- )*)[\"']?([A-Za-z_][\w.\-]*)[\"']?:\s*$"
_OPENED = r"([A-Za-z_][\w.\-]{0,200})[\"']?\s{0,9}[:=]\s{0,9}\[\s*$"
# Of texts alone (`["a:9092", "b:9092"]`), as programs take several hosts in one variable
_TEXTS = r"\[\s{0,9}([\"'])[^\"'\n]{1,400}\1(?:\s{0,9},\s{0,9}\1[^\"'\n]{1,400}\1){0,99}\s{0,9}\]\s{0,9}"
_NEAR = 2000  # characters in front of an item that are looked at
# A list under one of these is its parent's: `targets: {http: [...]}`.
_HOW = ("http", "https", "tcp", "udp", "grpc")


def list_key(value: str, begin: int) -> str:
    """The key of a YAML list whose item begins at this place, the start of a line; it may itself begin an item
    (`- targets:`)."""
    line = value[begin : begin + _NEAR]
    depth = len(line) - len(line.lstrip(" "))
    for line in reversed(value[max(0, begin - _NEAR) : begin].split("\n")):
        stripped = line.lstrip()
        if not stripped or stripped.startswith("#") or len(line) - len(stripped) > depth:
            continue
        match = compiled(_KEY).match(line)
        if match is None:
            if stripped.startswith("-"):
                continue  # an item beside it
            return ""
        if len(match[1]) <= depth:
            if match[2] not in _HOW:
                return match[2]
            depth = len(match[1]) - 1
    return ""


def bracket_key(value: str, begin: int) -> str:
    """The key of a list in JSON or TOML, one element a line, whose element begins at this place."""
    for line in reversed(value[max(0, begin - _NEAR) : begin].rstrip().split("\n")):
        opened = re.search(_OPENED, line)
        if opened is not None:
            return opened[1]
        if not line.rstrip().endswith(","):
            return ""
    return ""


def is_list(value: str) -> bool:
    """Whether a whole value is a list of texts."""
    return value[:1] == "[" and re.fullmatch(_TEXTS, value) is not None


def joined(value: str) -> str:
    """Such a list as most programs take several: with commas between them; any other value as it is."""
    if value[:1] != "[" or not is_list(value):  # nearly none does, and each variable is asked
        return value
    return ",".join(one.strip() for one in re.findall(r"[\"']([^\"'\n]{1,400})[\"']", value))
