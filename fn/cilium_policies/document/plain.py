"""A fast reader of the YAML that tools write: block style, simple keys, scalars of one line, literal blocks.

One regular expression takes a text apart into lines; whatever it does not know (anchors, flow collections,
folded or continued scalars, odd keys, characters outside ASCII, anything misaligned) makes `read` return None,
and the event parser decides. A property test holds both readers together. It is several times as fast as
libyaml's events turned into Python objects, and spares the import of PyYAML where nothing odd comes up.
"""

from __future__ import annotations

import re
from sys import intern
from typing import Any

from cilium_policies.document.limits import MAX_DEPTH, NULLS

LINE = re.compile(
    r"\n( *)(?:#[\t -~]*|"  # 1: indentation; a comment is a line without further groups
    r"(- +)?"  # 2: the dash of a sequence entry
    r"(?:([A-Za-z0-9_./$][A-Za-z0-9_./$-]{0,250}):(?: +|(?=\n)))?"  # 3: the key
    r"(?:((?:[A-Za-z0-9_./$()<=+~;^\\]|-(?=[!-~]))"  # 4: a plain scalar
    r"[ !\"$-9;-~]*(?:(?::(?=[!-~])|(?<! )#)[ !\"$-9;-~]*)*(?<! ))"
    r"|('(?:[ -&(-~]|'')*'|\"(?:[ !#-\[\]-~]|\\[\\\"nt])*\"|\{\}|\[\])"  # 5: a quoted one, an empty collection
    r"|(\|[-+]?(?:\n\1 +[\t -~]*|\n *(?=\n))*))?"  # 6: a literal block with its lines
    r" *)(?=\n)"
)
ESCAPE = re.compile(r"\\(.)")
ESCAPED = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class Unsure(Exception):
    """The text holds what this reader leaves to the event parser."""


def read(text: bytes) -> dict[str, Any] | None:
    """The mapping that `text` (one document) holds; None when this reader is not sure."""
    if not text.isascii() or not text.endswith(b"\n"):
        return None
    try:
        return _build(LINE.findall("\n" + text.decode("ascii")), text.count(b"\n"))
    except (Unsure, IndexError):
        return None


def _build(  # noqa: C901, PLR0915 (the hot loop)
    lines: list[tuple[str, str, str, str, str, str]], count: int
) -> dict[str, Any]:
    """The mapping that these lines make, if they are all `count` lines of the text.

    `node` is the open collection and `column` where its members stand; those around it wait on the stack. A
    key without a value stays open until the next line shows whether it has children: deeper ones, or dashes
    at its own column. Raises IndexError for a line left of the outermost.
    """
    node: Any = {}
    root, column, open_key, seen = node, -1, "", len(lines)
    stack: list[tuple[int, Any]] = []
    for indent, dash, key, plain, quoted, block in lines:
        if not dash and not key:
            if plain or quoted or block:
                raise Unsure
            continue
        at = len(indent)
        if open_key:
            child: Any = None
            if at > column or (dash and at == column):
                child = [] if dash else {}
                stack.append((column, node))
            node[open_key] = child
            open_key = ""
            if child is not None:
                column, node = at, child
        elif column < 0:
            column = at
        while column > at or (column == at and not dash and node.__class__ is list):
            column, node = stack.pop()
        if column != at or (dash and node.__class__ is not list) or len(stack) > MAX_DEPTH:
            raise Unsure
        if dash and key:
            if block:
                raise Unsure
            stack.append((column, node))
            child = {}
            node.append(child)
            column, node = at + len(dash), child
        if plain:
            value: Any = None if plain in NULLS else plain
        elif quoted:
            value = _quoted(quoted)
        elif block:
            value, size = _literal(block)
            seen += size
        elif key and key not in node:
            open_key = intern(key)
            continue
        else:
            raise Unsure
        if not key:
            node.append(value)
        elif key in node:
            raise Unsure
        else:
            node[intern(key)] = value
    if open_key:
        node[open_key] = None
    if seen != count or not root:
        raise Unsure
    return root  # type: ignore[no-any-return]


def _quoted(text: str) -> Any:
    """The value of a scalar in quotes, or of `{}` or `[]`."""
    if text[0] == "'":
        text = text[1:-1]
        return text.replace("''", "'") if "'" in text else text
    if text[0] == '"':
        text = text[1:-1]
        return ESCAPE.sub(lambda match: ESCAPED[match[1]], text) if "\\" in text else text
    return {} if text == "{}" else []


def _literal(block: str) -> tuple[str, int]:
    """The text of a literal block (header and lines), and its number of lines."""
    header, _, body = block.partition("\n")
    size = block.count("\n")
    text = body.lstrip("\n ")
    if not text or text[0] == "\t":
        raise Unsure
    first = body.rfind("\n", 0, len(body) - len(text)) + 1
    margin = len(body) - len(text) - first
    if first and any(len(line) > margin for line in body[:first].split("\n")):
        raise Unsure
    stripped = ("\n" + body).replace("\n" + " " * margin, "\n")
    if len(stripped) != len(body) + 1 - size * margin:
        stripped = _unindented(body, margin)
    else:
        stripped = stripped[1:]
    if header == "|+":
        return stripped + "\n", size
    stripped = stripped.rstrip("\n")
    return (stripped if header == "|-" else stripped + "\n"), size


def _unindented(body: str, margin: int) -> str:
    """`body` less its margin where blank lines are shorter than that."""
    lines = []
    for line in body.split("\n"):
        if line[:margin].strip(" "):
            raise Unsure
        lines.append(line[margin:])
    return "\n".join(lines)
