"""Texts without secrets: of what a text holds only what a policy may come from passes, by a list of what is allowed.

    Scrubber(patterns, names, read, paths).text(value, key) -> str   of env, arguments, ConfigMaps, annotations

A word passes when it is an address (without user, path and query), a number below 65536, a key, a flag, a word that the
program or its catalogue looks for, or a name of the tree. Every other word becomes `x`, so that a sentence stays a
sentence for those who tell values from prose. Under a key that names a credential nothing passes but addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from itertools import islice, takewhile

from cilium_policies.workloads.address_keys import IN_PASSWORD, NAMES_PORT, may_be_user
from cilium_policies.workloads.credentials import (
    IN_CLUSTER,
    IP,
    PEM,
    TEMPLATE,
    addresses,
    is_address,
    is_credential,
)
from cilium_policies.workloads.inventory.sought import Patterns, Sought, shown, spans_of
from cilium_policies.workloads.inventory.told import HOST_NAME, Found, Read, Told, ends_publicly
from cilium_policies.workloads.inventory.vocabulary import VOCABULARY
from cilium_policies.workloads.inventory.words import (
    FLAG,
    KEY,
    NEAR,
    SAYS_NO_TEXT,
    begins_before,
    flag_of,
    is_listed,
    key_in,
    masked,
    port_of,
)
from cilium_policies.workloads.shown_urls import address_of, without_path

_REFERENCE = re.compile(r"\$\{\w{1,60}\}|\$\(\w{1,60}\)|\$[A-Za-z_]\w{0,60}|\{\}")
_HELD = re.compile("\x01(\\d+)\x01")  # a template that is kept, while the words around it are looked at
_TOKEN = re.compile(
    rf"(?P<url>(?:[a-z]{{2,9}}:){{0,2}}[A-Za-z][A-Za-z0-9+.\-]*://(?:[^\s\"'`<>\\|/?#]*(?:{IN_PASSWORD}))?[^\s\"'`<>\\|]*)"
    r"|(?P<word>(?:\$\{\w{1,60}\}|\$\(\w{1,60}\)|\{\}|[^\s\"'`<>=,;|(){}\[\]&\\])+)|(?P<rest>\s+|.)"
)
_MARKS, _BEHIND = ("|", "<", "\\", "&", "}"), ("|", "\\", "&", "{", "=")  # beside a part of a password
_IN_WORD = re.compile(r"[^\s,:=\[({>;\"'][\"']{1,2}$")  # a quote within a word
_LEAST = 4  # letters of an object's name that others may begin with


class Parsed:
    """The hosts and ports that the program's readers find in a text: no other word passes as one."""

    def __init__(self, found: list[list[Found]]) -> None:
        self._hosts = {one.host.lower().strip("[].") for both in found for one in both}
        self.ports = {str(one.port) for both in found for one in both}

    def holds(self, word: str) -> bool:
        name, _, port = word.lower().rpartition(":")
        host = (name if name and port.isdigit() else word.lower()).removeprefix("tcp:")
        return host.strip("[].") in self._hosts


class Scrubber:
    """`patterns` are the regular expressions that somebody looks for in texts, `names` those of the tree's objects,
    `read` the readers of addresses, `paths` what in a URL's path names a pod (`/v1.0/invoke/NAME`)."""

    def __init__(
        self,
        patterns: Iterable[str],
        names: Iterable[str],
        read: Read,
        paths: Iterable[str],
    ) -> None:
        self._sought = Sought(patterns)
        self._paths = [re.compile(one) for one in sorted(paths)]
        self._names = frozenset(names)
        self.told = Told(read, self._is_known)

    def text(self, value: str, key: str = "") -> str:
        """A text of which every word that is not plainly harmless is replaced; keys stay."""
        found = self.told.found(value, key)
        if is_credential(key):
            return self.told.restored(found, key, addresses(value, key, self._is_named))
        live = self._sought.live(value)
        return self.told.restored(found, key, self._words(self.cut(value, live), live, key, Parsed(found)))

    def cut(self, value: str, _live: Patterns) -> str:
        """What of a text is looked at word by word: all of it."""
        return value

    def _words(self, value: str, live: Patterns, key: str, parsed: Parsed) -> str:
        """`live` are the patterns that some line of the text may hold."""
        held: list[str] = []

        def hold(match: re.Match[str]) -> str:
            if not SAYS_NO_TEXT.fullmatch(match[0]):
                return "{}"  # may hold a text of its own
            held.append(match[0])
            return f"\x01{len(held) - 1}\x01"

        kept: list[str] = []
        current = key
        for line in TEMPLATE.sub(hold, PEM.sub("x", value.replace("\x01", ""))).split("\n"):
            scrubbed, last = self._line(line, current, parsed, live)
            kept.append(scrubbed)
            # `--password` on a line of its own: the next argument is its value.
            current = last if FLAG.fullmatch(line.strip().strip("\"'")) else key
        return _HELD.sub(lambda match: held[int(match[1])], "\n".join(kept))

    def _is_named(self, name: str) -> bool:
        """Whether a name, or each part of `name.namespace`, is one of the tree's, or the name of what a chart or an
        operator makes of it: `cart-sentinel` of `cart`."""
        parts = name.split(".")
        return name in self._names or (
            self._names.issuperset(parts[1:]) and (parts[0] in self._names or self._is_made(parts[0]))
        )

    def _is_made(self, name: str) -> bool:
        """Whether a name begins with that of an object: `cart-sentinel`, where a `cart` is."""
        ends = [at for at, sign in enumerate(name) if sign == "-"]
        return any(at >= _LEAST and name[:at] in self._names for at in ends)

    def _line(self, line: str, key: str, parsed: Parsed, live: Patterns) -> tuple[str, str]:
        """One line, and the last key or flag in it."""
        spans = spans_of(line, live)
        seen = self._sought.marked(line, spans) if spans else line
        out: list[str] = []
        first, listed = 0, -1  # where a list of secrets ends so far
        for match in _TOKEN.finditer(line):
            word = match["word"]
            if word is None:
                out.append(self._url(line, match) if match["url"] else match[0])
            elif (flag := flag_of(word)) or (flag := key_in(line, match, key)):
                key = flag
                out.append(word)
            else:
                secret = is_listed(line, match.start(), listed)
                listed = match.end() if secret else -1
                start, end = match.span()
                while first < len(spans) and spans[first][0] < start - NEAR:
                    first += 1
                near = takewhile(partial(begins_before, end), islice(spans, first, None))
                sought = "".join(seen[max(a, start) : min(b, end)] for a, b in near if start < b)
                allowed = self._allowed(word, key, parsed) and not self._is_part(line, match, secret)
                out.append(
                    word if allowed else shown(sought) if sought and not is_credential(key) else masked(word)
                )
        return "".join(out), key

    def _url(self, line: str, match: re.Match[str]) -> str:
        """The address of a URL; nothing of one that may end within its user's password, unless its host is known."""
        url = match["url"]
        found = address_of(url)
        end = match.start() + len(without_path(url))
        if found and may_be_user(line, match.start(), end) and not self._is_known(found.partition("://")[2]):
            return "x"
        return found + self._path(url[end - match.start() :]) if found else port_of(url)

    def _path(self, path: str) -> str:
        """The part of a path that calls pods by a name that the tree has."""
        for one in self._paths:
            match = one.search(path)
            if match is not None and all(name in self._names for name in match.groups() if name):
                return match[0]
        return ""

    def _is_part(self, line: str, match: re.Match[str], secret: bool) -> bool:
        """Whether a word that reads as a host may be part of a password: behind a word for one (`secret`), beside a
        mark, or up to a `@`."""
        word = match[0]
        if (
            _REFERENCE.fullmatch(word)
            or not any(map(str.isalpha, word))
            or word in VOCABULARY
            or self._is_known(word)
        ):
            return False
        if secret:
            return True
        before = line[max(0, match.start() - 3) : match.start()]
        part = (
            before[-1:] in _MARKS or _IN_WORD.search(before) or line[match.end() : match.end() + 1] in _BEHIND
        )
        return bool(part and "." not in word and ":" not in word) or may_be_user(
            line, *match.span(), marked=True
        )

    def _is_known(self, host: str) -> bool:
        """Whether a host, with its port, is an IP address, or plainly one of the cluster's."""
        name = host if host.count(":") > 1 else host.partition(":")[0]
        return bool(IP.fullmatch(name) or IN_CLUSTER.fullmatch(name) or self._is_named(name))

    def _allowed(self, word: str, key: str, parsed: Parsed) -> bool:
        if word == ":" or _REFERENCE.fullmatch(word):
            return True
        word = _HELD.sub("", word)
        if not word:
            return True
        if is_credential(key):
            return False
        word = word.rstrip(":.!?") if word not in self._names else word
        if word in self._names or (key == "namespace" and KEY.fullmatch(word)):
            return True
        number = word.removeprefix(":")
        if number.isdigit():
            return len(number) < 6 and (number in parsed.ports or re.search(NAMES_PORT, key) is not None)
        if word in VOCABULARY or IP.fullmatch(word) or IN_CLUSTER.fullmatch(word):
            return True
        if not any(map(str.isalnum, word)):
            return True
        if "$" in word and IN_CLUSTER.fullmatch(_REFERENCE.sub("x", word)):
            return True  # `web.$(NAMESPACE).svc`
        if word.count(".") > 1 and ends_publicly(word) and HOST_NAME.fullmatch(word):
            return True
        told = (
            is_address(word, key, self._is_named)
            or ends_publicly(word)
            or (":" in word and word.count(".") > 1)
        )
        return bool(told) and parsed.holds(word)
