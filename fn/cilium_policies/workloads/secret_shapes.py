"""A Secret's text with nothing left of it but what leads to the cluster's own Services: their names, ports behind them,
and the words of configuration around them. Whatever else stands there is a `~`, so that the readers of configuration
see the form of a file and none of its values."""

from __future__ import annotations

import re
from collections.abc import Callable

from cilium_policies.catalogue.ports import ANY_PORT, SCHEMES
from cilium_policies.workloads.address_keys import NAMES_ADDRESS, NAMES_HOST, NAMES_PORT

_IN_CLUSTER = re.compile(r"(?:[A-Za-z0-9_-]+\.){2,}svc(?:\.[A-Za-z0-9.-]{1,100})?")
_PIECE = re.compile(r"[A-Za-z0-9_.\-]+|[^A-Za-z0-9_.\-]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,252}")
_FORM = frozenset(" \t{}[]()<>,;:=\"'/#@|+?&\x02")  # the last stands for a URL
# Words of the forms that readers of configuration know, none of which anybody has for a password.
_WORDS = frozenset(
    """
    data source driver initial catalog integrated security sql odbc freetds postgresql mysql mariadb psqlodbc
    database dbname user username password uid pwd id ssl sslmode abortconnect allowadmin defaultdatabase
    connecttimeout synctimeout jdbc oracle thin oci exa exasol sybase tds sqlserver replication loadbalance tcp udp
    address description protocol consul optional vault zk name value key entry property param element add
    constructor-arg param-name param-value env-entry-name env-entry-value proxy_pass grpc_pass fastcgi_pass
    uwsgi_pass scgi_pass memcached_pass reverse_proxy php_fastcgi forward_auth to check inter backend listen
    bind map set default cache_peer parent sibling network syslog transport connname brokers bootstrap servers
    quorum contact-points contactpoints mem_cache_store output type es loki kafka http forward elasticsearch
    redis rabbitmq weight relay relayhost smtp imap names a discovery dns resolver environment adapter dialect
    ldap define return array config connection connections session sessions queue services service db fd sd dir
    director client storage servername servernames portnumber destination remote-destination xds dnssrv
    dnssrvnoa plaintext sasl_ssl sasl_plaintext kubernetes passthrough failover master replica randomize
    configuration host kdc tcps phoenix sqlsrv mysqli mysqli_connect odbc_connect pg_dump mysqldump
    """.split()  # noqa: SIM905
).union(ANY_PORT, SCHEMES)
_BETWEEN = frozenset(" \t\"'=:>,()[]/")
# What stands behind a key or directive; and behind a key that is not told, which stays one that nobody calls
_ASSIGNS = re.compile(r"[\"']?\]?\s{0,9}[:=>(<]|[\"']?\s{1,9}[\"']?\w|[\"']\s{0,9},")
_UNKNOWN, _NOTHING = re.compile(r"[\"']?\s{0,9}(?:=|:(?=[\s\"']|$))"), "tag"
_SECTION = re.compile(r"\s{0,9}\[[^\[\]:,]{1,99}\]\s{0,9}")
_PORT = r"(?i)port(?:_?number|_value)?$"
_PORTS = r"(?i)port(?:_?number|_value)?\W{1,9}\d{1,5}\W{0,9}$"
_NUMBER = 5  # digits of a port
# A `@` behind what stands there, which then is a user or a password: also where it holds a few blanks or quotes
BEFORE_AT = re.compile(
    r"[^\s,;/?#@]{0,200}@"
    r"|(?:[ \"'`<>\\|][^\s,;@\"'`<>\\|]{0,200}){1,3}@[\w.\-]{1,253}(?::\d{1,5})?(?:[/?]|[\"']?\s*$)"
)
_POD = re.compile(r"[a-z0-9\-]{1,63}-\d{1,5}\.(?=.)")


def shape(line: str, resolves: Callable[[str], bool]) -> str:
    """A line so reduced; "" where it names no Service."""
    kept: list[str] = []
    led, found = False, False  # whether a port may follow: behind a Service or a port's key
    for match in _PIECE.finditer(line):
        piece = match[0]
        if len(piece) == 1 and not piece.isalnum():
            kept.append(piece if piece in _FORM or piece in "-_." else "~")
            led = led and piece in _BETWEEN
        elif is_service(piece, resolves):
            kept.append(piece)
            led = found = True
        elif piece.isdigit():
            is_port = led and len(piece) <= _NUMBER and BEFORE_AT.match(line, match.end()) is None
            kept.append(piece if is_port else "~")
        else:
            is_key = _ASSIGNS.match(line, match.end()) is not None
            word = _word(piece, is_key)
            names = "".join(kept[-2:]).endswith(("<", "</")) or _UNKNOWN.match(line, match.end()) is not None
            kept.append(_NOTHING if word == "~" and names else word)
            led = word != "~" and re.search(_PORT, piece) is not None
    shown = "".join(kept)
    if _SECTION.fullmatch(line):
        return f"[{_NOTHING}]"
    return shown if found or (shown.strip() and "~" not in shown) or re.search(_PORTS, shown) else ""


def services(text: str, resolves: Callable[[str], bool]) -> int:
    """How many Services a text names."""
    return sum(is_service(piece, resolves) for piece in _PIECE.findall(text))


def _word(piece: str, is_key: bool) -> str:
    """A word of configuration; else a `~`. A key counts by its end alone."""
    last = piece.rpartition(".")[2].lower()
    keys = (NAMES_HOST, NAMES_ADDRESS, NAMES_PORT)
    known = piece.lower() in _WORDS or (
        is_key and (last in _WORDS or any(re.search(key, piece) for key in keys))
    )
    return piece if known and len(piece) < 64 and not re.search(r"\d{3}", piece) else "~"


def is_service(piece: str, resolves: Callable[[str], bool]) -> bool:
    """Whether a word is a Service's name in one of its spellings. Of `name.namespace` both are known: what stands
    behind the name of one may be a password's (`db.hunter2`), as may what stands before it, unless it is a pod's."""
    if _IN_CLUSTER.fullmatch(piece) is not None:
        return True
    name = piece.rstrip(".")
    return _NAME.fullmatch(name) is not None and (resolves(name) or resolves(_POD.sub("", name, count=1)))
