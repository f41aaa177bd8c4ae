"""`python -m tests.questions.explained FOLDER CASE…`: how often `explain` is right about what it allows.

Every (from, to, port) that Cilium's engine lets through is asked of `explain`, at most some ports of a pair. A side is
right where it names each policy by which the engine decided, and others only if they let the flow through without
those; where each rule of the program names evidence; and where both ends and the port of all that it names are the
flow's own (of a workload whose selector takes the ends in, where they have none themselves).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cilium_policies.checks.snapshot import Snapshot, with_generated
from cilium_policies.cli.options import run_on
from cilium_policies.document.finding import RefusedError
from cilium_policies.evaluate.verdict import Decision
from cilium_policies.evidence.edge import Edge, Peer, fits
from cilium_policies.function import Options, run
from cilium_policies.kube.ports import Port
from cilium_policies.questions.because import told
from cilium_policies.questions.ends import End, Pair, ends
from cilium_policies.questions.explain import Answer, Side, explain
from cilium_policies.workloads.selectors import takes_in

from tests.engine.corpus import Case, cases, cluster_text
from tests.engine.facts import LAN, PUBLIC
from tests.engine.judge import Judge, Verdict, World
from tests.engine.openings import outside_peers
from tests.engine.policies import names, rules

_PORTS = 3  # of one pair: most pairs with more are open on any
_NODES = ("host", "remote-node")
_OUTSIDE = outside_peers()


class Found(NamedTuple):
    """What was asked, and the sides that are not right, each with what is wrong."""

    flows: int
    sides: int  # that a policy decided
    more: int  # of them name a policy beyond the engine's, which would let the flow through alone
    unknown: int  # flows of which it says that nobody knows: by the name of a port that no manifest shows
    wrong: list[str]

    @property
    def share(self) -> float:
        """Right sides in a hundred."""
        return 100 * (1 - len(self.wrong) / max(1, self.sides))


class _Flow(NamedTuple):
    """One that passes, with its ends as the engine and as `explain` name them."""

    source: str
    target: str
    port: str
    ends: Pair
    words: tuple[str, str]

    @property
    def protocol(self) -> str:
        return self.port.partition("/")[0]

    @property
    def number(self) -> int:
        return int(self.port.partition("/")[2])

    @property
    def query(self) -> dict[str, Any]:
        names = {"from": self.source, "to": self.target}
        peers = {key: _OUTSIDE.get(name, {"pod": name}) for key, name in names.items()}
        return {**peers, "port": self.number, "protocol": self.protocol}

    def __str__(self) -> str:
        return f"{self.source} -> {self.target} {self.port}"


def judged(case: Case, judge: Judge, limit: int = 1_000_000) -> Found:
    """At most some so many of the flows that pass in a case, evenly taken."""
    builds = [(str(build), build.read_bytes()) for build in case.builds]
    own = case.folder / "config.yaml"
    config = (str(own), own.read_bytes()) if own.exists() else None
    options = Options(config=config, overrides=(("mode", "enforce"),))
    made = run_on(builds, options).made
    text = run(builds, options._replace(only_policies=True)).stdout.decode()
    world = judge.world(text=cluster_text(case))
    world.set_policies(text)
    snapshot = with_generated(made.plan.cluster, made.policies.policies, enforced=True)
    every = list(_passing(world, snapshot, text))
    taken = every[:: max(1, len(every) // limit)]
    found = _judged(world, snapshot, made.plan.edges, taken, names(text))
    world.unload()
    return found


def _judged(
    world: World, snapshot: Snapshot, needs: Sequence[Edge], taken: Sequence[_Flow], generated: set[str]
) -> Found:
    flows = sides = unknown = 0
    wrong: list[str] = []
    beyond: dict[tuple[str, ...], list[tuple[_Flow, str]]] = {}  # by the policies that the engine names
    for flow, verdict in zip(taken, world.ask([flow.query for flow in taken]), strict=True):
        answer = _asked(snapshot, needs, flow)
        flows += answer is not None
        if answer is None or answer.enforced == "not known":
            unknown += answer is not None
            continue
        for side, by, decision in _sides(snapshot, flow, answer, verdict):
            sides += 1
            said = {one.partition(" ")[0] for one in side.policies}
            faults = [f"the engine names {one}" for one in sorted(by - said)]
            if said - by and not faults:
                beyond.setdefault(tuple(sorted(by)), []).append((flow, side.direction))
            for policy, why in zip(side.policies, side.whys, strict=True):
                if policy.partition(" ")[0] in generated:
                    faults += _of_evidence(policy, why, decision, flow)
            if faults:
                wrong.append(f"{flow} {side.direction}: {'; '.join(faults)}")
    more = 0
    for policies, passing in beyond.items():
        verdicts = world.without(policies, [flow.query for flow, _ in passing])
        for (flow, direction), verdict in zip(passing, verdicts, strict=True):
            if getattr(verdict, direction).verdict == "allow":
                more += 1
            else:
                wrong.append(f"{flow} {direction}: only {policies} let it through")
    return Found(flows, sides, more, unknown, wrong)


def _sides(
    snapshot: Snapshot, flow: _Flow, answer: Answer, verdict: Verdict
) -> Iterator[tuple[Side, set[str], Decision]]:
    """Those that a policy decided, each with the engine's and with our own decision."""
    decided = snapshot.repository.verdict(*(end.endpoint for end in flow.ends), flow.number, flow.protocol)
    engine, ours = (verdict.egress, verdict.ingress), (decided.egress, decided.ingress)
    for side, said, decision in zip(answer.sides, engine, ours, strict=True):
        if said.named:
            yield side, set(said.by), decision


def _passing(world: World, snapshot: Snapshot, policies: str) -> Iterator[_Flow]:
    known = {pod["name"]: one for pod in world.pods if (one := _known(snapshot, pod)) is not None}
    words = {
        LAN: "192.168.1.199",
        PUBLIC: "203.0.113.77",
        **{one: one for one in (*_NODES, "kube-apiserver")},
    }
    known |= {name: (word, ends(snapshot, word)[0]) for name, word in words.items()}
    held = (pod["ports"] for pod in world.pods)
    ports = {f"{protocol}/{one}" for each in held for protocol, listed in each.items() for one in listed}
    found, _ = world.openings(_OUTSIDE, sorted(ports | set(_written(policies))), selected=True)
    for one in found:
        if {one["from"], one["to"]} <= known.keys():
            (source, first), (target, second) = known[one["from"]], known[one["to"]]
            listed = sorted(one["ports"])
            for port in listed[:: max(1, len(listed) // _PORTS)][:_PORTS]:
                yield _Flow(one["from"], one["to"], port, (first, second), (source, target))


def _written(policies: str) -> Iterator[str]:
    """The ports of rules by number."""
    for rule in rules(policies):
        for entry in rule.get("toPorts") or ():
            for one in entry.get("ports") or ():
                if str(one.get("port", "")).strip("0").isdigit() and one.get("protocol") in ("TCP", "UDP"):
                    yield f"{one['protocol']}/{one['port']}"


def _known(snapshot: Snapshot, pod: Mapping[str, Any]) -> tuple[str, End] | None:
    """What `explain` calls a pod of the engine's: one of run time by the workload that it belongs to; None where that
    stands for several, or nobody knows it."""
    namespace, kind, name = pod["name"].split("/", 2)
    try:
        found = ends(snapshot, word := f"{namespace}/{kind}/{name}")
    except RefusedError:
        held = pod.get("labels") or {}
        here = [one for one in snapshot.cluster.in_namespace(namespace) if not one.rendered]
        fitting = [one for one in here if one.selector.items() <= held.items()]
        if len(fitting) != 1:
            return None
        found = [End(snapshot.end(fitting[0]), fitting[0])]
        word = f"{namespace}/{fitting[0].kind}/{fitting[0].name}"
    return (word, found[0]) if len(found) == 1 and found[0].workload is not None else None


def _asked(snapshot: Snapshot, needs: Sequence[Edge], flow: _Flow) -> Answer | None:
    """None where the port is a Service's, which means another one, or a name several workloads."""
    wanted = f"{flow.number}/{flow.protocol}"
    try:
        answers = explain(snapshot, snapshot, *flow.words, wanted, needs=needs)
    except RefusedError:
        return None
    return answers[0] if len(answers) == 1 and answers[0].port == wanted else None


def _of_evidence(policy: str, why: str, decision: Decision, flow: _Flow) -> Iterator[str]:
    """What is wrong with the evidence that is told for a rule of the program."""
    ref = next((one for one in decision.rules if str(one) == policy), None)
    edges = ref.rule.edges if ref is not None and ref.rule is not None else ()
    own = [edge for edge in edges if _is_of(edge, flow, mates=False)]
    own = own or [edge for edge in edges if _is_of(edge, flow, mates=True)]
    if not edges:
        return  # a rule of a whole namespace, or the cluster's DNS: nothing but itself to name
    said = {told(edge) for edge in own}
    if not any(one in why for one in said):
        yield f"{policy} names no evidence of these ends ({why!r})"
    strange = {told(edge) for edge in edges} - said
    if wrong := [one for one in strange if f"({one}" in why or f", {one}" in why]:
        yield f"{policy} names another's evidence: {wrong[0]}"


def _is_of(edge: Edge, flow: _Flow, *, mates: bool) -> bool:
    peers = zip((edge.source, edge.target), flow.ends, strict=True)
    between = all(_stands_for(peer, end, mates=mates) for peer, end in peers)
    return between and (not edge.ports or any(_holds(one, flow) for one in edge.ports))


def _stands_for(peer: Peer, end: End, *, mates: bool) -> bool:
    """Whether an end is one of a peer's."""
    one, outside = end.workload, bool(end.endpoint.outside)
    if peer.kind == "workload":
        mine = peer.workload
        if one is None:
            return mine.host_network and _is_entity("remote-node", end)
        return one is mine or (mates and one.namespace == mine.namespace and takes_in(mine, one))
    if peer.kind == "entity":
        return _is_entity(peer.name, end)
    if peer.kind == "namespace":
        return one is not None and one.namespace == peer.namespace
    if peer.kind == "labels":
        return one is not None and fits(peer, one)
    return one is not None if peer.kind == "all-pods" else outside


def _is_entity(name: str, end: End) -> bool:
    if name in ("all", "cluster", "world"):
        return name == "all" or bool(end.endpoint.outside) == (name == "world")
    if end.workload is not None:
        return end.workload.host_network and name in _NODES
    found = str(end.endpoint)
    return name in found or (name == "remote-node" and ("kube-apiserver" in found or "host" in found))


def _holds(one: Port, flow: _Flow) -> bool:
    if one.protocol.upper() != flow.protocol:
        return False
    if one.number:
        return one.number <= flow.number <= (one.end or one.number)
    workload = flow.ends[1].workload
    held = workload.ports if workload is not None else ()
    return any((each.name, each.number) == (one.name, flow.number) for each in held)


def main(folder: str, *wanted: str) -> None:
    with Judge() as judge:
        for case in cases(Path(folder)):
            if case.name in wanted:
                found = judged(case, judge)
                print(f"{case.name}: {found.flows} flows, {found.unknown} of them not known;", end=" ")
                print(f"{found.sides} sides, {found.more} name more than the engine;", end=" ")
                print(f"{len(found.wrong)} wrong, {found.share:.2f} % right", flush=True)
                print(*(f"  {one}" for one in found.wrong), sep="\n", end="\n" if found.wrong else "")


if __name__ == "__main__":
    main(*sys.argv[1:])
