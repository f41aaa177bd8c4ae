"""What a shell's text says once its own variables, loops and substitutions are filled in."""

from __future__ import annotations

import re

from cilium_policies.evidence.in_order import unrolled
from cilium_policies.evidence.signs import holds

_USED = r"\$\{?([A-Za-z_]\w{0,63})"
_USE = r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:\[[@*]\])?\})"
_HELD = r"\"[^\"`\n]{0,1000}\"|'[^'\n]{0,1000}'|\([^()`]{0,1000}\)|[^\s;&|\"'`()]{1,253}(?=[\s;&|\"')]|$)"
_ASSIGNED = rf"(?:^|(?<=[\s;&|({{\"']))([A-Za-z_]\w{{0,63}})=({_HELD})"
_QUOTES = "\"'()"
# `s|https://old|http://new|` of sed and perl; a slash between two is written `\/`
_SUBSTITUTED = r"\bs([|~!@%#,/])((?:\\.|(?!\1)[^\n\\]){1,400})\1((?:\\.|(?!\1)[^\n\\]){1,400})\1"
_EDITORS, _URLS = ("sed ", "perl "), ("://", ":\\/\\/")
_MOST = 64  # variables of one text
_GROWTH = 100_000  # characters that they may add to it


def spelled_out(value: str) -> str:
    """The text with variables that it assigns itself in place (each that has one value), a loop over words once a word,
    and of a substitution only what it writes."""
    if holds(value, _EDITORS) and holds(value, _URLS):
        value = re.sub(_SUBSTITUTED, lambda match: f"s {match[3]} ".replace("\\/", "/"), value)
    if "$" in value and "=" in value:
        value = _assigned(value)
    return unrolled(value) if "for " in value and "done" in value else value


def _assigned(value: str) -> str:
    used = set(re.findall(_USED, value))
    told: dict[str, str] = {}
    for match in re.finditer(_ASSIGNED, value) if used else ():
        name, held = match[1], match[2].strip(_QUOTES)
        if name not in used or len(told) == _MOST:
            continue
        held = _filled(held, told)
        known = told.setdefault(name, held)
        told[name] = "" if "$" in held or known != held else held
    return _filled(value, told)


def _filled(value: str, told: dict[str, str]) -> str:
    """`$NAME`, `${NAME}` and `${NAME[@]}` replaced; what is not known stays, and all where it would grow too long:
    variables that double one another make gigabytes of a few lines."""
    added = sum(len(told.get(match[1] or match[2], "")) for match in re.finditer(_USE, value))
    if not 0 < added <= _GROWTH:
        return value
    return re.sub(_USE, lambda match: told.get(match[1] or match[2]) or match[0], value)
