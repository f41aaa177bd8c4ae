"""Forms of their own in which drivers and servers take a host and a port: neither a URL nor `host:port`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.signs import compiled, holds

_NAME = r"[A-Za-z0-9][\w.\-]{0,252}"
_GO_MYSQL = r"@tcp\(([\w.\-]{1,253})(?::(\d{1,5}))?\)"  # `user:password@tcp(host:3306)/name`
_IN_BRACKETS = (
    r"\b((?:[A-Za-z0-9][\w-]{0,62}\.){1,8}[A-Za-z0-9][\w-]{0,62})\((\d{2,5})\)"  # `mq.acme.com(1414)`
)
# IBM MQ's lists of such, where a name has no dot: `mq-0(1414),mq-1(1414)`, `CHANNEL/TCP/mq(1414)`
_LISTED_IN_BRACKETS = rf"(?m)(?:^|[:=,]\s?|/TCP/)[\"']?({_NAME})\((\d{{4,5}})\)(?=[\"',\s]|$)"
_ORACLE = rf"\boracle:(?:thin|oci8?):[^@\s]{{0,200}}@(?:tcps?:)?(?://)?({_NAME})(?::(\d{{1,5}})\b|(?=/))"
# JDBC without slashes, as Exasol's and Sybase's drivers take it: `jdbc:exa:db:8563;schema=x`, `jdbc:sybase:Tds:db:5000`
_JDBC = rf"\bjdbc:(?:[A-Za-z][\w\-]{{0,30}}:){{1,2}}({_NAME}):(\d{{2,5}})(?=[;/?,\"'\s]|$)"
# `Server=tcp:db,1433;Database=…` of SQL Server, `Server=db;Port=3306;…` of MySQL's and Npgsql's connectors
_ADO = (
    r"(?:^|[;\"'}]|sqlsrv:)\s*(?:[Ss]erver|SERVER|HOST(?:NAME)?|[Dd]ata [Ss]ource|(?:[Nn]etwork )?[Aa]ddr(?:ess)?"
    r"|[Ff]ailover [Pp]artner)=(?:tcp:)?([A-Za-z0-9][\w.\-]{0,252})(?:\\{1,2}\w{1,64})?"
    r"(?:,(\d{1,5})|:(\d{1,5})(?:/\w{1,64})?)?(?=[;\"']|$)"
)
# A SQL Server alone, as its clients take it: `db.acme.com,1433`, `tcp:db.acme.com\sales,1433`
_SQL_INSTANCE = (
    r"\s{0,9}(?:tcp:)?((?:[A-Za-z0-9][\w\-]{0,62}\.){1,8}[A-Za-z]{2,63})(?:\\\w{1,64})?,\s?(\d{2,5})\s{0,9}"
)
_ADO_SIGNS = ("erver=", "ource=", "ddress=", "artner=", "ERVER=", "HOST=", "HOSTNAME=")
_ADO_PORT = r"[^\"'\n]{0,200}?;\s{0,9}(?:[Pp]ort|PORT)=(\d{1,5})"
# What is said beside an ODBC driver's or an ADO.NET provider's host, and the port that it then dials
_ADO_USUAL = (("SQL Server", 1433), ("nitial Catalog", 1433), ("ntegrated Security", 1433), ("FreeTDS", 1433),
              ("PostgreSQL", 5432), ("psqlodbc", 5432), ("MySQL", 3306), ("MariaDB", 3306))  # fmt: skip
_SQLSERVER = (
    rf"\bsqlserver://;[^\s\"']{{0,200}}?\bserver(?:Name)?=({_NAME})(?:\\\w{{1,64}})?"
    r"(?:;[^\s\"']{0,200}?\bport(?:Number)?=(\d{1,5}))?"
)
# Oracle's `(ADDRESS = (PROTOCOL = TCP)(HOST = db)(PORT = 1521))`
_TNS = r"\((?:HOST|host|Host) ?= ?([\w.\-]{1,253})\) ?\((?:PORT|port|Port) ?= ?(\d{1,5})\)"
# HBase's quorum of Phoenix, and Connector/J's `jdbc:mysql://(host=db,port=3306)/name`
_PHOENIX = rf"\bjdbc:phoenix(?:\+\w{{1,16}})?:({_NAME})(?:,[\w.,\-]{{1,500}})?(?::(\d{{1,5}}))?"
_KEYED = rf"\(host=({_NAME}),\s?port=(\d{{1,5}})"
# Symfony's `redis:?host[cache]&host[cache-1:6380]`, where a port stands the host is read without this
_SYMFONY = r"(?:\brediss?:[^\s\"']{0,200}\?|&)host\[([A-Za-z0-9][\w.\-]{0,252})\]()"
# A line of libpq's passwords: `db:5432:name:user:password`
_PGPASS = rf"(?m)^({_NAME}):(\d{{4,5}}):[\w*~\-]{{1,63}}:[^:\s]{{1,63}}:\S"
# libpq's address without a scheme, as postgres_exporter takes it: `db:5432/name?sslmode=disable`
_LIBPQ = r"(?:^|[\s\"'=])([A-Za-z0-9][\w.\-]{0,252})(?::\d{1,5})?/\w{0,63}\?(?:[\w=%]{1,200}&)?sslmode="
_PARENT = r"\bcache_peer\s{1,20}([\w.\-]{1,253})\s{1,20}(?:parent|sibling)\s{1,20}(\d{1,5})"  # of Squid
# syslog-ng's `network("host" port(514))` and its like
_DRIVER = (
    r"\b(network|syslog|tcp6?|udp6?)\(\s{0,99}\"([\w.\-]{1,253})\"([^;]{0,200}?)\bport\(\"?(\d{1,5})\"?\)"
    r"(\s{0,99}transport\(\"?udp)?"
)
# Logs of nginx and HAProxy (`log 10.1.1.1 local0`), and what HAProxy's controller is told: `address:10.1.1.1, port:514`
_NGINX_LOG = rf"\bsyslog:server=({_NAME})(?::(\d{{1,5}}))?(?![\w.:\-])"
_HAPROXY_LOG = (
    rf"(?m)^[ \t]{{0,99}}log[ \t]{{1,9}}(?!stdout|stderr|global)({_NAME})(?::(\d{{1,5}}))?[ \t]{{1,9}}"
    r"(?:(?:len|format|sample)[ \t]{1,9}\S{1,64}[ \t]{1,9}){0,3}(?:local[0-7]|daemon)\b"
)
_LOG_TARGET = (
    rf"\baddress:[ \t]{{0,9}}(?!stdout|stderr|127\.)({_NAME})(?=[ \t]{{0,9}},|[ \t]*$|\n)([^\n]{{0,200}})"
)
# StackExchange.Redis: `cache,cache-1:6380,password=…,ssl=False`
_REDIS_OPTION = (
    r",\s?(?:password|ssl|abortConnect|abortOnConnectFail|allowAdmin|defaultDatabase|connectTimeout|syncTimeout"
    r"|connectRetry|serviceName|channelPrefix|user)="
)
_OF_REDIS = f"(?i){_REDIS_OPTION}"
_REDIS = (
    rf"(?i)(?:^|[\"'=]\s?)((?:{_NAME}(?::\d{{1,5}})?,\s?){{0,15}}{_NAME}(?::\d{{1,5}})?)(?={_REDIS_OPTION})"
)
_OPTION = r",\s?\w{1,32}=$"  # what stands before an option's value, which is no host: `,password=horse.staple,ssl=True`
_RAILS = (
    r":mem_cache_store((?:\s?,\s?[\"'][\w.\-]{1,253}[\"']){1,16})"  # `:mem_cache_store, "mem-0", "mem-1"`
)
# HAProxy's `server one cache:6379 check port 9121`, whose health it asks there
_CHECKED = (
    r"(?m)^[ \t]{0,99}(?:default-)?server[ \t]{1,9}\S{1,99}[ \t]{1,9}([\w.\-]{1,253}):\d{1,5}[ \t]"
    r"[^\n]{0,300}?\bport[ \t]{1,9}(\d{1,5})\b"
)
# A number behind the port, twemproxy's weight or a Redis' database (`cache:6379:1`), and a name before the host
_WEIGHED = rf"(?<![\w.\-/:@])(?:[A-Za-z][\w\-]{{0,62}}:)?({_NAME}):(\d{{4,5}}):\d{{1,3}}(?![\w.:\-])"
# What stands as a key of YAML: gNMIc's `targets:` with `10.64.0.1:57400: {}` below
_AS_KEY = (
    r"(?m)^[ \t]{1,99}((?:\d{1,3}\.){3}\d{1,3}|(?:[A-Za-z0-9][\w\-]{0,62}\.){1,8}[A-Za-z][\w\-]{1,62})"
    r":(\d{2,5}):(?=\s)"
)
# A member of a group with both its ports: Typesense's `ts-0.peers:8107:8108`, ZooKeeper's `server.1=zk-0.zk:2888:3888`
_MEMBER = rf"(?<![\w.\-/:@])({_NAME}):(\d{{4,5}}):(\d{{4,5}})(?![\w.:\-])"
# `local:cache:6379:0:password` of redis-commander, `time:http://mcpo:8000:key;files:http://mcpo-1:8001` of Open WebUI
_BEFORE = r"(?<![\w.\-/:@])(?!r2dbc:|[jo]dbc:)[A-Za-z][\w.\-]{0,63}:"
_LABELLED = rf"{_BEFORE}({_NAME}):(\d{{4,5}}):\d{{1,3}}:"
_LABELLED_URL = rf"{_BEFORE}([a-z][a-z0-9+]{{1,15}})://({_NAME}):(\d{{2,5}})(?=[:/,;\s]|$)"
_TWO_COLONS = r":[\w.\-]+:\d"  # all three hold it: a quick look, as nearly every text has colons
# How a host is spoken to in place of a label, as OpenZiti and Open vSwitch write it: `tls:ctrl.acme.com:443`
_TRANSPORT = rf"(?<![\w.\-/:@])(tls|ssl|dtls|tcp|udp):({_NAME}):(\d{{2,5}})(?![\w.:@\-])"
_CALLED = r"(?<![\w.\-/:@])[A-Za-z][\w\-]{0,62}:([A-Za-z][\w.\-]{0,252}):(\d{2,5})(?![\w.:@\-])"
# dbt's profile of a Snowflake account
_SNOWFLAKE = (
    r"(?i)\btype[\"']?:\s{0,9}[\"']?snowflake\b(?:[^\n]{0,200}\n){0,8}?[^\n]{0,200}?\baccount[\"']?:\s{0,9}[\"']?"
    r"([A-Za-z][\w.\-]{2,99})"
)
# Elixir's lists of keywords: `endpoints: [kafka: 9092]`
_KEYWORDS = (
    r"(?:\b(?:endpoint|broker|host|node|server)s: \[(?:[\w.\-\"]{1,99}: \d{4,5}, ){0,15})"
    r"\"?([A-Za-z][\w.\-]{0,252})\"?: (\d{4,5})(?=[,\]])"
)
_LICENCES = ("license", "licence", "LICENSE", "LICENCE", "License", "Licence")
_LABEL = 40  # characters in front of a value: an option's name has fewer
_PASSWORD_LINE = 4  # colons
_LINE = 400  # characters beside a host that are looked through for what it is


# A sign that spares most texts the search, the form, its scheme, the port otherwise, whether it is plainly one to call
_BRACKETED = (
    ("@tcp(", _GO_MYSQL, "tcp", 3306, True),
    (")", _IN_BRACKETS, "tcp", 0, True),
    (")", _LISTED_IN_BRACKETS, "tcp", 0, False),
    (")", _TNS, "oracle", 0, True),
    ("(host=", _KEYED, "mysql", 3306, True),
)
_FORMS = (
    ("cache_peer", _PARENT, "", 0, True),
    ("oracle:", _ORACLE, "oracle", 1521, True),
    ("jdbc:phoenix", _PHOENIX, "zookeeper", 2181, True),
    ("host[", _SYMFONY, "redis", 6379, True),
    ("sqlserver://;", _SQLSERVER, "sqlserver", 1433, True),
    ("jdbc:", _JDBC, "jdbc", 0, True),
    ("syslog:server=", _NGINX_LOG, "udp", 514, True),
    ("log ", _HAPROXY_LOG, "udp", 514, True),
    ("targets:", _AS_KEY, "", 0, True),
)
_EVERY_FORM = (*_BRACKETED, *_FORMS)
_Form = tuple[str, str, str, int, bool]
Driven = tuple[int, str, str, int, bool, bool]


def drivers(value: str) -> Iterator[Driven]:
    """Where it stands, scheme, host and port (0: not known) in such forms, whether the form is plainly one to call, and
    whether the port stands there."""
    yield from _formed(value, _EVERY_FORM if "(" in value else _FORMS)
    if ";" in value and holds(value, _ADO_SIGNS):
        yield from _ado(value)
    if "port(" in value or "facility:" in value:
        yield from _syslog(value)
    if "sslmode=" in value and "?" in value:
        for one in re.finditer(_LIBPQ, value):
            if ":" not in one[0]:
                yield one.start(1), "postgres", one[1], 5432, True, True
    if "snowflake" in value and "account" in value:
        for one in re.finditer(_SNOWFLAKE, value):
            yield one.start(1), "https", snowflake(one[1]), 443, True, False
    if "@" in value and holds(value, _LICENCES):
        from cilium_policies.evidence.licences import behind_words  # few programs are licensed so

        yield from ((start, "tcp", host, port, True, True) for start, host, port in behind_words(value))
    if ":" in value:
        yield from _in_colons(value)
        if value.count(":") > 2 and "\n" not in value:
            yield from _labelled(value)
    if "," in value:
        yield from _lists(value)
        yield from _sql_instance(value)


def _formed(value: str, forms: tuple[_Form, ...]) -> Iterator[Driven]:
    for sign, form, scheme, usual, plain in forms:
        if sign in value:
            for one in re.finditer(form, value):
                yield one.start(1), scheme, one[1], int(one[2] or usual), plain, bool(one[2])


def _labelled(value: str) -> Iterator[Driven]:
    """Members of a list that have a label before their address, and what else the program is told behind it."""
    for one in re.finditer(_LABELLED_URL, value) if "://" in value else ():
        yield one.start(2), one[1], one[2], int(one[3]), True, True
    for one in re.finditer(_LABELLED, value):
        yield one.start(1), "", one[1], int(one[2]), True, True


def _sql_instance(value: str) -> Iterator[Driven]:
    if len(value) < _LINE and (alone := re.fullmatch(_SQL_INSTANCE, value)) is not None:
        yield alone.start(1), "sqlserver", alone[1], int(alone[2]), True, True


def snowflake(account: str) -> str:
    """The host of a Snowflake account, which begins with its name."""
    return f"{account.lower().replace('_', '-')}.snowflakecomputing.com"


def _syslog(value: str) -> Iterator[Driven]:
    for one in re.finditer(_LOG_TARGET, value) if "facility:" in value and "address:" in value else ():
        port = re.search(r"\bport:[ \t]{0,9}(\d{1,5})\b", one[2])
        yield one.start(1), "udp", one[1], int(port[1]) if port else 514, True, port is not None
    for one in re.finditer(_DRIVER, value):
        datagrams = one[1].startswith("udp") or one[5] or re.search(r"transport\(\"?udp", one[3])
        yield one.start(2), "udp" if datagrams else "tcp", one[2], int(one[4]), True, True


def _ado(value: str) -> Iterator[Driven]:
    for one in re.finditer(_ADO, value):
        beside = None if one[2] or one[3] else re.compile(_ADO_PORT).match(value, one.end())
        told = int(one[2] or one[3] or (beside[1] if beside else 0))
        yield one.start(1), "", one[1], told or _usual(value, one), True, told > 0


def _usual(value: str, one: re.Match[str]) -> int:
    """The port that a driver dials which stands on the same line as its host; 0 for none."""
    near = value[max(0, one.start() - _LINE) : one.start()].rpartition("\n")[2]
    near += value[one.start() : one.end() + _LINE].partition("\n")[0]
    return next((port for word, port in _ADO_USUAL if word in near), 0)


def _has_password_line(value: str) -> bool:
    for line in value.split("\n"):  # noqa: SIM110 (`any` over a generator takes three times as long)
        if line.count(":") >= _PASSWORD_LINE:
            return True
    return False


def _in_colons(value: str) -> Iterator[Driven]:
    """`label:host:port`, `host:port:weight` and `host:port:port`, of which only a Service is meant (`direct` false)."""
    forms = [_WEIGHED, _CALLED] if compiled(_TWO_COLONS).search(value) is not None else []
    for one in re.finditer(_TRANSPORT, value) if forms else ():
        yield one.start(2), "udp" if one[1] in ("dtls", "udp") else "tcp", one[2], int(one[3]), True, True
    for one in re.finditer(_MEMBER, value) if forms else ():
        yield from ((one.start(1), "tcp", one[1], int(port), False, True) for port in one.group(2, 3))
    if value.count(":") >= _PASSWORD_LINE and _has_password_line(value):
        forms.append(_PGPASS)
    if "s: [" in value:
        forms.append(_KEYWORDS)
    if "server " in value and " port " in value:
        forms.append(_CHECKED)
    for form in forms:
        for one in re.finditer(form, value):
            yield one.start(1), "tcp", one[1], int(one[2]), False, True


def _lists(value: str) -> Iterator[Driven]:
    if ":mem_cache_store" in value:
        for listed in re.finditer(_RAILS, value):
            yield from (
                (listed.start(), "memcached", name, 11211, True, False)
                for name in re.findall(r"[\w.\-]+", listed[1])
            )
    if "=" in value and compiled(_OF_REDIS).search(value) is not None:
        for listed in re.finditer(_REDIS, value):
            if re.search(_OPTION, value[max(0, listed.start(1) - _LABEL) : listed.start(1)].rstrip()):
                continue
            for each in listed[1].split(","):
                name, _, port = each.strip().partition(":")
                yield listed.start(1), "redis", name, int(port or 6379), True, bool(port)
