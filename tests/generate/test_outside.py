"""Names or addresses outside the cluster, by Cilium's engine: false, known and all, port by port."""

import pytest
from cilium_policies.config.model import ClusterConfig, Config

from tests.generate.test_by_engine import ask, pod, verdicts
from tests.support import deployment, made, namespace

__all__ = ["verdicts"]

ADDRESS = {"cidr": "203.0.113.9/32"}


def named(name: str) -> dict[str, str]:
    return {"fqdn": name, "cidr": "203.0.113.9/32"}


def cloudflared(more: str = "") -> str:
    found = deployment("net/tunnel", labels="app.kubernetes.io/name: cloudflared")
    return found.replace("registry.example.org/tunnel:1", "cloudflare/cloudflared:2026.1.0") + more


DOCUMENTS = (namespace("net"), namespace("kube-system"), cloudflared())
EDGE = named("region1.v2.argotunnel.com")
ASKED = [
    ask(pod("net/tunnel"), EDGE, 7844, "UDP"),
    ask(pod("net/tunnel"), ADDRESS, 7844, "UDP"),
    ask(pod("net/tunnel"), named("api.cloudflare.com"), 443),
    ask(pod("net/tunnel"), named("evil.example.net"), 443),
]


@pytest.mark.parametrize(
    ("fqdn", "expected"),
    [
        ("false", ["allow", "allow", "allow", "allow"]),
        ("known", ["allow", "deny", "allow", "deny"]),
        ("true", ["allow", "deny", "allow", "deny"]),
        ("all", ["allow", "deny", "allow", "deny"]),
    ],
)
def test_an_entry_that_lists_its_names(verdicts, fqdn, expected):
    assert verdicts(DOCUMENTS, ASKED, **{"mode": "enforce", "cluster.fqdn": fqdn}) == expected


def test_a_name_that_the_input_gives_is_added_to_the_entrys(verdicts):
    extra = "env:\n- {name: TELEMETRY_URL, value: 'https://metrics.acme-corp.com/x'}\n"
    tunnel = deployment("net/tunnel", labels="app.kubernetes.io/name: cloudflared", extra=extra)
    tunnel = tunnel.replace("registry.example.org/tunnel:1", "cloudflare/cloudflared:2026.1.0")
    documents = (namespace("net"), namespace("kube-system"), tunnel)
    asked = [
        ask(pod("net/tunnel"), named("metrics.acme-corp.com"), 443),
        ask(pod("net/tunnel"), named("api.cloudflare.com"), 443),
        ask(pod("net/tunnel"), named("evil.example.net"), 443),
    ]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": "known"}) == [
        "allow",
        "allow",
        "deny",
    ]


# A program whose entry cannot say its names keeps addresses under `known`; under `all` only what the input names.
PROWLARR = deployment(
    "web/prowlarr",
    labels="app.kubernetes.io/name: prowlarr",
    extra="env:\n- {name: SYNC_URL, value: 'https://sync.acme-corp.com/x'}\n",
)


@pytest.mark.parametrize(("fqdn", "expected"), [("known", ["allow", "allow"]), ("all", ["allow", "deny"])])
def test_whom_nobody_names(verdicts, fqdn, expected):
    asked = [
        ask(pod("web/prowlarr"), named("sync.acme-corp.com"), 443),
        ask(pod("web/prowlarr"), named("any.example.net"), 443),
    ]
    documents = (namespace("web"), namespace("kube-system"), PROWLARR)
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": fqdn}) == expected


CERT_MANAGER = deployment(
    "cert-manager/cert-manager",
    labels="app.kubernetes.io/name: cert-manager, app.kubernetes.io/component: controller",
).replace("registry.example.org/cert-manager:1", "quay.io/jetstack/cert-manager-controller:v1.20.0")
ISSUER = """apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata:
  name: main
  labels: {kustomize.toolkit.fluxcd.io/name: issuers}
spec:
  acme:
    server: https://acme-v02.api.letsencrypt.org/directory
    solvers:
    - dns01: {cloudflare: {apiTokenSecretRef: {name: t, key: k}}}
"""
OF_ANOTHER_BUILD = """apiVersion: v1
kind: ConfigMap
metadata:
  name: other
  namespace: cert-manager
  labels: {kustomize.toolkit.fluxcd.io/name: other}
"""


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ((ISSUER, OF_ANOTHER_BUILD), ["allow", "allow", "allow", "deny", "deny"]),
        # One build alone: another may hold issuers that this one does not show.
        ((ISSUER,), ["allow"] * 5),
        # No issuer at all: the same.
        ((OF_ANOTHER_BUILD, OF_ANOTHER_BUILD.replace("other", "third")), ["allow"] * 5),
    ],
)
def test_names_of_objects_need_the_whole_tree(verdicts, documents, expected):
    asker = pod("cert-manager/cert-manager")
    asked = [
        ask(asker, named("acme-v02.api.letsencrypt.org"), 443),
        ask(asker, named("api.cloudflare.com"), 443),
        ask(asker, named("kim.ns.cloudflare.com"), 53, "UDP"),
        ask(asker, named("evil.example.net"), 443),
        ask(asker, ADDRESS, 53, "UDP"),
    ]
    everything = (namespace("cert-manager"), namespace("kube-system"), CERT_MANAGER, *documents)
    assert verdicts(everything, asked, **{"mode": "enforce", "cluster.fqdn": "known"}) == expected


def test_all_says_whom_it_denies():
    told = made(
        namespace("web"), PROWLARR, config=Config(mode="enforce", cluster=ClusterConfig(fqdn="all"))
    ).plan.findings
    [found] = [one for one in told if "fqdn is all" in one.message]
    assert (
        "Deployment web/prowlarr calls hosts outside on 80/TCP, 443/TCP that nothing names" in found.message
    )
    assert "to: {fqdn: NAME}" in found.cure
