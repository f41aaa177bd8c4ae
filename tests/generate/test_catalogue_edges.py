"""Edges that the catalogue knows: which hold here, and who stands at the other end."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.cilium.model import Rule
from cilium_policies.config.model import ClusterConfig, Config

from tests.support import deployment, namespace, policies, ports, servers, service

PROGRAM = {
    "component": "program",
    "what": "a program of the test",
    "match": [{"app": "program"}],
    "edges": [],
}
PARTNER = {"component": "partner", "what": "its server", "match": [{"app": "partner"}], "edges": []}


def rules(direction: str, edge: dict[str, Any], *more: str, **cluster: Any) -> list[Rule]:
    """The rules that one edge of a component gives its pods."""
    config = Config(
        mode="enforce",
        defined_components=({**PROGRAM, "edges": [edge]}, PARTNER),
        cluster=ClusterConfig(**cluster),
    )
    found = policies(namespace("shop"), namespace("ops"), deployment("shop/program"), *more, config=config)
    made = getattr(found["shop/program"].specs[0], direction)
    return [rule for rule in made if rule != Rule()]


def edge(side: str, peer: str, **fields: Any) -> dict[str, Any]:
    return {side: peer, "ports": ["8080/TCP"], "why": "a reason", **fields}


@pytest.mark.parametrize(
    ("peer", "entities"),
    [
        ("host", {"host"}),
        ("world", {"world"}),
        ("ingress-clients", {"host", "remote-node", "world"}),
        ("kube-apiserver", {"host", "remote-node", "kube-apiserver"}),
    ],
)
def test_who_may_call(peer: str, entities: set[str]) -> None:
    [rule] = rules("ingress", edge("from", peer))
    assert (set(rule.entities or ()), rule.why) == (entities, "a reason")


@pytest.mark.parametrize("peer", ["internet", "world"])
def test_outward_the_world_is_no_cloud_metadata(peer: str) -> None:
    [rule] = rules("egress", edge("to", peer))
    assert rule.entities is None
    assert all("169.254.0.0/16" in one.excepts for one in rule.cidrs or () if "." in one.cidr)


def test_a_partner_is_the_nearest_and_none_where_there_is_none() -> None:
    here, there = deployment("shop/partner"), deployment("ops/partner")
    for shown, spaces in (((), []), ((there,), [("ops",)]), ((here, there), [])):
        found = rules("egress", edge("to", "component:partner"), *shown)
        assert len(found) == bool(shown)
        named = [need.values for rule in found for one in rule.endpoints or () for need in one.requirements]
        assert [values for values in named if values == ("ops",)] == spaces


def test_every_pod_only_with_ports() -> None:
    assert len(rules("ingress", edge("from", "same-namespace"))) == 1
    assert rules("ingress", {"from": "same-namespace", "why": "anybody"}) == []


def test_probes_only_where_the_config_asks() -> None:
    probe = edge("from", "host", probe="true")
    assert rules("ingress", probe) == []
    assert len(rules("ingress", probe, probe_rules=True)) == 1


def test_dns_is_not_said_again() -> None:
    assert rules("egress", {"to": "dns", "why": "names"}) == []


def test_a_component_behind_services_that_nothing_publishes_is_not_for_the_world() -> None:
    inside = service("shop/program")
    assert rules("ingress", edge("from", "world"), inside) == []
    published = inside.replace("spec:\n", "spec:\n  type: LoadBalancer\n")
    for shown in ((), (published,), (service("shop/other"),)):
        found = rules("ingress", edge("from", "world"), *shown)
        assert any("world" in (one.entities or ()) for one in found)


def test_host_ports_of_an_agents_receivers_are_for_the_clusters_pods() -> None:
    agent = """apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: o11y}
spec:
  selector: {matchLabels: &labels {app.kubernetes.io/name: opentelemetry-collector, component: agent-collector}}
  template:
    metadata: {labels: *labels}
    spec:
      containers:
      - name: collector
        image: registry.invalid/otel/opentelemetry-collector-k8s:0.158.0
        ports:
        - {containerPort: 8125, hostPort: 8125, protocol: UDP}
        - {containerPort: 9999, hostPort: 9999}
"""
    found = policies(namespace("o11y"), agent)
    [own] = [one for name, one in found.items() if "collector" in name]
    told = [
        rule
        for rule in own.specs[0].ingress or ()
        if "world" in (rule.entities or ()) or any(one.cidr == "0.0.0.0/0" for one in rule.cidrs or ())
    ]
    assert ports(told) == {"9999"}


@pytest.mark.parametrize(("said", "opened"), [("false", False), ("False", False), ("true", True)])
def test_a_port_of_the_node_that_values_switch_off_in_any_spelling_lets_nobody_in(
    said: str, opened: bool
) -> None:
    release = f"""apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: n, namespace: edge}}
spec:
  chart: {{spec: {{chart: ingress-nginx}}}}
  values: {{controller: {{service: {{type: ClusterIP}}, hostPort: {{enabled: {said}}}}}}}
"""
    found = policies(namespace("edge"), release)
    told = {
        entity
        for one in found.values()
        for rule in one.specs[0].ingress or ()
        for entity in rule.entities or ()
    }
    assert ("world" in told) is opened


@pytest.mark.parametrize(
    ("led", "on"),
    [
        ("port: 80\n    targetPort: 8081", {"8081"}),  # a side-car answers for it
        ("port: 80\n    targetPort: 8080", {"8080"}),
        ("port: 9999\n    targetPort: 8081", {"8080"}),  # what else it has a Service for is not what is asked
    ],
)
def test_a_client_gets_where_the_service_of_the_usual_port_leads(led: str, on: set[str]) -> None:
    server = deployment("shop/partner", port=8080)
    door = service("shop/partner").replace("port: 80\n    targetPort: 8080", led)
    [rule] = rules("egress", edge("to", "component:partner", ports=["8080/TCP", "80/TCP"]), server, door)
    assert ports([rule]) == on


def test_an_edge_without_ports_stays_one_to_any_port_of_a_server_with_a_service() -> None:
    server = deployment("shop/partner", port=8080)
    asked = {"to": "component:partner", "why": "it opens ports at random"}
    [rule] = rules("egress", asked, server, service("shop/partner"))
    assert rule.ports is None


@pytest.mark.parametrize(
    ("chart", "made", "name"),
    [("valkey", "createPrimary", "cache-valkey-primary"), ("redis", "createMaster", "cache-redis-master")],
)
def test_sentinels_and_the_service_of_whom_they_elect(chart: str, made: str, name: str) -> None:
    release = f"""apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {{name: cache, namespace: shop}}
spec: {{url: "oci://registry-1.docker.io/bitnamicharts/{chart}", ref: {{tag: 5.0.0}}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: cache, namespace: shop}}
spec:
  chartRef: {{kind: OCIRepository, name: cache}}
  values:
    architecture: replication
    sentinel: {{enabled: true, service: {{{made}: true}}}}
"""
    client = deployment("shop/front", extra=f"""
      env:
      - {{name: CACHE_URL, value: "redis://{name}.shop.svc:6379"}}
    """)  # fmt: skip
    found = policies(namespace("shop"), release, client)

    def asked(policy: str) -> set[tuple[str, bool]]:
        return {
            (port, bool(rule.entities))
            for rule in found[policy].specs[0].egress or ()
            for port in ports([rule])
        }

    assert ("6379", False) in asked("shop/front")
    [node] = [key for key in found if chart in key]
    assert ("26379", False) in asked(node)
    assert found["shop/allow-kube-apiserver"].specs[0].subject == found[node].specs[0].subject


@pytest.mark.parametrize("rendered", [True, False])
def test_a_proxy_outpost_leads_where_a_blueprint_of_its_server_says(rendered: bool) -> None:
    blueprint = """apiVersion: v1
kind: ConfigMap
metadata: {name: blueprints, namespace: shop}
data:
  proxies.yaml: |
    entries:
      - model: authentik_providers_proxy.proxyprovider
        attrs:
          external_host: "https://books.acme.net"
          internal_host: "http://books.shop.svc.cluster.local"
      - model: authentik_sources_oauth.oauthsource
        attrs:
          access_token_url: "http://idm.shop.svc.cluster.local/oauth2/token"
"""
    server = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: authentik, namespace: shop}
spec:
  chart: {spec: {chart: authentik}}
  values: {blueprints: {configMaps: [blueprints]}}
"""
    if rendered:
        server = deployment(
            "shop/authentik-server",
            labels="app.kubernetes.io/name: authentik, app.kubernetes.io/component: server",
            image="ghcr.io/goauthentik/server:2026.5",
        )
        server += "      volumes: [{name: b, configMap: {name: blueprints}}]\n"
    outpost = deployment("shop/outpost", port=9000, image="ghcr.io/goauthentik/proxy:2026.5")
    others = [
        text
        for name, port in (("books", 6060), ("idm", 8443))
        for text in (deployment(f"shop/{name}", port=port), service(f"shop/{name}", target=str(port)))
    ]
    found = policies(namespace("shop"), blueprint, server, outpost, *others)
    [asking] = [policy for name, policy in found.items() if name.endswith("outpost")]
    told = ports(asking.specs[0].egress)
    assert "6060" in told
    assert "8443" not in told


@pytest.mark.parametrize(("enabled", "opened"), [("true", True), ("false", False)])
def test_a_port_that_a_collectors_values_name_is_scraped_by_its_name(enabled: str, opened: bool) -> None:
    release = f"""apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: traces, namespace: shop}}
spec:
  chart: {{spec: {{chart: opentelemetry-collector}}}}
  values:
    mode: deployment
    ports: {{app-metrics: {{enabled: {enabled}, containerPort: 8765, servicePort: 8765, protocol: TCP}}}}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {{name: traces, namespace: shop}}
spec:
  endpoints: [{{port: app-metrics}}]
  selector: {{matchLabels: {{app.kubernetes.io/instance: traces}}}}
"""
    scraper = deployment(
        "ops/prometheus",
        labels="app.kubernetes.io/name: prometheus",
        port=9090,
        image="quay.io/prometheus/prometheus:v3",
    )
    found = policies(namespace("shop"), namespace("ops"), release, scraper)
    [asked] = [policy for name, policy in found.items() if name.startswith("shop/") and "traces" in name]
    assert ("8765" in ports(asked.specs[0].ingress)) is opened


def test_what_the_values_of_one_part_of_a_chart_name_no_other_part_calls() -> None:
    release = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: vpa, namespace: shop}
spec:
  chart: {spec: {chart: vpa}}
  values:
    recommender: {extraArgs: {storage: prometheus, prometheus-address: "http://history.shop.svc:9090"}}
"""
    found = policies(namespace("shop"), release, *servers("shop", history=9090))
    calls = [name for name, policy in found.items() if "9090" in ports(policy.specs[0].egress)]
    assert len(calls) == 1, calls


def test_an_alertmanager_calls_what_the_secrets_of_its_config_hold_at_the_key_that_it_chooses() -> None:
    found = policies(
        namespace("mon"),
        """apiVersion: monitoring.coreos.com/v1
kind: Alertmanager
metadata: {name: main, namespace: mon}
spec: {alertmanagerConfiguration: {name: receivers}}
---
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: receivers, namespace: mon}
spec: {receivers: [{name: beat, webhookConfigs: [{urlSecret: {name: keys, key: BEAT_URL}}]}]}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: keys, namespace: mon}
spec:
  target:
    name: keys
    template: {data: {BEAT_URL: "http://beat.mon.svc:80/in", OTHER_URL: "http://other.mon.svc:80/{{ .KEY }}"}}
""",
        deployment("mon/beat", port=8080),
        service("mon/beat"),
        deployment("mon/other", port=8765),
        service("mon/other", target="8765"),
    )
    [asking] = [policy for name, policy in found.items() if "alertmanager" in name]
    told = ports(asking.specs[0].egress)
    assert "8080" in told
    assert "8765" not in told


def test_immichs_server_asks_the_sign_on_that_its_charts_configuration_names() -> None:
    found = policies(
        namespace("home"),
        namespace("sso"),
        """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: immich, namespace: home}
spec:
  chart: {spec: {chart: immich}}
  values: {immich: {configuration: {oauth: {enabled: true, issuerUrl: "https://auth.acme.com/o/immich/"}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: internal, namespace: sso}
spec:
  gatewayClassName: cilium
  addresses: [{type: IPAddress, value: 10.1.1.1}]
  listeners: [{name: https, port: 443, protocol: HTTPS, hostname: "*.acme.com"}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: auth, namespace: sso}
spec:
  hostnames: [auth.acme.com]
  parentRefs: [{name: internal}]
  rules: [{backendRefs: [{name: auth, port: 80}]}]
""",
        deployment("sso/auth", port=9000),
        service("sso/auth", target="9000"),
    )
    asking = {
        name
        for name, policy in found.items()
        for rule in policy.specs[0].egress or ()
        if "ingress" in (rule.entities or ())
    }
    assert len(asking) == 1, asking  # and not its machine learning


def test_the_service_that_cilium_makes_for_a_gateway_leads_to_its_ingress() -> None:
    found = policies(
        namespace("net"),
        """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: tunnel, namespace: net}
spec: {gatewayClassName: cilium, listeners: [{name: https, port: 443, protocol: HTTPS}]}
""",
        deployment(
            "net/agent", extra="env: [{name: SERVICE, value: 'https://cilium-gateway-tunnel.net.svc:443'}]"
        ),
    )
    told = found["net/agent"].specs[0].egress or ()
    assert [rule.entities for rule in told if rule.entities] == [("ingress",)], told


MAILU = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: mailu, namespace: mail}
spec:
  chart: {spec: {chart: mailu, sourceRef: {kind: HelmRepository, name: mailu}}}
  values: {domain: example.org%s}
"""


@pytest.mark.parametrize(("values", "opened"), [("", True), (", front: {hostPort: {enabled: false}}", False)])
def test_a_port_of_the_node_that_a_chart_has_on_by_default_lets_mail_in(values: str, opened: bool) -> None:
    """Mailu's Services are the cluster's own: mail comes in through the nodes, and no value has to say so."""
    made = policies(namespace("mail"), MAILU % values)["mail/mailu-front"].specs[0].ingress
    told = {entity for rule in made for entity in rule.entities or ()}
    assert ("world" in told) is opened
