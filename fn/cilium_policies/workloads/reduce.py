"""Texts cut down to what evidence can find in them: addresses, the keys beside them, words that conditions seek.

`Texts(patterns).text(value)` for configuration that anybody may read, `addresses(value, key)` for Secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_SHORT = 240  # characters of one line that are kept as they stand
_LINES = 8  # empty lines in a row: enough that what was far apart stays far apart
# What an address, the host or port field beside one, and the key of a list of them look like; words by which
# collectors show that they read monitors or annotations.
_MARKS = re.compile(
    r"://|:\d|\.svc|host=|port|host|server|addr|endpoint|peer|seed|broker|join"
    r"|prometheus|Monitor|scrape|_sd_|:\s*$|curl|wget",
    re.IGNORECASE,
)
_DASHBOARD = ('"panels"', '"schemaVersion"')
_USER = re.compile(r"(://)[^\s/@\"'`<>]*@")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://(?:[^\s/@\"'`<>]*@)?([A-Za-z0-9.\-_,:\[\]]+)")
_HOST_PORT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?:\d{1,5}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?")
_NAMES_HOST = re.compile(r"(?i)(pghost|hostname|host|server|address|addr|endpoint)s?$")
_NAMES_PORT = re.compile(r"(?i)port$")
_SECRET = re.compile(r"(?i)passw|secret|token|api_?key|private|credential")
_ASSIGNMENT = re.compile(r"^([\s\-]*[\"']?[A-Za-z_][\w.\-]*[\"']?\s*[:=]\s*)(.*)$")


class Texts:
    """Reduces texts; lines in which one of the patterns is found stay."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._sought = [re.compile(one) for one in sorted(patterns)]

    def text(self, value: str, key: str = "") -> str:
        """A text with the lines that may matter; credentials in addresses are left out."""
        if any(mark in value for mark in _DASHBOARD):
            return ""
        value = _USER.sub(r"\1", value)
        if "://" not in value and value not in ("true", "false") and _is_credential(key):
            return ""
        if len(value) <= _SHORT and "\n" not in value:
            return value
        kept: list[str] = []
        empty = 0
        lines = value.split("\n")
        for number, line in enumerate(lines):
            following = lines[number + 1] if number + 1 < len(lines) else ""
            if self._matters(line) or (line.lstrip().startswith("-") and self._matters(following)):
                kept.append(line)
                empty = 0
            elif empty < _LINES:
                kept.append("")
                empty += 1
        return "\n".join(kept) if any(kept) else ""

    def _matters(self, line: str) -> bool:
        return bool(_MARKS.search(line)) or any(sought.search(line) for sought in self._sought)

    def all(self, value: Any, key: str = "") -> Any:
        """A copy of a value with every text in it reduced; `{name, value}` entries by their name."""
        if isinstance(value, str):
            return self.text(value, key)
        if isinstance(value, dict):
            name = value.get("name")
            named = name if isinstance(name, str) and isinstance(value.get("value"), str) else ""
            return {
                member: self.all(inner, named if member == "value" and named else member)
                for member, inner in value.items()
            }
        if isinstance(value, list):
            return [self.all(member, key) for member in value]
        return value


def _is_credential(key: str) -> bool:
    """Whether a key names a credential, and not the object that holds one."""
    return bool(_SECRET.search(key)) and not key.lower().endswith(("name", "ref", "class"))


def addresses(value: str, key: str) -> str:
    """Host and port of the addresses in a Secret's value, and nothing else of it.

    A key that names a host or a port keeps a value that is nothing else; in files each line keeps its field."""
    stripped = value.strip()
    if "\n" in stripped:
        lines = (_line(line) for line in stripped.split("\n"))
        return "\n".join(line for line in lines if line)
    return _plain(stripped, key)


def _line(line: str) -> str:
    match = _ASSIGNMENT.match(line)
    if match is None:
        return " ".join(_found(line))
    kept = _plain(match[2].strip().strip("\"',"), match[1].strip(" \t-\"':="))
    return match[1] + kept if kept else ""


def _plain(value: str, key: str) -> str:
    if "://" in value:
        return " ".join(_found(value))
    if _is_credential(key):
        return ""
    if _HOST_PORT.fullmatch(value):
        return value
    if _NAMES_HOST.search(key) and _HOST.fullmatch(value) and len(value) < 254:
        return value
    return value if _NAMES_PORT.search(key) and value.isdigit() and len(value) < 6 else ""


def _found(value: str) -> list[str]:
    """`scheme://host:port` of each address."""
    return [f"{match[0].partition('://')[0]}://{match[1].rstrip('.,:')}" for match in _URL.finditer(value)]
