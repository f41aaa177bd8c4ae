"""A fast reader of the YAML that tools write: block style, simple keys, scalars of one line, literal blocks.

One regular expression takes a line apart, and lines that come again, as most do in a build, are looked up;
whatever it does not know (anchors, flow collections but for those of a few words, folded or continued scalars, odd
keys, characters outside ASCII, anything misaligned) makes `read` return None, and the event parser decides. A property
test holds both readers together. It is many times as fast as libyaml's events turned into Python objects, and spares
the import of PyYAML where nothing odd comes up.
"""

from __future__ import annotations

import re
from itertools import islice
from operator import length_hint
from sys import intern

from cilium_policies.document.limits import MAX_DEPTH, NULLS
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import Any

# `(?! )`: blanks are taken whole. Else a line of nothing else would be tried in all parts.
LINE = re.compile(
    r"( *)(?! )(?:#[\t -~]*|"  # 1: indentation; a comment is a line without further groups
    r"(- +(?! ))?"  # 2: the dash of a sequence entry
    r"(?:([A-Za-z0-9_./$][A-Za-z0-9_./$-]{0,250}):(?: +(?! )|\Z))?"  # 3: the key
    r"(?:((?:[A-Za-z0-9_./$()<=+~;^\\]|-(?=[!-~]))"  # 4: a plain scalar
    r"[ !\"$-9;-~]*(?:(?::(?=[!-~])|(?<! )#)[ !\"$-9;-~]*)*(?<! ))"
    r"|('(?:[ -&(-~]|'')*'|\"(?:[ !#-\[\]-~]|\\[\\\"nt])*\"|\{\}|\[\])"  # 5: a quoted one, an empty collection
    r"|(\|[-+]?)\Z)?"  # 6: the header of a literal block
    r" *)"
)
# `{name: web, namespace: shop}` and `[web, db]`, which people write: compiled where one of them turns up
_WORD = r"[A-Za-z0-9][A-Za-z0-9_./-]*"
_FLOW = (
    r"( *)(- +(?! ))?(?:([A-Za-z0-9_./$][A-Za-z0-9_./$-]{0,250}): +(?! ))?"
    rf"(?:\{{({_WORD}: {_WORD}(?:, {_WORD}: {_WORD})*)\}}|\[({_WORD}(?:, {_WORD})*)\]) *"
)
# What a plain scalar begins with, as LINE has it: without a blank in it, it is one unless a colon ends it
FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./$()<=+~;^\\")
TEXT = bytes([0x09, 0x0A, *range(0x20, 0x7F)])
ESCAPED = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
VALUE, OPEN, BLOCK, MAPPING, SEQUENCE = range(5)
DEEPEST = MAX_DEPTH - 2  # of an open key: its children, and theirs behind a dash, are deeper
KEPT = 8192  # lines remembered at a time: some two megabytes


class UnsureError(CiliumPoliciesError):
    """The text holds what this reader leaves to the event parser."""


# A line taken apart: (level, inner, key, value, kind). `level` is twice its column, and one more for a dash, which
# orders what contains what, as a key's list may stand at the key's own column; -1 for a blank line or a comment.
# `inner` is the level of the mapping that begins behind a dash, else -1. `value` is the scalar, a block's header, or
# what a collection on the line holds: pairs, or words.
Line = tuple[int, int, str, Any, int]
EMPTY: Line = (-1, -1, "", None, VALUE)
_known: dict[str, Line] = {}
_heads: dict[str, tuple[int, int, str]] = {}  # by what stands before the colon


def read(text: bytes) -> dict[str, Any] | None:
    """The mapping that `text` (one document) holds; None when this reader is not sure."""
    if not text.isascii() or not text.endswith(b"\n"):
        return None
    lines = text.decode("ascii").split("\n")
    lines.pop()
    try:
        return _build(lines)
    except (UnsureError, IndexError):
        return None


def plain_lines(text: bytes, first: int) -> dict[tuple[str | int, ...], int] | None:
    """Where keys and entries stand, by path, as `lines_of` has them; `first` is the number of the first line. None when
    this reader is not sure."""
    if not text.isascii() or not text.endswith(b"\n"):
        return None
    try:
        return _placed(text.decode("ascii").split("\n")[:-1], first)
    except (UnsureError, IndexError):
        return None


def _placed(lines: list[str], first: int) -> dict[tuple[str | int, ...], int]:  # noqa: C901, PLR0915 (a hot loop)
    """As `_build`, with paths in place of collections."""
    found: dict[tuple[str | int, ...], int] = {(): first}
    path: tuple[str | int, ...] = ()
    opened: tuple[str | int, ...] = ()
    place = path
    level, entry, at = -1, -1, 0
    stack: list[tuple[int, tuple[str | int, ...], int]] = []
    while at < len(lines):
        here, inner, key, value, kind = _known.get(lines[at]) or _line(lines[at])
        at += 1
        number = first + at - 1
        if here < 0:
            continue
        if opened and here > level:
            stack.append((level, path, entry))
            level, path, entry = here, opened, -1
        opened = ()
        while level > here:
            level, path, entry = stack.pop()
        if level != here:
            if level >= 0 or here & 1:
                raise UnsureError
            level = here
        if here & 1:
            entry += 1
            place = (*path, entry)
            found[place] = number
        if inner >= 0:
            stack.append((level, path, entry))
            level, path, entry = inner, (*path, entry), -1
        if key:
            place = (*path, key)
            known = len(found)
            found[place] = number
            if len(found) == known:
                raise UnsureError
        if kind == OPEN:
            opened = place
        elif kind == BLOCK:
            _, at = _literal(lines, at, level >> 1, value)
        elif kind != VALUE:
            names = range(len(value)) if kind == SEQUENCE else [name for name, _ in value]
            found.update(((*place, name), number) for name in names)
    return found


def _build(lines: list[str]) -> dict[str, Any]:  # noqa: C901, PLR0915 (the hot loop)
    """The mapping that these lines make.

    `node` is the open collection and `level` that of its members; those around it wait on the stack. A key
    without a value stays open until the next line shows whether it has children. Raises IndexError for a line left
    of the outermost.
    """
    node: Any = {}
    root, level, open_key = node, -1, ""
    stack: list[tuple[int, Any]] = []
    known, rest = _known.get, iter(lines)
    for line in rest:
        here, inner, key, value, kind = known(line) or _line(line)
        if here < 0:
            continue
        if open_key:
            if here > level:
                stack.append((level, node))
                child: Any = [] if here & 1 else {}
                node[open_key] = child
                level, node = here, child
            else:
                node[open_key] = None
            open_key = ""
        if level != here:
            while level > here:
                level, node = stack.pop()
            if level != here:
                if level >= 0 or here & 1:
                    raise UnsureError
                level = here  # the first line
        if inner >= 0:
            stack.append((level, node))
            child = {}
            node.append(child)
            level, node = inner, child
        if kind:  # no plain VALUE
            if kind == OPEN:
                if key in node or len(stack) > DEEPEST:
                    raise UnsureError
                open_key = key
                continue
            if kind == BLOCK:
                at = len(lines) - length_hint(rest)
                value, end = _literal(lines, at, level >> 1, value)
                next(islice(rest, end - at, end - at), None)  # over its lines
            else:
                if value and len(stack) > DEEPEST:
                    raise UnsureError
                value = dict(value) if kind == MAPPING else list(value)
        if not key:
            node.append(value)
        elif key in node:
            raise UnsureError
        else:
            node[key] = value
    if open_key:
        node[open_key] = None
    if not root:
        raise UnsureError
    return root  # type: ignore[no-any-return]


def _line(text: str) -> Line:
    """The line taken apart, and remembered: a new value behind a known key, or of any form. Raises UnsureError."""
    head, _, rest = text.partition(": ")
    begun = _heads.get(head)
    if begun is not None and rest[:1] in FIRST and " " not in rest and rest[-1] != ":" and rest.isprintable():
        level, inner, key = begun
        line = (level, inner, key, None if rest in NULLS else rest, VALUE)
    elif begun is not None and rest[:1] == rest[-1:] == "'" and rest[1:-1].isalnum():
        return (*begun, rest[1:-1], VALUE)  # not remembered: kustomize numbers every item so
    else:
        line = _parts(text)
        if rest and line[2]:
            _heads[head] = line[:3]
    if len(_known) >= KEPT:
        _known.clear()
        _heads.clear()
    _known[text] = line
    return line


def _parts(text: str) -> Line:
    """A line taken apart. Raises UnsureError."""
    match = LINE.fullmatch(text)
    if match is None:
        return _flow(text)
    indent, dash, key, plain, quoted, block = match.groups()
    value = plain or quoted or block
    if not dash and not key:
        if value:
            raise UnsureError
        return EMPTY
    kind: int = VALUE
    if plain:
        value = None if plain in NULLS else plain
    elif quoted in ("{}", "[]"):
        kind, value = MAPPING if quoted == "{}" else SEQUENCE, ()
    elif quoted:
        value = _quoted(quoted)
    elif not block:
        kind = OPEN
    else:
        kind = BLOCK
    if kind == OPEN and not key:
        raise UnsureError
    return *_levels(indent, dash, key), value, kind


def _levels(indent: str, dash: str | None, key: str | None) -> tuple[int, int, str]:
    column = len(indent)
    inner = 2 * (column + len(dash)) if dash and key else -1
    return 2 * column + bool(dash), inner, intern(key or "")


def _flow(text: str) -> Line:
    """A line with a collection of a few words. Raises UnsureError."""
    match = re.fullmatch(_FLOW, text)
    if match is None or not (match[2] or match[3]):
        raise UnsureError
    levels = _levels(match[1], match[2], match[3])
    if match[5]:
        return *levels, tuple(map(_word, match[5].split(", "))), SEQUENCE
    pairs = [pair.split(": ") for pair in match[4].split(", ")]
    if len({key for key, _ in pairs} - NULLS) < len(pairs):
        raise UnsureError
    return *levels, tuple((intern(key), _word(value)) for key, value in pairs), MAPPING


def _word(text: str) -> str | None:
    return None if text in NULLS else text


def _quoted(text: str) -> str:
    """The value of a scalar in quotes."""
    inner = text[1:-1]
    if text[0] == "'":
        return inner.replace("''", "'") if "'" in inner else inner
    return re.sub(r"\\(.)", lambda match: ESCAPED[match[1]], inner) if "\\" in inner else inner


def _literal(lines: list[str], start: int, column: int, header: str) -> tuple[str, int]:
    """The text of the literal block whose lines begin at `start`, deeper than `column`, and where it ends."""
    end, last, pad = start, len(lines), " " * (column + 1)
    while end < last and (lines[end].startswith(pad) or not lines[end].strip(" ")):
        end += 1
    block = lines[start:end]
    blank = 0
    while blank < len(block) and not block[blank].strip(" "):
        blank += 1
    if blank == len(block):
        raise UnsureError
    text = block[blank].lstrip(" ")
    margin = len(block[blank]) - len(text)
    if text[0] == "\t" or (blank and any(len(line) > margin for line in block[:blank])):
        raise UnsureError
    whole, even = "\n".join(block), "\n" + " " * margin
    if whole.encode().translate(None, TEXT):  # the one place where LINE does not look at every character
        raise UnsureError
    if not blank and whole.count(even) == len(block) - 1:  # the usual one: no line is shorter
        stripped = whole[margin:].replace(even, "\n")
    elif any(line[:margin].strip(" ") for line in block):
        raise UnsureError
    else:
        stripped = "\n".join([line[margin:] for line in block])
    if header == "|+":
        return stripped + "\n", end
    stripped = stripped.rstrip("\n")
    return (stripped if header == "|-" else stripped + "\n"), end
