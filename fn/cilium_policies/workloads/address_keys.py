"""Keys that name an address (of a host, of a URL, of a port), and how a URL goes on behind a mark in its password.
Apart from credentials.py, which few builds need."""

from __future__ import annotations

import re

NAMES_HOST = (
    r"(?i)(?:(host|host[_.-]?name|server|address|addr|endpoint|peer|seed|broker|target|upstream|node|join)(s|es)?\d{0,2}"
    r"|broker[_.-]?list)$"
)
NAMES_ADDRESS = r"(?i)(ur[il]|dsn|proxy|webhook)s?$"
# Last words of a key whose value is a secret (whole words if they are short); directives that end so and name a host
_SECRETS = tuple(
    """
    password passwords passwd passphrase passcode secret secrets token tokens apikey apikeys credential credentials
    creds cookie jwt psk secretkeybase masterauth pw pwd
    """.split()  # noqa: SIM905 -- a list of quoted words is no easier to read
)
# The short word that may also stand at the end of another (`requirepass`), and the words that only end so
_PASS = "pass"
_NO_PASS = ("bypass", "compass", "surpass", "trespass", "overpass", "underpass")
_SHORT = (_PASS, "pin", "key", "keys", "otp", "salt", "pat")
_PAIRS = ("auth", "login")  # a user and a password, or a server of that name: `AUTH: auth.shop:8080`
_USER = "u"  # `curl -u me:1234`
_PASSES = ("proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass")
NAMES_PORT = r"(?i)port\d{0,2}$"
OF_ENDPOINT = (
    r"\burl: \[[^\[\]\n]{0,200}\]"  # where browsers find a Phoenix: `url: [host: "shop.acme.com", port: 443]`
)

# How a URL goes on, up to its host, behind a quote, a bar or a blank in its user's name or password, which looks like
# the URL's end: `postgres://me:1'x@db:5432`. Other words may stand behind a whole URL as well
# (`http://web:80 me@acme.com`), so where a blank is among them the host needs a port or a path.
_MARK, _OTHERS = r"\\?[\"'`|]", r"\s,;/?#\"'`|<>\\"
_HOST, _END = r"(?:[\w.\-${}()]{1,253}|\[[\da-fA-F:.]{2,45}\])", r"(?:[,/?\"'`\\\s]|$)"
IN_PASSWORD = (
    rf"(?:{_MARK}(?:[^:{_OTHERS}][^{_OTHERS}]{{0,63}})?){{1,4}}@(?={_HOST}(?::\d{{1,5}})?{_END})"
    rf"|(?:{_MARK}[^:{_OTHERS}]{{0,64}}| (?![@\-])[^:{_OTHERS}]{{1,64}}){{1,2}}@(?={_HOST}(?::\d{{1,5}}{_END}|[/?]))"
)

_NEAR = 200  # characters: a user's name and password have fewer, before the host
_CLOSES = {'"': '"', "'": "'", "`": "`", "(": ")", "[": "]", "<": ">", "{": "}", ">": "</"}
_TAIL = rf"{_HOST}(?::\d{{1,5}})?(?:[/?][^\s\"'`<>\\|]*)?"
_FLAG = r"\s--?[A-Za-z][\w\-]*(?:[\s=]|$)"


def may_be_user(text: str, start: int, end: int, *, marked: bool = False) -> bool:
    """Whether what reads as an address from `start` to `end` may be a user and the beginning of a password: behind it
    a `@` and a host follow (`postgres://me:1 x@db`). Not so where quotes or brackets enclose it, nor where a flag or a
    URL stands between, nor, with `marked`, behind a blank, comma or semicolon."""
    if text.find("@", end, end + _NEAR) < 0:
        return False
    rest = text[end : end + _NEAR].partition("\n")[0].partition("://")[0]
    found = re.match(r"([^@]*)@+(?=[\w\[$(])", rest)
    if found is None or (marked and rest[0] in " \t,;"):
        return False
    opens = text[max(0, start - 2) : start]
    closes = _CLOSES.get(opens[-1:], "")
    closed = f"\\{closes}" if opens[:1] == "\\" else closes
    if closes and rest.startswith(closed) and not _closes_again(rest, closed, found):
        return False
    return re.search(_FLAG, found[1]) is None


def _closes_again(rest: str, closed: str, found: re.Match[str]) -> bool:
    """Whether the quote that seems to enclose an address stands right behind the host after the `@` as well, without
    one that opens before it: `"redis://me:1" x@db"`."""
    host = re.compile(_TAIL).match(rest, found.end())
    return host is not None and rest.startswith(closed, host.end()) and found[1].count(closed) == 1


def names_address(key: str) -> bool:
    return bool(re.search(NAMES_HOST, key) or re.search(NAMES_ADDRESS, key) or re.search(NAMES_PORT, key))


def names_secret(key: str, host: str) -> bool:
    """Whether a key says that its value is a secret, so that `host:port` in it may be none: `PIN: bob.smith:9999`."""
    told = key.rstrip("0123456789_.-")
    lower = told.lower()
    if lower.replace("_", "").endswith(_SECRETS) or lower == _USER:
        return True
    for words in (_SHORT, _PAIRS):
        word = next((one for one in words if lower.endswith(one)), "")
        joined = word == _PASS and not lower.endswith(_NO_PASS)
        if word and (joined or _is_apart(told, len(told) - len(word))):
            return lower not in _PASSES and not (words is _PAIRS and word in host.lower())
    return False


def _is_apart(key: str, start: int) -> bool:
    """Whether a word begins in a key there: `DB_PASS`, `dbPass`, but no `bypass`."""
    before = key[start - 1 : start]
    return not before.isalpha() or (before.islower() and key[start].isupper())
