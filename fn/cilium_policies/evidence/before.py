"""What stands in front of an address in a text: the key whose value it is, or words that make it part of a sentence."""

from __future__ import annotations

import re
from functools import lru_cache

from cilium_policies.evidence.host_keys import OF_HOSTS
from cilium_policies.evidence.lists import bracket_key, list_key
from cilium_policies.evidence.schemes import element

# Also of PHP: `$config['imap_host'] = '…'`, `'endpoint' => '…'`
_KEY = re.compile(r"[\"']?([A-Za-z_][\w.\-]*)[\"']?\]?\s*(?:=>|[:=]|\s)\s*[\"'\[]?\s*$")
_IN_LIST = r"([A-Za-z_][\w.\-]{0,200})[\"']?\s*[:=]\s*\[[^\[\]{}]*$"
# In a connection string of pairs: `Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKey=…`
_PAIRS = r"(?:[A-Za-z][\w ]{0,63}=[^;\n]{0,300};\s?){0,12}[A-Za-z][\w ]{0,63}="
_BEHIND = " \t\r\f\v:=>\"'[]"  # marks between a key and its value
_FLAG = r"--?([A-Za-z][\w.\-]*)\s*$"
_LONG_FLAG = re.compile(r"\s*--?([A-Za-z][\w.\-]*)=")
_COMMENTS = ("#", "//", ";", "<!--", "REM ")
_NAMED = (
    r"[\s-]{0,100}[\"']?name[\"']?\s?[:=]\s?[\"']?([\w.\-]{1,100})[\"']?,?\s*$"  # the line above a `value:`
)
_BESIDE = r"\s(?:name|key)=[\"']([\w.\-]{1,100})[\"']\s{1,9}value=[\"']$"  # of XML
_TUPLE = r"\{([a-z]\w{0,63}),\s{0,9}\[?\s{0,9}\"?$"  # of Erlang: `{uris, ["amqp://mq"]}`
_SERVER = "server"  # of HAProxy's: `server one 10.1.2.3:8080 check`, `server-template web 3 web.shop.svc:80`
_UPSTREAM = r"\s{0,99}server(?:-template)?\s{1,9}\S{1,99}\s{1,9}(?:\d{1,4}\s{1,9})?"
NEAR = 400  # characters that are looked at in front of a place: a long line would make the search quadratic
_LABEL = r"(?:[A-Za-z][\w.\-]{0,63}=)?"
_LISTED = rf"(?:{_LABEL}[\w.\-]{{1,253}}:\d{{1,5}}[ ,;]{{1,3}}){{0,40}}{_LABEL}"
_USER = r"(?!git@)[A-Za-z_][\w.+\-]{0,63}@"
_MAILS = r"(?i)(?<![a-z])(?:e?mails?|from|sender|to|b?cc|reply|recipients?|contacts?)(?![a-z])"


def key_of(value: str, start: int, key: str, file: bool) -> str:
    """The field, flag or directive in front of a place, on its line or (for a flag's value) the line before."""
    if not file:
        return key
    before = before_on_line(value, start)
    begin = start - len(before)
    if before.endswith(">"):
        return element(before)
    if _SERVER in before and re.fullmatch(_UPSTREAM, before) is not None:
        return _SERVER
    near = before[-200:]
    word = _word_before(near, len(near))
    match = _KEY.search(near, word) if word >= 0 else None
    if match is not None or (match := _LONG_FLAG.match(before)) is not None:
        return _named(value, begin, before) if match[1] == "value" else match[1]
    if not before.strip(" \"'") and begin:
        previous = before_on_line(value, begin - 1)
        if (match := re.fullmatch(_FLAG, previous.strip())) is not None:
            return match[1]
    if before.strip(" \"'") == "-":
        return list_key(value, begin)
    if not before.strip(" \t\"'") and begin:
        return bracket_key(value, begin)
    if before.endswith(('"', "[")) and (match := re.search(_TUPLE, near)) is not None:
        return match[1]
    word = _word_before(before, before.rfind("[")) if "[" in before else -1
    listed = re.compile(_IN_LIST).search(before, word) if word >= 0 else None
    return listed[1] if listed is not None else ""


def _named(value: str, begin: int, before: str) -> str:
    """What a `value` is called by the name before it on its line, or on the line above."""
    named = re.search(_BESIDE, before)
    if named is None and begin:
        named = re.match(_NAMED, before_on_line(value, begin - 1))
    return named[1] if named is not None else "value"


def _word_before(text: str, end: int) -> int:
    """Where the word may begin behind which nothing but marks stands up to `end`; -1 for none. A pattern that begins
    at each sign to find that out takes fifty times as long."""
    stop = len(text[:end].rstrip(_BEHIND))
    start = len(text[:stop].rstrip(OF_HOSTS))
    sign = text[start - 1 : start]
    if sign.isalnum() or (start == stop and sign.isspace()):
        return 0  # of another script, or a blank that is none of the marks: the pattern looks for itself
    return start if start < stop else -1


def is_direct(value: str, start: int, file: bool) -> bool:
    if not file:
        before = value[max(0, start - NEAR) : start].strip(" ,\"'")
        if not before or ("://" in before and len(before.replace(", ", ",").split()) == 1):
            return True
        return before.endswith("=") and re.fullmatch(_PAIRS, before) is not None
    return is_alone(value, start)


def is_alone(value: str, start: int) -> bool:
    """Whether nothing but a key stands before a place on its line (a sentence has more)."""
    _, block, before = before_on_line(value, start).rpartition("{")
    # nginx' `location / { proxy_cache x; proxy_pass http://web; }`
    before = (before.rpartition(";")[2] if block else before).strip()
    if before.endswith(">") and (before.count("<") == 1 or element(before)):
        return True  # an element of XML
    if before.startswith(_SERVER) and re.fullmatch(_UPSTREAM, f"{before} ") is not None:
        return True
    return len(before.split()) < 2 or before.endswith((":", "=", '"', "'", ",", "["))


def is_commented(value: str, start: int) -> bool:
    line = before_on_line(value, start).lstrip()
    return (
        line.startswith(_COMMENTS) and not line.startswith("#!")
    ) or " # " in line  # Kamailio's `#!define`


@lru_cache(maxsize=1)  # of one place several things are asked in a row
def before_on_line(value: str, start: int) -> str:
    """What stands before a place on its line, the nearest characters of it."""
    near = start - NEAR if start > NEAR else 0
    return value[value.rfind("\n", near, start) + 1 or near : start]


def is_listed(before: str) -> bool:
    """Whether nothing but addresses of a list stands before a place, each perhaps with a label: `one=host:80,two=`."""
    return not before.strip(" ,") or re.fullmatch(_LISTED, before) is not None


def is_login(value: str, start: int, end: int, key: str) -> bool:
    """Whether a whole value is a user at a host with a port (`backup@nas:2222`), and no folder, as git writes them, nor
    whom a mail comes from."""
    whole = end == len(value) and re.fullmatch(_USER, value[:start]) is not None
    return whole and re.search(_MAILS, key) is None
