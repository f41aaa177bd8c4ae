"""DNS servers that a configuration file names by address, without a port, in the forms of resolvers and proxies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.signs import compiled, holds

# `forward-addr: 1.1.1.1@853#one.one.one.one` (Unbound), `nameserver = ["10.43.0.53"];` (rspamd), `nameserver 9.9.9.9`
# (resolv.conf), `resolver 10.1.0.2 valid=30s;` (nginx)
_DIRECTIVE = (
    r"(?m)^[ \t]*(?:forward-addr|stub-addr|(?:dns_)?nameservers?|resolver)"
    r"(?:[ \t]*[:=]|[ \t])[ \t]*([^\n#;]{1,400})"
)
# Whom servers of zones tell of changes, ask for zones, and pass questions on to: `also-notify=10.1.0.2:5300` and
# `forward-zones=corp=10.1.0.2;10.1.0.3` (PowerDNS), `request-xfr: AXFR 10.1.0.2 key` (NSD)
_ZONES = (
    r"(?m)^[ \t]*(?:also-notify|forward-zones(?:-recurse)?|request-xfr|notify(?=:[ \t]+\d))[ \t]*\+?[:=]"
    r"([^\n#]{1,1000})"
)
# `forwarders { 10.1.0.2; 10.1.0.3 port 5353; };` (BIND), `forwarders: [10.1.0.2]` and such a list below (PowerDNS)
_FORWARDERS = (
    r"(?m)(?:^|[;{])[ \t]*(?:-[ \t]+)?(?:(?:forwarders|also-notify|masters|primaries|parental-agents)\b[^\n{:;]{0,99}"
    r"\{([^}]{1,2000})\}|forwarders:([ \t]*\[[^\]]{1,1000}\]|(?:[ \t]*\n[ \t]*-[^\n]{0,200}){1,60}))"
)
_AT_PORT = r" port (\d{1,5})"
_COMMENT = r"(?m)(?:(?<!:)//|(?:^|[ \t])#)[^\n]*"  # within such a list
# `forward . 10.0.0.254 1.1.1.1` (CoreDNS): of these the catalogue's entry opens the Internet's
_FORWARD = r"(?m)^[ \t]*forward[ \t]+\S{1,253}[ \t]+([^\n#{]{1,400})"
_PRIVATE = r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\."
_DNSMASQ = r"(?m)^[ \t]*server=(?:/[^/\s]{1,253}/)?((?:\d{1,3}\.){3}\d{1,3}(?:#\d{1,5})?)[ \t]*$"
# What Gatus checks: `url: 8.8.8.8` above `dns:`
_CHECKED = r"(?m)^[ \t]*(?:-[ \t]+)?url:[ \t]*[\"']?((?:\d{1,3}\.){3}\d{1,3})[\"']?[ \t]*\n[ \t]*dns:"
# AdGuard Home's lists, some for one domain: `- '[/lan/]192.168.1.1'`
_DOMAINS = r"\[/[^\]\n]{0,253}/\]"
_ADGUARD = (
    r"(?m)^[ \t]*(?:upstream_dns|bootstrap_dns|fallback_dns|local_ptr_upstreams):"
    r"([ \t]*\[[^\n]{1,400}|(?:\n[ \t]*-[^\n]{0,200}){1,60})"
)
_ADDRESS = r"(?<![\w.\-/])((?:\d{1,3}\.){3}\d{1,3})(?:[@#:](\d{1,5}))?(?![\w.])"
_DNS, _OVER_TLS, _BOTH = 53, 853, ("UDP", "TCP")
# Where installers put the cluster's own DNS, tenth in the range of Services: every pod may ask it already.
_OWN = r"(?:10|172)\.\d+\.0\.10"
# `unbound#5335`, as dnsmasq and Pi-hole write a port, in `server=`, `upstreams:`, `FTLCONF_dns_upstreams`
_MARK = r"#\d"  # most files with a `#` have it before a comment
_ASKED = r"(?:dns|upstream|resolver|nameserver|server)s?"
_MARKED = (
    rf"(?im)^[ \t\-]*[\w.\-]{{0,60}}{_ASKED}[\w.\-]{{0,10}}[\"']?[ \t]*[=:]([^\n]{{0,400}}#\d[^\n]{{0,400}})"
)
# Neither a fragment of a link nor the last word of a sentence (`see issue#12`)
_LINK = r"https?://[^\s\"',;]*"
_WITH_PORT = r"(?<![A-Za-z] )(?<![^\s;,\"'/\[])([A-Za-z0-9][\w.\-]{0,252})#(\d{1,5})(?![\w.\-])"
# `DNS_UPSTREAMS: 192.168.1.1;9.9.9.9`
_LISTED = (
    r"(?i)(?:.*_)?(?:(?:dns_?)?(?:upstream|resolver|nameserver|forwarder)s?|dns_?servers?|pihole_dns)_?\d?"
)
_SERVERS = r"\s*(?:(?:(?:\d{1,3}\.){3}\d{1,3}|[\w.\-]{1,253}(?=#))(?:#\d{1,5})?(?:[\s;,]{1,3}|$)){1,16}"
WORDS = ("forward-", "forward ", "stub-addr", "nameserver", "resolver", "server=", "dns:", "_upstreams:",
         "forwarders", "notify", "request-xfr", "masters ", "primaries ", "parental-agents")  # fmt: skip


def nameservers(value: str, key: str = "") -> Iterator[tuple[str, int, str]]:
    """Address, port and protocol of each; `key` is the variable's name, "" for a file."""
    if "#" in value and compiled(_MARK).search(value) is not None:
        yield from _marked(value, key)
    if key or not holds(value, WORDS):
        return
    for line in (
        *re.finditer(_DIRECTIVE, value),
        *re.finditer(_DNSMASQ, value),
        *re.finditer(_CHECKED, value),
        *re.finditer(_ADGUARD, value),
        *re.finditer(_ZONES, value),
    ):
        yield from _of(re.sub(_COMMENT, "", re.sub(_DOMAINS, "", line[1])))
    for block in re.finditer(_FORWARDERS, value):
        yield from _of(re.sub(_AT_PORT, r"@\1", re.sub(_COMMENT, "", block[1] or block[2])))
    for line in re.finditer(_FORWARD, value):
        yield from (one for one in _of(line[1]) if re.match(_PRIVATE, one[0]))


def listed(key: str, value: str) -> Iterator[tuple[str, int, str]]:
    """The same of a variable that is nothing but a list of such servers."""
    if value[:1].isdigit() and re.fullmatch(_LISTED, key) and re.fullmatch(_SERVERS, value):
        yield from _of(value)


def _of(listed: str) -> Iterator[tuple[str, int, str]]:
    for found in re.finditer(_ADDRESS, listed):
        if not re.fullmatch(_OWN, found[1]):
            port = int(found[2] or _DNS)
            yield from ((found[1], port, how) for how in (("TCP",) if port == _OVER_TLS else _BOTH))


def _marked(value: str, key: str) -> Iterator[tuple[str, int, str]]:
    lines = re.findall(_MARKED, value) if not key else [value] if re.search(f"(?i){_ASKED}", key) else []
    for line in lines:
        for found in re.finditer(_WITH_PORT, re.sub(_LINK, "", line)):
            yield from ((found[1], int(found[2]), how) for how in _BOTH)
