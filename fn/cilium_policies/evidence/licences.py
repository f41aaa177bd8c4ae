"""Licence servers as FlexLM and RLM have them, port before host: `27000@licence-1:27000@licence-2`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ONE = r"\d{2,5}@[A-Za-z0-9][\w.\-]{0,252}"
# `--license-server=27000@lic`, `license_file: "27000@a:27000@b"`: behind a word for it, in arguments and files
_BEHIND = (
    rf"(?i)licen[cs]e[\w.\-]{{0,32}}[\"']?[ \t]{{0,9}}[=: \t][ \t]{{0,9}}[\"']?((?:{_ONE}[:;,]?){{1,9}})"
)


def servers(value: str) -> Iterator[tuple[str, int]]:
    """Host and port of each server of a list."""
    for one in re.split("[:;,]", value):
        if (told := re.fullmatch(_ONE, one.strip())) is not None:
            port, _, host = told[0].partition("@")
            yield host, int(port)


def behind_words(value: str) -> Iterator[tuple[int, str, int]]:
    """The servers that a command line or a file names, each with the place of its list."""
    for found in re.finditer(_BEHIND, value):
        yield from ((found.start(1), *one) for one in servers(found[1]))
