"""Servers to which a RADIUS server forwards: `home_server dfn { ipaddr = 192.0.2.1 port = 1812 }`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMENT = r"#[^\n]*"
_SERVER = r"\bhome_server\s{1,9}[\w.\-]{1,64}\s{0,9}\{([^{}]{1,2000})\}"
_HOST = r"\b(?:ipaddr|ipv4addr|ipv6addr)\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9][\w.:\-]{0,252})"
_PORT = r"\bport\s{0,9}=\s{0,9}(\d{1,5})"
_TYPE = r"\btype\s{0,9}=\s{0,9}\"?([\w+]{1,16})"
_TCP = r"\bproto\s{0,9}=\s{0,9}\"?tcp"
_AUTH, _ACCT = 1812, 1813


def home_servers(value: str) -> Iterator[tuple[str, int, str]]:
    """Host, port and protocol of each; one for both kinds of requests takes those for accounting on the next port."""
    for block in re.findall(_SERVER, re.sub(_COMMENT, "", value)):
        host, port, kind = re.search(_HOST, block), re.search(_PORT, block), re.search(_TYPE, block)
        if host is None:
            continue
        what = kind[1] if kind is not None else "auth"
        first = int(port[1]) if port is not None else (_ACCT if what == "acct" else _AUTH)
        for number in (first, first + 1) if what == "auth+acct" else (first,):
            yield host[1], number, "TCP" if re.search(_TCP, block) is not None else "UDP"
