"""Where nginx sends what it is asked, once its own variables are filled in: a name in a variable is looked up when
somebody calls, so many a configuration that runs in a cluster has it so. And on which other port HAProxy asks the
servers of a backend whether they are well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

_SET = r"\bset\s{1,9}\$(\w{1,64})\s{1,9}[\"']?([\w.:/\-]{1,253})[\"']?\s{0,9};"
_MAP = r"\bmap\s{1,9}\S{1,200}\s{1,9}\$(\w{1,64})\s{0,9}\{([^{}]{1,8000})\}"
_HELD = r"[A-Za-z0-9][\w.:/\-]{0,252}"
_PASS = r"\b((?:proxy|grpc|fastcgi|uwsgi|scgi|memcached)_pass)\s{1,9}([a-z]{2,9}://)?\$\{?(\w{1,64})\}?(?::(\d{1,5}|\$\w{1,64}))?"
# HAProxy's sections begin at the left; a server of one that it checks, by its name or by an SRV record
_SECTION = r"(?m)^(?=[a-z])"
_SERVER = (
    r"(?m)^[ \t]{1,32}server(?:-template[ \t]{1,9}\S{1,64}[ \t]{1,9}\S{1,16}|[ \t]{1,9}\S{1,64})[ \t]{1,9}"
    r"(?:_[\w\-]{1,63}\._\w{1,16}\.)?([A-Za-z0-9][\w.\-]{0,252})(?::\d{1,5})?([ \t][^\n]{0,1000})"
)
_ON_PORT = (
    r"(?m)^[ \t]{1,32}(?:(?:http|tcp)-check[ \t]{1,9}connect\b[^\n]{0,200}?|default-server\b[^\n]{0,1000}?)"
    r"[ \t]port[ \t]{1,9}(\d{1,5})\b"
)
_CHECKED = r"[ \t]check\b"
_MOST = 64  # lines that are added to one file


def passed(value: str) -> str:
    """Lines `proxy_pass http://NAME:PORT;` for each value that the file gives the variable in such a directive."""
    return _first(_passes(value))


def _passes(value: str) -> Iterator[str]:
    told: dict[str, list[str]] = {}
    for name, held in re.findall(_SET, value):
        told.setdefault(name, []).append(held)
    for name, block in re.findall(_MAP, value):
        held = [entry.split()[-1].strip("\"'") for entry in block.split(";") if entry.strip()]
        told.setdefault(name, []).extend(one for one in held if re.fullmatch(_HELD, one) is not None)
    for match in re.finditer(_PASS, value) if told else ():
        directive, scheme, name, port = match.groups()
        if port and port[0] == "$":
            port = told.get(port[1:], [""])[0]
        end = f":{port}" if port else ""
        for one in told.get(name, []):
            yield f"{directive} {one if '://' in one else (scheme or '') + one + end};"


def checked(value: str) -> str:
    """Lines `check NAME:PORT` for each server of HAProxy that is asked on another port whether it is well: `http-check
    connect port 8080` and `default-server check port 8080` say so for all of a section."""
    return _first(_checks(value))


def _checks(value: str) -> Iterator[str]:
    for section in re.split(_SECTION, value):
        ports = re.findall(_ON_PORT, section)
        for host, rest in re.findall(_SERVER, section) if ports else ():
            if re.search(_CHECKED, rest) is not None:
                yield from (f"check {host.rstrip('.')}:{port}" for port in ports)


def _first(lines: Iterator[str]) -> str:
    """What is added to the text; no more are made, as a file may have each of thousands lead to as many."""
    return "\n".join(["", *dict.fromkeys(islice(lines, _MOST))])
