"""Colours where a person looks: on a terminal, unless NO_COLOR says otherwise."""

from __future__ import annotations

import os
from typing import TextIO

GOOD, BAD, WARN, SOFT = "32", "31", "33", "2"


def painted(text: str, tone: str, stream: TextIO | None) -> str:
    """The text in a colour, where the stream is a terminal (https://no-color.org)."""
    if stream is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{tone}m{text}\x1b[0m" if stream.isatty() else text


def verdicts(line: str, stream: TextIO | None) -> str:
    """A line of an answer with its first word of judgement coloured."""
    for word, tone in (("not known", WARN), ("denied", BAD), ("allowed", GOOD)):
        before, found, after = line.partition(f": {word}")
        if found:
            return f"{before}: {painted(word, tone, stream)}{after}"
    return line
