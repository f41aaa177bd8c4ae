"""Hosts whose answers SmokePing measures: below `*** Targets ***` a section has the probe and port of the one that it
stands in, where it says none (`+ web`, `probe = EchoPingHttp`, `++ shop`, `host = shop.acme.com`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.host_keys import is_port

_TARGETS = r"(?s)\*\*\* Targets \*\*\*(.*?)(?:\n\*\*\* |\Z)"
_SECTION = r"(?m)^[ \t]{0,99}(\++)[ \t]{0,9}[\w\-]{1,99}[ \t\r]{0,99}$"
_OPTION = r"(?m)^[ \t]{0,99}(probe|port|host)[ \t]{0,9}=[ \t]{0,9}([\w.:\-]{1,253})[ \t\r]{0,99}$"
# What each kind of probe sends to where, by the beginning of its name: of a kind there may be several under own names.
# Not RemoteFPing, whose questions another machine sends.
# oetiker/SmokePing@749f27e: lib/Smokeping/probes
_PROBES = {
    "FPing": (8, "ICMP"),
    "TCPPing": (80, "TCP"),
    "EchoPingHttp": (80, "TCP"),
    "EchoPingHttps": (443, "TCP"),
    "EchoPingSmtp": (25, "TCP"),
    "EchoPingLDAP": (389, "TCP"),
    "EchoPingDNS": (53, "UDP"),
    "DNS": (53, "UDP"),
    "AnotherDNS": (53, "UDP"),
    "SSH": (22, "TCP"),
    "AnotherSSH": (22, "TCP"),
    "LDAP": (389, "TCP"),
    "Radius": (1812, "UDP"),
    "IRTT": (2112, "UDP"),
    "FTPtransfer": (21, "TCP"),
}


def measured(value: str) -> Iterator[tuple[str, int, str]]:
    """Host, port and protocol of each."""
    for targets in re.findall(_TARGETS, value):
        head, *sections = re.split(_SECTION, targets)
        above = [{key: one for key, one in re.findall(_OPTION, head) if key != "host"}]
        for depth, section in zip(sections[::2], sections[1::2], strict=True):
            above = above[: len(depth)]
            said = {**above[-1], **dict(re.findall(_OPTION, section))}
            host = said.pop("host", "")
            above.append(said)
            kind = max((one for one in _PROBES if said.get("probe", "").startswith(one)), key=len, default="")
            if host and kind:
                usual, protocol = _PROBES[kind]
                port = said.get("port", "") if protocol != "ICMP" else ""
                yield host, int(port) if is_port(port) else usual, protocol
