"""Every connection that the policies of a snapshot let through, between pods, nodes and the outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.evaluate.endpoint import Endpoint, entity
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.peers import EVERYBODY, Labelled, Matcher, Named, Range
from cilium_policies.evaluate.portset import EVERYTHING, NOTHING, PortSet, difference, union
from cilium_policies.evaluate.reach import Reach, numbered, numbers
from cilium_policies.lean import NamedTuple
from cilium_policies.questions.party import THE_INTERNET, THE_WORLD, Party

NODES = ("host", "remote-node", "kube-apiserver", "ingress", "health")


class Pair(NamedTuple):
    """What `source` may open to `target`."""

    source: Party
    target: Party
    ports: PortSet


Names = frozenset[tuple[str, str]]  # namespace, name


def shared_names(snapshot: Snapshot) -> Names:
    """Names that several workloads of a namespace have: of different kinds."""
    counted = Counter((one.namespace, one.name) for one in snapshot.workloads.values())
    return frozenset(name for name, count in counted.items() if count > 1)


class Connections:
    """The connections of a snapshot: `pairs` between its ends, `outside` of them with the world.

    Host-network pods are left out: the network knows them as `host` and `remote-node`.
    """

    def __init__(self, snapshot: Snapshot, shared: Names = frozenset()) -> None:
        """`shared`: names to tell apart by kind, besides those that several of its workloads have."""
        self.snapshot = snapshot
        self.pods = [end for end in snapshot.ends.values() if end.managed]
        self.nodes = [end for name in NODES for end in entity(name, snapshot.options)]
        self.reach = Reach(snapshot.repository, [*self.pods, *self.nodes])
        self.party = {end: Party("entity", end.name) for end in self.nodes}
        shared |= shared_names(snapshot)
        for end in self.pods:
            one = snapshot.workloads[end]
            name = f"{one.kind}/{one.name}" if (one.namespace, one.name) in shared else one.name
            self.party[end] = Party("workload", name, one.namespace)
        self.stand_ins: dict[Endpoint, Party] = {}  # ends that somebody made for what lies outside
        self._with_outside: list[Pair] | None = None
        self._parties: dict[Entry, list[Party]] = {}

    def allowing(self, end: Endpoint, other: Endpoint, ingress: bool) -> tuple[bool, list[Entry]]:
        """Whether this direction of a pod is closed, and the rules that let the other end in or out. Ends outside are
        those of `stand_ins`."""
        side = self.snapshot.repository.sides(end)[1 if ingress else 0]
        if other in self.reach.index:
            return side.closed, self.reach.allowing(end, other, ingress=ingress)
        party = self.stand_ins[other]
        return side.closed, [one for one in side.allow if party in map(_widest, self._peers_outside(one))]

    def into(self, target: Endpoint) -> dict[PortSet, list[Endpoint]]:
        """Who may open what to one end; nodes among themselves are left out."""
        return {
            ports: [one for one in self.reach.members(mask) if one.namespace or target.namespace]
            for ports, mask in self.reach.into(target).items()
        }

    def pairs(self) -> Iterator[Pair]:
        """Every pair of ends with open ports, the pod itself aside."""
        for target in self.reach.ends:
            for ports, sources in self.into(target).items():
                for source in sources:
                    yield Pair(self.party[source], self.party[target], ports)

    def outside(self) -> list[Pair]:
        """What the pods may open to the outside, and the outside to them; the two ranges of the internet are one."""
        if self._with_outside is None:
            pairs = (
                one._replace(source=_widest(one.source), target=_widest(one.target))
                for one in list(self._beyond())
            )
            self._with_outside = list(dict.fromkeys(pairs))
        return self._with_outside

    def _beyond(self) -> Iterator[Pair]:
        for end in self.pods:
            for ingress in (True, False):
                own = self.party[end]
                for party, ports in self._outside(end, ingress).items():
                    yield Pair(party, own, ports) if ingress else Pair(own, party, ports)

    def _outside(self, end: Endpoint, ingress: bool) -> dict[Party, PortSet]:
        side = self.snapshot.repository.sides(end)[1 if ingress else 0]
        found: dict[Party, PortSet] = {}
        if not side.closed:
            found[THE_WORLD] = EVERYTHING
        for entry in side.allow:
            for party in self._peers_outside(entry):
                found[party] = union(found.get(party, NOTHING), opened(entry, end, ingress))
        for entry in side.deny:
            for party in self._peers_outside(entry):
                ports = opened(entry, end, ingress)
                for known in [party] if party != THE_WORLD else list(found):
                    found[known] = difference(found.get(known, NOTHING), ports)
        return {party: ports for party, ports in found.items() if ports}

    def _peers_outside(self, entry: Entry) -> list[Party]:
        parties = self._parties.get(entry)
        if parties is None:
            parties = self._parties[entry] = _parties_outside(entry)
        return parties


def _parties_outside(entry: Entry) -> list[Party]:
    """The peers of a rule that lie outside the cluster."""
    parties = [party for party in map(_party, entry.peers or (EVERYBODY,)) if party is not None]
    if len(parties) < 2:  # as nearly always
        return parties
    names = {party.name for party in parties if party.kind == "fqdn"}
    return list(dict.fromkeys(party for party in parties if not _is_answer(party, names)))


def _widest(party: Party) -> Party:
    """`internet` for a party that is all of it."""
    return THE_INTERNET if party.is_whole_internet else party


def opened(entry: Entry, end: Endpoint, ingress: bool) -> PortSet:
    if not entry.named:
        return numbered(entry.spans)
    return numbers(entry.spans or (), end.named_ports if ingress else {}, ingress=ingress)


def _is_answer(party: Party, names: set[str]) -> bool:
    """Whether a name is another of its rule as CoreDNS' autopath answers it: with a namespace's search suffix."""
    plain, inside, _ = party.name.partition(".svc.")
    return party.kind == "fqdn" and bool(inside) and plain.rpartition(".")[0] in names


def _party(one: Matcher) -> Party | None:
    """Whom a peer of a rule means outside the cluster; None for one inside."""
    if isinstance(one, Labelled):  # most are
        return THE_WORLD if _is_world(one) else None
    if isinstance(one, Range):
        cidr = one.cidr
        if cidr.group or cidr.group_selector is not None:
            return Party("cidr-group", cidr.group or "")
        return Party("cidr", cidr.cidr, excepts=tuple(cidr.excepts))
    if isinstance(one, Named):
        return Party("fqdn", one.fqdn.name or one.fqdn.pattern)
    return Party("cloud")


def _is_world(one: Labelled) -> bool:
    if not one.needs:
        return True
    for need in one.needs:  # noqa: SIM110 (`any` over a generator takes three times as long)
        if need.source == "reserved" and need.key == "world":
            return True
    return False
