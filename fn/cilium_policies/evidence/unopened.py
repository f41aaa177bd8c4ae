"""Addresses outside that a client's configuration names where nothing is opened for them: whether it calls them is
not known, and that is said.

What may open the Internet has to be plainly the value to call (`trust`). Much that a chart's values, a custom resource
or a file name is called all the same: a mail server, a login's issuer, a store of backups.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from cilium_policies.catalogue.ports import DATABASE_WORDS, RELATIONAL, WORDS
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.callers import is_no_configuration
from cilium_policies.evidence.host_keys import is_host_key
from cilium_policies.evidence.key_words import is_for_others, words
from cilium_policies.evidence.public_names import is_number, is_private
from cilium_policies.evidence.signs import holds
from cilium_policies.evidence.trust import FIELDS, OWN, is_field, is_scalar, is_value, is_variable
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.model import Text, Workload, WorkloadKey

_BROWSED = ("http", "https", "")
# Under such a path nodes mount what stands there, or others are told the program's own name.
_NOT_CALLED = ("nfs", "volume", "storageclass", "storage_class", "ingress", "route", "gateway", "tls", "cors")
# Words of a path that do not say whose address stands below it: `config.url`, `app.env.host`.
_ANYBODYS = frozenset(
    "config configuration settings env values spec main global extra containers controllers".split()  # noqa: SIM905
)
# In the place of a protocol: the pods call a store of objects, wherever it stands.
STORE = "store"
_OF_STORES = r"(?i)s3|storage|object_?store|bucket"
# Of a release that is not rendered: pods, and a port that the catalogue lets them call.
Called = frozenset[tuple[WorkloadKey, int, str]]


class Unopened(NamedTuple):
    """`host` that the configuration of `client` names, on `port` (0: not said)."""

    client: Workload
    host: str
    port: int
    protocol: str


class Unplaced(NamedTuple):
    """A key of a Secret that the input does not show (`MONGO_URI`) and that speaks of a server with this port, of which
    the namespace of `client` holds none, or several."""

    client: Workload
    port: int
    key: str


def is_unicast(host: str) -> bool:
    """Whether this is the address of one other host."""
    if not is_number(host):
        return False
    if ":" in host:
        from ipaddress import IPv6Address  # few hosts are numbers of IPv6

        address = IPv6Address(host)
        return not (address.is_loopback or address.is_unspecified or address.is_multicast)
    first = int(host.partition(".")[0] or "0")
    return 0 < first < 224 and first != 127


def may_be_called(client: Workload, found: Text, address: Address) -> bool:
    """Whether an address that opens nothing where it stands may be one that the program calls."""
    if not _is_given(found, address):
        return False
    if address.host.partition(".")[0].lower() in (client.name, client.release):
        return False
    parts = words(address.key)
    plain = is_variable(found)
    if plain and address.scheme in _BROWSED and set(parts) <= OWN and not _is_of_another(client, found):
        return False  # `APP_URL`: its own
    named = bool(parts) and parts[-1] in FIELDS
    return (
        named
        or is_host_key(address.key)
        or bool(address.scheme and (plain or address.scheme not in _BROWSED))
    )


def _is_of_another(client: Workload, found: Text) -> bool:
    """Whether the path of a value says what stands at its address: `storage.s3.endpoint`, not `config.url`."""
    if not is_value(found):
        return False
    near = [word for part in found.field.split(".")[-3:] for word in words(part)]
    return bool(
        {*near} - OWN - _ANYBODYS - {*words(client.name), *words(client.release), *words(client.component)}
    )


def is_of_an_edge(client: Workload, found: Text, address: Address, called: Called) -> bool:
    """Whether a chart's values name the other end of what the catalogue says that these pods call: the database that
    runs elsewhere, the mail server, on its port or on another that stands there beside a key that says which of them it
    is (`redis.address: x.redis.cache.windows.net:6380`); their store of objects on any."""
    if found.kind != "value":
        return False
    told = (client.key, address.port, address.protocol) in called or any(
        (client.key, usual, address.protocol) in called for usual in _usual(found) if address.port
    )
    if not told and (client.key, 0, STORE) in called:
        told = re.search(_OF_STORES, found.field) is not None
    return told and _is_given(found, address)


def in_full(
    places: Iterable[tuple[Text, Address]], client: Workload, called: Called
) -> Iterator[tuple[Text, Address]]:
    """Addresses with the port of the server that the catalogue says these pods call, where a chart's values name its
    host and leave the port to the chart: `externalDatabase.host`, `externalRedis.host`."""
    for found, address in places:
        bare = found.kind == "value" and not address.port and address.direct and is_host_key(address.key)
        if bare and (usual := _usual(found)):
            ports = {one for one in usual if (client.key, one, address.protocol) in called}
            yield found, address._replace(port=ports.pop()) if len(ports) == 1 else address
            continue
        yield found, address


def _usual(found: Text) -> Collection[int]:
    """The ports of the servers of which the path of a value speaks: of `externalRedis.host` that of Redis, of
    `database.host` those of every database."""
    near = {word for part in found.field.split(".")[-3:-1] for word in words(part)}
    named = {WORDS[word] for word in near if word in WORDS}
    return named or (RELATIONAL if near & DATABASE_WORDS else ())


def is_device(found: Text, address: Address) -> bool:
    """Whether a chart's value is a private address by number that the program calls (`s3.endpoint: 192.168.1.4:9000`):
    it is nobody's example and nobody's own name."""
    value = found.kind == "value" and is_scalar(found) and is_private(address.host)
    return value and _is_given(found, address) and is_field(address)


def _is_given(found: Text, address: Address) -> bool:
    """Whether an address is plainly a value of its own, in a place where nothing says that it is for others."""
    if not address.direct or is_for_others(address) or is_no_configuration(found):
        return False
    return not _is_not_called(found.field)


@lru_cache(maxsize=4096)
def _is_not_called(field: str) -> bool:
    """Whether a path or a variable's name says that nobody calls what stands there."""
    return holds(field.lower(), _NOT_CALLED)
