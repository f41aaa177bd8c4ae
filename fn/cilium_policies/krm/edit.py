"""One edit of a text, and generated policies in the shape that their surroundings need."""

from __future__ import annotations

Edit = tuple[int, int, bytes]  # put these bytes in place of data[start:end]


def as_lines(text: bytes, newline: bytes) -> bytes:
    """`text` (LF) with this line end, the last line's included."""
    text = text.rstrip(b"\n") + b"\n"
    return text if newline == b"\n" else text.replace(b"\n", newline)


def as_entry(text: bytes, column: int, newline: bytes) -> bytes:
    """`text` as an entry of a block sequence whose dashes stand at `column`."""
    deeper = b" " * (column + 2)
    lines = [deeper + line if line else line for line in text.strip(b"\n").split(b"\n")]
    lines[0] = b" " * column + b"- " + lines[0][column + 2 :]
    return newline.join(lines) + newline


def starts_line(data: bytes, at: int) -> bool:
    """True when a new line begins at this offset."""
    return at == 0 or data[at - 1 : at] == b"\n"
