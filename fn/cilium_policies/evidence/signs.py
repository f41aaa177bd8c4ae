"""A quick look before a pattern: what every text that is worth reading holds."""

from __future__ import annotations

import re
from collections.abc import Iterable

# A text that is nothing but a URL of the most usual form, and schemes that say no more than what is spoken
_URL = r"([a-z]+)://(?:[\w\-]+@)?(([\w.\-]+)(?::\d{1,5})?)(?:/[\w\-/]*)?(?:\?sslmode=[a-z\-]+)?"
_SCHEMES = frozenset("http https postgres postgresql mysql redis rediss amqp amqps mongodb nats".split())  # noqa: SIM905
_LONGEST = 200
_ALSO_SCHEMES = (
    "s3",
    "rest",
    "sftp",
    "stun",
    "stuns",
    "turn",
    "turns",
)  # whose address may follow a single colon


def holds(value: str, signs: Iterable[str]) -> bool:
    """Whether a text holds one of these. Every text of a cluster is asked several times, and most hold none: `any` over
    a generator takes three times as long."""
    for sign in signs:  # noqa: SIM110
        if sign in value:
            return True
    return False


def plain_url(value: str) -> tuple[str, str] | None:
    """Scheme and authority, without a user, of a text that is one plain URL, as most variables with an address are: no
    other form of an address stands in it, so nobody has to look for one. None for any other text."""
    if "://" not in value or len(value) > _LONGEST or not value.isascii():
        return None
    match = re.fullmatch(_URL, value)
    if match is None or match[1] not in _SCHEMES or match[3].endswith(_ALSO_SCHEMES):
        return None
    return match[1], match[2]


def is_dashboard(value: str) -> bool:
    """Grafana's dashboards: hundreds of links, and not one that a server calls."""
    return '"panels"' in value or '"schemaVersion"' in value
