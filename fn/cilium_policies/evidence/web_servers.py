"""Where nginx sends what it is asked, once its own variables are filled in: a name in a variable is looked up when
somebody calls, so many a configuration that runs in a cluster has it so."""

from __future__ import annotations

import re

_SET = r"\bset\s{1,9}\$(\w{1,64})\s{1,9}[\"']?([\w.:/\-]{1,253})[\"']?\s{0,9};"
_MAP = r"\bmap\s{1,9}\S{1,200}\s{1,9}\$(\w{1,64})\s{0,9}\{([^{}]{1,8000})\}"
_HELD = r"[A-Za-z0-9][\w.:/\-]{0,252}"
_PASS = r"\b((?:proxy|grpc|fastcgi|uwsgi|scgi|memcached)_pass)\s{1,9}([a-z]{2,9}://)?\$\{?(\w{1,64})\}?(?::(\d{1,5}|\$\w{1,64}))?"
_MOST = 64  # values of all variables of one file


def passed(value: str) -> str:
    """Lines `proxy_pass http://NAME:PORT;` for each value that the file gives the variable in such a directive."""
    told: dict[str, list[str]] = {}
    for name, held in re.findall(_SET, value):
        told.setdefault(name, []).append(held)
    for name, block in re.findall(_MAP, value):
        held = [entry.split()[-1].strip("\"'") for entry in block.split(";") if entry.strip()]
        told.setdefault(name, []).extend(one for one in held if re.fullmatch(_HELD, one) is not None)
    lines = []
    for match in re.finditer(_PASS, value) if told else ():
        directive, scheme, name, port = match.groups()
        if port and port[0] == "$":
            port = told.get(port[1:], [""])[0]
        end = f":{port}" if port else ""
        lines += [
            f"{directive} {one if '://' in one else (scheme or '') + one + end};"
            for one in told.get(name, [])
        ]
    return "\n".join(["", *dict.fromkeys(lines[:_MOST])])
