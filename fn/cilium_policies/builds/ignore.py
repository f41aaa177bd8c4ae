"""Which files are meant, in the patterns of `.gitignore`: `.krmignore` and `--exclude` for a folder that is read,
`.sourceignore` for a repository that Flux builds."""

from __future__ import annotations

import re
from collections.abc import Iterable

KRMIGNORE = ".krmignore"
SOURCEIGNORE = ".sourceignore"


class Ignored:
    """Patterns by the folder they stand in; a later one wins, and `!` takes back."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self._rules: list[tuple[re.Pattern[str], bool, bool]] = []  # pattern, only folders, ignored
        self._folders: dict[str, list[bool]] = {}  # which rules a folder, or one above it, matches
        self.add(patterns, "")

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, lines: Iterable[str], folder: str) -> None:
        """Further lines; their paths begin in `folder`, itself a path with `/` below the root ("" for the root)."""
        self._folders.clear()
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

    def hides_below(self, path: str) -> bool:
        """Whether a file is left out by source-controller's reading: what a pattern says of a folder it says of every
        file below it, so a file may be taken back from a folder that is left out."""
        above = self._matched(path.rpartition("/")[0])
        for (pattern, folders, ignored), inside in zip(reversed(self._rules), reversed(above), strict=True):
            if inside or (not folders and pattern.fullmatch(path)):
                return ignored
        return False

    def _matched(self, folder: str) -> list[bool]:
        """For each rule, whether the folder or one above it matches."""
        if folder not in self._folders:
            above = self._matched(folder.rpartition("/")[0]) if folder else [False] * len(self._rules)
            self._folders[folder] = [
                inside or bool(folder and pattern.fullmatch(folder))
                for inside, (pattern, _, _) in zip(above, self._rules, strict=True)
            ]
        return self._folders[folder]


def _regex(pattern: str) -> str:
    """A pattern with a slash is anchored in its folder; one without matches at any depth."""
    anchored = "/" in pattern
    parts = re.split(r"(/\*\*/|\*\*/|/\*\*|\*\*|\*|\?|\[[^]]{0,256}\])", pattern.lstrip("/"))
    kinds = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    made = "".join(
        kinds.get(one) or (one if one.startswith("[") and len(one) > 1 else re.escape(one)) for one in parts
    )
    return made if anchored else f"(?:.*/)?{made}"
