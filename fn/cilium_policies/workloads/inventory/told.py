"""What the program's own readers find in a text, in a form that says nothing else: host, port, scheme and key.

    Told(read, known).found(value, key) -> [[Found], [Found]]     what the readers find: in a value, in a file
    Told(read, known).restored(found, key, scrubbed) -> str       the scrubbed text, with what it has lost

A text without secrets is often one that a reader no longer understands: a blank stands where a directive stood, or a
form is written that nobody thought of. So what is kept of a text is read again, and an address that is not found there
any more is put beside it as `key: scheme://host:port`, where its host is plainly one: of the cluster's, or a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from cilium_policies.catalogue.files import top_level_domains
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.address_keys import names_address, names_secret
from cilium_policies.workloads.inventory.vocabulary import VOCABULARY


class Found(NamedTuple):
    """An address as a reader of configuration finds it."""

    host: str
    port: int
    scheme: str
    protocol: str
    key: str


Places = set[tuple[str, int]]  # hosts with ports
# Of a text, the key that it is the value of, and whether it is a file's, all that the readers of configuration find.
Read = Callable[[str, str, bool], Iterable[Found]]
HOST_NAME = re.compile(r"(?:tcp:)?[a-z0-9](?:[a-z0-9\-]{0,62}\.){2,8}[a-z]{2,24}(?::\d{1,5})?")
_APART = "\n" * 18  # farther than a host's port is looked for
_ENDPOINT = "_endpoint"
_LATEST = 64  # texts whose addresses are remembered
_MOST = 4000  # addresses of one text that are put beside it


class Told:
    """`read` is what the program's readers do, `known` says of a host whether it is plainly one."""

    def __init__(self, read: Read, known: Callable[[str], bool]) -> None:
        self._read = read
        self._of_cluster = known
        self.found = lru_cache(maxsize=_LATEST)(self._found)

    def _known(self, host: str) -> bool:
        return self._of_cluster(host) or ends_publicly(host)

    def _found(self, value: str, key: str) -> list[list[Found]]:
        """As the value of a variable, and as a file. Reading is most of the work, and what was made of a text is often
        the text itself, or asked for once more."""
        return [list(self._read(value, key, file)) for file in (False, True)]

    def restored(self, found: list[list[Found]], key: str, scrubbed: str) -> str:
        """The scrubbed text with the addresses that are no longer found in it."""
        again = self.found(scrubbed, key)
        hidden = {
            one[:2]
            for both in found
            for one in both
            if not one.scheme and names_secret(one.key or key, one.host)
        }
        lost = [self._lost(*both, hidden) for both in zip(found, again, strict=True)]
        if not any(lost):
            return scrubbed
        one_line = "\n" not in scrubbed
        if one_line and lost[0] and all(self._may_stand(one, hidden) for one in found[0]):
            alone = ",".join(dict.fromkeys(form for one in found[0] for form in _forms(one)[:1]))
            if not self._lost(found[0], list(self._read(alone, key, False)), hidden):
                return alone
        added = []
        for one in dict.fromkeys(one for both in reversed(lost) for one in both[:_MOST]):
            form = next((form for form in _forms(one) if self._says(form, one, key, one_line)), "")
            if form:
                added.append(f"{_said(one.key, key, scrubbed)}: {form}" if one.key and not one_line else form)
        if not added:
            return scrubbed
        if one_line:
            return " ".join((scrubbed, *added)).strip()
        return scrubbed + "".join(f"{_APART}{line}" for line in added)

    def gained(self, found: list[list[Found]], key: str, made: str) -> bool:
        """Whether something is found in what was made of a text that the text does not say."""
        had = {one[:4] for both in found for one in both}
        return any(
            one[:4] not in had and self._known(one.host) for both in self.found(made, key) for one in both
        )

    def _lost(self, before: list[Found], after: list[Found], hidden: Places) -> list[Found]:
        kept = {one[:4] for one in after}
        return [one for one in before if one[:4] not in kept and self._may_stand(one, hidden)]

    def _may_stand(self, one: Found, hidden: Places) -> bool:
        """Whether an address is plainly one; of those `hidden` under a key of a secret only what the cluster has."""
        return self._of_cluster(one.host) if one[:2] in hidden else self._known(one.host)

    def _says(self, form: str, one: Found, key: str, one_line: bool) -> bool:
        text = form if one_line else f"{one.key}: {form}\n" if one.key else f"{form}\n"
        return any(again[:4] == one[:4] for again in self._read(text, key, not one_line))


def _said(key: str, own: str, scrubbed: str) -> str:
    """A key as it may stand: that of the text itself (`own`), or plainly one; a word in front of an address may be none
    (`curl -H "K: abc" http://api`)."""
    word = key.removesuffix(_ENDPOINT)  # which a reader adds
    plain = word.lower() in VOCABULARY or (names_address(word) and not word.isalpha())
    return key if word == own or plain or word in scrubbed else "x"


def ends_publicly(host: str) -> bool:
    """Whether a name, perhaps with its port, ends as one of the Internet's does."""
    name, _, end = host.removeprefix("tcp:").partition(":")[0].rstrip(".").rpartition(".")
    return bool(name) and end.lower() in top_level_domains()


def _forms(one: Found) -> list[str]:
    """Spellings of an address, the first that is understood again is taken."""
    host = f"[{one.host}]" if one.host.count(":") > 1 else one.host
    place = f"{host}:{one.port}" if one.port else host
    if one.scheme == "dns":
        return [f"dns:///{place}"]
    return [f"{one.scheme}://{place}", f"{one.scheme}://{host}"] if one.scheme else [place]
