"""Hosts that a command calls where host and port stand apart: `pg_isready -h db -p 5432`, `nc -z db 5432`,
`/dev/tcp/db/5432`, `--host db --port 5432`. Addresses in one word are read as anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.host_fields import of_fields
from cilium_policies.evidence.host_keys import stem
from cilium_policies.evidence.in_order import shares, windows_shares
from cilium_policies.evidence.signs import compiled, holds

# Clients of servers, the port that each dials unless it is told another, and the flag that tells it.
_CLIENTS = (
    (r"pg_isready|psql|pg_dump|pg_dumpall|pg_restore|pg_basebackup|createdb|dropdb|pgbench|vacuumdb", 5432, "-p"),
    (r"mysql|mysqladmin|mysqldump|mysqlcheck|mysqlsh|mariadb|mariadb-admin|mariadb-dump|mariadb-check", 3306, "-P"),
    (r"redis-cli|valkey-cli", 6379, "-p"),
    (r"mongo|mongosh|mongodump|mongorestore|mongoexport|mongoimport", 27017, "-p"),
    (r"clickhouse-client|clickhouse client", 9000, "-p"),
    (r"rabbitmqadmin", 15672, "-P"),
    (r"ldapsearch|ldapadd|ldapmodify|ldapwhoami|(?:basic|digest)_ldap_auth|ext_ldap_group_acl", 389, "-p"),
    (r"mosquitto_pub|mosquitto_sub|mosquitto_rr", 1883, "-p"),
    (r"tsql|bsqldb|freebcp", 1433, "-p"),
    (r"cockroach sql|cockroach node|cockroach init", 26257, "-p"),
)  # fmt: skip
_HOST_FLAGS = ("-h", "-H")  # of which each client's flag for its host holds one
# of which each client's name holds one
_SIGNS = ("pg", "psql", "mysql", "tsql", "bsqldb", "mariadb", "-cli", "mongo", "clickhouse", "rabbitmqadmin", "ldap",
          "createdb", "dropdb", "vacuumdb", "mosquitto", "freebcp", "cockroach ")  # fmt: skip
_SHARES = ("smb", "SMB", "cifs", "share", "Share")
_ARGUMENTS = r"(?<![\w./-])(?:/[\w./-]{{1,60}}/)?(?:{})(?= )([^\n;|&]{{1,400}})"
_HOST = r" [\"']?(?:-h|-H|--host|--hostname)[\"']?[= ]?[\"']?(?:[\w\-]{1,64}/)?([A-Za-z0-9][\w.\-]{0,252})"
_PORT = r" [\"']?(?:{}|--port)[\"']?[= ]?[\"']?(\d{{2,5}})\b"
_CONNECT = (
    r"\b(?:nc|ncat|netcat|telnet)((?: -{1,2}[\w=-]{1,16}(?: \d{1,3})?){0,6}) "
    r"[\"']?([A-Za-z][\w.\-]{0,252}|\d{1,3}(?:\.\d{1,3}){3})[\"']?[ :](\d{1,5})\b"
)
# Other forms of a client's host and port: signs that spare most texts the search, the form, the port otherwise.
_FORMS = (
    (("cqlsh",), r"\bcqlsh(?: -\S{1,64}){0,6} ([A-Za-z0-9][\w.\-]{0,252})(?: (\d{4,5}))?(?= |$)", 9042),
    (("sqlcmd", "bcp"), r"\b(?:sqlcmd|bcp)(?= )[^\n;|&]{0,300}? -S ?[\"']?(?:tcp:)?([A-Za-z0-9][\w.\-]{0,252})"
                        r"(?:\\\w{1,64})?(?:,(\d{1,5}))?", 1433),
    (("sqlplus", "sqlldr", "dp "), r"\b(?:sqlplus|sqlldr|expdp|impdp)(?= )[^\n;|&]{0,300}?[\w\"'}{$]@(?://)?"
                                   r"([A-Za-z0-9][\w.\-]{0,252})(?::(\d{1,5}))?/\w", 1521),
    # `mount -t nfs nas:/folder /mnt`
    (("mount",), r"\bmount(?=[. ])[^\n;|&]{0,100}?\bnfs[^\n;|&]{0,200}? ([A-Za-z0-9][\w.\-]{0,252}):(?=/)()", 2049),
    # restic's `sftp:user@host:/folder`
    (("sftp:",), r"\bsftp:(?:[\w.\-]{1,64}@)?([A-Za-z0-9][\w.\-]{0,252}):(\d{1,5})?", 22),
)  # fmt: skip
_OF_FORMS = ("sql", "cqlsh", "bcp", "dp ", "sftp:", "mount")  # of which each sign of these forms holds one
# BusyBox' and its kin, also in a file that names the command: `sendmail_path = sendmail -t -S mail:25`
_MAILER = r"\bsendmail(?= )[^\n;|&]{0,200}? -S ?[\"']?([A-Za-z0-9][\w.\-]{0,252})(?::(\d{1,5}))?"
# A host alone, as curl and wget take it: `wget -qO- web/healthz`
_FETCHED = r"(?<![\w./-])(?:curl|wget)(?= )((?:[ \t]{1,9}[^\s;|&]{1,300}){1,20})"
_BARE = r"(?<!\S)[\"']?([A-Za-z][\w\-]{0,62})(?=[\"'/?\s]|$)"
_LOGIN = (
    r"\b(?:ssh|sftp|scp|rsync|sshfs|autossh)(?= )([^\n;|&]{0,300}?) [\"']?"
    r"(?:[\w.\-]{1,64}|\{\}|\$\{?\w{1,64}\}?)@([A-Za-z0-9][\w.\-]{0,252})"
)
_SET = r"(?<![^\s;&|(])([A-Za-z_]\w{1,63})=[\"']?([A-Za-z0-9][\w.\-]{0,252})[\"']?(?=[\s;&|)]|$)"
_SET_SIGNS = ("OST=", "ERVER=", "DDR=", "ost=", "erver=", "ddr=")
_LOGIN_PORT = r" -[pP] ?(\d{1,5})\b"
_DEVICE = r"/dev/(tcp|udp)/([A-Za-z0-9][\w.\-]{0,252})/(\d{1,5})\b"
_FLAG = r"--(?<!\S--)([A-Za-z][\w.\-]{0,63}) ([A-Za-z0-9][\w.\-]{0,252})(?!\S)"
_COMMENT = r"(?m)^[ \t]*#[^\n]*|[ \t]# [^\n]*"
_CONTINUED = r"\\\n\s{0,99}"
_ENDS = str.maketrans(";|&", "\n\n\n")  # of one command


def calls(value: str) -> Iterator[tuple[str, int, str, str, bool]]:
    """Host, port (0: not known), protocol, the flag that names them ("": a client's own), whether the port stands
    there."""
    line = re.sub(_COMMENT, "", value) if "#" in value else value
    line = re.sub(_CONTINUED, " ", line) if "\\\n" in line else line
    line = _joined(line) if "\n" in line else line
    clients = list(_clients(line)) if holds(line, _HOST_FLAGS) and holds(line, _SIGNS) else []
    yield from clients
    yield from _connections(line)
    if "curl" in line or "wget" in line:
        for command in re.finditer(_FETCHED, line):
            yield from ((name, 80, "TCP", "", False) for name in re.findall(_BARE, command[1]))
    if "//" in line and holds(line, _SHARES):
        yield from ((host, port, "TCP", "", True) for host, port in shares(line))
    if "\\\\" in line:
        yield from ((host, port, "TCP", "server", True) for host, port in windows_shares(line))
    if "sendmail" in line:
        for host, told in re.findall(_MAILER, line):
            yield host, int(told or 25), "TCP", "smarthost", bool(told)
    if "--" in line:
        yield from _flags(line, {host for host, *_ in clients})


def _joined(line: str) -> str:
    """A line of one word is an argument of its own, in the form without a shell."""
    first, *rest = line.split("\n")
    made = [first]
    for one in rest:
        made += (" " if " " not in one and one.split(None, 1) == [one] else "\n", one)
    return "".join(made)


def _connections(line: str) -> Iterator[tuple[str, int, str, str, bool]]:
    """Of what connects, logs in or is told by variables in front of a command."""
    if "nc" in line or "netcat" in line or "telnet" in line:
        for one in re.finditer(_CONNECT, line):
            yield one[2], int(one[3]), "UDP" if " -u" in one[1] or "zu" in one[1] else "TCP", "", True
    if "@" in line:
        for one in re.finditer(_LOGIN, line):
            other = re.search(_LOGIN_PORT, one[1])
            yield one[2], int(other[1]) if other else 22, "TCP", "", True
    for signs, form, usual in _FORMS if holds(line, _OF_FORMS) else ():
        for one in re.finditer(form, line) if holds(line, signs) else ():
            yield one[1], int(one[2] or usual), "TCP", "", bool(one[2])
    if "=" in line and holds(line, _SET_SIGNS) and "/>" not in line:  # attributes of XML look alike
        # `PGHOST=db pg_dump`, `env DB_HOST=db DB_PORT=5432 ./migrate`
        for host, port, key, told in of_fields(re.findall(_SET, line)):
            yield host, port, "TCP", key, told
    if "/dev/" in line:
        yield from ((one[2], int(one[3]), one[1].upper(), "", True) for one in re.finditer(_DEVICE, line))


def _flags(line: str, known: set[str]) -> Iterator[tuple[str, int, str, str, bool]]:
    """Of flags, but for what a client is known to mean by its own."""
    for command in line.translate(_ENDS).split("\n"):
        flags = compiled(_FLAG).findall(command) if "--" in command else []
        for host, port, key, told in of_fields(flags) if flags else ():
            if told or host not in known:
                yield host, port, "TCP", "" if told and not stem(key) else key, told


def _clients(line: str) -> Iterator[tuple[str, int, str, str, bool]]:
    for names, port, flag in _CLIENTS:
        for command in re.finditer(_ARGUMENTS.format(names), line):
            host = re.search(_HOST, command[1])
            if host is not None:
                told = re.search(_PORT.format(flag), command[1])
                yield host[1], int(told[1]) if told else port, "TCP", "", told is not None
