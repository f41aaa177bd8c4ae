"""Keys that tell of a host (`DB_HOST`, `redis.address`), and the ports beside them."""

from __future__ import annotations

import re
from functools import lru_cache

from cilium_policies.catalogue.ports import DATAGRAMS, STORES, WORDS

# Last words of a key whose value is a bare name to call.
_HOST_WORDS = ("hostname", "host", "server", "address", "addr", "endpoint", "peer", "seed", "broker", "join", "quorum",
               "contact-point", "contact_point", "contactpoint")  # fmt: skip
_HOST_ENDS = tuple(f"{word}{end}" for word in _HOST_WORDS for end in ("", "s", "es"))
_PORT_ENDS = ("port_number", "portnumber", "port_value", "port")
# What may stand before such a word without a separator: `SMTPServer`, `dbhost`, `PGHOST`, but not `GHOST`.
_GLUED = frozenset(("db", "database", "sql", "smtp", "mail", *WORDS))
_IP = "_ip"  # of a program that the key names (`POSTGRES_IP`); `POD_IP` and `BIND_IP` are the own address
# Settings of MySQL that end like a host's name (`character-set-server`).
_NO_HOSTS = frozenset(
    ("character-set-server", "character_set_server", "collation-server", "collation_server")
)
_SAP = ("_ashost", "_mshost", "_gwhost")  # application, message and gateway server
_HTTPS = 443
_CALLED_LIST = "allowed_host_list"  # of hosts that webhooks may be sent to, and are
OF_HOSTS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
HOST_CHARS = frozenset(OF_HOSTS)


@lru_cache(maxsize=4096)
def is_host_key(key: str) -> bool:
    """Whether a key ends in a word like `host`: `DB_HOST`, `host`, `redis.address`, `PGHOST`, but not `GHOST`."""
    lower = key.lower()
    if lower in _NO_HOSTS or lower.endswith(_CALLED_LIST):
        return lower not in _NO_HOSTS
    for end in _HOST_ENDS:
        if lower.endswith(end):
            cut = len(key) - len(end)
            before = key[cut - 1 : cut]
            camel = before.islower() and key[cut].isupper()
            glued = re.split(r"[_.\-]+", lower[:cut])[-1] in _GLUED
            return not cut or before in "_-." or camel or glued or lower.endswith(_SAP)
    return lower.endswith(_IP) and program_port(key) > 0


@lru_cache(maxsize=4096)
def stem(key: str) -> str:
    """What a key says before its word for a host or a port, in lower case: `smtp` of `SMTP_PORT` and `smtpServer`."""
    lower = key.lower()
    end = next((end for end in (*_PORT_ENDS, *_HOST_ENDS, _IP) if lower.endswith(end)), "")
    return lower[: len(lower) - len(end)].rstrip("_-.")


def is_name(value: str) -> bool:
    return value[:1].isalnum() and not value.isdigit() and HOST_CHARS.issuperset(value)


def paired_ports(key: str, variables: dict[str, str]) -> list[int]:
    """The number in the `*_PORT` variable beside a `*_HOST` one; without it those of `*_PORT_GRPC` and its like."""
    lower = key.lower()
    end = next((end for end in (*_HOST_ENDS, _IP) if lower.endswith(end)), "")
    stem = key[: len(key) - len(end)].rstrip("_-.")
    ends = (
        ("_PORT", "PORT", "_port", ".port", "-port", "-PORT", "Port") if stem else ("_PORT", "PORT", "port")
    )
    names = [*(f"{stem}{end}" for end in ends), f"{key}_PORT"]
    cut = len(key) - len(end)  # `Mail__Smtp__Host` beside `Mail__Smtp__Port`, `SMTP_Host` beside `SMTP_Port`
    names += [f"{key[:cut]}{word}" for word in ("port", "Port", "PORT")] if key[:cut].endswith("_") else ()
    if lower.endswith(_SAP):
        names.append(f"{key.rpartition('_')[0]}_PORT")
    for name in names:
        if is_port(port := variables.get(name, "")):
            return [int(port)]
    named = f"{stem}_PORT_"
    return [int(port) for name, port in variables.items() if name.startswith(named) and is_port(port)]


def program_port(key: str) -> int:
    """The customary port of the program that a key names (`POSTGRES_HOST`), or of HTTPS; 0 for none."""
    named = re.split(r"[_.\-]+", key.lower())
    secure = "https" in named or (named[-1] == "endpoint" and not STORES.isdisjoint(named))
    by_word = next((WORDS[word] for word in (*named, stem(key)) if word in WORDS), 0)
    return by_word or (_HTTPS if secure or key.lower().endswith(_CALLED_LIST) else 0)


def transports(key: str, port: int) -> tuple[str, ...]:
    """The protocols of a port that a key names (`NTP_SERVER`): UDP of what speaks it, and TCP of syslog as well."""
    if port not in DATAGRAMS or program_port(key) != port:
        return ("TCP",)
    return ("UDP", "TCP") if port == WORDS["syslog"] else ("UDP",)


def is_port(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 6
