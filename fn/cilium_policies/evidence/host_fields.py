"""Hosts and ports in lines of their own, `host: db` near `port: 5432`: YAML, JSON, TOML, INI, XML, Python, PHP."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cilium_policies.catalogue.ports import SCHEMES
from cilium_policies.evidence.above import (
    MAPPING,
    Above,
    Defaults,
    block,
    depth,
    is_store,
    kinds_in,
    program_port_of,
)
from cilium_policies.evidence.field_lines import lines_of
from cilium_policies.evidence.host_keys import (
    HOST_CHARS,
    NUMBERS,
    is_host_key,
    is_name,
    is_outside,
    is_port,
    is_url_key,
    likely_ports,
    plain,
    stem,
    usual_ports,
    with_others,
)
from cilium_policies.evidence.public_names import is_number
from cilium_policies.evidence.signs import compiled, holds
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.address_keys import names_secret

_NEAR = 400  # characters of a key or a value: a long line would make the search quadratic
_PARTS = ("ost", "OST", "erver", "ERVER", "ddr", "DDR",
          "ndpoint", "NDPOINT", "eer", "EER", "eed", "EED", "roker", "ROKER", "oin", "OIN", "uorum", "elay", "entinel",
          "odes", "ODES", "arget=", "kdc")  # fmt: skip  # of _HOST_WORDS, the usual ones first
_SIGNS = (*_PARTS, "port", "Port", "PORT", "url", "Url", "URL", "uri", "Uri", "URI")
# What stands before the name of a variable of PHP, of shells, Perl and JavaScript
_DECLARED = (
    r"(?:(?:export|const|let|var|my|our|local|readonly|public|protected|private|static|final|set)\s{1,9}){0,3}"
    r"[$@]?(?:\w{1,64}(?:->|\.|::))?\$?([A-Za-z_]\w{0,64})"
)
_SUBSCRIPT = r".*\[[\"']([\w.\-]{1,64})[\"']\]\s*"  # `SETTINGS['mail.host'] = …`
_SYSTEM = r"(?<![^\s\"'=])-D([\w.\-]{1,128})=([^\s\"']{1,253})"  # a JVM's property on its command line
# Of Graylog's appenders, `host="tcp:graylog"`, and of PHP's clients, `'host' => 'ssl://smtp.acme.com'`
_TRANSPORT = r"(?:tcp|udp|tls|ssl):(?://)?([\w.\-]{1,253})"
# What a variable is where the environment sets none: `process.env.DB_HOST || 'db'`, `getenv('DB_HOST') ?: 'db'`
_OTHERWISE = r"[\w.$()'\"\[\] ,]{1,160}(?:\|\||\?\?|\?:|\bor\b) ?[\"']?([\w.\-]{1,253})[\"']?\)?"
_OR = ("||", "??", "?:", " or ")
_NEAR_LINES = 3  # a `port:` that belongs to a `host:` elsewhere stands at most this far from it
# Fluent Bit's classic form, collectd's, freshclam's (`HTTPProxyServer squid`) and nginx' (`server db weight=5;`)
_SPACED = (
    r"\s{0,100}((?:[a-z]{1,16}_|[A-Z][A-Za-z]{0,31})?(?:[Hh]ost|[Pp]ort|[Ss]erver))\s{1,50}\"?([\w.\-]{1,253})\"?"
    r"(?:\s*$|(?:\s[^;\n]{0,200})?;)"
)
_SPACED_KEYS = ("ost", "ort", "erver")
# What a variable is where the environment sets none, in Python: `env("DB_HOST", "db")`, `int(5432)`
_CALL = r"(?:[\w.]{1,50}\([\"']\w{1,100}[\"'],\s?[\"']?|int\()([\w.\-]{1,253})[\"']?\)?"
_ITEM = r"\s{0,100}- +[\"']?([\w.\-]{1,253})[\"']?\s*$"
# A host where a port stands beside it: `serverName` of a JDBC data source
_WITH_PORT = ("target", "servername")
# Keys that describe whom they stand in, even beside a port: nobody calls what they say.
_DESCRIBES = frozenset(
    """
    name id type kind mode protocol scheme app role component title label user username password database db dbname
    driver adapter dialect engine client group topic queue exchange index prefix job environment env profile region zone
    cluster namespace bucket path method level format version tag alias listen bind interface description image
    """.split()  # noqa: SIM905
)
_OF_CACHES = ("configuration",)  # .NET's `Redis: {Configuration: cache}`
_HTTPS, _HTTP = 443, (80,)
_UPSTREAM = r"[ \t]{0,99}server[ \t][^;]{1,400};"  # of nginx', asked by HTTP where no port stands
_BESIDE = 2  # fields between such a name and its port
_A_NAME, _A_NUMBER = "name", "number"
_PORTS = ("port", "port_value", "port_number", "portnumber")
# Of a port whose key begins otherwise than the host's: words that make it the program's own.
_OWN = frozenset(
    """
    listen listener http https app application server web metrics bind management admin container node exporter health
    service debug ui api public internal
    """.split()  # noqa: SIM905
)


class _Field(NamedTuple):
    key: str
    value: str


def hosts(value: str) -> Iterator[tuple[str, int, str, bool]]:
    """Host, port (0: not known), key, and whether the port stands there, for each `host: name` line."""
    if not holds(value, _SIGNS):
        return
    lines = lines_of(value)
    fields = [_field(line) for line in lines]
    called = [
        number
        for number, (key, held) in enumerate(fields)
        if (may := _may_hold(key)) and (may is _A_NAME or is_number(held))
    ]
    ports = [
        number
        for number, (key, held) in enumerate(fields if called else ())
        if held.isdigit() and is_port(held) and plain(key).lower().endswith(_PORTS)
    ]
    defaults = Defaults(lines, fields, ports) if ports and "[default]" in value.lower() else None
    above, kinds = Above(lines), kinds_in(fields) if called else []
    for number in called:
        key, held = fields[number]
        for name in names(held) if held else _items(lines, number):
            port, sure = _port(lines, fields, number, ports, called)
            if not port and defaults is not None and (port := defaults.port(number, key)):
                sure = True
            if not port and key.lower() == "endpoint" and is_store(lines, fields, number):
                yield name, _HTTPS, key, False
            elif port or is_host_key(key):
                for each in (port,) if port else _usual(above, lines, fields, kinds, number, name):
                    yield name, each, key, port > 0 and sure
    yield from _others(lines, fields, set(called))


@lru_cache(maxsize=4096)
def _may_hold(key: str) -> str:
    """Whether a key is that of a host's name, or of a number alone: `local_ip` beside `local_port`; "" for neither."""
    if key and (is_host_key(key) or plain(key).lower() in _WITH_PORT):
        return _A_NAME
    return _A_NUMBER if key.lower().endswith(NUMBERS) else ""


def _usual(
    above: Above, lines: list[str], fields: list[_Field], kinds: list[int], number: int, name: str
) -> tuple[int, ...]:
    """The ports of the program that a host's key names, else a field beside it or one above it, else the host
    itself."""
    key = fields[number].key
    told = usual_ports(key)
    if not told[0]:
        port = program_port_of(lines, fields, number, _near(kinds, number))
        told = with_others(port or above.port(number))
    told = told if told[0] else likely_ports(key, name)
    return told if told[0] or not re.match(_UPSTREAM, lines[number]) else _HTTP


def _others(lines: list[str], fields: list[_Field], called: set[int]) -> Iterator[tuple[str, int, str, bool]]:
    """Hosts whose keys do not say so: a bare name right before a port (`relay: mail`, `port: 25`), which only a Service
    of that name and port can be, and one below a key for a URL."""
    above = Above(lines)
    for number, (key, held) in enumerate(fields):
        if not key or number in called or not is_name(held) or held[:1].isdigit():
            continue
        if "." in held and is_url_key(key) and is_outside(held) and (port := likely_ports(key, held)[0]):
            yield held, port, key, False
            continue
        if held.count(".") > 1 and ".svc" not in held and key.lower() not in SCHEMES:
            continue  # a class in code
        if names_secret(key, held):
            continue
        if (port := _next_port(lines, fields, number)) and not _DESCRIBES.intersection(
            key.lower().split("_")
        ):
            yield held, port, key, True
        elif "." not in held and (is_url_key(key) or key.lower() in _OF_CACHES):
            port = above.port(number)
            if port or is_url_key(key):
                yield held, port, key, False


def _next_port(lines: list[str], fields: list[_Field], number: int) -> int:
    """The number of a port's field right behind another; 0 for none."""
    for at in range(number + 1, min(number + 1 + _BESIDE, len(fields))):
        key, held = fields[at]
        if key.lower().endswith(_PORTS) and held.isdigit() and is_port(held):
            own = fields[number].key.lower().startswith(stem(key))
            return int(held) if own and depth(lines[at]) <= depth(lines[number]) else 0
        if is_host_key(key):
            return 0
    return 0


def of_fields(fields: Iterable[tuple[str, str]]) -> Iterator[tuple[str, int, str, bool]]:
    """The same, of keys and values that stand on a command line."""
    return hosts("\n".join(f"{key}={held}" for key, held in fields))


def system_properties(value: str) -> list[tuple[str, str]]:
    """The `-Dkey=value` of a JVM's command line."""
    return re.findall(_SYSTEM, value)


def names(held: str) -> list[str]:
    """The bare names of a value: one, perhaps in brackets (Postfix' `[mail.acme.com]`), or those of a list."""
    if held[:1] == "[" and held[-1:] == "]" and is_name(held[1:-1]):
        return [held[1:-1]]
    if is_name(held):
        return [held]
    if ":" in held and (told := re.fullmatch(_TRANSPORT, held)) is not None:
        return [told[1]]
    listed = [one.strip(" \t\"'") for one in held.split(",")] if "," in held else []
    return listed if len(listed) < MAPPING and all(map(is_name, listed)) else []


def _items(lines: list[str], number: int) -> Iterator[str]:
    """The bare names of the list that stands below a key."""
    for line in lines[number + 1 : number + 1 + MAPPING]:
        item = compiled(_ITEM).match(line)
        if item is None:
            return
        if is_name(item[1]):
            yield item[1]


def _port(
    lines: list[str], fields: list[_Field], number: int, ports: list[int], called: list[int]
) -> tuple[int, bool]:
    """The number of the `port:` line that belongs to a host's, 0 for none or where it cannot be told, and whether it is
    no other program's by its key (`socketio_port` near `db_host`).

    One in the same mapping comes first, then one whose key begins like the host's, then the nearest.
    """
    near = _near(ports, number)
    if not near:
        return 0, False
    own, inside = stem(fields[number].key), block(lines, number)
    found: list[tuple[tuple[bool, bool, int], tuple[int, bool]]] = []
    for at in near:
        key, held = fields[at]
        far, theirs = abs(at - number), stem(key)
        reached = far <= _NEAR_LINES or (at in inside and theirs in ("", own))
        if reached and not _is_own(theirs, own) and not _is_taken(fields, at, number, theirs, called):
            found.append(
                ((at not in inside, theirs != own, far), (int(held), theirs in ("", own) or not own))
            )
    best = min((rank for rank, _ in found), default=None)
    told = {port for rank, port in found if rank == best}
    return told.pop() if len(told) == 1 else (0, False)


def _is_own(theirs: str, own: str) -> bool:
    """Whether a port's key says that the program itself listens there, where the host's names another."""
    return bool(own) and theirs != own and bool(_OWN.intersection(re.split(r"[_.\-]+", theirs)))


def _near(numbers: list[int], number: int) -> list[int]:
    return numbers[bisect_left(numbers, number - MAPPING) : bisect_left(numbers, number + MAPPING + 1)]


def _is_taken(fields: list[_Field], at: int, number: int, theirs: str, called: list[int]) -> bool:
    """Whether a port is another host's: one whose key begins like it and stands nearer, or begins as ours does not."""
    same, far = stem(fields[number].key) == theirs, abs(at - number)
    for other in _near(called, at):
        key, held = fields[other]
        if other == number or not is_host_key(key) or stem(key) != theirs or not names(held):
            continue
        if not same and theirs:
            return True
        if abs(at - other) < far or (abs(at - other) == far and other < at):
            return True
    return False


@lru_cache(maxsize=4096)
def _field(line: str) -> _Field:
    """Key and value of a line `key: value`, `key = value` or `"key": "value",`; two empty texts for any other."""
    if ":" in line[:_NEAR] and line.lstrip(" \t-").startswith(":"):
        line = line.replace(":", " ", 1)  # Ruby's `:host: db` and `:host => "db"`
    colon, equal = line.find(":", 0, _NEAR), line.find("=", 0, _NEAR)
    cut = min(colon, equal) if colon >= 0 <= equal else max(colon, equal)
    plain = cut < 1 or line.rstrip(" \t\r}").endswith(";")
    spaced = re.match(_SPACED, line) if plain and holds(line, _SPACED_KEYS) else None
    if spaced is not None:
        return _Field(spaced[1], spaced[2])
    if cut < 1:
        return _Field("", "")
    start = len(line) - len(line.lstrip(" \t-"))
    start += line[start : start + 1] == "."  # Varnish' `.host = "web"`
    key = (
        line[start:cut].strip(" \t-\"'").rpartition("->")[2].lstrip("$@")
    )  # `$CFG->session_redis_host = 'redis';`
    if key.endswith("]") and (inner := re.fullmatch(_SUBSCRIPT, line[:cut])) is not None:
        key = inner[1]
    if not HOST_CHARS.issuperset(key) and (declared := re.fullmatch(_DECLARED, key)) is not None:
        key = declared[1]
    if not key or not HOST_CHARS.issuperset(key):
        return _Field("", "")
    told = line[cut + 1 : cut + 1 + _NEAR].strip(" \t\r,;\"'[]})>").removesuffix("},{").removesuffix("}, {")
    called = re.fullmatch(_CALL, told) if "(" in told else None
    if called is None and holds(told, _OR):
        called = re.fullmatch(_OTHERWISE, told)
    return _Field(key, called[1] if called is not None else told.strip(" \t[]\"'"))
