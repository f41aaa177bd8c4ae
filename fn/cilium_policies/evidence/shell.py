"""What a shell's text says once its own variables, loops and substitutions are filled in."""

from __future__ import annotations

import re

from cilium_policies.evidence.signs import holds

_USED = r"\$\{?([A-Za-z_]\w{0,63})"
_USE = r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:\[[@*]\])?\})"
_HELD = r"\"[^\"`\n]{0,1000}\"|'[^'\n]{0,1000}'|\([^()`]{0,1000}\)|[^\s;&|\"'`()]{1,253}(?=[\s;&|\"')]|$)"
_ASSIGNED = rf"(?:^|(?<=[\s;&|({{\"']))([A-Za-z_]\w{{0,63}})=({_HELD})"
_QUOTES = "\"'()"
# `s|https://old|http://new|` of sed and perl; a slash between two is written `\/`
_SUBSTITUTED = r"\bs([|~!@%#,/])((?:\\.|(?!\1)[^\n\\]){1,400})\1((?:\\.|(?!\1)[^\n\\]){1,400})\1"
_EDITORS, _URLS = ("sed ", "perl "), ("://", ":\\/\\/")
_CHECKS = ("-check connect", "default-server")  # of HAProxy's configuration
_MOST = 64  # variables of one text
_GROWTH = 100_000  # characters that they may add to it
_LOOP = (
    r"\bfor[ \t]{1,9}(\w{1,30})[ \t]{1,9}in[ \t]{1,9}([^\n;]{1,1000})[;\n]\s{0,99}do\b(.{1,2000}?)\bdone\b"
)
_TURNS = 32  # words of a loop that are filled in


def spelled_out(value: str) -> str:
    """The text with variables that it assigns itself in place (each that has one value), a loop over words once a word,
    of a substitution only what it writes, where a web server's variables lead and where it checks others."""
    if holds(value, _EDITORS) and holds(value, _URLS):
        value = re.sub(_SUBSTITUTED, lambda match: f"s {match[3]} ".replace("\\/", "/"), value)
    if "$" in value and "=" in value:
        value = _assigned(value)
    if "_pass" in value and "$" in value:
        from cilium_policies.evidence.web_servers import passed  # few clusters have such a configuration

        value += passed(value)
    if "server" in value and holds(value, _CHECKS):
        from cilium_policies.evidence.web_servers import checked

        value += checked(value)
    return _unrolled(value) if "for " in value and "done" in value else value


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


def _unrolled(value: str) -> str:
    """The text in which each loop over words that are there stands once a word."""
    return re.sub(_LOOP, _turns, value, flags=re.DOTALL)


def _turns(loop: re.Match[str]) -> str:
    name, listed, body = loop[1], loop[2].replace('"', " ").replace("'", " ").split(), loop[3]
    used = re.compile(rf"\$\{{?{name}\b\}}?")
    if len(listed) > _TURNS or used.search(body) is None or not all(map(_is_word, listed)):
        return loop[0]
    return "\n".join(used.sub(lambda _, word=word: word, body) for word in listed)


def _is_word(word: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9][\w.:/\-]{0,252}", word) is not None
