"""Which files are scripts and crontabs, and their lines that send a request: commands like curl, and calls of Python's
libraries. Also which files are for browsers and people."""

from __future__ import annotations

import re
from functools import lru_cache

from cilium_policies.evidence.shell import spelled_out
from cilium_policies.evidence.signs import holds
from cilium_policies.workloads.model import Text

_CALLERS = (
    r"\b(?:curl|wget|git|nc|dig|ping|psql|mysql|redis-cli|restic|rclone|aws|mc|rsync|scp|s?ftp|ssh|lftp|smbclient|mount|telnet"
    r"|pg_dump|mysqldump|mongodump|mongosh|ldapsearch|[a-z]{2,12}_[ps]ub|kcat|grpcurl|snmp(?:get|walk)|swaks)\b"
    r"|\b(?:requests|httpx|session|client)\.(?:get|post|put|patch|delete|head|request)\(|\b(?:urlopen|Request)\("
)
_EACH = r"\b(?:curl|wget)\b.*\$|\b(?:requests|httpx|session|client)\.\w+\(\w|\burlopen\(\w"  # of a variable
# A shell's command, or Python's call, that goes on in the next line; an inventory leaves lines empty.
_CONTINUED = r"(?:\\|\([ \t]{0,100})\n(?:[ \t]{0,100}\n){0,8}"
_ENDS = (".sh", ".bash", ".py")
_CRON = "cron"
_FIVE = (" * *", "\t*\t*")  # of the fields of a time
_CRON_LINE = r"(?m)^[ \t]{0,9}(?:[\d*/,\-]{1,20}[ \t]{1,9}){5}\S"
_NO_CONFIGURATION = (".html", ".htm", ".css", ".js", ".svg", ".md", ".rules", ".tmpl", ".tpl", ".lua", ".star", ".crt",
                     ".graphql", ".pem", ".xsd", ".wsdl", ".sql")  # fmt: skip
# What a module of Node's has, and no script of a page
_MODULE = ("module.exports", "process.env", "require(", "export default")
_OF_PAGES = ("window.", "document.")
_SETTINGS = ".cfg.lua"  # of Prosody
_TEMPLATES = (".tmpl", ".tpl")


def is_script(found: Text) -> bool:
    """Whether a file is a script, or a crontab."""
    if found.kind != "entry":
        return False
    if is_called_so(found) or found.value.startswith("#!/"):
        return True
    return _is_crontab(found.value, _CRON in found.key.lower())


@lru_cache(maxsize=8)
def _is_crontab(value: str, called: bool) -> bool:
    """Whether a line begins with a time's five fields, of a file that is `called` a crontab or holds stars as most of
    them do; asked for each address that stands there."""
    return (called or holds(value, _FIVE)) and re.search(_CRON_LINE, value) is not None


def is_called_so(found: Text) -> bool:
    """Whether a file's name alone says that it is one."""
    return found.key.endswith(_ENDS)


def is_no_configuration(found: Text) -> bool:
    """Whether a file is for browsers or people; of a dashboard no address is read."""
    if not found.key.endswith(_NO_CONFIGURATION) or found.key.endswith(_SETTINGS):
        return False
    if found.key.endswith(_TEMPLATES):
        return not _is_document(found.value)
    return not (found.key.endswith(".js") and _is_module(found.value))


def _is_document(value: str) -> bool:
    """Whether a template is one of a JSON document, as the partials of KrakenD's, and no text for people."""
    begins = value.lstrip()[:2]
    return begins[:1] in ("[", "{") and begins != "{{"


@lru_cache(maxsize=8)
def _is_module(value: str) -> bool:
    """Whether a file of JavaScript is a program's, and no page's; asked for each address that stands there."""
    return holds(value, _MODULE) and not holds(value, _OF_PAGES)


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
