"""May this flow pass, who decided, why that rule exists, and the config line that would change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cilium_policies.checks.snapshot import Known, Snapshot
from cilium_policies.document.finding import refused
from cilium_policies.evaluate.entries import RuleRef
from cilium_policies.evaluate.repository import PolicyRepository
from cilium_policies.evaluate.verdict import (
    ALLOW_RULE,
    DEFAULT_DENY,
    DENY_RULE,
    LOCALHOST,
    OPEN,
    UNMANAGED,
    Decision,
    Verdict,
)
from cilium_policies.evidence.edge import Edge
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.questions.because import edges, stand_between, told, where_words
from cilium_policies.questions.cure import cure_of
from cilium_policies.questions.ends import End, Pair, Port, ends, pod_port, port, translated
from cilium_policies.show.table import Cell, Table, columns

WORDS = {True: "allowed", False: "denied", None: "not known"}
_REASONS = {
    ALLOW_RULE: "a rule allows it",
    DENY_RULE: "a deny rule forbids it",
    DEFAULT_DENY: "no rule allows it, and these policies close the direction",
    OPEN: "nothing closes this direction",
    LOCALHOST: "a pod's own node may always reach it",
    UNMANAGED: "no policy can act at this end",
}


class Side(NamedTuple):
    """One direction's answer. `policies` decided (`Kind/namespace/name spec.egress[2]`), `whys` are their rules'
    reasons, `wheres` their places in the input ("" for a generated one)."""

    direction: str  # egress or ingress
    verdict: str
    reason: str
    policies: tuple[str, ...]
    whys: tuple[str, ...]
    wheres: tuple[str, ...]
    note: str


class Answer(NamedTuple):
    """A whole answer. `now`: the verdict as things are; `enforced`: once the program's policies deny by default.
    `cure` is what would change it."""

    source: str
    target: str
    port: str
    now: str
    enforced: str
    sides: tuple[Side, ...]
    cure: str
    note: str = ""


def explain(
    now: Snapshot,
    enforced: Snapshot,
    source: str,
    target: str,
    wanted: str,
    *,
    namespace: str = "",
    needs: Sequence[Edge] = (),
) -> list[Answer]:
    """One answer for each pair of ends that the names stand for.

    `now` and `enforced` are the same input, its policies as they are and with default deny; `namespace` completes
    names alone; `needs` are the plan's, for policies of an earlier run. Raises RefusedError for names and ports that
    mean nothing here.
    """
    asked = port(wanted)
    answers = []
    for number, one in enumerate(ends(now, source, namespace)):
        for other, two in enumerate(ends(now, target, namespace)):
            numbered = pod_port(now, two, asked)
            if numbered is None:
                raise _no_port(two, asked)
            pair = (ends(enforced, source, namespace)[number], ends(enforced, target, namespace)[other])
            answer = _answer(now, enforced, (one, two), pair, numbered, needs)
            said = [_translation(now, two, asked, numbered), _tunnel(enforced, pair, numbered), answer.note]
            answers.append(answer._replace(note="; ".join(filter(None, said))))
    return answers


def _translation(snapshot: Snapshot, target: End, asked: Port, meant: Port) -> str:
    """What to say where a Service's port was meant: a policy acts on the pod's."""
    if target.workload is None or not asked.number or asked.number == meant.number:
        return ""
    service = target.service or translated(snapshot.cluster, target.workload, asked)[1]
    return f"Service {service.namespace}/{service.name} {asked} is pod port {meant}" if service else ""


def _tunnel(snapshot: Snapshot, pair: Pair, wanted: Port) -> str:
    """What to say where both ends are members of a mesh that tunnels: every TCP connection arrives on one port."""
    ports = [
        port.number
        for edge in _let_in(snapshot, pair[1])
        if edge.reason.kind == "mesh-tunnel" and stand_between(edge, *pair)
        for port in edge.ports
    ]
    if not ports or wanted.protocol != "TCP" or wanted.number in ports:
        return ""
    told = f"the mesh carries TCP between these pods on port {ports[0]}, which is open"
    return (
        f"{told}: no network policy can tell its ports apart there, the mesh's own authorization policies can"
    )


def _let_in(snapshot: Snapshot, target: End) -> Iterator[Edge]:
    """The edges of the rules that let anybody in to one of the snapshot's ends."""
    for entry in snapshot.repository.sides(target.endpoint)[1].allow:
        if entry.rule is not None:
            yield from entry.rule.edges


def _by_name(repository: PolicyRepository, pair: Pair, verdict: Verdict, wanted: Port) -> str:
    """What to say where rules, a user's own as well, allow a port by its name, and which number that is only containers
    tell that the input does not show. Each end that denies the flow has to have such a rule, of one name."""
    target = pair[1]
    if target.workload is None or target.workload.rendered or wanted.name:
        return ""
    names: set[str] | None = None
    for number, decision in enumerate((verdict.egress, verdict.ingress)):
        if decision.allowed is not False:
            continue
        subject, peer = (one.endpoint for one in (pair if number == 0 else pair[::-1]))
        told = {
            span.name
            for entry in repository.sides(subject)[number].allow
            for span in entry.spans or ()
            if span.name and span.protocol == wanted.protocol and repository.names(entry, peer)
        }
        names = told if names is None else names & told
    unknown = sorted((names or set()) - target.endpoint.named_ports.keys())
    if not unknown:
        return ""
    return f"rules allow the port named {unknown[0]}; the input does not show whether that is {wanted} on these pods"


def _word(verdict: Verdict, named: str) -> str:
    """The verdict in words. `named`: a rule by a port's name may allow what no rule by number does; no deny rule
    asks that."""
    forbidden = DENY_RULE in (verdict.egress.reason, verdict.ingress.reason)
    return WORDS[None if named and verdict.allowed is False and not forbidden else verdict.allowed]


def _no_port(target: End, asked: Port) -> Exception:
    known = ", ".join(f"{one.name or one.number}" for one in target.workload.ports) if target.workload else ""
    return refused(
        f"{target.endpoint} has no port {asked}", f"its ports: {known}" if known else "give the number"
    )


def _answer(
    now: Snapshot,
    enforced: Snapshot,
    pair: Pair,
    later: Pair,
    wanted: Port,
    needs: Sequence[Edge],
) -> Answer:
    verdict = _verdict(now, pair, wanted)
    then = _verdict(enforced, later, wanted)
    both = ((verdict.egress, then.egress), (verdict.ingress, then.ingress))
    # The side as enforced says more than "nothing closes this direction" does, wherever audit is on.
    decisive = [after if before.reason == OPEN else before for before, after in both]
    sides = [
        _side(pair, wanted, enforced if before.reason == OPEN else now, direction, decision, before)
        for direction, decision, (before, _) in zip(("egress", "ingress"), decisive, both, strict=True)
    ]
    cure = cure_of(pair, wanted, then, enforced, needs)
    names = (_name(pair[0]), _name(pair[1]))
    before = _by_name(now.repository, pair, verdict, wanted)
    after = _by_name(enforced.repository, later, then, wanted)
    words = (_word(verdict, before), _word(then, after))
    return Answer(*names, str(wanted), *words, tuple(sides), cure, note=after or before)


def _verdict(snapshot: Snapshot, pair: Pair, wanted: Port) -> Verdict:
    return snapshot.repository.verdict(pair[0].endpoint, pair[1].endpoint, wanted.number, wanted.protocol)


def _name(end: End) -> str:
    return str(end.workload or end.endpoint)


def _side(
    pair: Pair, wanted: Port, snapshot: Snapshot, direction: str, decision: Decision, before: Decision
) -> Side:
    refs = decision.rules
    closed = decision.reason == DEFAULT_DENY
    if closed:  # one line a policy: it closes the direction as a whole
        refs = tuple({id(ref.policy): ref for ref in refs}.values())
    reason = _REASONS.get(decision.reason, decision.reason)
    if before.reason == OPEN and decision.reason != OPEN:
        reason = f"in audit: {reason}"
    if decision.reason == UNMANAGED:
        reason = f"{reason} (a node, or outside the cluster)"
    notes = [decision.note, f"the proxy looks at {decision.l7}" if decision.l7 else ""]
    return Side(
        direction,
        WORDS[before.allowed],
        reason,
        tuple(str(ref.policy if closed else ref) for ref in refs),
        tuple("" if closed else _why(pair, wanted, snapshot.known_of(ref.policy), ref) for ref in refs),
        tuple(where_words(snapshot.known_of(ref.policy).where) for ref in refs),
        "; ".join(note for note in notes if note),
    )


def _why(pair: Pair, wanted: Port, known: Known, ref: RuleRef) -> str:
    if ref.rule is not None and ref.rule.why:
        # Of these ends, else of those whose selector takes them in: what a rule opens it opens to both.
        behind = edges(*pair, wanted, [ref]) or edges(*pair, wanted, [ref], mates=True)
        said = dict.fromkeys(map(told, behind))
        return f"{ref.rule.why} ({', '.join(said)})" if said else ref.rule.why
    return known.policy.specs[ref.spec].description or (
        "default deny" if known.generated else "your own policy"
    )


def table(answers: list[Answer]) -> Table:
    """One row for each direction of each answer."""
    rows: list[tuple[Cell, ...]] = [
        (
            answer.source,
            answer.target,
            answer.port,
            side.direction,
            side.verdict,
            "; ".join(part for part in (side.reason, side.note) if part),
            ", ".join(side.policies),
            "; ".join(dict.fromkeys(why for why in side.whys if why)),
            ", ".join(dict.fromkeys(where for where in side.wheres if where)),
        )
        for answer in answers
        for side in answer.sides
    ]
    named = columns("from", "to", "port", "direction", "verdict", "because", "rule", "why", "file")
    return Table("", named, rows)


def value(answer: Answer) -> dict[str, Any]:
    """The answer as an object for programs; each side lists the rules that decided."""
    sides = [
        {
            "direction": side.direction,
            "verdict": side.verdict,
            "reason": side.reason,
            "note": side.note,
            "rules": [
                {"rule": rule, "why": why, "place": where}
                for rule, why, where in zip(side.policies, side.whys, side.wheres, strict=True)
            ],
        }
        for side in answer.sides
    ]
    head = {"from": answer.source, "to": answer.target, "port": answer.port}
    words = {"now": answer.now, "enforced": answer.enforced, "cure": answer.cure, "note": answer.note}
    return {**head, **words, "sides": sides}


def lines(answer: Answer) -> list[str]:
    """The answer for people."""
    said = [f"{answer.source} => {answer.target} {answer.port}: {answer.now}"]
    if answer.note:
        said.append(f"  {answer.note}")
    if answer.enforced != answer.now:
        said[0] += f"; {answer.enforced} once enforced"
    for side in answer.sides:
        said.append(f"  {side.direction}: {side.verdict}; {side.reason}")
        for policy, why, where in zip(side.policies, side.whys, side.wheres, strict=True):
            place = f" ({where})" if where else ""
            said.append(f"    {policy}{place}{f': {why}' if why else ''}")
        if side.note:
            said.append(f"    {side.note}")
    if answer.cure:
        said.append(f"  {answer.cure}")
    return said
