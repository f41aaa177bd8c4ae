"""Fill `${…}` as Flux's post-build substitution would, with a stand-in for what nobody defines.

Flux uses drone/envsubst: `${NAME}`, defaults (`:=`, `=`, `:-`, `-`), replacement (`/old/new`, `//old/new`),
nesting, and `$${` for a literal `${`. A name without value and default becomes itself in lower case: a valid label,
object name and part of a host name, and the same in the manifests and the policies of one cluster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def substitute(text: str, variables: Mapping[str, str] | None = None) -> str:
    """Return the text with every `${…}` filled; a shell's `${1}` and an unclosed one stay as they are."""
    if "${" not in text:
        return text
    parts: list[str] = []
    position = 0
    while (start := text.find("${", position)) >= 0:
        if start > position and text[start - 1] == "$":
            parts.append(text[position : start - 1] + "${")
            position = start + 2
            continue
        end = _closing(text, start + 2)
        name = _NAME.match(text, start + 2)
        if end < 0 or name is None:
            parts.append(text[position : start + 2])
            position = start + 2
            continue
        parts.append(text[position:start])
        parts.append(_value(name[0], text[name.end() : end], variables or {}))
        position = end + 1
    return "".join(parts) + text[position:]


def _closing(text: str, start: int) -> int:
    """Index of the brace that closes the expression, within its line; -1 when there is none."""
    depth = 1
    for index in range(start, len(text)):
        if text[index] == "\n":
            return -1
        if text[index] == "{" and text[index - 1] == "$":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return -1


def _value(name: str, operation: str, variables: Mapping[str, str]) -> str:
    known = variables.get(name)
    for operator in (":=", ":-", "=", "-"):
        if operation.startswith(operator):
            missing = known is None or (known == "" and operator.startswith(":"))
            return substitute(operation[len(operator) :], variables) if missing else str(known)
    value = name.lower().replace("_", "-") if known is None else known
    if operation.startswith("/"):
        everywhere = operation.startswith("//")
        old, _, new = operation.lstrip("/").partition("/")
        return value.replace(old, new, -1 if everywhere else 1)
    return value
