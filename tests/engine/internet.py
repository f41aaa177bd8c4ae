"""Internet rules: how many pods may call any public address, and how many only names.

An internet rule is a triple (workload, ports, protocol) whose enforced egress admits everybody outside through a
generated policy. It is replaced when no range wider than /24 (IPv6 /48) and no entity is left on it.

    python -m tests.engine.internet [CASE …]      the triples of the main case and the trees, and what stays of each
    python -m tests.engine.internet --cost        what names cost: entries of policy maps, selectors of the cluster
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import NamedTuple

from cilium_policies.catalogue.load import load
from cilium_policies.checks.snapshot import with_generated
from cilium_policies.config.model import Config
from cilium_policies.config.settings import config_of
from cilium_policies.document.source import Source
from cilium_policies.document.split import split
from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.peers import EVERYBODY, Matcher, Named, Range
from cilium_policies.evidence.told import told
from cilium_policies.function import Made, Options, make
from cilium_policies.generate.evidence_inputs import roles
from cilium_policies.generate.named import nameless
from cilium_policies.kube.ports import Port
from cilium_policies.kube.reading import objects
from cilium_policies.questions.connections import opened
from cilium_policies.workloads.inventory.write import write_inventory
from cilium_policies.workloads.model import Workload

from tests.engine.corpus import Case, cases
from tests.engine.fixtures import corpus_directory

UNSAID = "nobody says why"


class Triple(NamedTuple):
    """One internet rule; `ports` is an interval, both ends inclusive."""

    workload: str
    component: str
    ports: tuple[int, int]
    protocol: str


def planned(case: Case, fqdn: str, *, whole: bool = True) -> Made:
    """The product's plan and policies for a case, all its builds at once, in enforce. `whole`: one stream is said to
    be the whole cluster."""
    sources = [split(path.read_bytes(), str(path)) for path in case.builds]
    config = config_of(sources, None, (("mode", "enforce"), ("cluster.fqdn", fqdn)))
    return make(sources, config, Options(inventory=_alone(sources, config) if whole else None))


def _alone(sources: list[Source], config: Config) -> tuple[str, bytes] | None:
    """An inventory of the one stream that a whole cluster stands in: it says that there is no other build."""
    if len(sources) > 1:
        return None
    known = load(config.defined_components, config.disabled_components)
    read = objects(sources, config.default_namespace).objects
    return "inventory.yaml", write_inventory(
        read, {one.file: one.data for one in sources}, known, told
    ).encode()


def triples(made: Made, admits: Callable[[Matcher], bool]) -> dict[Triple, Workload]:
    """The triples on which a generated rule has a peer that `admits` accepts."""
    snapshot = with_generated(made.plan.cluster, made.policies.policies, enforced=True)
    found: dict[Triple, Workload] = {}
    for end, workload in snapshot.workloads.items():
        if not end.managed:
            continue
        for entry in snapshot.repository.sides(end)[0].allow:
            generated = snapshot.known_of(entry.ref.policy).generated
            if not generated or not any(admits(one) for one in entry.peers or (EVERYBODY,)):
                continue
            for protocol, intervals in opened(entry, end, False):
                if not protocol.startswith("ICMP"):
                    for ports in intervals:
                        found[Triple(str(workload), workload.component, ports, protocol)] = workload
    return found


def is_everybody(one: Matcher) -> bool:
    """0.0.0.0/0, ::/0, world or all."""
    return one.cidr.cidr in ("0.0.0.0/0", "::/0") if isinstance(one, Range) else _is_entity(one)


def is_wide(one: Matcher) -> bool:
    """A range wider than /24 (IPv6 /48), a group of ranges, or an entity that holds the world."""
    if not isinstance(one, Range):
        return _is_entity(one)
    if not one.cidr.cidr:
        return True
    range_ = ip_network(one.cidr.cidr, strict=False)
    return range_.prefixlen < (24 if range_.version == 4 else 48)


def _is_entity(one: Matcher) -> bool:
    needs = getattr(one, "needs", None)
    if needs is None:
        return False
    return not needs or any(need.source == "reserved" and need.key in ("world", "all") for need in needs)


def why(made: Made, workload: Workload, one: Triple) -> str:
    """Why a triple keeps its addresses: what the entry or the input does not say."""
    cluster = made.plan.cluster
    found = nameless(
        cluster,
        load(made.config.defined_components, made.config.disabled_components),
        roles(cluster, made.config),
        workload,
    )
    said = [reason for ports, reason in found if not ports or any(_on(port, one) for port in ports)]
    return "; ".join(dict.fromkeys(said)) or UNSAID


def _on(port: Port, one: Triple) -> bool:
    return port.protocol == one.protocol and one.ports[0] <= port.number <= one.ports[1]


class Cost(NamedTuple):
    """`entries`: of the fullest pod's policy map, one a peer's identity and port; `median` those of the median pod;
    `selectors` of the whole cluster, `names` of them by name, which each agent keeps and matches answers against."""

    entries: int
    median: int
    selectors: int
    names: int


def cost(made: Made) -> Cost:
    """What the policies ask of the agents."""
    snapshot = with_generated(made.plan.cluster, made.policies.policies, enforced=True)
    sides = (side for pod in snapshot.workloads if pod.managed for side in snapshot.repository.sides(pod))
    seen = {one for side in sides for entry in side.allow for one in entry.peers or ()}
    each = sorted(sizes(made).values())
    names = [one for one in seen if isinstance(one, Named)]
    return Cost(each[-1], each[len(each) // 2], len(seen), len(names))


def sizes(made: Made) -> dict[str, int]:
    """Entries of each workload's policy map, by `NAMESPACE/NAME`. A name counts as one identity, as Cilium from 1.16 on
    shares it among the addresses of names that the same rules select; a range with exceptions counts as the prefixes
    that are left."""
    snapshot = with_generated(made.plan.cluster, made.policies.policies, enforced=True)
    pods = [end for end in snapshot.workloads if end.managed]
    found = {}
    for pod in pods:
        entries = set()
        for side in snapshot.repository.sides(pod):
            for entry in side.allow:
                for one in entry.peers or (EVERYBODY,):
                    for identity in _identities(one, pods):
                        entries |= {(entry.ingress, identity, span) for span in entry.spans or ("any",)}
        workload = snapshot.workloads[pod]
        found[f"{workload.namespace}/{workload.name}"] = len(entries)
    return found


def _identities(one: Matcher, pods: list[Endpoint]) -> Iterator[str]:
    if isinstance(one, Range):
        left = [ip_network(one.cidr.cidr, strict=False)] if one.cidr.cidr else []
        for taken in map(ip_network, one.cidr.excepts):
            left = [part for net in left for part in _without(net, taken)]
        yield from map(str, left)
    elif isinstance(one, Named):
        yield one.fqdn.name or one.fqdn.pattern
    else:
        yield from {str(end) for end in pods if one.matches(end, ())} or {str(one)}


def _without(
    net: IPv4Network | IPv6Network, taken: IPv4Network | IPv6Network
) -> list[IPv4Network | IPv6Network]:
    inside = net.version == taken.version and taken.subnet_of(net)  # type: ignore[arg-type]
    return list(net.address_exclude(taken)) if inside else [net]  # type: ignore[arg-type]


def measured(corpus: Path) -> list[Case]:
    """The cases that count: the main one and the trees."""
    return [one for one in cases(corpus) if one.kind == "tree" or one.name == "seed-cluster"]


def main(names: list[str]) -> None:
    folder = corpus_directory()
    if folder is None:
        sys.exit("there is no corpus: set CILIUM_POLICIES_CORPUS")
    for case in measured(folder):
        if "--cost" in names:
            for fqdn in ("false", "known", "all"):
                print(f"{case.name} {fqdn}: {cost(planned(case, fqdn))}")
            continue
        if names and case.name not in names:
            continue
        before = triples(planned(case, "false"), is_everybody)
        made = planned(case, "known")
        left = triples(made, is_wide)
        print(f"{case.name}: {len(before.keys() - left.keys())} of {len(before)} replaced")
        for one in sorted(before.keys() & left.keys()):
            ports = f"{one.ports[0]}-{one.ports[1]}/{one.protocol}"
            print(f"  {one.workload} ({one.component}) {ports}: {why(made, left[one], one)}")


if __name__ == "__main__":
    main(sys.argv[1:])
