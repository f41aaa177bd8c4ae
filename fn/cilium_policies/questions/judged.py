"""Expectations held against a snapshot: what holds, what does not, and which rule says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from cilium_policies.checks.snapshot import SOMEWHERE, Snapshot
from cilium_policies.config.model import Config
from cilium_policies.config.peer import ConfigPeer
from cilium_policies.evaluate.endpoint import Endpoint, address, dns_name, entity
from cilium_policies.evaluate.portset import (
    EVERYTHING,
    NOTHING,
    PortSet,
    difference,
    intersection,
    port_set,
    words,
)
from cilium_policies.evaluate.verdict import Verdict
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    EntityPeer,
    FqdnPeer,
    InternetPeer,
    LabelsPeer,
    NamespacePeer,
    OutsidePeer,
    Peer,
    WorkloadPeer,
    fits,
)
from cilium_policies.generate.config_peers import resolved
from cilium_policies.generate.evidence_inputs import roles
from cilium_policies.kube.ports import Port
from cilium_policies.lean import NamedTuple
from cilium_policies.questions.beyond import overlap, within
from cilium_policies.questions.connections import Connections
from cilium_policies.questions.ends import End, translated
from cilium_policies.questions.ends import Port as Asked
from cilium_policies.questions.expected import ALLOW, ANY, DENY, ONLY, Expectation
from cilium_policies.questions.party import INTERNET, WORLD, Party

MANY = 5  # so many pairs that contradict an expectation are named


class Result(NamedTuple):
    """`failures` is empty where the expectation holds."""

    expectation: Expectation
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.failures


class Beyond(NamedTuple):
    """An end outside that stands for many addresses; `samples` are some of them."""

    party: Party
    samples: tuple[Endpoint, ...]

    def __str__(self) -> str:
        return self.party.name


One = End | Beyond


class Judge:
    """Judges as `list` does: the snapshot's policies, between its pods, nodes and the outside."""

    def __init__(self, snapshot: Snapshot, config: Config) -> None:
        self._snapshot = snapshot
        self._repository = snapshot.repository
        self._cluster = snapshot.cluster
        self._roles = roles(snapshot.cluster, config)
        self._found = Connections(snapshot)
        self._outside: dict[tuple[Party, bool], list[tuple[Party, PortSet]]] = {}
        for pair in self._found.outside():
            ingress = pair.target.kind == "workload"
            pod, other = (pair.target, pair.source) if ingress else (pair.source, pair.target)
            self._outside.setdefault((pod, ingress), []).append((other, pair.ports))

    def judge(self, one: Expectation) -> Result:
        targets = self._all(one, one.target)
        if not targets:
            return Result(one, (f"{one.target} matches nothing in the input",))
        failures: list[str] = []
        if one.expect == ONLY:
            failures += self._only(one, targets)
        else:
            sources = self._all(one, one.sources[0])
            if not sources:
                return Result(one, (f"{one.sources[0]} matches nothing in the input",))
            pairs = 0
            for source in sources:
                for target in targets:
                    if not _same(source, target) and (_is_pod(source) or _is_pod(target)):
                        pairs += 1
                        failures += self._pair(one, source, target)
            if not pairs:
                failures.append("no policy applies between these ends")
        return Result(one, _few(failures))

    def _pair(self, one: Expectation, source: One, target: One) -> Iterator[str]:
        ports = [self._pod_port(one, port, target) for port in one.ports]
        name = f"{_name(source)} => {_name(target)}"
        if isinstance(source, Beyond) or isinstance(target, Beyond):
            if one.expect == DENY:
                yield from self._closed(name, source, target, ports)
                return
        elif not ports:
            yield from self._any_port(one, name, source, target)
            return
        for port in ports or [Port(0)]:
            for number in dict.fromkeys((port.number, port.end or port.number)):
                for verdict in self._verdicts(source, target, number, port.protocol):
                    yield from self._told(one, f"{name} {number}/{port.protocol}", verdict)

    def _verdicts(self, source: One, target: One, port: int, protocol: str) -> Iterator[Verdict]:
        for left in _samples(source):
            for right in _samples(target):
                yield self._repository.verdict(left, right, port, protocol.upper())

    def _told(self, one: Expectation, name: str, verdict: Verdict) -> Iterator[str]:
        if verdict.allowed is None:
            notes = "; ".join(side.note for side in (verdict.egress, verdict.ingress) if side.note)
            yield f"{name}: cannot be known: {notes}"
        elif verdict.allowed != (one.expect == ALLOW):
            sides = (verdict.egress, verdict.ingress)
            deciding = [side for side in sides if side.allowed == verdict.allowed and side.rules]
            rules = ", ".join(dict.fromkeys(str(ref) for side in deciding for ref in side.rules[:2]))
            word = "allowed" if verdict.allowed else "denied"
            yield f"{name}: {word}{f' by {rules}' if rules else ', as no policy closes it'}"

    def _any_port(self, one: Expectation, name: str, source: End, target: End) -> Iterator[str]:
        open_ports = self._between(source.endpoint, target.endpoint)
        if one.expect == DENY and open_ports:
            yield f"{name}: {words(open_ports)} is allowed"
        if one.expect == ALLOW and difference(EVERYTHING, open_ports):
            yield f"{name}: only {words(open_ports) or 'nothing'} is allowed"

    def _between(self, source: Endpoint, target: Endpoint) -> PortSet:
        if target not in self._found.reach.index:
            return NOTHING
        return next((ports for ports, mask in self._found.into(target).items() if source in mask), NOTHING)

    def _closed(self, name: str, source: One, target: One, ports: list[Port]) -> Iterator[str]:
        """No address outside may do it: whatever rule overlaps with what was asked counts."""
        pod, outside, ingress = (
            (target, source, True) if isinstance(source, Beyond) else (source, target, False)
        )
        if not isinstance(pod, End) or not isinstance(outside, Beyond):
            return
        wanted = _port_set(ports)
        for party, open_ports in self._outside.get((self._found.party[pod.endpoint], ingress), []):
            common = intersection(open_ports, wanted)
            if common and overlap(party, outside.party):
                yield f"{name}: {words(common)} is allowed for {party.name or party.kind}"

    def _only(self, one: Expectation, targets: list[One]) -> Iterator[str]:
        allowed = {_name(end) for peer in one.sources for end in self._ends(peer)}
        beyond = [end.party for peer in one.sources for end in self._ends(peer) if isinstance(end, Beyond)]
        for peer in one.sources:
            if not any(True for _ in self._ends(peer)):
                yield f"{peer} matches nothing in the input"
        for target in targets:
            if not isinstance(target, End):
                yield "only a pod's ingress can be asked so"
                continue
            ports = _port_set([self._pod_port(one, port, target) for port in one.ports])
            for open_ports, sources in self._found.into(target.endpoint).items():
                common = intersection(open_ports, ports)
                for source in sources if common else ():
                    if str(source) not in allowed:
                        yield f"{source} => {_name(target)} {words(common)}: allowed"
            for party, open_ports in self._outside.get((self._found.party[target.endpoint], True), []):
                common = intersection(open_ports, ports)
                if common and not any(within(party, known) for known in beyond):
                    yield f"{party.name or party.kind} => {_name(target)} {words(common)}: allowed"

    def _pod_port(self, one: Expectation, port: Port, target: One) -> Port:
        """Through a Service its own ports are meant; at a pod a port that only its Service has is that Service's."""
        if not isinstance(target, End) or target.workload is None or port.end or port.icmp:
            return port
        if one.target.kind == "service":
            service = self._cluster.service(one.target.namespace, one.target.name)
            found = self._cluster.pod_port(target.workload, service, str(port.number)) if service else None
            return found if found is not None and found.number else port
        meant = translated(self._cluster, target.workload, Asked(port.number, port.protocol))[0]
        return Port(meant.number, meant.protocol)

    def _all(self, one: Expectation, peer: ConfigPeer) -> list[One]:
        """The ends of a peer; where nothing may pass, `*` is the outside as well."""
        beyond = self._of(EntityPeer("world")) if peer == ANY and one.expect == DENY else ()
        return [*self._ends(peer), *beyond]

    def _ends(self, peer: ConfigPeer) -> Iterator[One]:
        if peer == ANY:
            yield from (self._end(pod) for pod in self._found.pods)
            return
        shown = list(resolved(peer, self._cluster, self._roles))
        if not shown and peer.kind == "pod":  # the name of a Service will do
            shown = list(resolved(peer._replace(kind="service"), self._cluster, self._roles))
        for one in shown:
            yield from self._of(one)

    def _end(self, endpoint: Endpoint) -> End:
        return End(endpoint, self._snapshot.workloads.get(endpoint))

    def _of(self, peer: Peer) -> Iterator[One]:
        options = self._snapshot.options
        match peer:
            case WorkloadPeer():
                yield self._end(self._snapshot.end(peer.workload))
            case AllPodsPeer():
                yield from map(self._end, self._found.pods)
            case NamespacePeer():
                yield from (self._end(one) for one in self._found.pods if one.namespace == peer.namespace)
            case LabelsPeer():
                held = self._snapshot.workloads.items()
                yield from (self._end(end) for end, one in held if fits(peer, one))
            case EntityPeer() if peer.name not in (WORLD, "all", "cluster"):
                known = [one for one in self._found.nodes if one.name == peer.name]
                yield from (End(one) for one in known or entity(peer.name, options))
            case CidrPeer():
                yield self._range(peer)
            case FqdnPeer():
                yield Beyond(Party("fqdn", peer.name), tuple(dns_name(peer.name, options=options)))
            case InternetPeer():
                place = self._repository.place(address(SOMEWHERE, options))
                yield Beyond(Party("entity", INTERNET), (place,))
            case EntityPeer() | OutsidePeer():
                yield Beyond(Party("entity", WORLD), tuple(entity(WORLD, options)))

    def _range(self, peer: CidrPeer) -> Beyond:
        net = ip_network(peer.name)
        options = self._snapshot.options
        ends = dict.fromkeys((str(net.network_address), str(net.broadcast_address)))
        samples = tuple(self._repository.place(address(one, options)) for one in ends)
        return Beyond(Party("cidr", peer.name, excepts=peer.excepts), samples)


def _samples(one: One) -> tuple[Endpoint, ...]:
    return one.samples if isinstance(one, Beyond) else (one.endpoint,)


def _name(one: One) -> str:
    return str(one) if isinstance(one, Beyond) else str(one.endpoint)


def _is_pod(one: One) -> bool:
    return isinstance(one, End) and one.endpoint.managed


def _same(one: One, other: One) -> bool:
    return isinstance(one, End) and isinstance(other, End) and one.endpoint is other.endpoint


def _port_set(ports: list[Port]) -> PortSet:
    if not ports:
        return EVERYTHING
    return port_set((one.protocol.upper(), one.number, max(one.number, one.end)) for one in ports)


def _few(failures: Iterable[str]) -> tuple[str, ...]:
    unique = list(dict.fromkeys(failures))
    return tuple(unique[:MANY] + ([f"and {len(unique) - MANY} more"] if len(unique) > MANY else []))
