"""What clouds are like: one file each in `clouds/`. Which names resolve to private addresses, what in a workload tells
that it calls the cloud's API, and which load balancers call pods from outside the cluster."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from cilium_policies.catalogue.conditions import NEVER
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.parts import parse_port
from cilium_policies.kube.objects import Mapping, flag, mapping, mappings, text
from cilium_policies.kube.ports import Port
from cilium_policies.lean import NamedTuple


class LoadBalancer(NamedTuple):
    """Load balancers whose data plane is not in the cluster: the controllers and classes that stand for them (with
    `*`), and the ranges they call from; none: anywhere outside, of an internal one the company's own network."""

    controllers: tuple[str, ...]
    classes: tuple[str, ...]
    ranges: tuple[str, ...] = ()
    internal: bool = False

    def serves(self, controller: str, name: str) -> bool:
        """Whether a class of this name, or of a controller of this name, is one of them."""
        if controller:
            return any(fnmatchcase(controller, one) for one in self.controllers)
        return self.is_called(name)

    def is_called(self, name: str) -> bool:
        """Whether a class of this name is one of them, whoever its controller is."""
        return any(fnmatchcase(name, one) for one in self.classes)


class Cloud(NamedTuple):
    """One cloud. `private_names`, `linked_names` and `endpoints` are regular expressions; `linked_by` are words in an
    input by which it shows that its company has private endpoints.

    `accounts` and `pods` are keys: annotations of a service account, labels of a pod, by which it asks for an
    identity. `env` and `args` are names of variables and arguments of programs that use the cloud, `flags` what such
    arguments begin with, `schemes` what its URLs begin with (`s3://`); they say nothing where a key like `endpoints`
    names another place to call. `services` are its
    managed services: a regular expression for their hosts, and the ports that clients dial. `names` are the patterns of
    its API's hosts. `called` are settings that name a service by a part of its host alone: a regular expression for the
    key, one that the text beside it has to say ("": nothing), and the host with `{}` for the value.
    """

    name: str
    private_names: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    env: frozenset[str] = frozenset()
    args: frozenset[str] = frozenset()
    flags: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    endpoints: str = NEVER
    load_balancers: tuple[LoadBalancer, ...] = ()
    services: tuple[tuple[str, tuple[Port, ...]], ...] = ()
    names: tuple[str, ...] = ()
    called: tuple[tuple[str, str, str], ...] = ()
    linked_names: tuple[str, ...] = ()
    linked_by: tuple[str, ...] = ()

    def is_private(self, host: str) -> bool:
        """Whether a name of this cloud may resolve to an address of the company's own network."""
        return any(re.search(one, host) for one in self.private_names)

    def is_linked(self, host: str) -> bool:
        """Whether a name of this cloud resolves to such an address where the service has a private endpoint."""
        return any(re.search(one, host) for one in self.linked_names)

    def ports_of(self, host: str) -> tuple[Port, ...]:
        """The ports on which a managed service of this name is called; empty where it is none that is known."""
        return next((ports for pattern, ports in self.services if re.search(pattern, host)), ())


def read(data: Mapping) -> Cloud:
    """A cloud out of its file's mapping."""
    identity = mapping(data.get("identity"))
    return Cloud(
        text(data.get("cloud")),
        texts(data.get("privateNames")),
        texts(identity.get("accounts")),
        texts(identity.get("pods")),
        frozenset(texts(identity.get("env"))),
        frozenset(one for one in texts(identity.get("args")) if not one.endswith("*")),
        tuple(one[:-1] for one in texts(identity.get("args")) if one.endswith("*")),
        tuple(f"{one}://" for one in texts(identity.get("schemes"))),
        text(identity.get("endpoints")) or NEVER,
        tuple(
            LoadBalancer(
                texts(one.get("controllers")),
                texts(one.get("classes")),
                texts(one.get("ranges")),
                flag(one.get("internal")),
            )
            for one in mappings(data.get("loadBalancers"))
        ),
        tuple(
            (
                text(one.get("host")),
                tuple(port for each in texts(one.get("ports")) if (port := parse_port(each))),
            )
            for one in mappings(data.get("services"))
        ),
        texts(data.get("names")),
        tuple(
            (text(one.get("key")), text(one.get("beside")), text(one.get("host")))
            for one in mappings(data.get("called"))
        ),
        texts(data.get("linkedNames")),
        texts(data.get("linkedBy")),
    )
