"""Where a text holds `scheme://authority`, and the forms of URLs that have more than one scheme or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.ports import ALWAYS_UDP, BY_DATAGRAMS, NO_NETWORK, SCHEMES
from cilium_policies.evidence.host_keys import OF_HOSTS, is_by_either, is_name
from cilium_policies.evidence.signs import holds
from cilium_policies.workloads.address_keys import IN_PASSWORD

# A comma or semicolon belongs to the authority (several hosts), unless another URL begins behind it.
_AFTER_SCHEME = re.compile(
    r"(?:[^\s/?#\"'`<>\\,;]+|[,;](?!(?:[\w.\-]{1,64}=)?[A-Za-z][A-Za-z0-9+._\-]{0,64}://))+"
)
_NO_LETTERS = "0123456789+.-_"  # Kafka's listeners have `SASL_SSL://`
_SCHEME_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + _NO_LETTERS
_USER = _SCHEME_CHARS.replace("+", "").replace(".", "")
_LONGEST_USER = 32
# behind the @; of git's `url."git@host:".insteadOf` nothing stands behind the host
_SCP = r"((?:[\w-]{1,63}\.)+[A-Za-z][\w-]{0,62}):(?:(?!\d{1,5}\b(?!/)|//)[\w~./-]|[\"']\.insteadOf\b)"
_SENTINEL, _CARRIED = "sentinel", ("git", "svn", "db")  # the latter say what is fetched, not how
_OF_A_FAMILY = ("tcp4", "tcp6", "udp4", "udp6")  # of Go and Net-SNMP
_LOOKED_UP = "dns"  # Thanos' `dnssrv+http://`, whose port is in the answer
_OUTER_SCHEMES = r"(?:pool|jdbc|r2dbcs?|vertx-reactive)(?::[a-z][\w-]{0,30}){0,4}:$"

# `sip:1234@acme.com:5060`, which has no `//`
_SIP = (
    r"(?m)^[ \t]*(?:([\w.\-]{1,64})[\"']?[ \t]*[=:]|(?:\d{1,5})[ \t])[ \t\"'<]*(sips?):(?:[\w.+%:\-]{1,64}@)?"
    r"([A-Za-z0-9][\w.\-]{0,252})(?::(\d{1,5}))?((?:\\?;[\w=.\-]{1,40}){0,4})"
)
_ISSUER = "issuer"
_UNSCHEMED = r"(?:[\w\-]{1,63}\.){1,9}[A-Za-z]{2,24}/\w"  # one without a scheme: `acme.com/realms/x`
# URIs of Apache Camel, which takes them without `//`: `uri: mllp:lab.acme.com:2575`, `to("sftp:u@files:22/in")`
_CAMEL = ("mllp:", "ftp:", "ftps:", "smtp:", "smtps:")
_CAMEL_WORDS = ("uri", "to", "toD", "toF", "from", "enrich", "pollEnrich", "wireTap")
_CAMEL_URI = r"(?:mllp|s?ftp|ftps|smtps?)):(?=(?:[\w.\-]{1,64}@)?[\w.\-]{1,253}:\d{1,5}(?:[/?\"'\s)]|$))"
_CAMEL_FIELD = rf"\A({_CAMEL_URI}"
_CAMEL_ROUTE = rf"(\b(?:{'|'.join(_CAMEL_WORDS)})[\"']?\s{{0,9}}[:(]\s{{0,9}}[\"']?{_CAMEL_URI}"
_CLUSTER_NAME = re.compile(r"(?:\w+\+)?((?:[\w\-]+\.){2,}svc(?:\.[a-z0-9.\-]*[a-z0-9])?)\.?(?![\w\-:.])")
# A user before a host without a scheme, with a password or behind a flag or a variable that is called after an address
_NAMED_USER = (
    r"(?i)(?:(?:addr(?:ess)?|host|server|ur[li]|dsn|conn(?:ection)?|database|db|endpoint)[\"']?(?:[=:]\s?|\s)[\"']?"
    r"[\w.+-]{1,64}(?::[^\s@/:]{0,128})?|^[\w.+-]{1,64}:[^\s@/:]{1,128})@$"
)
_USERS = "@+" + OF_HOSTS  # what a user's name is of
# What stands before a URL's host, a variable or a path, never before a bare name.
_BEFORE_NAME = frozenset("/@:$}%\\")
# Kinds of a connection, in front of its host; socat's are `TCP4:` and `openssl-connect:`.
_KINDS = (
    r"(?i)(?:^|[\s=\"',:])"
    r"(?:inet[46]?|(?:tcp|udp|openssl|ssl)[46]?(?:-[a-z]{4,8})?|lmtp|smtp|relay|\d{1,5}):$"
)
_BOTH = ("53", "3478", "5060")
_LOGS = r"\bsyslog:server=$|(?:^|\n)[ \t]{0,99}log[ \t]{1,9}$"  # of nginx and HAProxy
_SET = r"(?i)(?:^|[\s\"'=])[\w\-]{0,40}(?:rs|repl|shard)[\w\-]{0,40}/$"  # MongoDB's `rs0/mongo-0:27017,mongo-1:27017`
_LONGEST = 256  # characters: a name has fewer
_ELEMENT = r"<((?:[A-Za-z][\w.\-]{0,32}:)?)([A-Za-z][\w.\-]{0,64})>([^<>\n]{1,253})</\1\2>"
# A property of Hadoop and its kin
_PROPERTY = (
    r"<([a-z\-]{0,20})name>\s{0,9}([\w.\-]{1,128})\s{0,9}</\1name>\s{0,99}"
    r"<\1value>\s{0,9}([^<>\n]{1,253}?)\s{0,9}</\1value>"
)
_OPENED = r"<(?:[A-Za-z][\w.\-]{0,32}:)?([A-Za-z][\w.\-]{0,64})(?:\s[^<>]{0,200})?>$"
_NAMED = r"\s(?:key|name)=[\"']([\w.\-]{1,128})[\"']"  # `<entry key="database.url">`
_NAMED_ELEMENT = (
    r"<[a-z]{1,20}\s(?:key|name)=[\"']([\w.\-]{1,128})[\"']>\s{0,9}([^<>\n]{1,253}?)\s{0,9}</[a-z]{1,20}>"
)
_INTERFACE = (
    r"(?i)/(?:[\w.\-]{1,64}/){0,6}"
    r"(?:api|v\d{1,2}|rest|graphql|odata|soap|rpc|jwks|ews|[\w\-]{1,64}\.(?:asmx|svc))(?![\w\-])"
)
# What keys say that hold a URL as a name (of a grant, a schema, an action), which nobody opens
_IDENTIFIES = (
    r"(?i)(?:scopes?|claims?|realm|xmlns|swagger|soap_?action)$"
    r"|^(?:id|iss|action|project|resource|xmlns[:.]\w*)$"
)
_TAG = r"<[A-Za-z][\w.:\-]{0,64}\s[^<>]{1,2000}>"
_ATTRIBUTE = r"(?<=\s)([\w.:\-]{1,64})=[\"']([^\"'<>]{0,253})[\"']"


def without_tags(value: str) -> str:
    """A text of XML with its elements and attributes as lines `key: value`."""
    value = re.sub(_PROPERTY, r"\n\2: \3\n", value)
    value = re.sub(_NAMED_ELEMENT, r"\n\1: \2\n", value)
    value = re.sub(_ELEMENT, r"\n\2: \3\n", value)
    return re.sub(_TAG, _attributes, value)


def _attributes(tag: re.Match[str]) -> str:
    told = re.findall(_ATTRIBUTE, tag[0])
    held = dict(told)
    if named := held.get("name") or held.get("key"):  # `<property name="host" value="db"/>`
        told += [(named, held["value"])] if "value" in held else []
    return "".join(f"\n{key}: {one}" for key, one in told) + "\n"


def schemes(value: str) -> Iterator[tuple[int, str, str]]:
    """Each `scheme://authority`: where it begins, the scheme in lower case, the authority."""
    at, colon = 0, value.find("://")
    while colon >= 0:
        start = at + len(value[at:colon].rstrip(_SCHEME_CHARS))
        start = colon - len(value[start:colon].lstrip(_NO_LETTERS))
        match = _AFTER_SCHEME.match(value, colon + 3) if start < colon else None
        if match is not None:
            first, scheme = _first(value, start, at), value[start:colon].lower()
            if first < start and scheme not in SCHEMES:  # `jdbc:mariadb:replication://`
                scheme = next((one for one in value[first:start].split(":") if one in SCHEMES), scheme)
            end = _end(value, match.end())
            yield first, scheme, value[colon + 3 : end]
        at = end if match is not None else colon + 1
        colon = value.find("://", at)


def _end(value: str, end: int) -> int:
    """Where an authority ends that seems to end at a place: a mark in its user's password ends none."""
    if value.find("@", end, end + _LONGEST) < 0:
        return end
    rest = re.compile(IN_PASSWORD).match(value, end)
    host = _AFTER_SCHEME.match(value, rest.end()) if rest is not None else None
    return host.end() if host is not None else end


def kind(scheme: str) -> str:
    """What is spoken behind a scheme of several parts: `postgresql+asyncpg`, `db+mysql`, `git+https`,
    `redis+sentinel`."""
    if "+" not in scheme or scheme in SCHEMES:
        return scheme[:-1] if scheme in _OF_A_FAMILY else scheme
    parts = scheme.split("+")
    if parts[0] in NO_NETWORK or parts[-1] == _SENTINEL:
        return _SENTINEL if parts[-1] == _SENTINEL else parts[0]
    known = [part for part in parts[parts[0] in _CARRIED :] if part in SCHEMES]
    return known[0] if known and not parts[0].startswith(_LOOKED_UP) else parts[0]


def cluster_names(value: str) -> Iterator[re.Match[str]]:
    """Names of the cluster's DNS; only words that hold what all have are looked at, from where they begin."""
    end = 0
    while (place := value.find(".svc", end)) >= 0:
        start = end + len(value[end:place].rstrip(_SCHEME_CHARS))
        while start > end and _goes_on(value[start - 1]):  # a letter of another script
            start -= 1
        before = value[start - 1 : start] if start else " "
        match = None if before in "/@" or _goes_on(before) else _CLUSTER_NAME.match(value, start)
        end = place + 1 if match is None else match.end()
        if match is not None:
            yield match


def _goes_on(sign: str) -> bool:
    """Whether a sign is part of a word that may hold a cluster's name."""
    return sign.isalnum() or sign in "_.-+"


def scp(value: str) -> Iterator[tuple[int, str]]:
    """`git@host:group/project.git`, as git and scp write it: where it begins, and the host. A port stands in URLs
    only."""
    at = value.find("@")
    while at >= 0:
        near = value[max(0, at - _LONGEST_USER - 1) : at]
        stop = len(near.rstrip(_USER))
        while stop and near[stop - 1].isalnum():  # a letter of another script
            stop = len(near[: stop - 1].rstrip(_USER))
        user = near[stop:]
        begins = 0 < len(user) <= _LONGEST_USER and user[0].isascii() and user[0] not in "-0123456789"
        before = value[at - len(user) - 1] if at > len(user) else " "
        match = None
        if begins and not (before.isalnum() or before in "./:@"):
            match = re.compile(_SCP).match(value, at + 1)
        if match is not None:
            yield at - len(user), match[1]
        at = value.find("@", at + 1 if match is None else match.end())


def _first(value: str, start: int, least: int) -> int:
    """Where `jdbc:`, `r2dbc:pool:` or `jdbc:aws-wrapper:` begins that stands before a scheme."""
    if ":" not in value[max(least, start - 2) : start]:  # its last character, but for the end of a line
        return start
    found = re.search(_OUTER_SCHEMES, value[max(least, start - _LONGEST) : start])
    return start - len(found[0]) if found is not None else start


def is_interface(authority: str, value: str, end: int, key: str) -> bool:
    """Whether a URL whose authority ends at a place is one that programs call and no browser opens: by its host
    (`api.acme.com`) or by its path (`/api/v2`, `/EWS/Exchange.asmx`, `/sap/opu/odata`), and not by a key that says it
    is a name."""
    called = authority.rpartition("@")[2].startswith("api.") or (
        value.startswith("/", end) and re.match(_INTERFACE, value[end : end + 200]) is not None
    )
    return called and re.search(_IDENTIFIES, key) is None


def element(before: str) -> str:
    """The name of the element of XML that is opened right in front of a place, without its prefix, or the one that it
    is given there; "" for none."""
    opened = re.search(_OPENED, before)
    if opened is None:
        return ""
    named = re.search(_NAMED, opened[0])
    return named[1] if named is not None else opened[1]


def with_slashes(value: str, key: str, file: bool) -> str:
    """A text with Camel's URIs as others write them, where they stand behind its words for one, and with the scheme of
    an issuer that is told without (Ditto's `issuer = "login.acme.com/realms/x"`)."""
    if key.lower().endswith(_ISSUER) and not file:
        value = re.sub(rf"^{_UNSCHEMED}", r"https://\g<0>", value)
    elif _ISSUER in value:
        value = re.sub(
            rf"(\b{_ISSUER}[\"']?[ \t]{{0,9}}[:=][ \t]{{0,9}}[\"']?)(?={_UNSCHEMED})", r"\1https://", value
        )
    if not _before_names(value, _CAMEL):
        return value
    alone = not file and key in _CAMEL_WORDS
    return re.sub(_CAMEL_FIELD if alone else _CAMEL_ROUTE, r"\1://", value)


def _before_names(value: str, signs: Iterable[str]) -> bool:
    """Whether one of these stands right before what may be a name: keys of YAML (`smtp:`) do not."""
    for sign in signs:
        for part in value.split(sign)[1:] if sign in value else ():
            if part and (part[0] in OF_HOSTS or not part[0].isascii()):
                return True
    return False


def sip(value: str) -> Iterator[tuple[str, int, str, str, str]]:
    """Host, port, scheme, protocol and key of URIs of SIP (`server_uri=sip:acme.com:5070;transport=tcp`,
    Kamailio's `1 sip:pbx:5080`), but for those that say who calls."""
    for match in re.finditer(_SIP, value) if "sip" in value else ():
        key, scheme, host, told, more = match.groups("")
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
    (`0:db:5432`), rsyslog's `@@` and a user (`--database.address=root@db:26257`) as well."""
    if not start or value[start - 1] not in _BEFORE_NAME:
        return True
    if value[start - 1] == "@":
        near = value[max(0, start - _LONGEST) : start]
        if near.rstrip(_USERS).endswith("/"):
            return False  # a URL's user
        return _is_rsyslogs(value, start) or re.search(_NAMED_USER, near) is not None
    kinds = {":": _KINDS, "/": _SET}.get(value[start - 1])
    if not value[max(0, start - 2) : start - 1].replace("_", "a").replace("-", "a").isalnum():
        return False  # a URL's two slashes, mostly
    return kinds is not None and re.search(kinds, value[max(0, start - _LONGEST) : start]) is not None


def protocols(value: str, start: int, port: str, key: str) -> tuple[str, ...]:
    """Of DNS, TURN, SIP and syslog both; of NTP, SNMP, KNX and what a key tells of UDP (`STATSD_ADDR`); of rsyslog's
    `@host:514` UDP, where `@@host:514` is TCP; UDP of socat's `UDP4:host:514`, and of the logs of nginx
    (`syslog:server=`) and HAProxy (`log host:514 local0`)."""
    lower, number = key.lower(), int(port)
    if number in ALWAYS_UDP or holds(lower, BY_DATAGRAMS):
        return ("UDP",)
    if key == "Endpoint" and "PublicKey" in value:
        return ("UDP",)  # of WireGuard's peers
    if port in _BOTH:
        return ("TCP", "UDP")
    if is_by_either(lower, number):
        return ("UDP", "TCP")
    near = value[max(0, start - 1000) : start + 1000]  # the whole would be read for each address in it
    if "\n" in near and ("udp" in near or "UDP" in near):
        from cilium_policies.evidence.spoken_beside import says_udp  # few files say either

        if says_udp(near, min(start, 1000)):
            return ("UDP",)
    before = value[max(0, start - 120) : start]
    by_family = before[-1:] == ":" and re.search(r"(?i)\budp[46]?[\w-]{0,9}:$", before[-20:]) is not None
    if by_family or re.search(_LOGS, before) is not None:
        return ("UDP",)
    single = value[start - 1 : start] == "@" and value[start - 2 : start] != "@@"
    return ("UDP",) if start and single and _is_rsyslogs(value, start) else ("TCP",)


def _is_rsyslogs(value: str, start: int) -> bool:
    """Whether what stands before a place is rsyslog's `@` or `@@`."""
    before = value[max(0, start - 3) : start - 1].removesuffix("@")
    return not before or before[-1].isspace()


def listens(host: str) -> bool:
    """Whether what looks like a host is socat's word for its own port: `tcp-listen:3000,fork`."""
    named = host[-7:].lower() == "-listen"
    return named and re.fullmatch(r"(?i)(?:tcp|udp|openssl|ssl)[46]?-listen", host) is not None
