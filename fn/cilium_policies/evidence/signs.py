"""A quick look before a pattern: what every text that is worth reading holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from cilium_policies.catalogue.ports import SCHEMES

# A text that is nothing but a URL of the most usual form
_URL = r"([a-z]+)://(?:[\w\-]+@)?(([\w.\-]+)(?::\d{1,5})?)((?:/[\w\-/]*)?)(?:\?sslmode=[a-z\-]+)?"
_PART = r"/[\w.\-~]{1,64}"
_LONGEST = 200
# A colon alone may stand before their addresses.
_BY_COLON = ("s3", "rest", "sftp", "stun", "stuns", "turn", "turns")


# Of which one stands in a text that a reader of evidence/directives.py, which few clusters need, has to look into
OF_DIRECTIVES = {
    "remotes": ("remote ",),
    "clocks": ("iburst", "driftfile", "makestep", "rtcsync", "\nrestrict "),
    "timesync": ("[Time]",),
    "polled": ("poll ",),
    "bridges": ("connection ",),
    "proxies": ("reverse_proxy ",),
    "challenges": ("dns ",),
    "home servers": ("home_server",),
    "mailers": ("mailer ",),
    "columns": ("0.0.0.0 ",),
    "neighbours": ("neighbor",),
    "networks": ("'nets'", '"nets"'),
    "measured": ("*** Targets ***",),
    "stores": ("provider = AWS", "provider=AWS"),
}
DIRECTIVES = tuple(sign for signs in OF_DIRECTIVES.values() for sign in signs)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern that nearly every text is asked: `re` keeps it as well, and takes ten times as long to find it."""
    return re.compile(pattern)


def holds(value: str, signs: Iterable[str]) -> bool:
    """Whether a text holds one of these. Every text of a cluster is asked several times, and most hold none: `any` over
    a generator takes three times as long."""
    for sign in signs:  # noqa: SIM110
        if sign in value:
            return True
    return False


def plain_url(value: str) -> tuple[str, str, str] | None:
    """Scheme, authority without a user, and path of a text that is one plain URL, as most variables with an address
    are: no other form of an address stands in it, so nobody has to look for one. None for any other text."""
    if "://" not in value or len(value) > _LONGEST or not value.isascii():
        return None
    match = compiled(_URL).fullmatch(value)
    if match is None or match[1] not in SCHEMES or match[1] in _BY_COLON or match[3].endswith(_BY_COLON):
        return None
    return match[1], match[2], match[4]


def first_part(path: str) -> str:
    """What a path begins with, of which a proxy chooses whom it asks: `/auth` of `/auth/openid?x=y`, "" of `/`."""
    match = re.match(_PART, path)
    return match[0] if match is not None else ""


def is_dashboard(value: str) -> bool:
    """Grafana's dashboards: hundreds of links, and not one that a server calls."""
    return '"panels"' in value or '"schemaVersion"' in value
