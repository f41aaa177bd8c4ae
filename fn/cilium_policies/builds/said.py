"""What a tool says when it cannot build, as one line for people: the cause, without what may be a secret."""

from __future__ import annotations

import os
import re

from cilium_policies.builds.addresses import without_bases
from cilium_policies.builds.kustomization import STANDS_FOR

MOST = 20_000  # characters that are looked through: a patch or a value of a megabyte may stand among them
_LONG = 600  # characters of a tool's words that are shown
_FAILED, _LARGEST = "execution error at (", 1 << 20
_ADVICE = "Use --debug flag to render out invalid YAML"
_NO_FILE = ": no such file or directory"
_PATH = re.compile(r"[\w./@+~\-]*")
_OPENED = ("open ", "lstat ", "stat ")
# What kustomize and Helm repeat of the input, which may be a Secret's value, and what is said in its place.
_REPEATED = (
    (
        r"literal sources \[.*\]: invalid literal source .*, expected key=value",
        "a literal source is not key=value",
    ),
    (r"(env source files: \[[^\]]*\]): .*has invalid utf8 bytes.*", r"\1: not UTF-8"),
    (r"file sources: \[.*\]: source \".*\" (?=key name)", "a file source: "),
    (r"file sources: \[.*\]: open (?:\S*/)?[^\s/.]+(?=: no such file)", "a file source: open …"),  # a literal
    (r"file sources: \[.*\]: (?=open )", "a file source: "),
    (r"with config: `.*`: ", "with its config: "),
    (r"(unable to parse SM or JSON patch) from .*", r"\1"),
    (r"map\[[^\]]+\]", "map[…]"),  # labels and annotations of an object
    (r"node contents:.*", "node contents: …"),
    (r"(out of bounds for value) .*", r"\1 …"),  # of a replacement's source
    (r"(invalid map key: ).*", r"\1…"),
    (r"(Unexpected kind: ).*", r"\1…"),  # the operation of a JSON patch
    (
        r"((?:missing (?:path|key)|for path): )(?!['\"]?/[^\s:'\"]*['\"]?(?:[:\s]|$)).*",
        r"\1…",
    ),  # its path, if it is none
    (r"(cannot (?:decode|unmarshal) !!\w+) `[^`]*` ", r"\1 "),
    (r"unknown anchor '[^']*' referenced", "unknown anchor"),
    (r"(?<![\w'])'[^'\n]*\n[^']*'", "'…'"),  # an object or a patch in a file's place
    (r"((?:parsing|parse|duration|value|as|for)(?: time| template)?) \"(?:[^\"\\]|\\.)*\"", r"\1 …"),
    (r"(template: gotpl:[\d:]+).*", r"\1 …"),  # a value that is a template
    (r"(non-function) .* (of type)", r"\1 … \2"),
    (r"(can't iterate over) .*", r"\1 …"),
    (r"((?:imum|Of): got) [^,\n]*", r"\1 …"),
    (r"'[^']*' (does not match pattern|is not valid)", r"'…' \1"),
    (r"(at <(?!include |template )[^\"<>]*)\"[^<>]*>", r"\1…>"),
)
_FROM = r"(?:accumulating resources: )?accumulation err='accumulating resources from "
# What kustomize wraps the cause in: each thing that it took an entry of `resources` for, one after the other.
_WRAPPED = (
    (_FROM + r"'[^']*': read [^']*: is a directory': recursed accumulation of path '([^']*)': ", r"in \1: "),
    (
        _FROM + r"'[^']*': open ([^']*): no such file or directory': must build at directory: .*",
        r"\1 is not there",
    ),
    (
        _FROM + r"'(\w+:/[^']*)': (?:Get \"[^\"]*\": )?([^']*)': (?:failed to run|must build at) .*",
        r"cannot fetch \1: \2",
    ),
    (r"accumulating resources: accumulating resources from '([^']*)': ", r"\1: "),
    (r"(?:in [^\s:]+: )+(?=in )", ""),
)


def told(said: str, root: str, folder: str) -> str:
    """The words with paths as they are in the repository; "" where there are none."""
    if len(said) > MOST:
        return f"its words, {len(said)} characters, are not shown: build the folder with it to see them"
    said = _as_in(root, folder, said)
    if _FAILED in said:
        said = _of_chart(said, folder)
    return _words(said)


def without_values(said: str) -> str:
    """The words without what they repeat of the input."""
    for pattern, instead in _REPEATED:
        said = re.sub(pattern, instead, said, flags=re.DOTALL)
    return _with_paths_alone(said)


def _of_chart(said: str, folder: str) -> str:
    """The words with what a chart says itself (`fail`, `required`) as far as its templates hold it: what it says of a
    value may be a secret."""
    before, failed, rest = said.partition(_FAILED)
    place, closed, words = rest.partition(": ")
    known: set[str] = set()
    for path, _, files in os.walk(folder):
        for name in files if "templates" in path else ():
            with open(os.path.join(path, name), encoding="utf-8", errors="replace") as file:
                known.update(re.findall(r"\w+", file.read(_LARGEST)))
    known.update(re.findall(r"\w+", _ADVICE))
    return (
        before
        + failed
        + place
        + closed
        + re.sub(r"\w+", lambda one: one[0] if one[0] in known else "…", words)
    )


def _words(said: str) -> str:
    """The last of what a tool said, which names the cause: kustomize wraps it in what it tried before."""
    if logged := re.search(
        r"err=(?:\"(.*)\"|<(.*)>)\s*\Z", said, re.DOTALL
    ):  # kubectl, of one line or several
        said = logged[2] or logged[1].replace('\\"', '"').replace("\\n", "\n")
    said = without_values(said)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    text = " ".join(lines[max(len(lines) - 3, errors[0] if errors else 0) :])  # warnings come before it
    text = text.removeprefix("Error: ").removeprefix("error: ")
    for pattern, instead in _WRAPPED:
        text = re.sub(pattern, instead, text)
    text = without_bases(text)
    if len(text) <= _LONG:
        return text
    return f"… {text[-_LONG:].partition(' ')[2]}"  # from a whole word on


def _with_paths_alone(said: str) -> str:
    """The words without what was opened as a file and is none by its form: a patch, an object, a literal."""
    *before, last = said.split(_NO_FILE)
    made = []
    for part in before:
        at = max((part.rfind(word) + len(word) for word in _OPENED if word in part), default=len(part))
        is_path = _PATH.fullmatch(part, at) and ("." in part[at:] or "/" in part[at:])
        made.append(part if is_path else f"{part[:at]}…")
    return _NO_FILE.join((*made, last))


def _as_in(root: str, folder: str, said: str) -> str:
    """The words with paths as they are in the repository."""
    here = os.path.realpath(folder)
    named = [one for one in [*STANDS_FOR] if one != here and one in said]  # a copy: other threads add to it
    for made in sorted(named, key=len, reverse=True):  # `folder-12` before `folder-1`
        said = said.replace(made, os.path.realpath(STANDS_FOR[made]))
    for place in (os.path.relpath(root, here), os.path.realpath(root), root):
        if place not in (".", "/") and set(place) != {".", "/"}:
            said = said.replace(f"{place}/", "").replace(place, ".")
    return said.replace(f"{here}/", "").replace(here, ".").replace(f"{folder}/", "")
