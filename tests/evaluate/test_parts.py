"""The parts of the evaluation, each on its own; the fuzzer holds the whole to Cilium's engine."""

from __future__ import annotations

import pytest
from cilium_policies.cilium.model import Fqdn, PortRange, Requirement, Rule, Selector, ToPorts
from cilium_policies.evaluate.addresses import network, within
from cilium_policies.evaluate.endpoint import address, dns_name, entity, node_pod, pod
from cilium_policies.evaluate.labels import LabelFilter
from cilium_policies.evaluate.names import matches_name
from cilium_policies.evaluate.options import Options
from cilium_policies.evaluate.ports import Span, in_span, spans_of
from cilium_policies.evaluate.selectors import Need, holds, needs_of, peer_needs, subject_needs

NAMESPACE = "io.kubernetes.pod.namespace"


def label(key: str, *values: str, operator: str = "In", expression: bool = False) -> Requirement:
    return Requirement(key, operator, values, expression)


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("app", True),
        ("app.kubernetes.io/name", True),
        ("helm.sh/chart", True),
        ("pod-template-hash", False),
        ("controller-revision-hash", False),
        ("statefulset.kubernetes.io/pod-name", False),
        ("batch.kubernetes.io/job-name", True),
        ("batch.kubernetes.io/controller-uid", False),
        ("kubernetes.io/arch", False),
        ("beta.kubernetes.io/arch", False),
        ("io.kubernetes.pod.namespace", True),
        ("io.kubernetes.pod.name", False),
        ("io.cilium.k8s.namespace.labels.team", True),
        ("k8s.io/cluster", False),
        ("topology.kubernetes.io/zone", False),
    ],
)
def test_default_identity_labels(key: str, kept: bool) -> None:
    assert LabelFilter().keeps(key) is kept


def test_the_agent_s_own_label_setting() -> None:
    only = LabelFilter(("k8s:app", "k8s:io.kubernetes.pod.namespace"))
    assert [key for key in ("app", "app.kubernetes.io/name", "tier", "x") if only.keeps(key)] == [
        "app",
        "app.kubernetes.io/name",
    ]
    without = LabelFilter(("k8s:!tier",))
    assert without.keeps("app")
    assert not without.keeps("tier")


def test_a_pod_s_identity() -> None:
    end = pod(
        "shop",
        "web",
        {"app": "web", "pod-template-hash": "1", "io.cilium.k8s.policy.cluster": "forged"},
        namespace_labels={"team": "blue"},
        service_account="",
    )
    assert {key: value for key, (_, value) in end.labels.items()} == {
        "app": "web",
        NAMESPACE: "shop",
        "io.cilium.k8s.namespace.labels.team": "blue",
        "io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name": "shop",
        "io.cilium.k8s.policy.serviceaccount": "default",
        "io.cilium.k8s.policy.cluster": "default",
    }
    assert end.managed
    assert not end.outside


def test_nodes_and_the_outside() -> None:
    assert set(node_pod("ops", "agent").labels) == {"remote-node"}
    assert set(node_pod("ops", "agent", local=True).labels) == {"host"}
    assert set(node_pod("kube-system", "api", api_server=True).labels) == {"kube-apiserver", "remote-node"}
    assert set(address("8.8.8.8").labels) == {"world"}
    assert set(address("8.8.8.8/32", Options(ipv6=True)).labels) == {"world-ipv4"}
    assert set(address("fd00::1").labels) == {"world-ipv6"}
    assert [set(end.labels) for end in entity("world", Options(ipv6=True))] == [
        {"world-ipv4"},
        {"world-ipv6"},
    ]
    (end,) = dns_name("API.example.org")
    assert (end.fqdn, end.outside) == ("api.example.org.", True)
    with pytest.raises(ValueError, match="does not appear"):
        address("10.0.0")


@pytest.mark.parametrize(
    ("wanted", "name", "expected"),
    [
        (Fqdn("example.org"), "example.org.", True),
        (Fqdn("Example.org."), "example.org.", True),
        (Fqdn("example.org"), "a.example.org.", False),
        (Fqdn(pattern="*.example.org"), "a.example.org.", True),
        (Fqdn(pattern="*.example.org"), "a.b.example.org.", False),
        (Fqdn(pattern="*.example.org"), "example.org.", False),
        (Fqdn(pattern="**.example.org"), "a.b.example.org.", True),
        (Fqdn(pattern="**.example.org"), "example.org.", False),
        (Fqdn(pattern="*example.org"), "myexample.org.", True),
        (Fqdn(pattern="a*.example.org"), "ab.example.org.", True),
        (Fqdn(pattern="*"), "a.b.c.", True),
        (Fqdn(pattern="*."), ".", True),
        (Fqdn(pattern="*.*.org"), "a.example.org.", True),
        (Fqdn(pattern="*"), "a b.", False),
    ],
)
def test_names(wanted: Fqdn, name: str, expected: bool) -> None:
    assert matches_name(wanted, name) is expected


def test_ranges() -> None:
    assert within(address("10.1.2.3").address, "10.0.0.0/8")
    assert not within(address("10.1.2.3").address, "::/0")
    assert within(address("10.1.2.3").address, "10.1.2.3")
    assert network("10.0.0.0/33") is None
    assert not within(None, "0.0.0.0/0")


@pytest.mark.parametrize(
    ("port", "spans"),
    [
        (PortRange("80", "TCP"), [Span("TCP", 80, 80)]),
        (PortRange("80"), [Span(name, 80, 80) for name in ("TCP", "UDP", "SCTP")]),
        (PortRange("80", "TCP", 90), [Span("TCP", 80, 90)]),
        (PortRange("80", "TCP", 70), [Span("TCP", 80, 80)]),
        (PortRange("0", "UDP", 99), [Span("UDP", 0, 65535)]),
        (PortRange("010", "TCP"), [Span("TCP", 8, 8)]),
        (PortRange("HTTP", "TCP"), [Span("TCP", 0, 0, "http")]),
    ],
)
def test_spans(port: PortRange, spans: list[Span]) -> None:
    assert list(spans_of(Rule(ports=(ToPorts((port,)),))) or ()) == spans


def test_rules_without_ports_and_with_icmp() -> None:
    assert spans_of(Rule()) is None
    assert spans_of(Rule(ports=())) is None
    assert spans_of(Rule(ports=(ToPorts(),))) == ()
    assert spans_of(Rule(icmps=(("", ""),))) == ()
    assert spans_of(Rule(icmps=(("IPv4", "EchoRequest"), ("IPv6", "1")))) == (
        Span("ICMP", 8, 8),
        Span("ICMPV6", 1, 1),
    )
    assert spans_of(Rule(icmps=(("IPv4", "EchoReply"),))) == (Span("ICMP", 0, 65535),)


def test_port_names_are_the_receiver_s() -> None:
    named = {"http": (8080, "TCP")}
    span = Span("TCP", 0, 9000, "http")
    assert in_span(span, 8080, "TCP", named, ingress=False)
    assert not in_span(span, 8081, "TCP", named, ingress=False)
    assert in_span(span, 8081, "TCP", named, ingress=True)
    assert not in_span(Span("UDP", 0, 0, "http"), 8080, "UDP", named, ingress=True)
    assert not in_span(span, 8080, "TCP", {}, ingress=True)


def test_a_peer_is_limited_to_the_policy_s_namespace() -> None:
    own = Need("k8s", NAMESPACE, "In", ("shop",))
    cluster = Need("k8s", "io.cilium.k8s.policy.cluster", "In", ("default",))
    web = Selector((label("app", "web"),))
    assert set(peer_needs(web, "shop", Options())) == {Need("any", "app", "In", ("web",)), own, cluster}
    for key in (f"k8s:{NAMESPACE}", NAMESPACE, f"any:{NAMESPACE}", "io.cilium.k8s.namespace.labels.team"):
        assert own not in peer_needs(Selector((label(key, "ops"),)), "shop", Options())
    exists = Need("k8s", NAMESPACE, "Exists", ())
    assert set(peer_needs(Selector(), "", Options())) == {exists, cluster}
    assert set(peer_needs(Selector(), "", Options(any_cluster=True))) == {exists}
    reserved = Selector((label("reserved:host", ""),))
    assert peer_needs(reserved, "shop", Options()) == needs_of(reserved)


def test_a_subject_stays_in_the_policy_s_namespace() -> None:
    own = Need("k8s", NAMESPACE, "In", ("shop",))
    replaced = Selector((label(f"k8s:{NAMESPACE}", "ops"),))
    assert subject_needs(replaced, "shop") == (own,)
    kept = Selector((label(f"k8s:{NAMESPACE}", "ops", expression=True),))
    assert len(subject_needs(kept, "shop")) == 2
    assert not holds(subject_needs(kept, "shop"), pod("shop", "web", {}))
    unmarked = Selector((label(NAMESPACE, "ops"),))
    assert not holds(subject_needs(unmarked, "shop"), pod("shop", "web", {}))


def test_sources_of_labels() -> None:
    end = pod("shop", "web", {"app": "web"})
    for key, expected in (("app", True), ("k8s:app", True), ("any:app", True), ("reserved:app", False)):
        assert holds(needs_of(Selector((label(key, "web"),))), end) is expected
    assert holds(needs_of(Selector((label("$host", ""),))), entity("host")[0])
    assert holds(needs_of(Selector((label("cidr:10.0.0.0/8", operator="Exists"),))), address("10.1.2.3"))
    assert not holds(
        needs_of(Selector((label("cidr:10.0.0.0/8", operator="DoesNotExist"),))), address("10.1.2.3")
    )
