"""Texts cut down to what evidence can find in them: addresses, the keys beside them, words that conditions seek."""

from __future__ import annotations

import json
import re

from cilium_policies.document.finding import RefusedError
from cilium_policies.document.parse import load
from cilium_policies.lean import Any
from cilium_policies.workloads.credentials import is_credential
from cilium_policies.workloads.inventory.sought import Patterns, holds
from cilium_policies.workloads.inventory.trees import Trees

_LARGE = 100_000  # characters of a file that is taken apart
_SHORT = 240  # characters of one line that are kept as they stand
_LINES = 8  # empty lines in a row: enough that what was far apart stays far apart
# What an address, the host or port field beside one, and the key of a list of them look like; words by which
# collectors show that they read monitors or annotations.
_MARKS = re.compile(
    r"://|:\d|\.svc|host=|port|host|server|addr|endpoint|peer|seed|broker|join"
    r"|prometheus|Monitor|scrape|_sd_|namespace|:\s*$|curl|wget|\.(?:get|post|put|patch|delete|head|request)\(|urlopen",
    re.IGNORECASE,
)
_PART = re.compile(r"[A-Za-z0-9]+")
_DASHBOARD = ('"panels"', '"schemaVersion"')


def _tree_of(value: str) -> Any:
    """What a text is as YAML, None for others; a template, or what stands in several documents, is none."""
    if "{{" in value or any(mark in value for mark in _DASHBOARD):
        return None
    try:
        read = load(value.encode())
    except RefusedError:
        return None
    return read if isinstance(read, (dict, list)) and read else None


def _written(tree: Any, before: str) -> str:
    if before.lstrip()[:1] in ("{", "["):
        return json.dumps(tree, ensure_ascii=False, indent=1)
    import yaml  # only an inventory writes YAML that it has read

    return str(yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=100_000))


def _said(match: re.Match[str], words: frozenset[str]) -> str:
    """What a pattern found, in which every word is struck out but its own and the name that it looks for."""
    (start, end), first = match.span(1), match.start()
    parts = match[0][: start - first], match[0][end - first :]
    before, behind = (_PART.sub(lambda one: one[0] if one[0] in words else "x", part) for part in parts)
    return f"{before}{match[1]}{behind}"


class Texts(Trees):
    """A scrubber that drops, of long texts, the lines in which nothing is that anybody reads."""

    def file(self, value: str, key: str, known: bool = False) -> str:
        """A file of a ConfigMap. One that is YAML or JSON keeps its form, as some readers look at what stands below
        what; unless something is then found in it that was not there. Of one that is `known` the fields are read."""
        tree = None if len(value) > _LARGE or "\n" not in value.strip() else _tree_of(value)
        if tree is None or is_credential(key):
            return self.text(value, key)
        made = _written(self.tree(tree, "" if known else "data"), value)
        found = self.told.found(value, key)
        if self.told.gained(found, key, made):
            return self.text(value, key)
        return self._with_made(value, self.told.restored(found, key, made))

    def text(self, value: str, key: str = "") -> str:
        """The same as a Scrubber makes of it, and what says of the pods that its program makes."""
        made = super().text(value, key)
        return made if "\n" not in value or is_credential(key) else self._with_made(value, made)

    def _with_made(self, value: str, made: str) -> str:
        """A text with the names of the tree's objects that the pods use which its program makes, where they are no
        longer found: the ConfigMap that a runner has its jobs mount stands lines below what says so."""
        added = []
        for pattern, words in self._fields.makes:
            left = {match[1] for match in pattern.finditer(made)}
            for match in pattern.finditer(value):
                if match[1] in self._names and match[1] not in left:
                    said = _said(match, words)
                    if [again[1] for again in pattern.finditer(said)] == [match[1]]:
                        left.add(match[1])
                        added.append(said)
        return "\n".join((made, *added)) if added else made

    def cut(self, value: str, live: Patterns) -> str:
        """The lines of a text that may matter."""
        if any(mark in value for mark in _DASHBOARD):
            return ""
        if len(value) <= _SHORT and "\n" not in value:
            return value
        kept: list[str] = []
        empty = 0
        lines = value.split("\n")
        matters = [_MARKS.search(line) is not None or holds(line, live) for line in (*lines, "")]
        for number, line in enumerate(lines):
            if matters[number] or (line.lstrip().startswith("-") and matters[number + 1]):
                kept.append(line)
                empty = 0
            elif empty < _LINES:
                kept.append("")
                empty += 1
        return "\n".join(kept) if any(kept) else ""
