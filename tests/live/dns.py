"""As much DNS as a stub resolver and its server need: A and AAAA records, CNAMEs, TTLs, search lists."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

A, CNAME, AAAA = 1, 5, 28
_NO_SUCH_NAME, _REFUSED = 3, 5


class Record(NamedTuple):
    """What a name stands for: addresses, or another name first. `ttl` in seconds."""

    addresses: tuple[str, ...] = ()
    alias: str = ""
    ttl: int = 60


class Zone:
    """Every name that the server knows."""

    def __init__(self) -> None:
        self.names: dict[str, Record] = {}
        self.asked: list[str] = []

    def answer(self, query: bytes) -> bytes:
        """The reply to one question. Raises ValueError for what is none."""
        if len(query) < 17:
            raise ValueError(query)
        name, end = _read_name(query, 12)
        kind = struct.unpack(">H", query[end : end + 2])[0]
        self.asked.append(name)
        records = self._records(name, kind)
        code = 0 if name in self.names else _NO_SUCH_NAME
        head = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return head + query[12 : end + 4] + b"".join(records)

    def _records(self, name: str, kind: int) -> list[bytes]:
        found, known = [], self.names.get(name)
        while known is not None and known.alias:
            found.append(_record(name, CNAME, known.ttl, _written(known.alias)))
            name, known = known.alias, self.names.get(known.alias)
        if known is not None:
            for one in known.addresses:
                family, typed = (socket.AF_INET6, AAAA) if ":" in one else (socket.AF_INET, A)
                if typed == kind:
                    found.append(_record(name, typed, known.ttl, socket.inet_pton(family, one)))
        return found


def question(name: str, kind: int = A, number: int = 7) -> bytes:
    """A query for one name."""
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + _written(name) + struct.pack(">HH", kind, 1)


def framed(message: bytes) -> bytes:
    """As it goes over TCP."""
    return struct.pack(">H", len(message)) + message


def refused(reply: bytes) -> bool:
    """Whether the server, or Cilium's proxy before it, refuses to answer."""
    return len(reply) > 3 and reply[3] & 15 == _REFUSED


def addresses(reply: bytes) -> list[str]:
    """The addresses of a reply."""
    count = struct.unpack(">H", reply[6:8])[0]
    _, place = _read_name(reply, 12)
    place += 4
    found = []
    for _ in range(count):
        _, place = _read_name(reply, place)
        kind, _, _, length = struct.unpack(">HHIH", reply[place : place + 10])
        place += 10
        if kind in (A, AAAA):
            family = socket.AF_INET if kind == A else socket.AF_INET6
            found.append(socket.inet_ntop(family, reply[place : place + length]))
        place += length
    return found


def _written(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def _record(name: str, kind: int, ttl: int, data: bytes) -> bytes:
    return _written(name) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def _read_name(message: bytes, place: int) -> tuple[str, int]:
    """The name at a place, and where what follows it begins."""
    parts = []
    while length := message[place]:
        if length >= 0xC0:
            target = struct.unpack(">H", message[place : place + 2])[0] & 0x3FFF
            return ".".join([*parts, _read_name(message, target)[0]]), place + 2
        parts.append(message[place + 1 : place + 1 + length].decode().lower())
        place += length + 1
    return ".".join(parts), place + 1
