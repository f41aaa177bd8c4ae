"""What a word of a text is, by itself and by what stands beside it: a key, a flag, a reference, a part of a secret."""

from __future__ import annotations

import re

from cilium_policies.workloads.address_keys import names_address
from cilium_policies.workloads.credentials import SHAPED, TEMPLATE, is_credential

KEY = re.compile(r"[A-Za-z_][\w.\-/]{0,63}")
FLAG = re.compile(r"--?([A-Za-z][\w.\-]{0,63})")
SAYS_NO_TEXT = re.compile(r"\{\{-?\s*(?:(?:include|tpl|template)\s+\"[\w.\-]+\"[\w.$\s]*|[\w.$\s|()]*)-?\}\}")
_ASSIGNED = re.compile(r"([\w.\-]{1,64})=")
_WORDS = re.compile(r"[a-z]{2,20}(?:-(?:[a-z]{2,20}|[a-z]?\d{1,5})){2,8}")  # `gke-l7-global-external-managed`
_STORES = ("s3:", "rest:", "sftp:")  # in front of a template
# Not so ` :token` behind a value, which is the next keyword of Clojure, Ruby or Elixir
_ASSIGNS = re.compile(r"[\"']?\s{0,8}(?::(?!//)(?!(?<=\s:)[A-Za-z])|=(?![=;,&\s\"']*(?:[=;,&]|$)))")
_FILLED_HOST = re.compile(
    r"([A-Za-z][A-Za-z0-9+.\-]{0,20}://)(?:\{[\w:.\-]{0,80}\}|(%%host%%)):(\d{1,5})(?!\d)"
)
_IS_SECRET = (
    r"(?i)(?<![\w.\-])(?:bearer|basic|digest|auth|logins?|users?|tokens?|(?:api_?)?keys?|codes?|pins?"
    r"|pass(?:words?|wd|phrases?|codes?)?|pwd?|secrets?|credentials?)"
    r"(?: is)?[\s:=\"'\[(]{1,4}$"
)
_SECRET_NEAR = 24  # characters: the longest of these words and what stands behind it
_LISTS = frozenset(",;|")  # what separates several of them
NEAR = 100  # characters: what a pattern may match, and what is looked at in front of a word
_REFERENCE_FIELDS = ("name", "key", "kind", "namespace")
IMAGE = re.compile(
    r"[\w.\-/]{1,200}(?::\d{1,5}/[\w.\-/]{1,200})?(?::[\w.\-]{1,128})?(?:@sha256:[0-9a-f]{64})?"
)


def masked(word: str) -> str:
    """What stands for a word: with the colon of `"port":80`, and with the templates in it, which say no text."""
    if "\x01" not in word:
        return ":x" if word[:1] == ":" else "x"
    parts = re.split("(\x01\\d+\x01)", word)
    return "".join(
        part if at % 2 or part in ("", *_STORES) else "/x" if part[0] == "/" else "x"
        for at, part in enumerate(parts)
    )


def names_object(member: str, above: str, value: str) -> bool:
    """Whether a member is the name of an object or of a key in it, as in `secretKeyRef` and its like, or an image."""
    if member == "image":
        return IMAGE.fullmatch(value) is not None
    refers = member == "secretKey" or (
        member in _REFERENCE_FIELDS and above.endswith(("Ref", "ref", "items"))
    )
    return refers and KEY.fullmatch(value) is not None and SHAPED.fullmatch(value) is None


def port_of(url: str) -> str:
    """Of a URL whose host is filled in from elsewhere (`tcp://{env:SERVER}:587`) its port; else `x`."""
    match = _FILLED_HOST.match(url)
    return f"{match[1]}{match[2] or '{x}'}:{match[3]}" if match else "x"


def is_listed(line: str, start: int, listed: int) -> bool:
    """Whether a word stands right behind a word for a secret, whatever its key is (`Bearer …`), or goes on with the
    list of them that ends at `listed` (`passwords [a, b]`, `password a b`)."""
    if listed >= 0 and _LISTS.issuperset(line[listed:start].strip(" \t\"'[]()")):
        return True
    return re.search(_IS_SECRET, line[max(0, start - _SECRET_NEAR) : start]) is not None


def begins_before(end: int, span: tuple[int, int]) -> bool:
    return span[0] < end


def flag_of(word: str) -> str:
    """The name of a flag, "" for other words and for one that may have its value attached (`-pPASSWORD`)."""
    match = FLAG.fullmatch(word)
    if match is None:
        return ""
    name = match[1]
    long = word.startswith("--") or len(name) == 1 or "." in name or "-" in name
    return name if long or names_address(name) else ""


def key_in(line: str, match: re.Match[str], before: str) -> str:
    """The key that a word is, "" where it is none. Behind a key of a credential only a separator or a key that is
    plainly one begins another: `password=a=b` has one key."""
    word = match[0]
    name = word[:-1] if word.endswith(":") else word if _ASSIGNS.match(line, match.end()) else ""
    assigned = line[match.start() - 1 : match.start()] == "="
    if not KEY.fullmatch(name) or SHAPED.fullmatch(name) or (assigned and not is_credential(name)):
        return ""
    behind = line[max(0, match.start() - NEAR) : match.start()].rstrip(" \t\"'")
    begins = not behind or behind == "-" or behind[-1] in ",;&{[?"
    return name if begins or not is_credential(before) or is_credential(name) or names_address(name) else ""


def without_templates(value: str) -> str:
    """A value without the templates in it that say no text; a blank stands for each of the others."""
    return TEMPLATE.sub(lambda match: "" if SAYS_NO_TEXT.fullmatch(match[0]) else " ", value)


def is_plain(value: str) -> bool:
    """One word of a structured value that looks like none of the usual secrets."""
    value = without_templates(value)
    if any(map(is_credential, _ASSIGNED.findall(value))):  # `password=…`
        return False
    return (
        not re.search(r"\s|://|@", value)
        and len(value) < 254
        and (not SHAPED.fullmatch(value) or _WORDS.fullmatch(value) is not None)
    )
