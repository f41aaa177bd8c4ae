"""One string as a YAML scalar: quoted exactly when some reader would take the plain text for anything else.

Readers meant: YAML 1.1 (PyYAML, go-yaml v2) and YAML 1.2 core (go-yaml v3, ruamel.yaml), in block context.
Quotes follow go-yaml, which kustomize, kpt and Flux write with: double where a reader would see another type,
single where only the syntax asks for it.
"""

from __future__ import annotations

import re
from functools import lru_cache

WORDS = frozenset(
    variant
    for word in ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    for variant in (word, word.capitalize(), word.upper())
) | {"~", "=", "<<", ""}

_SAFE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_MAY_BE_NUMBER = frozenset("+-.0123456789")  # what texts of another type begin with, the words aside
_OTHER_TYPE = r"""[-+]?(
      0b[01_]+ | 0o?[0-7_]+ | 0x[0-9a-fA-F_]+ | [0-9][0-9_]*                  # integers, in three bases
    | (\.[0-9][0-9_]* | [0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?           # floats
    | [0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?                                 # base 60: times, MAC addresses
    | \.(inf|Inf|INF) )
    | \.(nan|NaN|NAN)
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}                                          # timestamps
      (([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:?[0-9]{2})?))?)?
    """
_NOT_PLAIN = r"""(?x)\A[#,\[\]{}&*!|>'"%@`\s] | \A[-?:](\s|\Z) | \A(---|\.\.\.) | :(\s|\Z) | \s\# | \s\Z"""
_PRINTABLE = " -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@lru_cache(maxsize=1)
def _unprintable() -> re.Pattern[str]:
    return re.compile(f"[^{_PRINTABLE}]")  # 5 ms, and few texts need it


def _printable(value: str) -> bool:
    return (value.isascii() and value.isprintable()) or not _unprintable().search(value)


@lru_cache(maxsize=8192)
def scalar(value: str) -> str:
    """`value` as it stands in a block-style document, on one line."""
    if _SAFE.fullmatch(value):
        return f'"{value}"' if value in WORDS else value
    if "${" in value:
        return _variable(value)
    if is_other_type(value) or not _printable(value):
        return quoted(value)
    return value if _is_plain(value) else single(value)


def _is_plain(value: str) -> bool:
    """Whether a printable text needs no quotes. Of ASCII, blanks are its only white space: descriptions are long, and
    the pattern would try each of their characters."""
    if not value.isascii():
        return re.search(_NOT_PLAIN, value) is None
    inside = ": " in value or " #" in value or value[-1] in ": "
    return not inside and (value[0].isalnum() or re.match(_NOT_PLAIN, value) is None)


def is_other_type(value: str) -> bool:
    """Whether some reader would take the plain text for anything but a text."""
    return value in WORDS or (
        value[0] in _MAY_BE_NUMBER and re.fullmatch(_OTHER_TYPE, value, re.VERBOSE) is not None
    )


def _variable(value: str) -> str:
    # What Flux puts there is unknown: quoted, it stays a string. Escapes would change the variable's text.
    if not _printable(value):
        return quoted(value)
    return single(value) if '"' in value or "\\" in value else f'"{value}"'


def single(value: str) -> str:
    """`value` in single quotes; it must hold no line break and nothing unprintable."""
    return "'" + value.replace("'", "''") + "'"


def quoted(value: str) -> str:
    """`value` in double quotes, everything unprintable escaped."""
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if _printable(text) else '"' + _unprintable().sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    number = ord(character)
    return _ESCAPES.get(character) or (f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}")
