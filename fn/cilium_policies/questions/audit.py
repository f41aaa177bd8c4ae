"""What enforcement would cut, by what Hubble saw: flows in groups, held against the enforced plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from cilium_policies.cilium.model import Policy
from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.entries import RuleRef
from cilium_policies.evaluate.repository import PolicyRepository
from cilium_policies.evaluate.verdict import ALLOW_RULE, OPEN, UNMANAGED, Decision
from cilium_policies.lean import TYPE_CHECKING, NamedTuple
from cilium_policies.questions.audit_group import Group
from cilium_policies.questions.flows import End, Flows, NamedPorts, NoFlowError
from cilium_policies.show.table import Cell, Table, columns

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

GROUPS = 20_000  # kept apart; what comes after them is counted together
MINUTES = 100_000  # of which it is known that something was told in them; ten weeks
RECENT = 10_000  # connections that are remembered, so that a packet which is sent again is no second one
DROPPED = "cut now"
CUT = "would be cut"
STALE = "cut by the policies in the cluster; this plan allows it"
UNKNOWN = "not known"
_UNNAMED = "a rule allows a port by its name, and the manifests do not show what this pod calls its ports"
Key = tuple[bool, End, End, int, str]


class Answer(NamedTuple):
    """What becomes of a group: `result` is one of the words above, "" where it passes."""

    result: str
    decision: Decision | None


class Audit:
    """Counts connections, line by line, and then answers; without a `repository` by Hubble's attribution alone.

    `seen` connections came; `again` counts further packets of them; `beyond` those of groups that are not kept.
    `moments` has the last time in each minute in which one was told, by minute, as written.
    """

    def __init__(
        self,
        repository: PolicyRepository | None,
        open_ends: Iterable[tuple[str, str]] = (),
        port_names: Mapping[str, NamedPorts] | None = None,
    ) -> None:
        """`open_ends` are (namespace/workload, direction) pairs that nothing in the manifests explains; `port_names`
        the ports by name of each namespace/workload whose containers are shown."""
        self.repository = repository
        self._open_ends = frozenset(open_ends)
        place = _places(repository)
        self._flows = Flows(place, repository.options, port_names) if repository else Flows(place)
        spans = (span for entry in (repository.entries if repository else ()) for span in entry.spans or ())
        self._names = sorted({span.name for span in spans if span.name})
        self.groups: dict[Key, Group] = {}
        self._recent: dict[int, None] = {}
        self.moments: dict[str, str] = {}
        self.lines = self.seen = self.again = self.beyond = self.odd = self.first_odd = 0
        self.disagreements = 0

    @property
    def lost(self) -> int:
        return self._flows.lost

    @property
    def skipped(self) -> Mapping[str, int]:
        """Events that are no new connection, by their kind, the most first."""
        return dict(self._flows.skipped.most_common())

    @property
    def correlated(self) -> bool:
        """Whether any flow says which policy, or that none, let it pass."""
        return self._flows.correlated

    def read(self, lines: Iterable[bytes], tick: Callable[[int], None] | None = None) -> None:
        """Adds every line; `tick` is told the number of lines now and then."""
        for line in lines:
            self.lines += 1
            if tick is not None and not self.lines % 1000:
                tick(self.lines)
            if line.strip():
                self._line(line)

    def _line(self, line: bytes) -> None:
        try:
            flow = self._flows.read(line)
        except NoFlowError:
            self.odd += 1
            self.first_odd = self.first_odd or self.lines
            return
        if flow is None:
            return
        self.again += (again := self._known(flow.connection))
        self.seen += not again
        if len(self.moments) < MINUTES:
            self.moments[flow.time[:16]] = flow.time
        key = (flow.ingress, flow.source, flow.target, flow.port, flow.protocol)
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= GROUPS:
                self.beyond += not again
                return
            group = self.groups[key] = Group(flow.time)
            again = False
        group.add(flow, again=again)

    def _known(self, connection: int) -> bool:
        """Whether this connection was seen a short while ago."""
        if connection in self._recent:
            return True
        if connection:
            self._recent[connection] = None
            if len(self._recent) > RECENT:
                del self._recent[next(iter(self._recent))]
        return False

    @property
    def attributed(self) -> bool:
        """Whether Hubble names policies at all: where it never does, its correlation is off."""
        return any(group.covered for group in self.groups.values())

    def answers(self) -> dict[Key, Answer]:
        """For each group what enforcement does to it; counts where Hubble and the plan differ."""
        self.disagreements = 0
        trusted = self.attributed or self.repository is None
        return {key: self._answer(key, group, trusted) for key, group in self.groups.items()}

    def _answer(self, key: Key, group: Group, trusted: bool) -> Answer:
        ingress, source, target, port, protocol = key
        subject, peer = (target, source) if ingress else (source, target)
        decision = None
        if self.repository is not None:
            decision = self.repository.decide(
                subject.endpoint, peer.endpoint, port, protocol, ingress=ingress
            )
            if decision.allowed is False and not target.ports_known and self._by_name(key):
                decision = Decision(None, decision.reason, decision.rules, note=_UNNAMED)
        if group.dropped:
            return Answer(DROPPED, decision)
        if (ingress and source.host) or (decision and decision.reason in (OPEN, UNMANAGED)):
            return Answer("", decision)
        uncovered, covered = (group.uncovered, group.covered) if trusted else (0, 0)
        if decision is None:
            return Answer(CUT if uncovered else "", None)
        if not (uncovered or covered):
            return Answer({True: "", False: CUT, None: UNKNOWN}[decision.allowed], decision)
        self.disagreements += decision.allowed is bool(uncovered)
        if uncovered:
            return Answer(STALE if decision.allowed else CUT, decision)
        return Answer("", decision)

    def _by_name(self, key: Key) -> bool:
        """Whether a rule would let it pass if the target called this port as the rule does."""
        ingress, source, target, port, protocol = key
        named = Endpoint(
            target.endpoint.name, target.endpoint.labels, managed=True, namespace=target.endpoint.namespace
        )
        named.aggregate, named.named_ports = (
            target.endpoint.aggregate,
            dict.fromkeys(self._names, (port, protocol)),
        )
        subject, peer = (named, source.endpoint) if ingress else (source.endpoint, named)
        return self.repository is not None and bool(
            self.repository.decide(subject, peer, port, protocol, ingress=ingress).allowed
        )

    def cut(self) -> Table:
        """The groups that enforcement cuts, the busiest first, with the config line that would allow each."""
        merged: dict[tuple[str, ...], Group] = {}
        for key, answer in self.answers().items():
            if answer.result:
                merged.setdefault(self._words(key, answer), Group("")).join(self.groups[key])
        rows: list[tuple[Cell, ...]] = [
            (*words[:4], group.count, _short(group.first), _short(group.last), *words[4:])
            for words, group in sorted(merged.items(), key=lambda pair: (-pair[1].count, pair[0]))
        ]
        named = columns(
            "direction", "from", "to", "port", "count", "first", "last", "result", "why", "allow=to allow it"
        )
        return Table("What enforcement cuts", named, rows, "no flow that was seen would be cut")

    def _words(self, key: Key, answer: Answer) -> tuple[str, ...]:
        ingress, source, target, port, protocol = key
        direction = "ingress" if ingress else "egress"
        why = self._why(target if ingress else source, direction, answer)
        line = f"spec.allow: [{{from: {source.peer}, to: {target.peer}, ports: [{port}/{protocol}], why: …}}]"
        if protocol.startswith("ICMP"):
            line = ""
        elif answer.result == STALE:
            line = "apply the plan"
        return (direction, source.words, target.words, f"{port}/{protocol}", answer.result, why, line)

    def _why(self, subject: End, direction: str, answer: Answer) -> str:
        if answer.decision is not None and answer.decision.note:
            return answer.decision.note
        if self.repository is None:
            return "no policy names it"
        if (subject.words, direction) in self._open_ends:
            return f"nothing in the manifests explains the {direction} of {subject.words}"
        return "nothing in the manifests needs this"

    def unused(self, policies: Iterable[Policy]) -> Table:
        """Rules of the generated policies that no flow has used; what happens rarely may still need them."""
        used = {
            _place(ref)
            for answer in self.answers().values()
            if answer.decision
            for ref in _allowing(answer.decision)
        }
        rows: list[tuple[Cell, ...]] = []
        for policy in policies:
            for number, spec in enumerate(policy.specs):
                for name, rules in (("ingress", spec.ingress), ("egress", spec.egress)):
                    for position, rule in enumerate(rules or ()):
                        ref = RuleRef(policy, number, name, position)
                        if rule.why and _place(ref) not in used:
                            rows.append((policy.namespace, policy.name, ref.path, rule.why))
        named = columns("namespace", "policy", "rule", "why")
        return Table("Rules that no flow has used", named, rows, "every rule was used")


def _allowing(decision: Decision) -> tuple[RuleRef, ...]:
    return decision.rules if decision.reason == ALLOW_RULE else ()


def _place(ref: RuleRef) -> tuple[str, str, int, str, int]:
    return (ref.policy.namespace, ref.policy.name, ref.spec, ref.list_name, ref.position)


def _short(time: str) -> str:
    """2026-11-24T09:30:00.123456789Z to the second."""
    return time[:19].replace("T", " ")


def _place_by_scope(text: str) -> str:
    """Addresses that are not public go by themselves, all others by one word."""
    import ipaddress

    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return "" if parsed.is_global else text


def _places(repository: PolicyRepository | None) -> Callable[[str], str]:
    """A public address that a rule names goes by that rule's range, as a rule for all would judge it otherwise."""
    import ipaddress

    ranges = []
    for entry in repository.entries if repository else ():
        for one in (entry.rule.cidrs if entry.rule else None) or ():
            try:
                network = ipaddress.ip_network(one.cidr, strict=False)
            except ValueError:
                continue
            if network.prefixlen and network.is_global:
                ranges.append(network)
    ranges.sort(key=lambda network: -network.prefixlen)
    known: dict[str, str] = {}

    def place(text: str) -> str:
        if text not in known:
            if len(known) > GROUPS:
                known.clear()
            known[text] = _place_by_scope(text) or _range_of(text, ranges)
        return known[text]

    return place


def _range_of(text: str, ranges: Sequence[IPv4Network | IPv6Network]) -> str:
    import ipaddress

    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return next((str(network) for network in ranges if parsed in network), "")
