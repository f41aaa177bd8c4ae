"""What a file says beside an address of how it is spoken to: `protocol = "udp"` among the fields of the same block."""

from __future__ import annotations

import re

_FIELD = r"(?i)[\"']?(?:protocol|proto|transport|network|net)[\"']?[ \t]{0,9}[:=][ \t]{0,9}[\"']?udp[46]?\b"
_NEAR = 6  # lines on either side


def says_udp(value: str, start: int) -> bool:
    """Whether a field beside that of the address there says UDP: a line that begins in the same column, with nothing
    between them that begins before it. `value` is what stands near the address, of which there may be thousands."""
    begins = value.rfind("\n", 0, start) + 1
    column = _column(value[begins:start])
    after = value[start:].split("\n")[1 : _NEAR + 1]
    before = value[:begins].split("\n")[-2 : -_NEAR - 2 : -1]
    # of a list's member: nothing before it is beside it
    first = value[begins:start].lstrip().startswith("- ")
    return _told(after, column, upward=False) or (not first and _told(before, column, upward=True))


def _told(lines: list[str], column: int, *, upward: bool) -> bool:
    for line in lines:
        bare = line.lstrip(" \t")
        if not bare or bare[0] in "[}" or _column(line) < column:
            return False
        member = bare.startswith("- ") and _column(line) == column
        if member and not upward:
            return False  # the list's next one
        if _column(line) == column and re.match(_FIELD, bare.removeprefix("- ").lstrip()) is not None:
            return True
        if member:
            return False
    return False


def _column(line: str) -> int:
    """Where the first key of a line begins."""
    return len(line) - len(line.lstrip(" \t-"))
