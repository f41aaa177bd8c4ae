"""Which files are meant, in the patterns of `.gitignore`: `.krmignore` and `--exclude` for a folder that is read,
`.sourceignore` for a repository that Flux builds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count

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
    """A pattern with a slash is anchored in its folder; one without matches at any depth.

    What lies between two stars is taken where it first fits, which is where it fits best, and never tried elsewhere:
    the group that looks ahead is the atomic group that Python has from 3.11 on. So time grows with pattern and path.
    """
    parts = pattern.lstrip("/").split("/")
    if "/" not in pattern:
        parts = ["**", *parts]
    names = map("g{}".format, count())
    blocks: list[list[str]] = [[]]
    for part in parts:
        if part != "**":
            blocks[-1].append(_segment(part, names))
        elif blocks[-1] or len(blocks) == 1:
            blocks.append([])
    first, *rest = ("/".join(one) for one in blocks)
    if not rest:
        return first
    *between, last = rest
    found = [f"{first}/" if first else "", *(_first("(?:[^/]*/)*?" + one + "/", names) for one in between)]
    return "".join(found) + (f"(?:[^/]*/)*{last}" if last else r"[\s\S]+")


def _segment(part: str, names: Iterator[str]) -> str:
    """A part between slashes, whose stars stand for anything but a slash."""
    pieces = [""]
    for token in re.findall(_TOKEN, part):
        if token.startswith("*"):
            pieces.append("")
        else:
            pieces[-1] += _one(token)
    first, *between = pieces
    if not between:
        return first
    *between, last = between
    return "".join([first, *(_first(f"[^/]*?{one}", names) for one in between), "[^/]*", last])


_TOKEN = (
    r"\*+|\[[!^]?\]?[^]]{0,256}\]|\\?[\s\S]"  # compiled where a pattern stands: most repositories have none
)


def _first(sought: str, names: Iterator[str]) -> str:
    name = next(names)
    return f"(?=(?P<{name}>{sought}))(?P={name})"


def _one(token: str) -> str:
    """What one sign stands for: `?`, `[a-z]`, `[!a-z]`, a sign behind a backslash, itself."""
    if token == "?":
        return "[^/]"
    if len(token) > 2 and token.startswith("["):
        return _class(token[1:-1])
    return re.escape(token[1] if len(token) == 2 else token)


def _class(inside: str) -> str:
    """Signs and ranges; a range that ends before it begins holds nothing."""
    none_of = inside[0] in "!^"
    signs = inside[1:] if none_of else inside
    spans = re.findall(r"\\?([\s\S])(?:-\\?([\s\S]))?", signs)
    kept = "".join(
        re.escape(low) + (f"-{re.escape(high)}" if high else "")
        for low, high in spans
        if not high or low <= high
    )
    if none_of:
        return f"[^{kept}/]"
    return f"[{kept}]" if kept else "(?!)"
