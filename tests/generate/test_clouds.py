"""What a distribution changes in the policies: kube-system, the API server's tunnel, DNS."""

from __future__ import annotations

import pytest
from cilium_policies.cilium.model import Policy, Rule
from cilium_policies.config.model import Allow, ClusterConfig, Config
from cilium_policies.config.peer import ConfigPeer, peer
from cilium_policies.kube.ports import Port

from tests.support import deployment, namespace, policies, ports, service

WEBHOOK = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: h}
webhooks: [{name: x.y.z, clientConfig: {service: {name: hook, namespace: a}}}]
"""
HOOK = (namespace("a"), deployment("a/hook", port=9443), service("a/hook", port=443, target="9443"), WEBHOOK)
CONTROLLER = deployment("kube-system/lbc", port=9443)


def of(*documents: str, distribution: str = "", **fields: object) -> dict[str, Policy]:
    cluster = ClusterConfig(distribution=distribution, **fields)  # type: ignore[arg-type]
    return policies(*documents, config=Config(mode="enforce", cluster=cluster))


def selected(rules: tuple[Rule, ...] | None) -> list[dict[str, tuple[str, ...]]]:
    return [
        {one.key: one.values for one in each.requirements}
        for rule in rules or ()
        for each in rule.endpoints or ()
    ]


@pytest.mark.parametrize("distribution", ["", "eks", "gke", "aks"])
def test_kube_system_is_not_closed_where_a_provider_runs_pods_there(distribution: str) -> None:
    found = of(namespace("a"), CONTROLLER, distribution=distribution)
    assert {name for name in found if name.startswith("kube-system/")} == {"kube-system/lbc"}
    assert next(iter(found["kube-system/lbc"].specs[0].egress or ())).why == "cluster DNS"


@pytest.mark.parametrize("distribution", ["talos", "k3s", "kubeadm"])
def test_it_is_closed_where_nobody_does(distribution: str) -> None:
    assert "kube-system/default-deny" in of(CONTROLLER, distribution=distribution)


def test_it_is_closed_by_its_namespace_object() -> None:
    assert "kube-system/default-deny" in of(namespace("kube-system"), CONTROLLER, distribution="eks")


@pytest.mark.parametrize("name", ["openshift-monitoring", "kube-system"])
def test_openshift_owns_the_namespaces_of_its_name(name: str) -> None:
    assert f"{name}/default-deny" not in of(deployment(f"{name}/x"), distribution="openshift")
    assert "shop/default-deny" in of(deployment("shop/x"), distribution="openshift")


@pytest.mark.parametrize(
    ("distribution", "label"),
    [("gke", {"k8s-app": ("konnectivity-agent",)}), ("aks", {"app": ("konnectivity-agent",)})],
)
def test_webhooks_are_called_through_the_agents_of_the_tunnel(
    distribution: str, label: dict[str, tuple[str, ...]]
) -> None:
    [agents] = selected(of(*HOOK, distribution=distribution)["a/hook"].specs[0].ingress)
    assert agents == {"k8s:io.kubernetes.pod.namespace": ("kube-system",), **label}


def test_elsewhere_no_pod_calls_webhooks() -> None:
    for distribution in ("", "eks", "talos", "openshift"):
        assert selected(of(*HOOK, distribution=distribution)["a/hook"].specs[0].ingress) == []


def test_rke2_is_not_k3s() -> None:
    config = """apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: rke2-cilium, namespace: kube-system}
"""
    ingress = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: a}
spec:
  ingressClassName: nginx
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
"""
    found = of(
        namespace("kube-system"), namespace("a"), config, deployment("a/web"), service("a/web"), ingress
    )
    assert {"kube-system/traefik", "kube-system/local-path-provisioner"}.isdisjoint(found)
    [client] = selected(found["a/web"].specs[0].ingress)
    assert client["app.kubernetes.io/name"] == ("rke2-ingress-nginx",)


def dns_rules(found: dict[str, Policy]) -> list[tuple[object, list[str]]]:
    return [
        (
            selected((rule,)) or rule.entities or [one.cidr for one in rule.cidrs or ()],
            sorted(ports([rule])),
        )
        for rule in found["a/allow-dns"].specs[0].egress or ()
    ]


def test_openshift_has_its_own_dns_pods_and_their_port() -> None:
    labels = {
        "k8s:io.kubernetes.pod.namespace": ("openshift-dns",),
        "dns.operator.openshift.io/daemonset-dns": ("default",),
    }
    assert dns_rules(of(namespace("a"), distribution="openshift")) == [([labels], ["5353"])]


def test_ports_and_resolvers_outside_are_the_users_to_say() -> None:
    [(_, told), outside] = dns_rules(
        of(namespace("a"), dns_ports=(5353,), dns_addresses=("169.254.20.10/32",))
    )
    assert (told, outside) == (["5353"], (["169.254.20.10/32"], ["53"]))


def test_cloud_dns_is_asked_only_where_the_user_says_gke() -> None:
    account = """apiVersion: v1
kind: ServiceAccount
metadata: {name: x, namespace: a, annotations: {iam.gke.io/gcp-service-account: x}}
"""
    assert (["169.254.169.254/32"], ["53"]) in dns_rules(of(namespace("a"), distribution="gke"))
    assert len(dns_rules(of(namespace("a"), account))) == 1


def test_pods_that_stand_in_no_manifest_are_a_peer_by_their_labels() -> None:
    agents = peer({"labels": {"namespace": "kube-system", "matchLabels": {"app": "agent"}}})
    allow = Allow(agents, ConfigPeer("pod", "web", "a"), (Port(8080),))
    found = policies(namespace("a"), deployment("a/web"), config=Config(mode="enforce", allow=(allow,)))
    assert selected(found["a/web"].specs[0].ingress) == [
        {"k8s:io.kubernetes.pod.namespace": ("kube-system",), "app": ("agent",)}
    ]
