"""Regular expressions as Go's RE2 takes them, which Cilium compiles HTTP rules with."""

from __future__ import annotations

import re
import warnings

_LOOK_AROUND = re.compile(r"(?<!\\)\(\?(?:[=!>#]|<[=!])")
_BACK_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
# A class that is left open reads on to the end: were the bracket asked for, each `[` would be tried to there.
_CLASS = re.compile(r"(?<!\\)\[\^?\]?(?:\[:\^?\w{1,12}:\]|\\.|[^\]\\])*(\]|$)")
_ONLY_RE2 = re.compile(r"\\[pP](?:\w|\{\^?\w+\})|\\[zC]|\\Q.*?(?:\\E|$)")
_POSSESSIVE = re.compile(r"(?<!\\)[*+?]\+")
_COUNT = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def regex_fault(pattern: str) -> str:
    """Why RE2 refuses a regular expression; "" where no reason was found."""
    found = _LOOK_AROUND.search(pattern)
    if found:
        return f"{found.group()} is not in RE2, which has no look-around and no atomic groups"
    if _BACK_REFERENCE.search(pattern):
        return "a back reference is not in RE2"
    plain = _CLASS.sub(lambda found: "a" if found[1] else found[0][:1], pattern)
    plain = _ONLY_RE2.sub("a", plain)
    if _POSSESSIVE.search(plain):
        return "a possessive quantifier is not in RE2"
    if any(int(count) > 1000 for counts in _COUNT.findall(plain) for count in counts if count):
        return "RE2 repeats at most 1000 times"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sets in sets, which RE2 does not know
            re.compile(plain)
    except (re.error, OverflowError, RecursionError) as error:
        return f"no regular expression: {error}"
    return ""
