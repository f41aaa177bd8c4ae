"""One YAML or JSON document as plain values: dict, list, str and None.

Scalars stay text, because what the function reads are names, labels, ports and addresses: YAML 1.1's
readings of `0777`, `12:30:45`, `on` or `=` would only destroy them. No tag is interpreted; anchors, aliases
and merge keys (`<<`) are resolved, within a budget that an alias bomb exceeds at once.
"""

from __future__ import annotations

from cilium_policies.document.finding import RefusedError
from cilium_policies.document.limits import Path, Value
from cilium_policies.document.plain import read
from cilium_policies.lean import Any


def load(text: bytes, *, line: int = 1, file: str = "") -> Value:
    """The value of the one document in `text`; None for an empty one.

    `line` is the number that the first line of `text` has in `file`. Raises RefusedError for what is not YAML,
    for two documents, duplicate keys, keys that are no scalars, unknown aliases, alias bombs and nesting
    deeper than `limits.MAX_DEPTH`.
    """
    value = read(text)
    if value is not None:
        return value
    from cilium_policies.document.events import build

    return build(text, line=line, file=file)


def parsed(value: str) -> dict[str, Any]:
    """Helm values, or a program's configuration, that stand as YAML text in a field; text that is no YAML mapping
    counts as empty."""
    try:
        found = load(value.encode())
    except RefusedError:
        return {}  # filled in later; else who reads it will refuse it too, and name the place
    return found if isinstance(found, dict) else {}


def load_with_lines(text: bytes, *, line: int = 1, file: str = "") -> tuple[Value, dict[Path, int]]:
    """The value, and by path (keys and list positions) the lines where keys and entries stand: `in` and `[…]`."""
    return load(text, line=line, file=file), Lines(text, line)


class Lines(dict[Path, int]):
    """Lines by path, read from the text when the first one is asked for: only an error asks."""

    def __init__(self, text: bytes, line: int) -> None:
        super().__init__({(): line})
        self._text: bytes | None = text
        self._line = line

    def _fill(self) -> None:
        if self._text is not None:
            from cilium_policies.document.lines import lines_of

            text, self._text = self._text, None
            for path, line in lines_of(text, self._line).items():
                self.setdefault(path, line)

    def __contains__(self, path: object) -> bool:
        if path:
            self._fill()
        return super().__contains__(path)

    def __getitem__(self, path: Path) -> int:
        if path:
            self._fill()
        return super().__getitem__(path)
