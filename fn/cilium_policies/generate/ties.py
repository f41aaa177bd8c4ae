"""Which instance of a component another one means: the one that something ties it to, never simply all of them.

An instance is a release or an operator's object, not a pod. From the strongest tie to the weakest: an address, which
replaces the catalogue's edge; the same release; the same namespace; a text that names the instance or its Service; an
entry that says every instance is meant (operators). Without a tie the only instance of the cluster is a guess where
the client's configuration is not shown in full, or is made at run time; of several nobody can say which. A database in
the release of another program or in another namespace whose own programs alone name it, and an edge that few
installations have (a plugin's), are named and not opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from cilium_policies.catalogue.flows import Edge as Known
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.catalogue.ports import RELATIONAL, SERVERS
from cilium_policies.catalogue.recognise import is_among
from cilium_policies.evidence.edge import Edge
from cilium_policies.generate.instances import (
    Instance,
    Withheld,
    acts_on,
    instance,
    is_operated,
    operated,
)
from cilium_policies.generate.owners import (
    Users,
    are_stores,
    called_after,
    is_another_store,
    is_anothers,
    is_called_after_another,
    of_the_part,
    role_of,
)
from cilium_policies.generate.proxied import proxies
from cilium_policies.generate.roles import Roles
from cilium_policies.generate.shown import is_said_to_name, is_shown, says_whom
from cilium_policies.generate.shown_ports import MAIL, is_between, is_client, sends_mail
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.vouched import is_publishers

if TYPE_CHECKING:
    from cilium_policies.generate.spoken import Spoken

# What names a server; a monitor or a route tells nothing of whom its target calls.
_NAMING = ("address", "inferred", "extension", "policy", "config")
_ANYBODYS = frozenset((80, 443, 8080, 8443))  # ports that tell of no program
_OUTSIDE = ("cidr", "internet", "fqdn", "outside")


class Ties:
    """Look-ups of one cluster. What is not opened is gathered: `withheld` for want of a tie, `unbound` of a role."""

    def __init__(
        self, cluster: Cluster, catalogue: Catalogue, roles: Roles, evidence: Iterable[Edge]
    ) -> None:
        self._cluster = cluster
        self._catalogue = catalogue
        self._roles = roles
        self._called: dict[tuple[int, str], dict[Instance, set[int]]] = {}  # with the identities of servers
        self._elsewhere: dict[int, set[Port]] = {}
        self._addressed: dict[int, set[int]] = {}  # the ports of every address that a client names
        self._shown: dict[int, bool] = {}
        self._outside: set[int] = set()  # clients whose configuration names an address outside
        # Servers that a Service or a port of their node opens to the outside.
        self._published: set[int] = set()
        self._spoken: Spoken | None = None
        # By the identity of a list and by roles: the list, which is kept for it, and who of it has one of the roles.
        self._by_part: dict[tuple[int, tuple[str, ...]], tuple[list[Workload], list[Workload]]] = {}
        self.withheld: dict[tuple[int, str], Withheld] = {}
        # Callers of the API by their entry, that no role binding makes one.
        self.unbound: dict[int, Workload] = {}
        self.spared: dict[int, tuple[Workload, Workload]] = {}  # who shares an API caller's account, with it
        self.unscraped: dict[int, tuple[Workload, tuple[Port, ...]]] = {}  # scraped, by nobody shown
        self._guesses: set[tuple[int, int, tuple[str, ...]]] = set()  # client, server and ports of the entry
        self.proxied: dict[int, Workload] = {}  # clients whose web requests go through a proxy
        self._users = Users()
        for edge in evidence:
            client, server, origin = edge.client, edge.server, edge.evidence.origin
            if origin == "service" and server is not None and edge.source.kind in ("entity", "cidr"):
                self._published.add(id(server))
            if client is not None and edge.target.kind in _OUTSIDE and says_whom(edge, client):
                self._outside.add(id(client))
            if client is None or origin not in _NAMING:
                continue
            self._addressed.setdefault(id(client), set()).update(port.number for port in edge.ports)
            if server is None:
                self._elsewhere.setdefault(id(client), set()).update(edge.ports)
            elif server.component:
                key = (id(client), server.component)
                self._called.setdefault(key, {}).setdefault(instance(server), set()).add(id(server))
                self._users.note(client, server)

    def note_within(self, found: Iterable[tuple[Workload, Port]]) -> None:
        """Servers that configuration names in the pod itself: another container is one, where there is another."""
        for client, port in (one for one in found if len(one[0].images) > 1):
            self._elsewhere.setdefault(id(client), set()).add(port)

    def replaces(self, workload: Workload, known: Known) -> bool:
        """Whether what the input shows takes the place of a usual edge of the entry: the published ports of the usual
        ones, an address outside of any address, a mail server of all of them, an address at
        all of every pod or of a component."""
        if known.direction == "ingress":
            return known.peer in ("world", "ingress-clients") and id(workload) in self._published
        if known.fallback and known.peer == "all-pods":
            named = self._addressed.get(id(workload), ())
            return any(port.number in named for port in known.pod_ports())
        if known.peer == "internet" and sends_mail(known):
            return not MAIL.isdisjoint(self._addressed.get(id(workload), ()))  # its server is named
        word, _, component = known.peer.partition(":")
        if word == "component" and (
            known.fallback or (is_between(known) and is_client(workload, self._cluster))
        ):
            return (id(workload), component) in self._called
        return known.fallback and id(workload) in self._outside

    def leads_out(self, workload: Workload) -> bool:
        """Whether evidence leads from a workload to an address outside."""
        return id(workload) in self._outside

    def direct(self, workload: Workload, known: Known) -> tuple[Port, ...] | None:
        """The ports of an edge to the Internet; those left out whose requests go through a proxy that the
        configuration names and that evidence opens. None: all of them do."""
        ports = known.pod_ports()
        if known.peer != "internet" or not ports or id(workload) not in self._outside:
            return ports
        called = {port.number for port in self._elsewhere.get(id(workload), ())}
        through = {number for one in proxies(workload) if one.port in called for number in one.instead_of}
        if through.intersection(port.number for port in ports):
            self.proxied[id(workload)] = workload
        return tuple(port for port in ports if port.number not in through) or None

    def is_told_by_image(self, workload: Workload) -> bool:
        """Whether its entry names images and one of the pod's is called so; where it names none, nothing is told."""
        component = self._catalogue.get(workload.component)
        return workload.by_image and component is not None and bool(component.images)

    def is_publishers(self, workload: Workload) -> bool:
        """Whether the image that tells what it is comes from where only its publisher can put it."""
        component = self._catalogue.get(workload.component)
        return component is not None and is_publishers(workload, component)

    def entry(self, name: str) -> Component | None:
        """What the catalogue has under this name."""
        return self._catalogue.get(name)

    def plays(self, workload: Workload, parts: tuple[str, ...]) -> bool:
        """Whether a pod has one of these roles in its component, or none that its labels tell. Where they say no more
        than the component's name, its image may tell. The labels of a pod that only its image tells are somebody's
        own words, and so is a role that no chart or edge of the entry has: they count where they are the entry's."""
        component = self._catalogue.get(workload.component)
        if not parts or component is None:
            return True
        told = role_of(workload, component)
        if is_among(told, parts):
            return True
        if not workload.rendered or told in component.parts:
            return False
        return not (workload.by_label and component.plays_any)

    def is_told_to_play(self, workload: Workload, parts: tuple[str, ...]) -> bool:
        """Whether the labels or the image of a pod say that it has one of these roles."""
        component = self._catalogue.get(workload.component)
        role = role_of(workload, component) if component is not None else ""
        return role != "" and is_among(role, parts)

    def said_of(self, known: Known) -> Callable[[Workload], bool] | None:
        """What tells that an edge is to a pod's role, where it names several."""
        return partial(self.is_told_to_play, parts=known.of) if len(known.of) > 1 else None

    def _playing(self, every: list[Workload], parts: tuple[str, ...]) -> list[Workload]:
        """Those of a component, or of an instance, that have one of these roles, looked for once for all who ask."""
        if not parts:
            return every
        key = (id(every), parts)
        if key not in self._by_part:
            self._by_part[key] = every, [one for one in every if self.plays(one, parts)]
        return self._by_part[key][1]

    def servers(self, client: Workload, known: Known, component: str) -> list[Workload]:
        """The workloads of a component that a client calls over this edge of the catalogue."""
        every = self._roles.component(component)
        if component == client.component:
            return self._members(client, known)
        if not every:
            return []
        called = self._called.get((id(client), component))
        if called and not known.every:  # what it says of one tells nothing of the others that it acts on
            return of_the_part(self._roles.instances(component, called), set().union(*called.values()))
        ports = known.pod_ports()
        if self._is_called_elsewhere(client, ports):
            return []
        if self._has_another(client, known, ports):
            self._withhold(client, every, ports)
            return []
        near = self._roles.near(client, component)
        if near and (not known.every or is_operated(client, near)):
            close = self._roles.own(client, component, near)
            own = called_after(client, close, ports)
            meant = [one for one in own if not is_called_after_another(self._cluster, client, one, ports)]
            if not meant or (len(own) < len(close) and not self._is_shown(client)):
                self._withhold(client, close, ports, seldom=self._names_no_host(client))
            return meant
        every_one = known.every or known.owner in self._catalogue.defined
        if made := every if every_one else operated(client, every):
            return [one for one in made if acts_on(self._cluster, client, one)]
        named, playing = self._named(client, component, ports), self._playing(every, known.of)
        return named or (self._guessed(client, known, playing, ports) if playing else [])

    def _named(self, client: Workload, component: str, ports: tuple[Port, ...]) -> list[Workload]:
        """The servers that the client's texts name; those of others by no more than a word: that of a Secret may mean
        another environment's, or nobody."""
        if self._spoken is None:
            from cilium_policies.generate.spoken import Spoken  # small builds have no servers elsewhere

            self._spoken = Spoken(self._cluster, self._catalogue, self._roles)
        return self._spoken.of(client, component, self._users.owned(component) if are_stores(ports) else ())

    def _members(self, client: Workload, known: Known) -> list[Workload]:
        """The pods of its own instance; of databases that stand beside each other in plain manifests those that its
        name belongs with. An address that one has of another is evidence of its own, and where one part may call
        another one (an agent its gateway) and its configuration is shown, that says whether it does."""
        members, ports = self._roles.members(client), known.pod_ports()
        if known.of and known.when == "peer" and self._is_shown(client):
            called = self._called.get((id(client), client.component), ())
            return [one for one in members if one is not client and instance(one) in called]
        if known.of:
            return self._playing(members, known.of)
        if not are_stores(ports):
            return members
        apart = [one for one in members if is_another_store(client, one)]
        if apart and not self._is_shown(client):
            self._withhold(client, apart, ports)
        return [one for one in members if one not in apart]

    def _is_called_elsewhere(self, client: Workload, ports: tuple[Port, ...]) -> bool:
        """Whether the client names somebody on these ports whose pods are none of this component."""
        telling = {(port.number, port.protocol) for port in ports if port.number not in _ANYBODYS}
        return any((port.number, port.protocol) in telling for port in self._elsewhere.get(id(client), ()))

    def _has_another(self, client: Workload, known: Known, ports: tuple[Port, ...]) -> bool:
        """Whether it names a relational database of another kind: a program has one of those that it can use."""
        relational = bool(ports) and RELATIONAL.issuperset(one.number for one in ports)
        if known.runtime or known.every or not relational:
            return False
        return not RELATIONAL.isdisjoint(self._addressed.get(id(client), ()))

    def _guessed(
        self, client: Workload, known: Known, every: list[Workload], ports: tuple[Port, ...]
    ) -> list[Workload]:
        named = self._addressed.get(id(client), ())
        if any(port.number in SERVERS and port.number in named for port in ports):
            return []  # it names its database, which is of another component
        if known.runtime or not self._is_shown(client):
            # Pods that only look like one are no instance beside a release or an operator's object.
            every = [each for each in every if not each.by_marks] or every
            first = instance(every[0])
            one = all(instance(each) == first for each in every)
            strange = is_anothers(self._cluster, every[0], ports) or self._users.are_beside(
                every[0], client, ports
            )
            if one and not known.seldom and not strange:
                self._guesses.update((id(client), id(each), known.ports) for each in every)
                return every
            seldom = one or known.when == "peer" or self._names_no_host(client)
            self._withhold(client, every, ports, seldom=seldom)
        return []

    def is_guess(self, client: Workload | None, server: Workload | None, known: Known) -> bool:
        """Whether no more than a guess opened this edge of the catalogue."""
        return bool(self._guesses) and (id(client), id(server), known.ports) in self._guesses

    def _withhold(
        self, client: Workload, servers: list[Workload], ports: tuple[Port, ...], *, seldom: bool = True
    ) -> None:
        key = (id(client), servers[0].component)
        self.withheld.setdefault(key, Withheld(client, tuple(servers), ports, seldom))

    def _names_no_host(self, client: Workload) -> bool:
        """Whether what is hidden of its configuration is not called as what holds an address."""
        return is_shown(client, self._cluster.inventory, is_said_to_name)

    def _is_shown(self, client: Workload) -> bool:
        if id(client) not in self._shown:
            self._shown[id(client)] = is_shown(client, self._cluster.inventory)
        return self._shown[id(client)]
