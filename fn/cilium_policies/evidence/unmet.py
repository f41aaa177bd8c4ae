"""Addresses in a client's configuration that lead to nothing which the input shows: nothing is opened for them."""

from __future__ import annotations

import re

from cilium_policies.catalogue.ports import BEHIND_SENTINEL
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.names import resolve, unrendered
from cilium_policies.kube.names import is_namespace
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

# Values of settings whose names end like an address's (`--kubelet-endpoints=true`).
_NO_NAMES = frozenset(
    """
    localhost true false yes no on off none null auto any all default enabled disabled unknown
    tcp udp tls ssl http https unix
    """.split()  # noqa: SIM905
)


# Keys of a program's own name, or of a choice among its own words (`regional`), as often as of another's.
_OWN_NAMES = ("hostname", "endpoints")
_SENTINEL = "sentinel"


class Unmet(NamedTuple):
    """A name that `client` calls: of a Service that the input does not hold, or (`service`) of one that has no such
    port, or no pods. `port` 0: the configuration names none. `sure` false: it may be something else, as is a short name
    behind `https://`, for which few Services have a certificate, the value of `hostname`, which the program may call
    itself, or a part that the client's own chart does not make."""

    client: Workload
    namespace: str
    name: str
    port: int = 0
    protocol: str = "TCP"
    service: bool = False
    sure: bool = True


def is_declared(address: Address, text: str) -> bool:
    """Whether a file gives something of its own this name, in a block (`upstream core {`, `home_server dfn1 {`): then
    `proxy_pass http://core` means that. The block's own `server core:80` means a host all the same."""
    name, key = address.host, address.key.lower()
    if "." in name or key == "server" or "{" not in text:
        return False
    return re.search(rf"(?m)^[ \t]{{0,40}}[a-z_]{{2,40}}[ \t]+{re.escape(name)}[ \t]*\{{", text) is not None


def unmet(cluster: Cluster, client: Workload, address: Address) -> Unmet | None:
    """What an address that leads nowhere names; None where it names the client itself, or no Service."""
    host = address.host.rstrip(".").lower()
    named = resolve(cluster, host, client.namespace)
    if named is None:
        if not (is_namespace(host) and host[0].isalpha() and "$" not in host) or host in _NO_NAMES:
            return None
        namespace, name, service = client.namespace, host, None
    else:
        namespace, name, service = named.namespace, named.name, named.service
        if not (is_namespace(name) and is_namespace(namespace)):
            return None  # what a script's variables left of a name
    if service is None and _is_masters_name(client, address):
        return None
    if (namespace, name) == ("default", "kubernetes"):
        return None
    if service is None:
        member = name.rpartition("-")[0] if name[-1].isdigit() else name  # `db-0` of `db`
        own = {client.name, client.release, client.instance} - {""}
        if namespace == client.namespace and {name, member} & own:
            return None
        if not address.port and _is_an_objects(cluster, namespace, name):
            return None
    elif service.type == "ExternalName" or client in cluster.backends(service):
        return None
    sure = service is not None or (
        _is_called(address, host) and not _is_switched_off(cluster, client, namespace, name)
    )
    return Unmet(client, namespace, name, address.port, address.protocol, service is not None, sure)


def _is_an_objects(cluster: Cluster, namespace: str, name: str) -> bool:
    """Whether a name is that of an object whose pods an operator makes, and whose Services, which are known, are called
    otherwise: `BARMAN_SERVER: main` is the folder of a cluster's backups."""
    made = unrendered(cluster, namespace)
    named = (one for one in made if one.source is not None and one.source.name == name)
    return any(map(cluster.services_for, named))


def _is_masters_name(client: Workload, address: Address) -> bool:
    """Whether a bare name is the one under which Sentinels know a Redis: clients write it where a host stands."""
    if "." in address.host or address.port != BEHIND_SENTINEL:
        return False
    return any(_SENTINEL in text.value.lower() or _SENTINEL in text.key.lower() for text in client.texts)


def _is_switched_off(cluster: Cluster, client: Workload, namespace: str, name: str) -> bool:
    """Whether a name is that of another part of the client's own release, of which the input shows what its chart
    makes: then the chart makes no such part as it is set up, and its configuration names it all the same."""
    part = f"{client.release}-"
    if not (client.rendered and client.release) or namespace != client.namespace or not name.startswith(part):
        return False
    return any(one.name.startswith(part) for one in cluster.services_in(namespace))


def _is_called(address: Address, host: str) -> bool:
    if address.port:
        return address.explicit or "." in host or address.scheme != "https"
    return not address.key.lower().endswith(_OWN_NAMES)
