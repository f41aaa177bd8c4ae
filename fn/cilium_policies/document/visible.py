"""Texts for a terminal or a comment: what would steer the one or end the other is written out."""

from __future__ import annotations

# C0 but for tab and line feed, DEL and C1; separators of lines that YAML takes for breaks; turns of direction.
_STEERING = {
    *range(0x20),
    *range(0x7F, 0xA0),
    0x2028,
    0x2029,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    0xFEFF,
}
_WRITTEN_OUT = {
    code: f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" for code in _STEERING - {0x09, 0x0A}
}


def visible(text: str) -> str:
    """The text with control characters as escapes; tabs and line feeds stay."""
    return text.translate(_WRITTEN_OUT)
