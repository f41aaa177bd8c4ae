"""Lines in which programs name a host by its place behind a word, with a port behind it, after a mark, or none:
`remote vpn.acme.com 1194`, `server 10.0.0.1 iburst`, `poll imap.acme.com proto imap`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cilium_policies.evidence.before import before_on_line, is_commented
from cilium_policies.evidence.signs import OF_DIRECTIVES, holds

_HOST = r"([A-Za-z0-9][\w.\-]{0,252})"
_LINE, _END = r"(?m)^[ \t]{0,99}", r"[ \t\r]{0,99}$"
_GAP, _PORT = r"[ \t]{1,9}", r"(\d{1,5})"
# OpenVPN's `remote HOST [PORT [PROTOCOL]]`, and what it speaks where a line does not say it
_REMOTE = rf"{_LINE}remote{_GAP}{_HOST}(?:{_GAP}{_PORT})?(?:{_GAP}((?:tcp|udp)\w{{0,8}}))?{_END}"
_PROTOCOL = rf"{_LINE}(?:proto{_GAP}(tcp|udp)|port{_GAP}{_PORT})"
_OPENVPN = 1194
# Time servers of chrony and ntpd, and of systemd's timesyncd
_CLOCKS = rf"{_LINE}(?:server|pool|peer){_GAP}{_HOST}(?:{_GAP}[a-z][^\n]{{0,200}})?$"
_TIMESYNC = rf"{_LINE}(?:Fallback)?NTP[ \t]{{0,9}}=[ \t]{{0,9}}([\w.\- ]{{1,400}})"
_NTP = 123
# Mailboxes that fetchmail polls, by what it speaks there, with and without TLS
_POLL = rf"{_LINE}poll{_GAP}{_HOST}((?:(?!\bpoll\b)[^#]){{0,400}})"
_POLLED = {"imap": (143, 993), "pop3": (110, 995)}
_SPEAKS = r"(?i)\bproto(?:col)?[ \t]{1,9}[\"']?(imap|pop3)"
_AT_PORT = rf"\b(?:port|service)[ \t]{{1,9}}{_PORT}\b"
# Mosquitto's bridges, each address of which may have no port
_BRIDGE = rf"{_LINE}address(?:es)?{_GAP}([\w.:\- ]{{1,400}})"
_MQTT = 1883
# Caddy's upstreams behind the first, and those without a port
_PROXY = rf"{_LINE}(?:reverse_proxy|to){_GAP}(?:[@/*][^\s{{]{{0,200}}{_GAP})?([^\n{{#]{{1,600}})"
_UPSTREAMS = rf"(?<!\S){_HOST}(?::{_PORT})?(?!\S)"
_HTTP = 80
# Caddy's challenges by DNS, whose providers are called by the name of their module (`acme_dns NAME …`, `dns NAME …`):
# github.com/libdns/NAME, hosts as tokens.py and the entries of cert-manager and external-dns have them
_CHALLENGE = rf"{_LINE}(?:acme_dns|dns){_GAP}([a-z][a-z0-9]{{1,30}})(?=[ \t\r{{]|$)"
_DNS_APIS = {
    "cloudflare": ("api.cloudflare.com",),
    "digitalocean": ("api.digitalocean.com",),
    "duckdns": ("www.duckdns.org",),
    "gandi": ("api.gandi.net",),
    "googleclouddns": ("dns.googleapis.com", "oauth2.googleapis.com"),
    "porkbun": ("api.porkbun.com",),
    "route53": ("route53.amazonaws.com",),
}
_HTTPS = 443
# HAProxy's mailers, whose lines begin with a name, and rinetd's four columns
_MAILER = rf"{_LINE}mailer{_GAP}\S{{1,99}}{_GAP}{_HOST}:{_PORT}"
_RINETD = rf"{_LINE}(?:\d{{1,3}}\.){{3}}\d{{1,3}}[ \t]{{1,99}}\d{{1,5}}[ \t]{{1,99}}{_HOST}[ \t]{{1,99}}{_PORT}{_END}"
# Neighbours by BGP, as FRR, BIRD, ExaBGP and OpenBGPD (`neighbor 10.0.0.1 remote-as 64500`) and GoBGP
# (`neighbor-address: 10.0.0.1`) have them; FRR's comments begin with `!`
_NEIGHBOUR = (
    r"\bneighbor(?:-address|_address|Address)?[\"']?[ \t]{0,9}[:= \t][ \t]{0,9}[\"']?"
    r"((?:\d{1,3}\.){3}\d{1,3})(?![\w./])"
)
_AUTONOMOUS = ("remote-as", "peer-as", "peer_as", "local-as", " as ", "peerAs")
_BGP = 179
# The networks that LibreNMS and Observium look for devices in: `$config['nets'] = ['10.0.0.0/16'];`
_NETWORKS = r"\[[\"']nets[\"']\](?:\[\])?[ \t]{0,9}=([^;]{1,2000});"
_NETWORK = r"[\"']((?:\d{1,3}\.){3}\d{1,3}/\d{1,2})[\"']"
_SNMP, _ECHO = 161, 8
# rclone's remotes of Amazon's S3, which is meant where a remote names no other (`endpoint`): `[backup]`, `type = s3`
_SECTION = r"(?m)^\[[^\]\n]{1,200}\][ \t\r]{0,99}$"
_OPTION = r"(?m)^[ \t]{0,99}(type|provider|endpoint|region)[ \t]{0,9}=[ \t]{0,9}([\w.:/\-]{1,253})"
_S3 = {"type": "s3", "provider": "AWS"}
_ANY = ("",)
Named = Iterator[tuple[str, int, str]]


def directives(value: str) -> Named:
    """Host, port and protocol of each."""
    for name, signs in OF_DIRECTIVES.items():
        others, find = READERS[name]
        if holds(value, signs) and holds(value, others):
            yield from find(value)


def _remotes(value: str) -> Named:
    said = re.findall(_PROTOCOL, value)
    usual = next((proto for proto, _ in said if proto), "udp")
    number = next((port for _, port in said if port), "")
    for host, port, proto in re.findall(_REMOTE, value):
        yield host, int(port or number or _OPENVPN), (proto or usual)[:3].upper()


def _clocks(value: str) -> Named:
    yield from ((host, _NTP, "UDP") for host in re.findall(_CLOCKS, value))


def _timesync(value: str) -> Named:
    for listed in re.findall(_TIMESYNC, value):
        yield from ((host, _NTP, "UDP") for host in listed.split())


def _polled(value: str) -> Named:
    for host, rest in re.findall(_POLL, value):
        spoken, port = re.search(_SPEAKS, rest), re.search(_AT_PORT, rest)
        usual = _POLLED[spoken[1].lower()] if spoken is not None else ()
        yield from ((host, one, "TCP") for one in ((int(port[1]),) if port is not None else usual))


def _bridges(value: str) -> Named:
    for listed in re.findall(_BRIDGE, value):
        yield from ((one, _MQTT, "TCP") for one in listed.split() if ":" not in one)


def _proxies(value: str) -> Named:
    for listed in re.findall(_PROXY, value):
        for host, port in re.findall(_UPSTREAMS, listed):
            yield host, int(port or _HTTP), "TCP"


def _challenges(value: str) -> Named:
    for provider in re.findall(_CHALLENGE, value):
        yield from ((host, _HTTPS, "TCP") for host in _DNS_APIS.get(provider, ()))


def _pairs(form: str) -> Callable[[str], Named]:
    return lambda value: ((host, int(port), "TCP") for host, port in re.findall(form, value))


def _neighbours(value: str) -> Named:
    for one in re.finditer(_NEIGHBOUR, value):
        if not is_commented(value, one.start()) and "!" not in before_on_line(value, one.start()):
            yield one[1], _BGP, "TCP"


def _networks(value: str) -> Named:
    for listed in re.finditer(_NETWORKS, value):
        for one in re.compile(_NETWORK).finditer(value, *listed.span(1)):
            if not is_commented(value, one.start()):
                yield one[1], _SNMP, "UDP"
                yield one[1], _ECHO, "ICMP"  # asked before anything else


def _home_servers(value: str) -> Named:
    from cilium_policies.evidence.radius import home_servers  # few clusters hold such a server

    return home_servers(value)


def _measured(value: str) -> Named:
    from cilium_policies.evidence.measured import measured  # few clusters hold such a file

    return measured(value)


def _stores(value: str) -> Named:
    for section in re.split(_SECTION, value):
        told = dict(re.findall(_OPTION, section))
        if told.items() >= _S3.items() and "endpoint" not in told:
            region = f".{told['region']}" if "region" in told else ""
            yield f"s3{region}.amazonaws.com", _HTTPS, "TCP"


# Beside the signs of each: words of which one stands in such a file as well, and the reader
READERS: dict[str, tuple[tuple[str, ...], Callable[[str], Named]]] = {
    "remotes": (("client", "dev tun", "dev tap"), _remotes),
    "clocks": (("server ", "pool "), _clocks),
    "timesync": (("NTP",), _timesync),
    "polled": (("proto",), _polled),
    "bridges": (("address",), _bridges),
    "proxies": (_ANY, _proxies),
    "challenges": (("{",), _challenges),
    "home servers": (("{",), _home_servers),
    "mailers": (("mailers ",), _pairs(_MAILER)),
    "columns": (_ANY, _pairs(_RINETD)),
    "neighbours": (_AUTONOMOUS, _neighbours),
    "networks": (_ANY, _networks),
    "measured": (("host",), _measured),
    "stores": (("type = s3", "type=s3"), _stores),
}
