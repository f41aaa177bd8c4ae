"""One edit of a text, and generated policies in the shape that their surroundings need."""

from __future__ import annotations

from collections.abc import Mapping

from cilium_policies.lean import NamedTuple, Protocol


class Writer(Protocol):
    """A generated policy that is written when its surroundings are known; `kept` are annotations that it takes over
    from the item in whose place it stands."""

    def yaml(self, kept: Mapping[str, str]) -> bytes:
        """Block style, a mapping at column 0, LF line ends."""
        ...

    def json(self, kept: Mapping[str, str]) -> bytes:
        """One line."""
        ...


class New(NamedTuple):
    """A policy that comes into the text, with what it keeps."""

    writer: Writer
    kept: Mapping[str, str] = {}

    def yaml(self) -> bytes:
        return self.writer.yaml(self.kept)

    def json(self) -> bytes:
        return self.writer.json(self.kept)


Edit = tuple[int, int, bytes]  # put these bytes in place of data[start:end]


def as_lines(text: bytes, newline: bytes) -> bytes:
    """`text` (LF) with this line end, the last line's included."""
    text = text.rstrip(b"\n") + b"\n"
    return text if newline == b"\n" else text.replace(b"\n", newline)


def as_entry(text: bytes, column: int, newline: bytes) -> bytes:
    """`text`, which has no blank line, as an entry of a block sequence whose dashes stand at `column`."""
    indent = b" " * column
    return indent + b"- " + text.strip(b"\n").replace(b"\n", newline + indent + b"  ") + newline


def starts_line(data: bytes, at: int) -> bool:
    """True when a new line begins at this offset."""
    return at == 0 or data[at - 1 : at] == b"\n"
