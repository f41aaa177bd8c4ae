"""Who answers DNS: shown, said, or the usual; as a rule and as a peer."""

from __future__ import annotations

import pytest
from cilium_policies.config.model import ClusterConfig, Config
from cilium_policies.generate.dns import Dns

from tests.support import cluster, deployment, namespace, service

USUAL = {("k8s-app", ("coredns", "kube-dns"))}


def coredns(where: str, labels: str) -> str:
    return deployment(where, labels=labels, port=53, image="registry.k8s.io/coredns/coredns:v1.12.0")


def dns(*documents: str, **fields: object) -> Dns:
    return Dns(cluster(namespace("shop"), *documents), Config(cluster=ClusterConfig(**fields)))  # type: ignore[arg-type]


def needs(found: Dns) -> set[tuple[str, tuple[str, ...]]]:
    return {(one.key, one.values) for one in found.requirements}


def test_unshown_it_is_the_usual_one_in_kube_system() -> None:
    found = dns()
    assert (found.namespace, needs(found), found.node_local) == ("kube-system", USUAL, False)
    assert [dict(one.labels) for one in found.peers()] == [{"k8s-app": "coredns"}, {"k8s-app": "kube-dns"}]


def test_shown_with_a_usual_label_the_text_is_that_of_every_build() -> None:
    assert needs(dns(coredns("kube-system/coredns", "k8s-app: kube-dns"))) == USUAL


def test_shown_under_labels_of_its_own_it_is_asked_beside_the_usual_one() -> None:
    shown = coredns("kube-system/coredns", "app.kubernetes.io/name: coredns, app.kubernetes.io/instance: x")
    found = dns(shown, service("kube-system/kube-dns", selector="app.kubernetes.io/name: coredns"))
    assert [one.workload.name for one in found.peers() if one.workload] == ["coredns"]
    assert [{one.key for one in wanted} for wanted in found.selectors] == [
        {"k8s-app"},
        {"app.kubernetes.io/name", "app.kubernetes.io/instance"},
    ]


def test_in_another_namespace_it_is_named_and_not_asked() -> None:
    found = dns(coredns("names/coredns", "app.kubernetes.io/name: coredns"))
    assert (found.namespace, needs(found), found.workloads) == ("kube-system", USUAL, [])
    assert [one.severity for one in found.findings] == ["warning"]


def test_the_config_comes_first() -> None:
    shown = coredns("kube-system/coredns", "k8s-app: kube-dns")
    found = dns(shown, dns_namespace="names", dns_labels={"app": "unbound"})
    assert (found.namespace, needs(found)) == ("names", {("app", ("unbound",))})


@pytest.mark.parametrize(("said", "rules"), [(True, 2), (False, 1)])
def test_a_cache_on_the_node_is_asked_as_host(said: bool, rules: int) -> None:
    found = dns(node_local_dns=said).rules("shop")
    assert [rule.entities for rule in found] == [None, ("host",)][:rules]


def test_names_for_fqdn_rules_go_through_the_proxy() -> None:
    [rule] = dns().rules("shop", visible=True)
    assert [group.rules for group in rule.ports or ()] == [{"dns": [{"matchPattern": "*"}]}]


def test_a_known_server_is_asked_on_the_port_that_it_listens_on() -> None:
    """CoreDNS as an ordinary user (`servers: [{port: 5353, servicePort: 53}]`): the catalogue opens 53 alone, and what
    every pod asks ends at the pod port."""
    shown = coredns("kube-system/coredns", "k8s-app: kube-dns, app.kubernetes.io/name: coredns")
    called = service("kube-system/kube-dns", selector="k8s-app: kube-dns", port=53, target="5353")
    edges = list(dns(shown, called).edges())
    assert [one.source.kind for one in edges] == ["all-pods", "entity", "entity"]
    assert {(port.number, port.protocol) for one in edges for port in one.ports} == {
        (5353, "UDP"),
        (5353, "TCP"),
    }
    usual = service("kube-system/kube-dns", selector="k8s-app: kube-dns", port=53, target="53")
    assert list(dns(shown, usual).edges()) == []
