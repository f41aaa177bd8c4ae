"""The bulk answer is the single answer, for every pair and port of drawn clusters."""

from __future__ import annotations

import pytest
from cilium_policies.cilium.validity import refusals
from cilium_policies.evaluate.portset import (
    EVERYTHING,
    NOTHING,
    difference,
    intersection,
    port_set,
    union,
    words,
)
from cilium_policies.evaluate.reach import Reach

from tests.evaluate.drawn import Case
from tests.evaluate.manifests import Cluster, options_of

PORTS = [("TCP", port) for port in (1, 53, 60, 80, 443, 8000, 8005, 8080, 9100, 12345)]
PORTS += [("UDP", 53), ("UDP", 80), ("SCTP", 9100), ("ICMP", 8), ("ICMPV6", 128)]


def opened(ports: object, protocol: str, port: int) -> bool:
    return any(low <= port <= high for name, found in ports for low, high in found if name == protocol)  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(40))
def test_every_pair(seed: int) -> None:
    case = Case(seed, 0)
    labels = bool(case.options.get("nodeSelectorLabels"))
    sound = [one for one in case.policies if not refusals(one, typed=True, node_labels=labels)]
    cluster = Cluster(case.cluster + sound, options_of(case.options))
    names = ("host", "remote-node", "ingress", "kube-apiserver")
    ends = [end for found in cluster.pods.values() for end in found]
    ends += [end for name in names for end, _ in cluster.ends({"entity": name}, 0, "")]
    ends = list(dict.fromkeys(ends))
    reach = Reach(cluster.repository, ends)
    for target in ends:
        parts = reach.into(target)
        for source in ends:
            if source is target:
                continue
            mine = [ports for ports, mask in parts.items() if mask >> reach.index[source] & 1]
            assert len(mine) <= 1
            for protocol, port in PORTS:
                verdict = cluster.repository.verdict(source, target, port, protocol)
                if "allow-localhost" in (verdict.egress.reason, verdict.ingress.reason):
                    continue  # the bulk answer is of rules alone
                expected = bool(verdict.allowed)
                assert opened(mine[0] if mine else (), protocol, port) == expected, (
                    source,
                    target,
                    protocol,
                    port,
                )


def test_port_sets() -> None:
    web = port_set([("TCP", 80, 80), ("TCP", 81, 90), ("UDP", 53, 53), ("GRE", 0, 1)])
    assert web == (("TCP", ((80, 90),)), ("UDP", ((53, 53),)))
    assert words(web) == "80-90/TCP, 53/UDP"
    assert union(web, NOTHING) == web
    assert intersection(web, EVERYTHING) == web
    assert intersection(web, port_set([("TCP", 85, 100)])) == port_set([("TCP", 85, 90)])
    assert difference(web, port_set([("TCP", 82, 83), ("UDP", 0, 65535)])) == port_set(
        [("TCP", 80, 81), ("TCP", 84, 90)]
    )
    assert difference(web, web) == NOTHING
    assert words(EVERYTHING) == "any port"
    assert words(difference(EVERYTHING, web)).startswith("0-79/TCP, 91-65535/TCP, 0-52/UDP")
    assert words(port_set([("ICMP", 8, 8), ("TCP", 0, 65535)])) == "any TCP, 8/ICMP"
