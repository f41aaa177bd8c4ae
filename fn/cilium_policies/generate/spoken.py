"""Servers of other namespaces that a client's texts name: by their instance, or by a Service with its namespace.

`Spoken(cluster, catalogue, roles).of(client, component) -> list[Workload]`. The names of all instances are gathered
once, and looked up by the words of a text, so that a thousand clients and a thousand databases are no million.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.conditions import at, read_by
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.generate.instances import Instance, instance
from cilium_policies.generate.owners import GENERAL
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.shown import mentions, named_in, strings_of
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_SHORT = 5  # letters of a name that may stand for anything
_LONGEST = 400  # characters of a word: a name of DNS has fewer
_FEW = 16  # names that are looked for one by one
_ENDS = re.compile(r"[.\-]|$")


class Spoken:
    def __init__(self, cluster: Cluster, catalogue: Catalogue, roles: Roles) -> None:
        self._cluster = cluster
        self._catalogue = catalogue
        self._roles = roles
        self._texts: dict[int, str] = {}  # of clients
        self._words: dict[int, frozenset[str]] = {}  # what may be a name in these
        self._names: dict[str, dict[str, list[Instance]]] = {}  # by component: whom a name means

    def of(self, client: Workload, component: str) -> list[Workload]:
        """The workloads of the instances of a component that the client's texts name."""
        if component not in self._names:
            self._names[component] = self._gathered(component)
        names = self._names[component]
        text = self._text(client) if names else ""
        said = names.keys() & self._sayable(client) if len(names) > _FEW else names
        found = {key for name in said for key in names[name] if self._is_meant(text, name, key, component)}
        return self._roles.instances(component, found)

    def _text(self, client: Workload) -> str:
        if id(client) not in self._texts:
            self._texts[id(client)] = "\n".join((*mentions(client), *self._read(client)))
        return self._texts[id(client)]

    def _sayable(self, client: Workload) -> frozenset[str]:
        if id(client) not in self._words:
            self._words[id(client)] = frozenset(_begun(self._text(client)))
        return self._words[id(client)]

    def _is_meant(self, text: str, name: str, key: Instance, component: str) -> bool:
        return any(
            "." in name or not self._is_service_of_others(found, key, component)
            for found in named_in(text, name, key[0])
        )

    def _is_service_of_others(self, name: str, key: Instance, component: str) -> bool:
        """Whether a text means a Service of the same release that leads to other pods: `mail-front`, not its Redis."""
        service = self._cluster.service(key[0], name)
        return service is not None and not any(
            one.component == component and instance(one) == key for one in self._cluster.backends(service)
        )

    def _read(self, client: Workload) -> Iterator[str]:
        """The texts of the custom resources that a client acts on, as the conditions of its entry tell: whom a Flux
        Provider or an Issuer names, its controller calls."""
        component = self._catalogue.get(client.component)
        edges = component.own_edges if component else ()
        fields = {
            one for edge in edges for when in (edge.when, list(edge.names or ())) for one in read_by(when)
        }
        for written, field in sorted(fields):
            group, kind = group_kind(written)
            for one in self._cluster.inventory.of(kind, group=group or None):
                yield from strings_of(at(one.body, field))

    def _gathered(self, component: str) -> dict[str, list[Instance]]:
        """What would be said of the instances: their Services with the namespace, their own names where they are proper
        ones that no other instance's begins with."""
        every = self._roles.component(component)
        found: dict[str, list[Instance]] = {}
        for namespace in dict.fromkeys(one.namespace for one in every):
            for service in self._cluster.services_in(namespace):
                meant = (one for one in self._cluster.backends(service) if one.component == component)
                for key in dict.fromkeys(map(instance, meant)):
                    found.setdefault(f"{service.name}.{namespace}", []).append(key)
        keys = dict.fromkeys(map(instance, every))
        names = {name for _, name in keys}
        begun = {name[:end] for name in names for end in range(_SHORT, len(name)) if name[:end] in names}
        begun |= {name for name in names if any(name[:end] in names for end in range(1, len(name)))}
        unsaid = GENERAL | begun
        for key in keys:
            name = key[1]
            if len(name) >= _SHORT and name not in unsaid and name != component:
                found.setdefault(name, []).append(key)
        return found


def _begun(text: str) -> Iterator[str]:
    """The words of a text, and what each begins with up to a dot or a dash: `db.shop` of `db.shop.svc:5432`."""
    for word in set(re.findall(r"[\w.\-]+", text)):
        for end in _ENDS.finditer(word[:_LONGEST]):
            yield word[: end.start()]
