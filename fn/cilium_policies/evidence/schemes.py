"""Where a text holds `scheme://authority`, and the forms of URLs that have more than one scheme or none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.host_keys import is_name

# A comma or semicolon belongs to the authority (several hosts), unless another URL begins behind it.
_AFTER_SCHEME = re.compile(r"(?:[^\s/?#\"'`<>\\,;]|[,;](?![A-Za-z][A-Za-z0-9+._\-]*://))+")
_NO_LETTERS = "0123456789+.-_"  # Kafka's listeners have `SASL_SSL://`
_SCHEME_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + _NO_LETTERS
_OUTER_SCHEMES = r"(?:pool|jdbc|r2dbcs?|vertx-reactive)(?::[a-z][\w-]{0,30}){0,4}:$"
_GO_MYSQL = r"@tcp\(([\w.\-]{1,253})(?::(\d{1,5}))?\)"  # `user:password@tcp(host:3306)/name`
_IN_BRACKETS = (
    r"\b((?:[A-Za-z0-9][\w-]{0,62}\.){1,8}[A-Za-z0-9][\w-]{0,62})\((\d{2,5})\)"  # `mq.acme.com(1414)`
)
_ORACLE = r"\boracle:thin:[^@\s]{0,200}@(?://)?([\w.\-]+):(\d{1,5})\b"

# `Server=tcp:db,1433;Database=…` of SQL Server, `Server=db;Port=3306;…` of MySQL's and Npgsql's connectors
_ADO = (
    r"(?:^|[;\"'])\s*(?:[Ss]erver|[Dd]ata [Ss]ource|[Aa]ddr(?:ess)?)=(?:tcp:)?([A-Za-z0-9][\w.\-]{0,252})"
    r"(?:,(\d{1,5}))?(?=[;\"']|$)"
)
_ADO_PORT = r"[^\"'\n]{0,200}?;\s{0,9}[Pp]ort=(\d{1,5})"
# Oracle's `(ADDRESS = (PROTOCOL = TCP)(HOST = db)(PORT = 1521))`
_TNS = r"\((?:HOST|host|Host) ?= ?([\w.\-]{1,253})\) ?\((?:PORT|port|Port) ?= ?(\d{1,5})\)"
# libpq's address without a scheme, as postgres_exporter takes it: `db:5432/name?sslmode=disable`
_LIBPQ = r"(?:^|[\s\"'=])([A-Za-z0-9][\w.\-]{0,252})(?::\d{1,5})?/\w{0,63}\?(?:[\w=%]{1,200}&)?sslmode="
_PARENT = r"\bcache_peer\s{1,20}([\w.\-]{1,253})\s{1,20}(?:parent|sibling)\s{1,20}(\d{1,5})"  # of Squid
# syslog-ng's `network("host" port(514))` and its like
_DRIVER = (
    r"\b(?:network|syslog|tcp6?|udp6?)\(\s{0,9}\"([\w.\-]{1,253})\"[^;\n]{0,200}?\bport\(\"?(\d{1,5})\"?\)"
)

# `sip:1234@acme.com:5060`, which has no `//`
_SIP = (
    r"(?m)^[ \t]*([\w.\-]{1,64})[\"']?[ \t]*[=:][ \t\"'<]*(sips?):(?:[\w.+%:\-]{1,64}@)?"
    r"([A-Za-z0-9][\w.\-]{0,252})(?::(\d{1,5}))?((?:\\?;[\w=.\-]{1,40}){0,4})"
)
_CLUSTER_NAME = re.compile(
    r"(?<![\w.\-/@+])(?:\w+\+)?((?:[\w\-]+\.){2,}svc(?:\.[a-z0-9.\-]*[a-z0-9])?)\.?(?![\w\-:.])"
)
# What stands before a URL's host, a variable or a path, never before a bare name.
_BEFORE_NAME = frozenset("/@:$}%\\")
# Kinds of a connection, in front of its host; socat's are `TCP4:` and `openssl-connect:`.
_KINDS = (
    r"(?i)(?:^|[\s=\"',:])"
    r"(?:inet[46]?|(?:tcp|udp|openssl|ssl)[46]?(?:-[a-z]{4,8})?|lmtp|smtp|relay|\d{1,5}):$"
)
_DATAGRAMS, _BOTH = ("123", "161"), ("53", "3478", "5060")
_AT = r"(?:^|\s)@@?$"  # of rsyslog
_LONGEST = 256  # characters: a name has fewer
_ELEMENT = r"<((?:[A-Za-z][\w.\-]{0,32}:)?)([A-Za-z][\w.\-]{0,64})>([^<>\n]{1,253})</\1\2>"
# A property of Hadoop and its kin
_PROPERTY = (
    r"<name>\s{0,9}([\w.\-]{1,128})\s{0,9}</name>\s{0,99}<value>\s{0,9}([^<>\n]{1,253}?)\s{0,9}</value>"
)
_OPENED = r"<(?:[A-Za-z][\w.\-]{0,32}:)?([A-Za-z][\w.\-]{0,64})(?:\s[^<>]{0,200})?>$"
_INTERFACE = (
    r"(?i)/(?:[\w.\-]{1,64}/){0,6}"
    r"(?:api|v\d{1,2}|rest|graphql|odata|soap|rpc|jwks|ews|[\w\-]{1,64}\.(?:asmx|svc))(?![\w\-])"
)
# What keys say that hold a URL as a name (of a grant, a schema, an action), which nobody opens
_IDENTIFIES = (
    r"(?i)(?:scopes?|claims?|realm|xmlns|swagger|soap_?action)$|^(?:id|iss|action|project|xmlns[:.]\w*)$"
)
_TAG = r"<[A-Za-z][\w.:\-]{0,64}\s[^<>]{1,2000}>"
_ATTRIBUTE = r"(?<=\s)([\w.:\-]{1,64})=\"([^\"<>]{0,253})\""


def without_tags(value: str) -> str:
    """A text of XML with its elements and attributes as lines `key: value`."""
    value = re.sub(_PROPERTY, r"\n\1: \2\n", value)
    value = re.sub(_ELEMENT, r"\2: \3\n", value)
    return re.sub(_TAG, _attributes, value)


def _attributes(tag: re.Match[str]) -> str:
    return "".join(f"\n{key}: {held}" for key, held in re.findall(_ATTRIBUTE, tag[0])) + "\n"


def schemes(value: str) -> Iterator[tuple[int, str, str]]:
    """Each `scheme://authority`: where it begins, the scheme in lower case, the authority."""
    at, colon = 0, value.find("://")
    while colon >= 0:
        start = at + len(value[at:colon].rstrip(_SCHEME_CHARS))
        start = colon - len(value[start:colon].lstrip(_NO_LETTERS))
        match = _AFTER_SCHEME.match(value, colon + 3) if start < colon else None
        if match is not None:
            yield _first(value, start, at), value[start:colon].lower(), match[0]
        at = match.end() if match is not None else colon + 1
        colon = value.find("://", at)


def cluster_names(value: str) -> Iterator[re.Match[str]]:
    """Names of the cluster's DNS; only lines that hold what all have are looked through."""
    end = 0
    while (place := value.find(".svc", end)) >= 0:
        begin = max(end, value.rfind("\n", 0, place) + 1)
        end = value.find("\n", place)
        end = end if end >= 0 else len(value)
        yield from _CLUSTER_NAME.finditer(value, begin, end)


def _first(value: str, start: int, least: int) -> int:
    """Where `jdbc:`, `r2dbc:pool:` or `jdbc:aws-wrapper:` begins that stands before a scheme."""
    if ":" not in value[max(least, start - 2) : start]:  # its last character, but for the end of a line
        return start
    found = re.search(_OUTER_SCHEMES, value[max(least, start - _LONGEST) : start])
    return start - len(found[0]) if found is not None else start


def drivers(value: str) -> Iterator[tuple[str, str, int, bool]]:
    """Scheme, host and port (0: none stands there) in forms of their own that drivers read: Go's for MySQL, ADO.NET's,
    IBM MQ's, Oracle's thin one (`jdbc:oracle:thin:@host:1521:SID`, `@//host:1521/SERVICE`); and whether such a form is
    plainly one to call."""
    if "@tcp(" in value:
        yield from (("tcp", one[1], int(one[2] or 3306), True) for one in re.finditer(_GO_MYSQL, value))
    if ";" in value and ("erver=" in value or "ource=" in value):
        for one in re.finditer(_ADO, value):
            beside = None if one[2] else re.compile(_ADO_PORT).match(value, one.end())
            yield "", one[1], int(one[2] or (beside[1] if beside else 0)), True
    if ")" in value and "(" in value:
        yield from (("tcp", one[1], int(one[2]), True) for one in re.finditer(_IN_BRACKETS, value))
        yield from (("oracle", one[1], int(one[2]), True) for one in re.finditer(_TNS, value))
        yield from (("tcp", one[1], int(one[2]), True) for one in re.finditer(_DRIVER, value))
    if "cache_peer" in value:
        yield from (("", one[1], int(one[2]), True) for one in re.finditer(_PARENT, value))
    if "sslmode=" in value and "?" in value:
        yield from (
            ("postgres", one[1], 5432, True) for one in re.finditer(_LIBPQ, value) if not one[0].count(":")
        )
    if "oracle:thin:" in value:
        yield from (("oracle", one[1], int(one[2]), False) for one in re.finditer(_ORACLE, value))


def is_interface(authority: str, value: str, end: int, key: str) -> bool:
    """Whether a URL whose authority ends at a place is one that programs call and no browser opens: by its host
    (`api.acme.com`) or by its path (`/api/v2`, `/EWS/Exchange.asmx`, `/sap/opu/odata`), and not by a key that says it
    is a name."""
    called = authority.rpartition("@")[2].startswith("api.") or (
        value.startswith("/", end) and re.match(_INTERFACE, value[end : end + 200]) is not None
    )
    return called and re.search(_IDENTIFIES, key) is None


def element(before: str) -> str:
    """The name of the element of XML that is opened right in front of a place, without its prefix; "" for none."""
    opened = re.search(_OPENED, before)
    return opened[1] if opened is not None else ""


def sip(value: str) -> Iterator[tuple[str, int, str, str, str]]:
    """Host, port, scheme, protocol and key of URIs of SIP (`server_uri=sip:acme.com:5070;transport=tcp`), but for those
    that say who calls."""
    for match in re.finditer(_SIP, value) if "sip" in value else ():
        key, scheme, host, told, more = match.groups()
        if "client" in key or "from" in key:
            continue
        secure = scheme == "sips" or "transport=tls" in more
        how = "TCP" if secure or "transport=tcp" in more else "UDP"
        yield host, int(told or (5061 if secure else 5060)), scheme, how, key


def in_brackets(value: str, end: int) -> str:
    """A name in brackets, as Postfix writes one that is no domain with mail exchangers: `[mail.acme.com]:587`."""
    if value[end - 1 : end] != "]":
        return ""
    name = value[max(0, end - _LONGEST) : end - 1].rpartition("[")[2]
    return name if is_name(name) else ""


def begins(value: str, start: int) -> bool:
    """Whether a bare name may begin at a place: behind Postfix's `inet:`, HAProxy's `tcp:`, Pgpool's number of a node
    (`0:db:5432`) and rsyslog's `@@` as well."""
    if not start or value[start - 1] not in _BEFORE_NAME:
        return True
    kinds = {":": _KINDS, "@": _AT}.get(value[start - 1])
    return kinds is not None and re.search(kinds, value[max(0, start - _LONGEST) : start]) is not None


def protocols(value: str, start: int, port: str, key: str) -> tuple[str, ...]:
    """Of DNS and TURN both; of NTP, SNMP and STUN UDP; of rsyslog's `@host:514` UDP, where `@@host:514` is TCP; UDP of
    socat's `UDP4:host:514`."""
    if key.lower().startswith("stun") or port in _DATAGRAMS:
        return ("UDP",)
    if port in _BOTH:
        return ("TCP", "UDP")
    if value[start - 1 : start] == ":" and re.search(
        r"(?i)\budp[46]?[\w-]{0,9}:$", value[max(0, start - 20) : start]
    ):
        return ("UDP",)
    single = value[start - 1 : start] == "@" and value[start - 2 : start] != "@@"
    return ("UDP",) if start and single else ("TCP",)


def listens(host: str) -> bool:
    """Whether what looks like a host is socat's word for its own port: `tcp-listen:3000,fork`."""
    named = host[-7:].lower() == "-listen"
    return named and re.fullmatch(r"(?i)(?:tcp|udp|openssl|ssl)[46]?-listen", host) is not None
