"""What meshes and injectors add to pods: only where a label or annotation asks, only to whom the catalogue says."""

from __future__ import annotations

import pytest
from cilium_policies.cilium.model import Policy, Rule
from cilium_policies.config.model import Config

from tests.support import deployment, made, namespace, policies, service

API = (deployment("a/api"), service("a/api"))
WEB = deployment("a/web", extra="env: [{name: API_URL, value: 'http://api:80'}]")
PROBES = {"169.254.7.127/32", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128"}


def labelled(name: str, labels: str = "", annotations: str = "") -> str:
    text = namespace(name).rstrip()
    return f"{text}\n  labels: {{{labels}}}\n  annotations: {{{annotations}}}\n"


def annotated(text: str, annotations: str) -> str:
    return text.replace(
        "    metadata:\n      labels", f"    metadata:\n      annotations: {{{annotations}}}\n      labels"
    )


def of(*documents: str) -> dict[str, Policy]:
    return policies(*documents, config=Config(mode="enforce"))


def flows(rules: tuple[Rule, ...] | None) -> set[str]:
    """`peer:port` of every rule; a pod peer by the values of its labels."""
    found = set()
    for rule in rules or ():
        peers = [
            " ".join(sorted(v for r in one.requirements for v in r.values)) for one in rule.endpoints or ()
        ]
        peers += [*(rule.entities or ()), *(one.cidr for one in rule.cidrs or ())]
        ports = [port.port for group in rule.ports or () for port in group.ports] or [""]
        found |= {f"{peer}:{port}" for peer in peers for port in ports}
    return found


def ingress(found: dict[str, Policy], name: str) -> set[str]:
    return flows(found[name].specs[0].ingress)


def egress(found: dict[str, Policy], name: str) -> set[str]:
    return flows(found[name].specs[0].egress)


AMBIENT = labelled("a", "istio.io/dataplane-mode: ambient")
PROBED = deployment("a/api", extra="readinessProbe: {httpGet: {path: /, port: 8080}}")


def test_the_tunnel_of_an_ambient_mesh_opens_for_the_pairs_that_call_each_other() -> None:
    other = deployment("a/other", port=9090)
    found = of(AMBIENT, WEB, *API, other)
    assert ingress(found, "a/api") == {"web:8080", "web:15008"}
    assert egress(found, "a/web") == {"api:8080", "api:15008"}
    assert ingress(found, "a/other") == egress(found, "a/other") == set()


def test_probes_come_from_the_meshs_address() -> None:
    found = of(AMBIENT, WEB, PROBED, service("a/api"))
    assert ingress(found, "a/api") == {"web:8080", "web:15008"} | {f"{one}:8080" for one in PROBES}
    assert ingress(of(AMBIENT, WEB, *API), "a/web") == set()  # nothing of it is probed


@pytest.mark.parametrize(
    "documents",
    [
        (namespace("a"), WEB, *API),
        (AMBIENT, annotated(WEB, 'istio.io/dataplane-mode: "none"'), *API),
        (labelled("a", "istio.io/dataplane-mode: none"), WEB, *API),
    ],
)
def test_who_is_no_member_has_no_tunnel(documents: tuple[str, ...]) -> None:
    assert ingress(of(*documents), "a/api") == {"web:8080"}


def test_of_what_the_mesh_takes_from_the_ports_the_user_hears() -> None:
    found = [one.message for one in made(AMBIENT, WEB, *API).plan.findings if "mesh" in one.message]
    assert found == [
        "namespace a is in a mesh (Istio ambient): between its members every TCP connection arrives on 15008/TCP,"
        " so whoever may reach one port of a pod can reach all of them"
    ]


WAYPOINT = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: w, namespace: a}
spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
"""


def test_through_a_waypoint() -> None:
    inside = labelled("a", "istio.io/dataplane-mode: ambient, istio.io/use-waypoint: w")
    found = of(inside, WEB, *API, WAYPOINT)
    proxy = "istio.io-mesh-controller w"
    assert {f"{proxy}:15008", "web:15008"} <= ingress(found, "a/api")
    assert f"{proxy}:15008" in egress(found, "a/web")
    assert "web:15008" in ingress(found, "a/istio-waypoint-w")
    assert "api:15008" in egress(found, "a/istio-waypoint-w")


ISTIOD = "istio-system istiod"


@pytest.mark.parametrize("label", ["istio-injection: enabled", "istio.io/rev: stable"])
def test_a_side_car_asks_its_control_plane_wherever_that_is_built(label: str) -> None:
    found = of(labelled("a", label), WEB, *API)
    assert egress(found, "a/web") == {"api:8080", f"{ISTIOD}:15012"}
    plain = of(labelled("a", label), deployment("a/web", labels='app: web, sidecar.istio.io/inject: "false"'))
    assert egress(plain, "a/web") == set()


def test_ambient_members_call_side_cars_through_the_tunnel() -> None:
    shop = labelled("b", "istio-injection: enabled")
    api = (deployment("b/api"), service("b/api"))
    web = deployment("a/web", extra="env: [{name: API_URL, value: 'http://api.b:80'}]")
    assert {"a web:8080", "a web:15008"} <= ingress(of(AMBIENT, shop, web, *api), "b/api")


def test_linkerd_by_annotation_of_pod_or_namespace() -> None:
    planes = {"destination linkerd:8086", "destination linkerd:8090", "identity linkerd:8080"}
    by_namespace = of(labelled("a", "", "linkerd.io/inject: enabled"), WEB, *API)
    assert egress(by_namespace, "a/web") == {"api:8080", "api:4143"} | planes
    by_pod = of(namespace("a"), annotated(WEB, "linkerd.io/inject: enabled"), *API)
    assert egress(by_pod, "a/web") == {"api:8080"} | planes  # the server is no member
    off = of(
        labelled("a", "", "linkerd.io/inject: enabled"), annotated(WEB, "linkerd.io/inject: disabled"), *API
    )
    assert egress(off, "a/web") == {"api:8080"}


def test_vaults_agent_calls_vault_or_the_address_that_is_written() -> None:
    agent = 'vault.hashicorp.com/agent-inject: "true"'
    usual = of(namespace("a"), annotated(deployment("a/web"), agent))
    assert egress(usual, "a/web") == {"server vault vault:8200"}
    told = f'{agent}, vault.hashicorp.com/service: "https://vault.example-corp.net:8443"'
    written = of(namespace("a"), annotated(deployment("a/web"), told))
    assert egress(written, "a/web") == {"0.0.0.0/0:8443", "::/0:8443"}


INSTRUMENTATION = """apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
metadata: {name: i, namespace: NS}
spec: {exporter: {endpoint: "http://otel.obs.svc:4318"}}
"""
OTEL = (namespace("obs"), deployment("obs/otel", port=4318), service("obs/otel", port=4318, target="4318"))


@pytest.mark.parametrize(("value", "where"), [('"true"', "a"), ("i", "a"), ("obs/i", "obs")])
def test_instrumented_pods_send_where_their_instrumentation_says(value: str, where: str) -> None:
    web = annotated(deployment("a/web"), f"instrumentation.opentelemetry.io/inject-java: {value}")
    found = of(namespace("a"), *OTEL, web, INSTRUMENTATION.replace("NS", where))
    assert egress(found, "a/web") == {"obs otel:4318"}
    plain = of(namespace("a"), *OTEL, deployment("a/web"), INSTRUMENTATION.replace("NS", where))
    assert egress(plain, "a/web") == set()


DAPR_COMPONENT = """apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: state, namespace: a}
spec: {type: state.redis, metadata: [{name: redisHost, value: "redis:6379"}]}
"""


def test_daprs_side_cars_call_its_services_each_other_and_their_components() -> None:
    redis = (deployment("a/redis", port=6379), service("a/redis", port=6379, target="6379"))
    dapr = 'dapr.io/enabled: "true", dapr.io/app-id: web'
    documents = (namespace("a"), annotated(WEB, dapr), annotated(API[0], dapr), API[1], *redis)
    found = egress(of(*documents, DAPR_COMPONENT), "a/web")
    assert {
        "redis:6379",
        "api:50002",
        "dapr-sentry dapr-system:50001",
        "dapr-operator dapr-system:6500",
    } <= found
    scoped = DAPR_COMPONENT + "scopes: [other]\n"
    assert "redis:6379" not in egress(of(*documents, scoped), "a/web")


def test_ciliums_own() -> None:
    found = of(labelled("a", 'io.cilium/mtls-enabled: "true"'), WEB, *API)
    assert ingress(found, "a/api") == {"web:8080", "web:15008"}
