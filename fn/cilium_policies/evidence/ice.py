"""Servers by which WebRTC learns a program's outer address or relays its media: URIs without `//` (RFC 7064, RFC 7065).

A server that does WebRTC itself calls those of its own `ice_servers`; what a chat server hands to its clients
(`turn_uris`) it does not call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_URI = r"(?<![\w.\-])(stun|turn)(s?):([A-Za-z0-9][\w.\-]{0,252})(?::(\d{1,5}))?(?:\?transport=(tcp|udp))?(?![\w.\-@])"
_LIST = r"(?i)((?:ice|stun)[_\-]?servers?\d?)[\"']?[ \t]{0,9}[:=]"
_NEAR = 400  # characters: farther above a list's name is looked for no more
_PORT, _SECURE = 3478, 5349


def servers(value: str, key: str) -> Iterator[tuple[str, int, str, str, bool]]:
    """Host, port, transport, the key that says that they are called, and whether the port stands there."""
    for match in re.finditer(_URI, value):
        above = re.findall(_LIST, value[max(0, match.start() - _NEAR) : match.start()])
        told = above[-1] if above else key
        if match[3].isdigit() or re.search(_LIST, f"{told}:") is None:
            continue  # a candidate's own port (`stun:8555`)
        secure = match[2] == "s"
        how = "TCP" if secure or match[5] == "tcp" else "UDP"
        yield match[3], int(match[4] or (_SECURE if secure else _PORT)), how, told, bool(match[4])
