"""Addresses outside that a client's configuration names where nothing is opened for them: whether it calls them is
not known, and that is said.

What may open the Internet has to be plainly the value to call (`trust`). Much that a chart's values, a custom resource
or a file name is called all the same: a mail server, a login's issuer, a store of backups.
"""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.callers import is_no_configuration
from cilium_policies.evidence.host_keys import is_host_key
from cilium_policies.evidence.public_names import is_number
from cilium_policies.evidence.signs import holds
from cilium_policies.evidence.trust import FIELDS, OWN, is_for_others, is_variable, words
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.model import Text, Workload, WorkloadKey

_BROWSED = ("http", "https", "")
# Under such a path nodes mount what stands there, or others are told the program's own name.
_NOT_CALLED = ("nfs", "volume", "storageclass", "storage_class", "ingress", "route", "gateway", "tls", "cors")
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
    """Whether this is the IPv4 address of one other host."""
    if not is_number(host):
        return False
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
    if plain and address.scheme in _BROWSED and set(parts) <= OWN:
        return False  # `APP_URL`: its own
    named = bool(parts) and parts[-1] in FIELDS
    return (
        named
        or is_host_key(address.key)
        or bool(address.scheme and (plain or address.scheme not in _BROWSED))
    )


def is_of_an_edge(client: Workload, found: Text, address: Address, called: Called) -> bool:
    """Whether a chart's values name the other end of what the catalogue says that these pods call: the database that
    runs elsewhere, the mail server, on its port."""
    told = found.kind == "value" and (client.key, address.port, address.protocol) in called
    return told and _is_given(found, address)


def _is_given(found: Text, address: Address) -> bool:
    """Whether an address is plainly a value of its own, in a place where nothing says that it is for others."""
    if not address.direct or is_for_others(address) or is_no_configuration(found):
        return False
    return not _is_not_called(found.field)


@lru_cache(maxsize=4096)
def _is_not_called(field: str) -> bool:
    """Whether a path or a variable's name says that nobody calls what stands there."""
    return holds(field.lower(), _NOT_CALLED)
