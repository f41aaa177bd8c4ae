"""Edges joined into rules. What the rules do to flows is the judge's to say (test_by_engine.py)."""

from cilium_policies.cilium.model import Cidr, PortRange, Rule, Selector
from cilium_policies.evidence.edge import (
    AllPodsPeer,
    CidrPeer,
    Edge,
    EntityPeer,
    Evidence,
    InternetPeer,
    NamespacePeer,
    Peer,
    WorkloadPeer,
)
from cilium_policies.evidence.reasons import stated
from cilium_policies.generate.peers import EVERY_POD, endpoint, internet
from cilium_policies.generate.rules import rules
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.model import Workload


def workload(where: str, **labels: str) -> Workload:
    namespace, name = where.split("/")
    made = Workload(namespace, name, "Deployment")
    made.labels = made.selector = labels or {"app": name}
    return made


ME = workload("shop/me")
ROUTE = Evidence("route", ME)


def made(*edges: tuple[Peer, tuple[Port, ...], str]) -> tuple[Rule, ...]:
    return rules(
        [
            (peer, Edge(peer, WorkloadPeer(ME), ports, stated(why, "test"), ROUTE))
            for peer, ports, why in edges
        ],
        "shop",
    )


def test_no_edge_is_the_rule_that_allows_nobody() -> None:
    assert made() == (Rule(),)


def test_the_own_namespace_is_not_named_and_another_is() -> None:
    near, far = (
        endpoint(WorkloadPeer(workload("shop/a")), "shop"),
        endpoint(WorkloadPeer(workload("ops/a")), "shop"),
    )
    assert near is not None
    assert far is not None
    assert [one.key for one in near.requirements] == ["app"]
    assert [(one.key, one.values) for one in far.requirements] == [
        ("k8s:io.kubernetes.pod.namespace", ("ops",)),
        ("app", ("a",)),
    ]
    assert endpoint(NamespacePeer("shop"), "shop") == Selector()


def test_equal_reasons_on_equal_ports_are_one_rule() -> None:
    web = (Port(80),)
    (rule,) = made(
        (WorkloadPeer(workload("shop/a")), web, "calls"), (WorkloadPeer(workload("shop/b")), web, "calls")
    )
    assert rule.endpoints is not None
    assert len(rule.endpoints) == 2
    assert rule.why == "calls"


def test_a_second_reason_for_the_same_flow_is_left_out() -> None:
    peer = WorkloadPeer(workload("shop/a"))
    (rule,) = made((peer, (Port(80),), "first"), (peer, (Port(80),), "second"))
    assert rule.why == "first"


def test_what_a_wider_peer_allows_is_not_said_again() -> None:
    found = made(
        (AllPodsPeer(), (Port(53, "UDP"),), "DNS"),
        (WorkloadPeer(workload("shop/a")), (Port(53, "UDP"),), "asks"),
        (WorkloadPeer(workload("shop/a")), (Port(9153),), "metrics"),
    )
    assert [(rule.why, rule.endpoints == (EVERY_POD,)) for rule in found] == [
        ("metrics", False),
        ("DNS", True),
    ]


def test_host_network_pods_are_their_nodes() -> None:
    agent = workload("kube-system/agent")
    agent.host_network = True
    (rule,) = made((WorkloadPeer(agent), (Port(4244),), "flows"))
    assert rule.entities == ("host", "remote-node")
    assert rule.endpoints is None


def test_the_internet_is_both_families_less_private_ranges_and_the_nodes() -> None:
    four, six = internet(("203.0.113.0/24", "2001:db8::/32"))
    assert four.cidr == "0.0.0.0/0"
    assert {"10.0.0.0/8", "192.168.0.0/16", "169.254.0.0/16", "203.0.113.0/24"} <= set(four.excepts)
    assert six == Cidr("::/0", ("fc00::/7", "fe80::/10", "2001:db8::/32"))


def test_more_ports_than_the_schema_takes_are_split() -> None:
    (rule,) = made((EntityPeer("host"), tuple(Port(number) for number in range(1, 91)), "many"))
    assert rule.ports is not None
    assert [len(one.ports) for one in rule.ports] == [40, 40, 10]


def test_ranges_and_names_stay_what_they_are() -> None:
    (rule,) = made((EntityPeer("world"), (Port(8000, "UDP", "", 8010), Port(0, "TCP", "http")), "both"))
    assert rule.ports is not None
    assert set(rule.ports[0].ports) == {PortRange("8000", "UDP", 8010), PortRange("http", "TCP")}


def test_the_order_does_not_depend_on_the_order_of_evidence() -> None:
    edges = [
        (WorkloadPeer(workload("ops/b")), (Port(1),), "b"),
        (EntityPeer("host"), (Port(2),), "h"),
        (WorkloadPeer(workload("shop/a")), (Port(3),), "a"),
        (CidrPeer("10.1.0.0/16"), (Port(4),), "c"),
    ]
    assert made(*edges) == made(*reversed(edges))


def test_a_namespace_covers_its_pods_on_the_same_ports() -> None:
    shop = NamespacePeer("shop")
    web = (Port(80),)
    found = made(
        (shop, web, "the shop"),
        (WorkloadPeer(workload("shop/a")), web, "a"),
        (WorkloadPeer(workload("ops/b")), web, "b"),
    )
    assert sorted(rule.why for rule in found) == ["b", "the shop"]


def test_a_rule_without_ports_says_so() -> None:
    found = made((EntityPeer("host"), (), "nodes"), (InternetPeer(), (), "all media ports of the NAS"))
    assert [rule.why for rule in found] == ["nodes, on any port", "all media ports of the NAS, on any port"]


def test_a_rule_without_a_reason_names_who_needs_it() -> None:
    evidence = Evidence("catalogue", ME, component="grafana")
    edge = Edge(
        WorkloadPeer(ME), WorkloadPeer(workload("shop/a")), (Port(80),), stated("", "grafana"), evidence
    )
    assert [rule.why for rule in rules([(edge.target, edge)], "shop")] == ["needed by grafana"]


def test_an_edge_on_every_port_is_not_narrowed_by_another_of_the_same_reason() -> None:
    peer = WorkloadPeer(workload("shop/a"))
    found = made((peer, (Port(80),), "because"), (peer, (), "because"))
    assert None in [rule.ports for rule in found]
    assert [rule.ports for rule in made((peer, (), "because"), (peer, (Port(80),), "because"))] == [None]


def test_every_port_of_a_namespace_covers_its_pods() -> None:
    found = made((NamespacePeer("shop"), (), "all"), (WorkloadPeer(workload("shop/a")), (Port(80),), "a"))
    assert [rule.endpoints for rule in found] == [(Selector(),)]
