"""Which files below a folder are meant: `.krmignore` (and `--exclude`), in the patterns of `.gitignore`."""

from __future__ import annotations

import re
from collections.abc import Iterable

KRMIGNORE = ".krmignore"


class Ignored:
    """Patterns by the folder they stand in; a later one wins, and `!` takes back."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._rules: list[tuple[re.Pattern[str], bool, bool]] = []  # pattern, only folders, ignored
        self.add(patterns, "")

    def add(self, lines: Iterable[str], folder: str) -> None:
        """Further lines; their paths begin in `folder`, itself a path with `/` below the root ("" for the root)."""
        for line in lines:
            text = line.rstrip("\n").rstrip()
            if not text or text.startswith("#"):
                continue
            back, text = text.startswith("!"), text.removeprefix("!")
            base = f"{re.escape(folder)}/" if folder else ""
            self._rules.append((re.compile(base + _regex(text.rstrip("/"))), text.endswith("/"), not back))

    def hides(self, path: str, *, folder: bool) -> bool:
        """Whether the path, with `/` below the root, is left out."""
        hidden = False
        for pattern, folders, ignored in self._rules:
            if (folder or not folders) and pattern.fullmatch(path):
                hidden = ignored
        return hidden


def _regex(pattern: str) -> str:
    """A pattern with a slash is anchored in its folder; one without matches at any depth."""
    anchored = "/" in pattern
    parts = re.split(r"(/\*\*/|\*\*/|/\*\*|\*\*|\*|\?|\[[^]]*\])", pattern.lstrip("/"))
    kinds = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    made = "".join(
        kinds.get(one) or (one if one.startswith("[") and len(one) > 1 else re.escape(one)) for one in parts
    )
    return made if anchored else f"(?:.*/)?{made}"
