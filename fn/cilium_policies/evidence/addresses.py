"""Network addresses in configuration: URLs, host:port, connection strings and `*_HOST` keys, out of any text.

What is found is only what the text says; whether a name is a Service, an own route or the outside, and
whether the place is trusted, is decided by `configuration`. Of a value nothing but host and port is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.ports import ANY_PORT, NO_NETWORK, NOTIFIERS, PING, SCHEMES, UDP_SCHEMES
from cilium_policies.evidence.before import (
    NEAR,
    before_on_line,
    is_alone,
    is_commented,
    is_direct,
    is_listed,
    is_login,
    key_of,
)
from cilium_policies.evidence.commands import calls
from cilium_policies.evidence.drivers import drivers
from cilium_policies.evidence.filled import filled
from cilium_policies.evidence.host_fields import hosts, of_fields, system_properties
from cilium_policies.evidence.host_keys import HOST_CHARS, OF_HOSTS, is_port, transports
from cilium_policies.evidence.in_order import constructed, share
from cilium_policies.evidence.in_order import pairs as ordered
from cilium_policies.evidence.nameservers import nameservers
from cilium_policies.evidence.schemes import (
    begins,
    cluster_names,
    in_brackets,
    is_interface,
    kind,
    listens,
    protocols,
    schemes,
    scp,
    sip,
    with_slashes,
)
from cilium_policies.evidence.shell import spelled_out
from cilium_policies.evidence.signs import DIRECTIVES, first_part, holds, plain_url
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.address_keys import may_be_user, names_secret


class Address(NamedTuple):
    """`port` 0: not said. `scheme` "" for a bare host. `key` is the variable, flag or field whose value it is
    ("" none), `direct` true where the value consists of nothing else (a list of such counts), `explicit` false
    where the port is only the customary one of the scheme or of the program that the key names. `path` is its first
    part, of a URL that has one."""

    host: str
    port: int
    scheme: str = ""
    protocol: str = "TCP"
    key: str = ""
    direct: bool = False
    explicit: bool = True
    path: str = ""


# Patterns that few inputs need are text here: `re` compiles them when they are used, and keeps them.
_GRPC = ("dns:", "passthrough:", "ipv4:", "xds:", "kubernetes:", "discovery:")
# Names that resolvers of gRPC and Kratos are given: `dns:///cart:50051`, `xds:///cart`; no part of a path, which may
# hold a token
_GRPC_NAME = (
    r"\b(?:dns|passthrough|ipv4|xds|kubernetes|discovery):(?://[\w.\-:~]{1,253}/(?=[A-Za-z0-9])|///?)"
    r"([A-Za-z0-9][\w.\-]{0,252})(?![\w.\-])(?::(\d{1,5})\b)?(?!:\d)(?!/[^\s\"'`,;|)\]}])"
)
_AUTHORITY = r"(\[[0-9a-fA-F:.]+\]|(?:[A-Za-z0-9_.\-]|\$\{[^}]*\})+)(?::(\d{1,5}))?(?![\w$%{:.\-])"
_PORT = re.compile(r":(\d{1,5})(?![\w.:@\-])")
# libpq's `host=db port=5432`, Npgsql's `Host=db;Port=5432` and `HostName=mqtt;Port=1883`
_KEYWORDS = (
    r"(?<![\w.\-])[Hh]ost([Nn]ame)?=([\w.\-]{1,253}(?:,[\w.\-]{1,253}){0,15})"
    r"(?:[^\n]{0,200}?\b[Pp]ort=(\d{1,5}))?"
)
_POOLED = r"[\w*.\-]{1,64} ?= ?$"  # PgBouncer's `name = host=db`
# beside a host
_LIBPQ = ("user=", "ser Id=", "sername=", "assword=", "sslmode=", "atabase=", "SL Mode=", "sl Mode=")
_MYSQL = r"(?i)\b(?:mysql|mariadb):"  # PDO's and Perl's: `mysql:host=db;dbname=x`
_CONNECTION = "connection"  # what such a string is the value of, wherever it stands
_QUOTED = ('("', "('", '(["', "(['", "(host", "Redis(")
_SHARES = ("//", "\\\\")
_BUCKETS = ("s3",)
REPOSITORY, INTERFACE = "restic", "_endpoint"  # for a scheme; behind the key of an API's URL
_STORES = ("s3:", "rest:", "sftp:")  # the ways to one
_ICE = ("stun:", "stuns:", "turn:", "turns:")
_ENDPOINT = r"[^@]*@[\w\-]+[.:][\w.:\-]+"  # Loki's `s3://key:secret@minio:9000/bucket`


def targets(value: str, key: str = "", file: bool = False) -> list[Address]:
    """Addresses in a text. `file`: a configuration file or arguments, where keys stand in the lines and
    comments are left out; otherwise `key` is the variable's name and `value` its whole value."""
    url = plain_url(value) if key and not file else None
    found = _authority(url[1], url[0], key, True, url[2]) if url is not None else _of_any(value, key, file)
    named = [one for one in found if one.port < 65536]
    return list(dict.fromkeys(named)) if len(named) > 1 else named


def _of_any(value: str, key: str, file: bool) -> list[Address]:
    """Addresses in a text of any form."""
    found: list[Address] = []
    value = filled(value, key if file else "")
    if file:
        value = spelled_out(value)
    if "-D" in value:
        found += _of_jvm(value)
    value = with_slashes(value, key, file)
    if "://" in value:
        found += _urls(value, key, file)
    if ":" in value:
        found += _host_ports(value, key, file)
        found += _copied(value, key, file)
    if ".svc" in value:
        found += (
            Address(match[1], 0, key=key_of(value, start, key, file), direct=is_direct(value, start, file))
            for match in cluster_names(value)
            for start in (match.start(),)
            if not (file and is_commented(value, start))
        )
    if "ost=" in value or "ostname=" in value or "ostName=" in value:
        found += _keywords(value, key, file)
    found += _driven(value, key, file)
    if file or "\n" in value or "define(" in value:
        for host, port, told_by, told in hosts(value):
            found += [Address(host, port, "", how, told_by, True, told) for how in transports(told_by, port)]
    for host, port, how in nameservers(value, "" if file else key):
        found.append(Address(host, port, "", how, "nameserver", True))
    if file:
        found += _of_file(value)
    elif (shared := share(value, key) if value[:2] in _SHARES else None) is not None:
        found.append(Address(*shared, "smb", key=key, direct=True))
    return found


def _driven(value: str, key: str, file: bool) -> Iterator[Address]:
    for start, scheme, host, port, plain, told in drivers(value):
        if not (file and is_commented(value, start)):
            where = _CONNECTION if file and plain else key
            how = "UDP" if scheme in UDP_SCHEMES else "TCP"
            yield Address(host, port, scheme, how, where, plain, told)


def _copied(value: str, key: str, file: bool) -> Iterator[Address]:
    """Hosts as git, scp, restic and WebRTC write them."""
    if holds(value, _STORES):
        from cilium_policies.evidence.backups import repositories  # few texts name one

        for host, port, told in repositories(value, key, file):
            yield Address(host, port, REPOSITORY, "TCP", key, True, told)
    if holds(value, _ICE):
        from cilium_policies.evidence.ice import servers  # few texts name one

        for host, port, how, named, told in servers(value, key):
            yield Address(host, port, "stun", how, named, True, told)
    if "@" not in value:
        return
    whole = not file and len(value.split()) == 1
    for start, host in scp(value):
        if not (file and is_commented(value, start)):
            yield Address(host, 22, "ssh", "TCP", key, whole)


def _of_file(value: str) -> Iterator[Address]:
    """Addresses that stand in files and commands alone: by their place, in SIP's URIs, after a client's name."""
    for start, host, port, key in ordered(value):
        if not is_commented(value, start):
            yield Address(host, port, key=key, direct=True)
    for start, host, port, told in constructed(value) if "(" in value and holds(value, _QUOTED) else ():
        if not is_commented(value, start):
            yield Address(host, port, direct=True, explicit=told)
    yield from (Address(*one, direct=True) for one in sip(value))
    if holds(value, DIRECTIVES):
        from cilium_policies.evidence.directives import directives  # few clusters have such a configuration

        yield from (Address(*one[:2], "", one[2], "server", True) for one in directives(value))
    yield from (Address(host, port, "", how, key, True, told) for host, port, how, key, told in calls(value))


def _of_jvm(value: str) -> Iterator[Address]:
    """Addresses in the `-Dkey=value` of a JVM's command line, each of which is a field of its own."""
    told = system_properties(value)
    for key, held in told:
        yield from targets(held, key)
    yield from (Address(host, port, "", "TCP", key, True, said) for host, port, key, said in of_fields(told))


def _urls(value: str, key: str, file: bool) -> Iterator[Address]:
    for start, scheme, found in schemes(value):
        base = kind(scheme)
        if base in _BUCKETS and re.fullmatch(_ENDPOINT, found) is not None:
            base = "https"
        if base in NO_NETWORK or (file and is_commented(value, start)):
            continue
        where = key_of(value, start, key, file)
        direct = is_direct(value, start, file)
        end = value.find("://", start) + 3 + len(found)
        if file and where and is_interface(found, value, end, where):
            where += INTERFACE
        if base == PING:
            yield from _echo(found, where, direct)
            continue
        if base in NOTIFIERS:
            yield Address(NOTIFIERS[base], 443, "https", "TCP", where, direct, explicit=False)
            continue
        for authority in found.rpartition("@")[2].split(",") if "(host=" not in found else ():
            sure = direct and _is_sure(value, start, end, authority)
            yield from _authority(authority, base, where, sure, value[end : end + 65])
    for match in re.finditer(_GRPC_NAME, value) if holds(value, _GRPC) else ():
        port = int(match[2] or 0)
        direct = is_direct(value, match.start(), file) and _is_sure(value, *match.span(), match[1])
        yield Address(match[1], port, "dns", "TCP", key, direct, port > 0)


def _is_sure(value: str, start: int, end: int, authority: str) -> bool:
    """Whether what stands there is a host, and not a user's name that a notice would show: an IP address, or a name of
    the cluster's or of the Internet's, is no such name."""
    if not may_be_user(value, start, end):
        return True
    host = authority.partition(":")[0]
    if ".svc" in host or ("." in host and host.replace(".", "").isdigit()):
        return True
    from cilium_policies.evidence.public_names import is_public, is_short_service  # few texts ask

    return is_public(host) and not is_short_service(host)


def _echo(host: str, key: str, direct: bool) -> Iterator[Address]:
    """A ping: an echo request of ICMP, of ICMPv6 for what is no IPv4 address."""
    host = host.strip("[]")
    if ":" not in host:
        yield Address(host, 8, PING, "ICMP", key, direct)
    if host.strip("0123456789."):
        yield Address(host, 128, PING, "ICMPv6", key, direct)


def _authority(authority: str, scheme: str, key: str, direct: bool, path: str) -> Iterator[Address]:
    authority = authority.rstrip(":")  # `nfs://host:/folder`
    host, colon, told = authority.partition(":")
    plain = host and HOST_CHARS.issuperset(host) and (not colon or is_port(told))  # as most are
    if not plain:
        match = re.match(_AUTHORITY, authority)
        if match is None:
            return
        host, told = match[1].strip("[]"), match[2]
    protocol, path = "UDP" if scheme in UDP_SCHEMES else "TCP", first_part(path)
    if told:
        yield Address(host, int(told), scheme, protocol, key, direct, path=path)
        return
    if scheme in ANY_PORT:
        yield Address(host, 0, scheme, protocol, key, direct, False, path)
    for port, usual in SCHEMES.get(scheme, ()):
        yield Address(host, port, scheme, usual, key, direct, False, path)


def _keywords(value: str, key: str, file: bool) -> Iterator[Address]:
    """Hosts of libpq's connection strings; plainly one to call where a port or a database stands beside it."""
    for match in re.finditer(_KEYWORDS, value):
        before = before_on_line(value, match.start())
        line = before + value[match.start() : match.end() + NEAR].split("\n", 1)[0]
        whole, where = bool(match[3]) or "dbname=" in line, "host" if file else key
        port, scheme = int(match[3] or 0), ""
        if match[1]:  # of no database's, as it is written
            whole = port > 0
        elif not (whole or any(word in line for word in _LIBPQ) or (file and re.fullmatch(_POOLED, before))):
            continue
        else:
            scheme = "mysql" if re.search(_MYSQL, line) is not None else "postgres"
        for host in match[2].split(",") if port or scheme else ():
            yield Address(host, port or SCHEMES[scheme][0][0], scheme, "TCP", where, whole, port > 0)


def _host_ports(value: str, key: str, file: bool) -> Iterator[Address]:
    for match in _PORT.finditer(value):
        end = match.start()
        before = value[max(0, end - NEAR) : end]
        start = end - len(before) + len(before.rstrip(OF_HOSTS))
        while start and value[start - 1] in HOST_CHARS:  # longer than any host's name
            start -= 1
        host = value[start:end]
        if not host and (host := in_brackets(value, end)):
            start = end - len(host) - 1
        if not host or host[0] in ".-" or host.isdigit():
            continue
        login = bool(key) and not file and is_login(value, start, match.end(), key)
        if not (login or begins(value, start)):
            continue
        if (file and is_commented(value, start)) or listens(host):
            continue
        where = key_of(value, start, key, file)
        whole = is_alone(value, start) if file else is_listed(value[max(0, start - NEAR) : start].rstrip("["))
        whole = (
            (login or whole) and not names_secret(where, host) and _is_sure(value, start, match.end(), host)
        )
        for protocol in protocols(value, start, match[1], where):
            yield Address(host, int(match[1]), "", protocol, where, whole)
