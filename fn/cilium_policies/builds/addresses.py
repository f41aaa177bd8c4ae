"""Addresses in what `build` says: of each its host and port. The path of a repository or of a file to fetch may hold a
token as well as its user or its query may (`https://dl.example.com/TOKEN/charts/`)."""

from __future__ import annotations

import re

_CUT = "…"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]{0,30}"
# Text that `re` compiles when it is used: few builds have an address to tell. What a tool says of one may have lost a
# slash of it (`https:/host`), as a path does that is made plain.
_ADDRESS = rf"(?<![\w+.\-])({_SCHEME}):/{{1,3}}(?=[^\s/])([^\s'\"`]*)"
_OF_GIT = r"[\w.\-]{1,64}@([\w.\-]{1,253}):(?=[^\s'\"])[^\s'\"`]*"  # git@host:path
_BARE = r"(?<![\w./@\-])([\w\-]{1,63}(?:\.[\w\-]{1,63}){0,9}(?::\d{1,5})?)/[^\s'\"`]*\.git\b[^\s'\"`]*"
_QUERY = r"(?<=\w)\?\w{1,64}=[^\s'\"`]*"
_END = ",;:.!?)]}>"  # what a sentence has behind an address


def beginning(url: str) -> str:
    """`scheme://host:port` of a whole address, `host` of Git's `user@host:path`; "" where that is not plain: of a `@`
    behind a `/` or a blank nobody knows what is user, password and host."""
    from cilium_policies.workloads.shown_urls import address_of  # few builds have something to say

    first, *more = url.split(maxsplit=1) or [""]
    if any("@" in one for one in more):
        return ""
    if "://" in first:
        found = address_of(first)
        return "" if found.endswith("://x") else found
    found_of_git = re.fullmatch(_OF_GIT, first)
    if found_of_git is not None:
        return found_of_git[1]
    host, slash, _ = first.partition("/")
    return (
        host
        if slash and "." in host and "@" not in first and re.fullmatch(r"[\w.\-]+(?::\d+)?", host)
        else ""
    )


def shown(url: object) -> str:
    """An address for people: where it begins, and a mark for what is left out."""
    text = str(url or "")
    begins = beginning(text)
    return begins if begins and begins == text else f"{begins}/{_CUT}" if begins else _CUT


def path_shown(path: object) -> str:
    """A path of the repository as it is; of an address in its place where that begins."""
    text = str(path or "")
    if ":/" not in text and re.fullmatch(r"@?[^\n@?]*", text):
        return text
    return shown(re.sub(r":/(?!/)", "://", text, count=1))  # a path that is made plain has lost a slash


def without_paths(text: str) -> str:
    """A text with each address in it so reduced."""
    if "/" not in text and "@" not in text:
        return text
    from cilium_policies.workloads.secret_shapes import BEFORE_AT

    parts, last = [], 0
    for match in re.finditer(_ADDRESS, text):
        if match.start() < last:
            continue
        rest = match[2]
        end = match.end()
        url = f"{match[1]}://{rest}"
        if "/" not in rest and (more := BEFORE_AT.match(text, end)):  # within its user's password
            end = more.end()
            while end < len(text) and not (text[end].isspace() or text[end] in "'\"`"):
                end += 1
            url = f"{match[1]}://x@{text[match.end() : end].rpartition('@')[2]}"
        bare = url.rstrip(_END)
        parts += [text[last : match.start()], shown(bare), url[len(bare) :]]
        last = end
    return re.sub(_OF_GIT, rf"\1:{_CUT}", "".join((*parts, text[last:])))


def without_texts(expression: str) -> str:
    """A template's expression without what it holds between quotes."""
    return re.sub(r"\"(?:[^\"\\]|\\.)*\"?|`[^`]*`?|'[^']*'?", f'"{_CUT}"', expression)


def without_bases(text: str) -> str:
    """A text without the rest of what kustomize fetches a base from, which needs no scheme (`host/path.git?ref=x`)."""
    return re.sub(_QUERY, f"?{_CUT}", re.sub(_BARE, rf"\1/{_CUT}", without_paths(text)))
