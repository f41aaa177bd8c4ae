"""Hosts that stand by their place in a list or tuple and not by a key: `("smtp.acme.com", 25)`,
`["CT1", "10.60.2.11", 104]`; and shares, `//nas/backup`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from cilium_policies.evidence.host_keys import is_port
from cilium_policies.evidence.signs import compiled

_QUOTED = r"[\"']([A-Za-z0-9][\w.\-]{0,252})[\"']\s{0,99},\s{0,99}[\"']?(\d{1,5})[\"']?(?=\s{0,99}[,)\]}])"
_IP = r"(?<![\w.\-/])(\d{1,3}(?:\.\d{1,3}){3})"
_FLOW = _IP + r"\s{0,99},\s{0,99}(\d{2,5})(?=\s{0,99}[,)\]}])"
_ITEMS = r"(?m)^[ \t]{0,99}-[ \t]{1,9}[\"']?(\d{1,3}(?:\.\d{1,3}){3})[\"']?\s*\n[ \t]{0,99}-[ \t]{1,9}(\d{2,5})[ \t]*$"
_NAMED = r"([A-Za-z_][\w.\-]{0,63})[\"']?\s{0,9}[:=,]?\s{0,9}$"
# Below this a number behind a name is a weight, a count or the length of a network, but for these.
_LOWEST = 100
_WELL_KNOWN = frozenset((21, 22, 23, 25, 43, 49, 53, 69, 79, 80, 81, 82, 88))
_OPENING = "([{"
_HOST = r"[A-Za-z][A-Za-z0-9.\-]{1,252}|\d{1,3}(?:\.\d{1,3}){3}"
_CONSTANT = "define"  # PHP's `define("DB_PORT", 3306)`
_NEAR = 400  # characters in front of a pair that are looked through for its key
_SHARE = (
    r"\b(?:smbclient|smbget|mount\.cifs|mount\.smb3|cifs|smb3)\b([^\n;|&]{0,200}?)[ \"']"
    r"//([A-Za-z0-9][\w.\-]{0,252})/([^\n;|&]{0,300})"
)
_SHARE_PORT = r"(?: -p ?|\bport=)(\d{1,5})\b"
# `--smb=//nas/scans`
_TOLD_SHARE = (
    r"(?i)(?<![\w.\-])[\w.\-]{0,40}(?:smb|cifs|share)[\w.\-]{0,40}[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?"
    r"//([A-Za-z0-9][\w.\-]{0,252})/"
)
_WINDOWS = (
    r"(?i)(?:smb|cifs|share|unc|path|dir|folder|archive|drive|mount)[\w.\-]{0,64}[\"']?[ \t]{0,9}[=:][ \t]{0,9}[\"']?"
    r"\\{2,4}([A-Za-z0-9][\w.\-]{0,252})\\{1,2}(?=[\w$])"
)
_UNC = r"(?://|\\\\)([A-Za-z0-9][\w.\-]{0,252})[/\\][\w.$/\\ \-]{1,200}"
_SMB = 445
# What clients of libraries are made by, with the port that they dial: `SMTP("mail")`, `Cluster(["cassandra-0"])`
_MADE = {"SMTP": 25, "SMTP_SSL": 465, "LMTP": 24, "ConnectionParameters": 5672, "Cluster": 9042, "MongoClient": 27017,
         "Redis": 6379, "StrictRedis": 6379, "Server": 389, "FTP": 21, "FTP_TLS": 21, "InfluxDBClient": 8086,
         "HTTPConnection": 80, "HTTPSConnection": 443, "IMAP4_SSL": 993, "Telnet": 23, "mysqli_connect": 3306,
         "mysqli": 3306}  # fmt: skip
_CLIENT = (
    rf"\b({'|'.join(_MADE)})\(\s{{0,9}}\[?\s{{0,9}}(?:host ?= ?)?[\"']([A-Za-z0-9][\w.\-]{{0,252}})[\"']"
    r"(?:[^)\n]{0,200}?\bport ?= ?(\d{2,5}))?"
)
_NUMBER_FIRST = r"\bRedis\(\s{0,9}(\d{2,5})\s{0,9},\s{0,9}[\"']([A-Za-z0-9][\w.\-]{0,252})[\"']"  # of ioredis


def pairs(value: str) -> Iterator[tuple[int, str, int, str]]:
    """Where a host begins that a number follows in the same list, the host, the number, and the list's key ("" for
    none): of quoted names, and of IPv4 addresses without quotes. A network beside its length is no host."""
    for form in _forms(value):
        for match in compiled(form).finditer(value):
            host, port = match[1], int(match[2])
            if _is_usual(port) and not host.isdigit() and not (host.endswith(".0") and port < 33):
                key = _key(value, match.start())
                if key != _CONSTANT:
                    yield match.start(1), host, port, key


def listed(value: str) -> Iterator[tuple[str, int]]:
    """Host and port of each item of a variable's list whose fields stand in an order of their own, `adsb,feed.acme.com,
    30004,beast;mlat,…`: a name behind which a port's number is the next field."""
    for item in value.split(";"):
        fields = [one.strip() for one in item.split(",")]
        for host, number in pairwise(fields):
            if is_port(number) and _is_usual(int(number)) and re.fullmatch(_HOST, host) is not None:
                yield host, int(number)


def _is_usual(port: int) -> bool:
    return port >= _LOWEST or port in _WELL_KNOWN


def _forms(value: str) -> Iterator[str]:
    """The patterns of which a text holds the signs; most texts hold none, and are spared the search."""
    listed, address = "," in value, value.count(".") > 2
    if listed and ('"' in value or "'" in value):
        yield _QUOTED
    if listed and address:
        yield _FLOW
    if address and "- " in value and "\n" in value:
        yield _ITEMS


def constructed(value: str) -> Iterator[tuple[int, str, int, bool]]:
    """Where a library's client is made, its host, its port, and whether that stands there."""
    for match in re.finditer(_CLIENT, value):
        yield match.start(), match[2], int(match[3] or _MADE[match[1]]), bool(match[3])
    for match in re.finditer(_NUMBER_FIRST, value):
        yield match.start(), match[2], int(match[1]), True


def _key(value: str, start: int) -> str:
    before = value[max(0, start - _NEAR) : start]
    opened = max(map(before.rfind, _OPENING))
    if opened < 0:  # items of YAML, each on its line
        lines = [line for line in before.split("\n") if line.strip() and not line.lstrip().startswith("-")]
        named = re.search(_NAMED, lines[-1]) if lines else None
    else:
        named = re.search(_NAMED, before[: opened + 1].rstrip(" \t\n" + _OPENING))
    return named[1] if named is not None else ""


def shares(line: str) -> Iterator[tuple[str, int]]:
    """Server and port of the SMB shares that a command mounts or lists (`smbclient //nas/backup -p 4450`), or
    that a flag or field names."""
    for match in re.finditer(_SHARE, line):
        told = re.search(_SHARE_PORT, f"{match[1]} {match[3]}")
        yield match[2], int(told[1]) if told is not None else _SMB
    yield from ((match[1], _SMB) for match in re.finditer(_TOLD_SHARE, line))


def windows_shares(line: str) -> Iterator[tuple[str, int]]:
    """The same of fields that are called after a share or a path, as Windows writes it: `smb=\\\\nas\\backup`."""
    return ((host, _SMB) for host in re.findall(_WINDOWS, line))


def share(value: str, key: str) -> tuple[str, int] | None:
    """The same of a variable that is such a share, as its name or the form says: `//nas/backup`."""
    match = re.fullmatch(_UNC, value.strip())
    lower = key.lower()
    told = value.startswith("\\\\") or "smb" in lower or "cifs" in lower or "share" in lower
    return (match[1], _SMB) if match is not None and told else None
