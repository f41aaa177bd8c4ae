"""What a tool says when it cannot build, as one line for people: the cause, without what may be a secret."""

from __future__ import annotations

import os
import re

_LONG = 600  # characters of a tool's words that are shown
# What kustomize repeats of the input, which may be a Secret's value, and what is said in its place.
_REPEATED = (
    (
        r"literal sources \[.*\]: invalid literal source .*, expected key=value",
        "a literal source is not key=value",
    ),
    (r"file sources: \[.*\]: source \".*\" (?=key name)", "a file source: "),
    (r"with config: `.*`: ", "with its config: "),
    (r"(unable to parse SM or JSON patch) from .*", r"\1"),
    (r"map\[[^\]]+\]", "map[…]"),  # labels and annotations of an object
    (r"node contents:.*", "node contents: …"),
    (r"(https?|ssh|git):/+[^\s'\"]*@", r"\1://…@"),
)
_FROM = r"(?:accumulating resources: )?accumulation err='accumulating resources from "
# What kustomize wraps the cause in: each thing that it took an entry of `resources` for, one after the other.
_WRAPPED = (
    (_FROM + r"'[^']*': read [^']*: is a directory': recursed accumulation of path '([^']*)': ", r"in \1: "),
    (
        _FROM + r"'[^']*': open ([^']*): no such file or directory': must build at directory: .*",
        r"\1 is not there",
    ),
    (_FROM + r"'(\w+:/[^']*)': (?:Get \"[^\"]*\": )?([^']*)': failed to run .*", r"cannot fetch \1: \2"),
    (r"accumulating resources: accumulating resources from '([^']*)': ", r"\1: "),
    (r"(?:in [^\s:]+: )+(?=in )", ""),
)


def told(said: str, root: str, folder: str) -> str:
    """The words with paths as they are in the repository; "" where there are none."""
    return _as_in(root, folder, _words(said))


def _words(said: str) -> str:
    """The last of what a tool said, which names the cause: kustomize wraps it in what it tried before."""
    for pattern, instead in _REPEATED:
        said = re.sub(pattern, instead, said, flags=re.DOTALL)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    text = " ".join(lines[max(len(lines) - 3, errors[0] if errors else 0) :])  # warnings come before it
    if logged := re.search(r'err="(.*)"$', text):  # kubectl
        text = logged.group(1).replace('\\"', '"')
    text = text.removeprefix("Error: ").removeprefix("error: ")
    for pattern, instead in _WRAPPED:
        text = re.sub(pattern, instead, text)
    if len(text) <= _LONG:
        return text
    return f"… {text[-_LONG:].partition(' ')[2]}"  # from a whole word on


def _as_in(root: str, folder: str, said: str) -> str:
    """The words with paths as they are in the repository."""
    here = os.path.realpath(folder)
    for place in (os.path.relpath(root, here), os.path.realpath(root), root):
        if place not in (".", "/") and set(place) != {".", "/"}:
            said = said.replace(f"{place}/", "").replace(place, ".")
    return said.replace(f"{here}/", "").replace(here, ".").replace(f"{folder}/", "")
