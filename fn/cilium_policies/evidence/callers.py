"""Lines of scripts that send a request: commands like curl, and calls of Python's libraries."""

from __future__ import annotations

import re
from functools import lru_cache

from cilium_policies.evidence.shell import spelled_out

_CALLERS = (
    r"\b(?:curl|wget|git|nc|dig|ping|psql|mysql|redis-cli|restic|rclone|aws|mc|rsync|scp|s?ftp|ssh|lftp|smbclient"
    r"|pg_dump|mysqldump|mongodump|mongosh|ldapsearch|[a-z]{2,12}_[ps]ub|kcat|grpcurl|snmp(?:get|walk)|swaks)\b"
    r"|\b(?:requests|httpx|session|client)\.(?:get|post|put|patch|delete|head|request)\(|\b(?:urlopen|Request)\("
)
_EACH = r"\b(?:curl|wget)\b.*\$|\b(?:requests|httpx|session|client)\.\w+\(\w|\burlopen\(\w"  # of a variable
# A shell's command, or Python's call, that goes on in the next line; an inventory leaves lines empty.
_CONTINUED = r"(?:\\|\([ \t]{0,100})\n(?:[ \t]{0,100}\n){0,8}"


def is_called_there(value: str, host: str) -> bool:
    """Whether a command or a call of a script sends a request to a host."""
    lines = _commands(value)
    if any(host in line and re.search(_CALLERS, line) for line in lines):
        return True
    # An address alone on its line is a member of a list, over which a loop calls `curl "$url"`.
    alone = re.compile(r"\s*[\"']?https?://" + re.escape(host) + r"[^\s\"']*[\"']?,?\s*$")
    return any(map(alone.match, lines)) and any(re.search(_EACH, line) for line in lines)


@lru_cache(maxsize=8)
def _commands(value: str) -> list[str]:
    """The lines of a script, whole commands and no comments; asked for each address that stands there."""
    return [
        line for line in re.sub(_CONTINUED, "(", spelled_out(value)).split("\n") if line.lstrip()[:1] != "#"
    ]
