"""Every connection that the policies of a situation let through, between pods, nodes and the outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cilium_policies.checks.situation import Situation
from cilium_policies.evaluate.endpoint import Endpoint, entity
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.peers import EVERYBODY, Cloud, Labelled, Matcher, Named, Range
from cilium_policies.evaluate.portset import EVERYTHING, NOTHING, PortSet, difference, union
from cilium_policies.evaluate.reach import Reach, numbers

NODES = ("host", "remote-node", "kube-apiserver", "ingress", "health")
WORLD = "world"
INTERNET = "internet"


class Pair(NamedTuple):
    """What `source` may open to `target`: names of ends (`media/radarr`, `host`), or of what lies outside."""

    source: str
    target: str
    ports: PortSet


class Party(NamedTuple):
    """One end of a connection as a value.

    kind       | fields
    workload   | `namespace`, `name`
    pods       | every pod, of `namespace` where one is given
    entity     | `name`: host, remote-node, kube-apiserver, ingress, health, world, internet
    cidr       | `name`, `excepts`
    fqdn       | `name`: a DNS name or pattern
    cidr-group | `name` ("" where it is chosen by label)
    cloud      | addresses that only a cloud's API knows
    other      | `name`: several of these at once
    """

    kind: str
    name: str = ""
    namespace: str = ""
    excepts: tuple[str, ...] = ()


class Connections:
    """The connections of a situation: `pairs` between its ends, `outside` of them with the world.

    Host-network pods are left out: the network knows them as `host` and `remote-node`.
    """

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.pods = [end for end in situation.ends.values() if end.managed]
        self.nodes = [end for name in NODES for end in entity(name, situation.options)]
        self.reach = Reach(situation.world, [*self.pods, *self.nodes])
        # What the names of ends mean, those outside as `outside` comes upon them.
        self.parties = {str(end): Party("entity", end.name) for end in self.nodes}
        for end in self.pods:
            self.parties[str(end)] = Party("workload", str(end).partition("/")[2], end.namespace)
        self.parties |= {name: Party("entity", name) for name in (WORLD, INTERNET)}
        self._with_outside: list[Pair] | None = None

    def allowing(self, end: Endpoint, other: Endpoint, ingress: bool) -> tuple[bool, list[Entry]]:
        """Whether this direction of a pod is closed, and the rules that let the other end in or out. Ends outside are
        known by their names."""
        side = self.situation.world.sides(end)[1 if ingress else 0]
        if other in self.reach.index:
            return side.closed, self.reach.allowing(end, other, ingress=ingress)
        name = str(other)
        return side.closed, [one for one in side.allow if name in map(self._named, self._outside_words(one))]

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
                    yield Pair(str(source), str(target), ports)

    def outside(self) -> list[Pair]:
        """What the pods may open to the outside, and the outside to them; the two ranges of the internet are one."""
        if self._with_outside is None:
            pairs = (
                one._replace(source=self._named(one.source), target=self._named(one.target))
                for one in list(self._beyond())
            )
            self._with_outside = list(dict.fromkeys(pairs))
        return self._with_outside

    def _beyond(self) -> Iterator[Pair]:
        for end in self.pods:
            for ingress in (True, False):
                for words, ports in self._outside(end, ingress).items():
                    yield Pair(words, str(end), ports) if ingress else Pair(str(end), words, ports)

    def _outside(self, end: Endpoint, ingress: bool) -> dict[str, PortSet]:
        side = self.situation.world.sides(end)[1 if ingress else 0]
        found: dict[str, PortSet] = {}
        if not side.closed:
            found[WORLD] = EVERYTHING
        for entry in side.allow:
            for words in self._outside_words(entry):
                found[words] = union(found.get(words, NOTHING), opened(entry, end, ingress))
        for entry in side.deny:
            for words in self._outside_words(entry):
                ports = opened(entry, end, ingress)
                for known in [words] if words != WORLD else list(found):
                    found[known] = difference(found.get(known, NOTHING), ports)
        return {words: ports for words, ports in found.items() if ports}

    def _outside_words(self, entry: Entry) -> list[str]:
        """The peers of a rule that lie outside the cluster, in words."""
        found = []
        parties = list(map(_party, entry.peers or (EVERYBODY,)))
        names = {party.name for party in parties if party is not None and party.kind == "fqdn"}
        for party in parties:
            if party is not None and not _is_answer(party, names):
                words = words_of(party)
                self.parties.setdefault(words, party)
                found.append(words)
        return list(dict.fromkeys(found))

    def _named(self, words: str) -> str:
        """`internet` for a party that is all of it."""
        party = self.parties.get(words)
        return INTERNET if party is not None and _is_internet(party) else words


def _is_internet(party: Party) -> bool:
    """Everything outside that is not private, in either address family."""
    private = {"0.0.0.0/0": ("10.0.0.0/8", "192.168.0.0/16"), "::/0": ("fc00::/7",)}.get(party.name, ())
    return party.kind == "cidr" and bool(private) and set(private) <= set(party.excepts)


def opened(entry: Entry, end: Endpoint, ingress: bool) -> PortSet:
    if entry.spans is None:
        return EVERYTHING
    return numbers(entry.spans, end.named_ports if ingress else {}, ingress=ingress)


def words_of(party: Party) -> str:
    """A party outside the cluster in words: `10.0.0.0/8 except 10.1.0.0/16`, `api.example.org`, `world`."""
    if party.kind == "cidr" and party.excepts:
        return f"{party.name} except {', '.join(party.excepts)}"
    if party.kind == "cidr-group":
        return f"CIDR group {party.name or 'by label'}"
    return "cloud group" if party.kind == "cloud" else party.name


def _is_answer(party: Party, names: set[str]) -> bool:
    """Whether a name is another of its rule as CoreDNS' autopath answers it: with a namespace's search suffix."""
    plain, inside, _ = party.name.partition(".svc.")
    return party.kind == "fqdn" and bool(inside) and plain.rpartition(".")[0] in names


def _party(one: Matcher) -> Party | None:
    """Whom a peer of a rule means outside the cluster; None for one inside."""
    if isinstance(one, Range):
        cidr = one.cidr
        if cidr.group or cidr.group_selector is not None:
            return Party("cidr-group", cidr.group or "")
        return Party("cidr", cidr.cidr, excepts=tuple(cidr.excepts))
    if isinstance(one, Named):
        return Party("fqdn", one.fqdn.name or one.fqdn.pattern)
    if isinstance(one, Cloud):
        return Party("cloud")
    return Party("entity", WORLD) if _is_world(one) else None


def _is_world(one: Labelled) -> bool:
    return not one.needs or any(need.source == "reserved" and need.key == "world" for need in one.needs)
