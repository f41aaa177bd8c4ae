"""URLs up to host and port: what may be shown of them, and kept in an inventory."""

from __future__ import annotations

import re

from cilium_policies.catalogue.ports import NO_NETWORK, NOTIFIERS, PING, SCHEMES

_PART = r"(?:[A-Za-z0-9_.\-\x01]|\$\{\w{1,60}\}|\$\(\w{1,60}\)|\{\})"
_AUTHORITY = re.compile(
    rf"(\[[0-9A-Fa-f:.]+\]|{_PART}*)(:(?:\d{{1,5}}|\$\{{\w{{1,60}}\}}|\$\(\w{{1,60}}\)))?"
)


def address_of(url: str) -> str:
    """`scheme://host:port` of a URL; "" where a `@` behind a `/` leaves open what is user, password or host. In the
    URLs of notifiers (Apprise, shoutrrr) a token stands in the host's place, and a scheme that nobody knows tells
    nothing without a port: of these the scheme alone is kept."""
    told = without_path(url)
    if "@" in url[len(told) :]:
        return ""
    scheme, _, authority = told.partition("://")
    base = scheme.partition("+")[0].lower()
    known = any(one in SCHEMES for one in scheme.lower().split("+")) or base in NO_NETWORK or base == PING
    hosts = [_AUTHORITY.match(one) for one in authority.rpartition("@")[2].split(",")]
    kept = [match[0] for match in hosts if match is not None and match[1] and (known or match[2])]
    if base in NOTIFIERS or (hosts[0] is not None and hosts[0][1] and not kept):
        return f"{scheme}://x"
    return f"{scheme}://{','.join(kept).rstrip('.')}" if kept else ""


def without_path(url: str) -> str:
    """A URL up to the end of its host and port, its user among it."""
    scheme, separator, rest = url.partition("://")
    return scheme + separator + re.split(r"[/?#]", rest, maxsplit=1)[0]
