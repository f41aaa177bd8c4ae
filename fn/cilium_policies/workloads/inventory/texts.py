"""Texts cut down to what evidence can find in them: addresses, the keys beside them, words that conditions seek."""

from __future__ import annotations

import re

from cilium_policies.workloads.inventory.redact import Scrubber, pieces

_SHORT = 240  # characters of one line that are kept as they stand
_LINES = 8  # empty lines in a row: enough that what was far apart stays far apart
# What an address, the host or port field beside one, and the key of a list of them look like; words by which
# collectors show that they read monitors or annotations.
_MARKS = re.compile(
    r"://|:\d|\.svc|host=|port|host|server|addr|endpoint|peer|seed|broker|join"
    r"|prometheus|Monitor|scrape|_sd_|:\s*$|curl|wget|\.(?:get|post|put|patch|delete|head|request)\(|urlopen",
    re.IGNORECASE,
)
_DASHBOARD = ('"panels"', '"schemaVersion"')


class Texts(Scrubber):
    """A Scrubber that drops, of long texts, the lines in which nothing is that anybody reads."""

    def text(self, value: str, key: str = "") -> str:
        """A text with the lines that may matter, and in them no word that may be a secret."""
        return super().text(self._cut(value), key)

    def _cut(self, value: str) -> str:
        if any(mark in value for mark in _DASHBOARD):
            return ""
        if len(value) <= _SHORT and "\n" not in value:
            return value
        kept: list[str] = []
        empty = 0
        lines = value.split("\n")
        for number, line in enumerate(lines):
            following = lines[number + 1] if number + 1 < len(lines) else ""
            if self._matters(line) or (line.lstrip().startswith("-") and self._matters(following)):
                kept.append(line)
                empty = 0
            elif empty < _LINES:
                kept.append("")
                empty += 1
        return "\n".join(kept) if any(kept) else ""

    def _matters(self, line: str) -> bool:
        if _MARKS.search(line):
            return True
        return any(sought.search(piece) for _, piece in pieces(line) for sought in self.sought)
