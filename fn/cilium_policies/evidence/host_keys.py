"""Keys that tell of a host (`DB_HOST`, `redis.address`), and the ports beside them."""

from __future__ import annotations

import re
from functools import lru_cache

from cilium_policies.catalogue.conditions import MENTIONS
from cilium_policies.catalogue.ports import (
    ALWAYS_UDP,
    BY_DATAGRAMS,
    BY_EITHER,
    DATABASE_WORDS,
    DATAGRAMS,
    SECOND,
    SENTINEL,
    SERVERS,
    STORES,
    WORDS,
)
from cilium_policies.evidence.public_names import is_local, is_public, is_short_service
from cilium_policies.evidence.signs import holds
from cilium_policies.kube.pods import TASKS
from cilium_policies.workloads.model import Text, Workload

# Last words of a key whose value is a bare name to call.
_HOST_WORDS = ("hostname", "relayhost", "smarthost", "host",
               "server", "address", "addr", "endpoint", "peer", "seed", "broker", "join", "quorum",
               "contact-point", "contact_point", "contactpoint", "sentinel", "relay",
               "mailhub", "brokerlist", "broker-list", "broker_list", "broker.list", "kdc")  # fmt: skip
_HOST_ENDS = (*(f"{word}{end}" for word in _HOST_WORDS for end in ("", "s", "es")), "nodes")
# Of a database's own instances, where the key says no more: `DB_WRITER: x.rds.amazonaws.com` beside `DB_PORT`
_INSTANCES = frozenset("primary secondary replica master slave reader writer".split())  # noqa: SIM905
# Which of several a host is: `DB_HOST_REPLICA`, `KAFKA_BROKER_1`
_WHICH = _INSTANCES | {"read", "write", "ro", "rw", "main"}
_NUMBERED = ("host", "port", "name", "addr")  # `backend_hostname0`
_URL_ENDS = ("url", "uri")
_PORT_ENDS = ("port_number", "portnumber", "port_value", "port")
_BETWEEN = ("_", ".", "-")  # the words of a key
# What may stand before such a word without a separator: `SMTPServer`, `dbhost`, `PGHOST`, but not `GHOST`.
_GLUED = frozenset(("db", "database", "sql", "smtp", "mail", *WORDS))
NUMBERS = ("_ip", ".ip", "-ip")
_IP = "_ip"  # of a program that the key names (`POSTGRES_IP`); `POD_IP` and `BIND_IP` are the own address
# Settings of MySQL that end like a host's name (`character-set-server`), and what backups are filed under.
_NO_HOSTS = frozenset(
    ("character-set-server", "character_set_server", "collation-server", "collation_server", "restic_host")
)
_VIRTUAL = ("virtual", "virtual_", "virtual-", "virtual.")  # hosts of a broker or a web server: a part of it
_SAP = ("_ashost", "_mshost", "_gwhost")  # application, message and gateway server
_SENTINELS = frozenset(("sentinel", "sentinels"))
_GATEWAY = 3300  # of SAP's gateways, to which the number of the system is added
_BOTH = (WORDS["kdc"],)  # ports that are asked by TCP as well
_HTTPS, _MAIL = 443, 25
_JAVA_MAIL = "mail.host"  # Jakarta Mail's, where no protocol has one of its own (package jakarta.mail)
_EITHER = (53, 3478, 5060)  # DNS, STUN and SIP, by TCP and UDP
_CALLED_LIST = "allowed_host_list"  # of hosts that webhooks may be sent to, and are
_UNKNOWN = (0,)
_OF_HOSTS = frozenset(("host", "hostname", "server", "relay"))
_ENDPOINTS = ("endpoint", "endpoints")
_PUBLISHED = ("hostname", "hostnames")  # by which others call a program as often as a server's
_LOGIN = "ssh"
# Keys that name nobody: of a server they may be its own.
_NOBODYS = r"(?i)(?:api_?)?(?:url|uri|endpoint|host|hostname|address|addr|server)|api"
_BY_HTTPS = ("api", "s3")  # first labels of a provider's host
# What a key's other words say is spoken at an endpoint, and it is no HTTPS.
_OTHERS = DATABASE_WORDS.union(("vpn", "tunnel", "proxy", "mq", "broker", "queue", "mail", "email", "peer"))
OF_HOSTS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
HOST_CHARS = frozenset(OF_HOSTS)


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """A key without what tells several hosts apart, or that it is a name: `DB_HOST` of `DB_HOST_REPLICA` and
    `DB_HOST_NAME`."""
    name = key.rstrip("0123456789")
    if len(name) < len(key):
        if len(key) - len(name) > 2:
            return key
        return name[:-1] if name[-1:] in _BETWEEN else name if name.lower().endswith(_NUMBERED) else key
    cut = max(map(key.rfind, _BETWEEN))
    if cut < 0:
        return key
    last = key[cut + 1 :].lower()
    return key[:cut] if last in _WHICH or (last == "name" and key[:cut].lower().endswith("host")) else key


@lru_cache(maxsize=4096)
def words_of(key: str) -> tuple[str, ...]:
    """The words of a key in lower case, as they are separated there, with an empty one where two separators stand side
    by side. `re` would take longer to split it."""
    return tuple(key.lower().replace("-", "_").replace(".", "_").split("_"))


@lru_cache(maxsize=4096)
def is_host_key(key: str) -> bool:
    """Whether a key ends in a word like `host`: `DB_HOST`, `host`, `redis.address`, `PGHOST`, but not `GHOST`."""
    key = plain(key)
    lower = key.lower()
    if lower in _NO_HOSTS or lower.endswith(_CALLED_LIST):
        return lower not in _NO_HOSTS
    end = next((end for end in _HOST_ENDS if lower.endswith(end)), "")
    if not end:
        return lower.endswith(_IP) and program_port(key) > 0
    before = lower[: len(key) - len(end)]
    if before.endswith(_VIRTUAL):
        return False
    glued = words_of(before)[-1] in _GLUED
    return _is_word(key, end) or glued or lower.endswith(_SAP)


def is_instance_key(key: str) -> bool:
    """Whether a key names one of a database's instances and no more: `DB_WRITER`, `PG_REPLICA`. Its value may be a user
    as well."""
    named = words_of(key)
    return named[-1].removesuffix("s") in _INSTANCES and not _GLUED.isdisjoint(named[-2:-1])


@lru_cache(maxsize=4096)
def is_url_key(key: str) -> bool:
    """Whether a key's last word is `url` or `uri`: clients take a bare name there as well (`url: catalog`)."""
    end = next((end for end in _URL_ENDS if key.lower().endswith(end)), "")
    return bool(end) and _is_word(key, end)


def _is_word(key: str, end: str) -> bool:
    """Whether the last letters of a key are a word of their own."""
    cut = len(key) - len(end)
    before = key[cut - 1 : cut]
    if not cut or before in "_-." or (before.islower() and key[cut].isupper()):
        return True
    return key[cut - 2 : cut].isupper() and cut > 1 and key[cut].islower()  # `wgDBserver`


@lru_cache(maxsize=4096)
def stem(key: str) -> str:
    """What a key says before its word for a host or a port, in lower case: `smtp` of `SMTP_PORT` and `smtpServer`."""
    lower = plain(key).lower()
    lower = lower.removesuffix("name") if lower.endswith("servername") else lower
    end = next((end for end in (*_PORT_ENDS, *_HOST_ENDS, *NUMBERS) if lower.endswith(end)), "")
    return lower[: len(lower) - len(end)].rstrip("_-.")


def is_name(value: str) -> bool:
    return value[:1].isalnum() and not value.isdigit() and HOST_CHARS.issuperset(value)


def _url_ends(lower: str) -> tuple[str, ...]:
    """The ends of keys that say by the word before whose address it is (`SMTP_URL: mail.acme.com` beside `SMTP_PORT`);
    `APP_PORT` is the program's own as a rule."""
    return _URL_ENDS if lower[-3:] in _URL_ENDS and words_of(lower[:-3].rstrip("_-."))[-1] in WORDS else ()


def paired_ports(key: str, variables: dict[str, str]) -> list[int]:
    """The number in the `*_PORT` variable beside a `*_HOST` one; without it those of `*_PORT_GRPC` and its like."""
    whole, key = key, plain(key)
    lower = key.lower()
    end = next((end for end in (*_HOST_ENDS, _IP, *_url_ends(lower)) if lower.endswith(end)), "")
    stem = key[: len(key) - len(end)].rstrip("_-.")
    ends = (
        ("_PORT", "PORT", "_port", ".port", "-port", "-PORT", "Port") if stem else ("_PORT", "PORT", "port")
    )
    names = [f"{whole}_PORT", *(f"{stem}{end}" for end in ends), f"{key}_PORT"]
    if whole != key:  # `DB_PORT_REPLICA` beside `DB_HOST_REPLICA`
        names[1:1] = [f"{stem}{end}{whole[len(key) :]}" for end in ends]
    cut = len(key) - len(end)  # `Mail__Smtp__Host` beside `Mail__Smtp__Port`, `SMTP_Host` beside `SMTP_Port`
    names += [f"{key[:cut]}{word}" for word in ("port", "Port", "PORT")] if key[:cut].endswith("_") else ()
    if lower.endswith(_SAP):
        system = key.rpartition("_")[0]
        names += [f"{system}_{word}" for word in ("PORT", "GWPORT", "GWSERV", "MSPORT")]
    for name in names:
        if is_port(port := variables.get(name, "")):
            return [int(port)]
    if lower.endswith(_SAP) and is_port(number := variables.get(f"{system}_SYSNR", "")):
        return [_GATEWAY + int(number)]
    named = f"{stem}_PORT_"
    return [int(port) for name, port in variables.items() if name.startswith(named) and is_port(port)]


def shared_port(key: str, variables: dict[str, str]) -> list[int]:
    """The port of one of several addresses, whose key may say no more than what they are: `HSM_PORT` beside `HSM1`."""
    port = variables.get(f"{key.rstrip('0123456789').rstrip('_-.')}_PORT", "")
    return [int(port)] if is_port(port) else []


def is_of_another(parts: tuple[str, ...]) -> set[str]:
    """The word `external` of a key that says it of a server and not of the program itself: `EXTERNAL_DB_HOST`, and not
    `EXTERNAL_HOST`."""
    said = parts[:1] == ("external",) and len(parts) > len(("external", "host")) and parts[-1] in _OF_HOSTS
    return {"external"} if said else set()


@lru_cache(maxsize=4096)
def program_port(key: str) -> int:
    """The customary port of the program that a key names (`POSTGRES_HOST`), or of HTTPS; 0 for none."""
    named = words_of(key)
    if not _SENTINELS.isdisjoint(named):
        return SENTINEL
    if named[-1] in ("relayhost", "smarthost") or key.lower() == _JAVA_MAIL:
        return _MAIL  # Postfix hands mail over there, unless a port is said
    secure = "https" in named or (named[-1] == "endpoint" and not STORES.isdisjoint(named))
    whole = stem(key)
    by_word = next((WORDS[word] for word in (*named, whole, words_of(whole)[-1]) if word in WORDS), 0)
    if not by_word and not (key.islower() or key.isupper()):  # `c.LDAPAuthenticator.server_address`
        by_word = next((WORDS[one] for one in _camel(key) if one in WORDS), 0)
    return by_word or (_HTTPS if secure or key.lower().endswith(_CALLED_LIST) else 0)


def _camel(key: str) -> list[str]:
    return [one.lower() for one in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", key)]


def usual_ports(key: str) -> tuple[int, ...]:
    """Where no port stands beside a key: those of the program which it names."""
    return with_others(program_port(key))


def with_others(port: int) -> tuple[int, ...]:
    """A customary port, and the other one of programs that have two for their clients, as a mail server."""
    return (port, SECOND[port]) if port in SECOND else (port,)


@lru_cache(maxsize=4096)
def transports(key: str, port: int) -> tuple[str, ...]:
    """The protocols of a port that a key names (`NTP_SERVER`): UDP of what speaks it, TCP of syslog and VPNs too."""
    lower = key.lower()
    if port in ALWAYS_UDP or holds(lower, BY_DATAGRAMS):
        return ("UDP",)
    if "vpn_" in lower or is_by_either(lower, port):
        return ("UDP", "TCP")
    if port in _EITHER:
        return ("UDP",) if program_port(key) == port else ("UDP", "TCP")
    if port not in DATAGRAMS or program_port(key) != port:
        return ("TCP",)
    return ("UDP", "TCP") if port in _BOTH else ("UDP",)


def is_by_either(key: str, port: int) -> bool:
    """Whether a key in small letters says that its port is asked by UDP or TCP, and it is no database's beside it."""
    return holds(key, BY_EITHER) and port not in SERVERS


def is_port(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 6


@lru_cache(maxsize=4096)
def likely_ports(key: str, host: str) -> tuple[int, ...]:
    """The ports of a host that stands without one: by the program that its key names, by its own name
    (`imap.acme.com`), and of an endpoint of something on the Internet (`PAYMENT_ENDPOINT`) HTTPS, which clients speak
    there unless they are told otherwise; what a word alone calls `endpoint` may be anything. (0,): nothing tells."""
    told = usual_ports(key)
    if told != _UNKNOWN or "." not in host or not is_outside(host):
        return told
    label = host.partition(".")[0].lower()
    if label in WORDS and key.lower() not in _PUBLISHED and label != _LOGIN:
        return with_others(WORDS[label])
    named = words_of(key)
    if not _OTHERS.isdisjoint(named) or holds(key.lower(), BY_DATAGRAMS):
        return told
    called = is_url_key(key) or (named[-1].endswith(_ENDPOINTS) and key.lower() not in _ENDPOINTS)
    by_name = label in _BY_HTTPS or re.search(MENTIONS["object-storage"], host) is not None
    return (_HTTPS,) if (called or by_name) and not is_local(host) else told


def is_outside(host: str) -> bool:
    """Whether a name is one of the Internet's or of the local network's, and no Service's."""
    return (is_public(host) or is_local(host)) and not is_short_service(host) and ".svc" not in host


def is_of_a_task(found: Text, host: str, workload: Workload) -> bool:
    """Whether a variable whose key is nobody's (`ENDPOINT`, `API_URL`) stands in a task: it has no address of its own
    that it could be told so."""
    if found.kind != "env" or workload.kind not in TASKS or workload.ports:
        return False
    own = host.partition(".")[0].lower() in (workload.name, workload.release)
    return not own and re.fullmatch(_NOBODYS, found.key) is not None
