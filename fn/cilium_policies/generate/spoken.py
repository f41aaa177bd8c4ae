"""Servers of other namespaces that a client's texts name: by their instance, or by a Service with its namespace.

`Spoken(cluster, catalogue, roles).of(client, component) -> list[Workload]`. The names of all instances are gathered
once, and looked up by the words of a text, so that a thousand clients and a thousand databases are no million.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

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
        # By a client's identity, or by the component whose clients act on objects:
        self._texts: dict[int | str, str] = {}
        self._words: dict[int | str, frozenset[str]] = {}  # what may be a name in these
        self._names: dict[str, dict[str, list[Instance]]] = {}  # by component: whom a name means
        self._read_of: dict[tuple[str, str], set[Instance]] = {}

    def of(self, client: Workload, component: str, others: Collection[Instance] = ()) -> list[Workload]:
        """The workloads of the instances of a component that the client's texts name, or the objects it acts on; the
        name alone, without the namespace, is none of `others`."""
        if component not in self._names:
            self._names[component] = self._gathered(component)
        if not self._names[component]:
            return []
        if id(client) not in self._texts:
            self._texts[id(client)] = "\n".join(mentions(client))
        read = (client.component, component)
        if read not in self._read_of:  # the same for all of this component
            if client.component not in self._texts:
                self._texts[client.component] = "\n".join(self._read(client))
            self._read_of[read] = self._said(client.component, component)
        said = self._said(id(client), component, others)
        return self._roles.instances(component, said | self._read_of[read])

    def _said(self, place: int | str, component: str, others: Collection[Instance] = ()) -> set[Instance]:
        """The instances of a component that a text names."""
        names, text = self._names[component], self._texts[place]
        if len(names) > _FEW and place not in self._words:
            self._words[place] = frozenset(_begun(text))
        said = names.keys() & self._words[place] if len(names) > _FEW else names
        return {
            key
            for name in said
            for key in names[name]
            if ("." in name or key not in others) and self._is_meant(text, name, key, component)
        }

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
