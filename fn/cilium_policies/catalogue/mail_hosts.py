"""The mail servers that a program's own configuration names, and their ports: no two programs call the setting alike,
and all of them have smtp or mail in its name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.kube.objects import walk_strings
from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from cilium_policies.catalogue.facts import Facts

_VARIABLE = re.compile(
    r"(?i)(?=.*(?:smtp|mail))(?!.*(?:from|sender|reply|user|domain|imap|pop3|web))"
    r".*(?:host|server|addr|address|url|uri|relay|endpoint|transport)"
)
_VALUE = re.compile(r"(?i)(?:.*[._])?(?:smart_?host|host(?:_?name)?|server|addr(?:ess)?|relay|url)")
_MAIL = re.compile(r"(?i)smtp|mail")
_KEY = r"(?:smart_?host|host(?:_?name)?|server|addr(?:ess)?|relay)"
_IS = r"[\"'\]]*[ \t]*(?:=>|[:=])[ \t]*[\"']?([^\s\"',;]+)"
# A key has an end: without, each place in a line of smtpsmtp… would be a beginning of one.
# `smtp_smarthost: mail:587`, `smtp.host = "mail"`, `['smtp_address'] = 'mail'`
_LINE = re.compile(rf"(?im)^[\w \t.\-\[\]\"']{{0,80}}smtp[\w.\-]{{0,60}}?{_KEY}{_IS}")
# the same below `smtp:`, `[smtp]` or `smtp_settings = {`
_SECTION = re.compile(
    r"(?im)^[ \t\"'\[]*[\w.:\-]{0,60}smtp\w{0,60}[\"'\]]*[ \t]*(?:(?:=>|[:=])[ \t]*(?:\{[ \t]*)?)?\n"
    rf"(?:[^\n\[]*\n){{0,12}}?[ \t\"':]*{_KEY}{_IS}"
)
# and within braces on its line
_INLINE = re.compile(rf"(?i)\bsmtp\w*[\"'\]]*[ \t]*(?:=>|[:=])[ \t]*\{{[^\n}}]*?\b{_KEY}{_IS}")
# `SENTRY_OPTIONS['mail.host'] = os.getenv("SENTRY_EMAIL_HOST", "mail.example.net")`
_DEFAULT = re.compile(
    r"(?im)^[\w \t\[\"']{0,80}mail[._]host[\"'\]]*[ \t]*=[ \t]*os\.(?:getenv|environ\.get)"
    r"\([^,\n]{0,80},[ \t]*[\"']([^\"'\n]+)"
)
# The same for ports, those apart on which other things listen.
_PORT_NAME = re.compile(r"(?i)(?=.*(?:smtp|mail))(?!.*(?:imap|pop3|web|metric|http)).*port")
_PORT_LINE = re.compile(
    r"(?im)^[\w \t.\-\[\]\"']{0,80}smtp[\w.\-\"'\]]{0,60}?port[\"'\]]*[ \t]*(?:=>|[:=])[ \t]*[\"']?(\d{2,5})\b"
)
# Where mail goes next although a variable holds the host: `targets tcp://{env:SERVER}:587`, `relayhost = [$HOST]:587`
_NEXT_HOP = re.compile(r"(?im)^[ \t]*(?:targets|relay_?host|smart_?host)\b([^\n]*)")
_AFTER_HOST = re.compile(r":(\d{2,5})\b")


def mail_ports(facts: Facts) -> set[int]:
    """The ports that a configuration calls after smtp or mail: where it sends mail to, or listens for it."""
    told = [value for name, value in facts.env if _PORT_NAME.fullmatch(name)]
    for one in facts.texts:
        told += _PORT_LINE.findall(one) if "smtp" in one.lower() else ()
        told += (port for line in _NEXT_HOP.findall(one) for port in _AFTER_HOST.findall(line))
    return {int(one) for one in map(str.strip, told) if one.isdigit() and 0 < int(one) < 65536}


def mail_hosts(facts: Facts) -> Iterator[str]:
    """Their addresses as written: a host, host:port or a URL."""
    for name, value in facts.env:
        if _VARIABLE.fullmatch(name) and not _is_none(value):
            yield value
    for path, value in walk_strings(facts.values):
        *_, last = near = path.rsplit(".", 2)[-2:]
        if _VALUE.fullmatch(last) and any(map(_MAIL.search, near)) and not _is_none(value):
            yield value
    for one in facts.texts:
        patterns = (_LINE, _SECTION, _INLINE) if "smtp" in one.lower() else ()
        for pattern in (*patterns, _DEFAULT):
            yield from (match[1] for match in pattern.finditer(one) if not _is_none(match[1]))


def _is_none(value: str) -> bool:
    """Whether it is a mailbox, or what a template fills in later."""
    return "{" in value.replace("${", "") or ("@" in value and "://" not in value)
