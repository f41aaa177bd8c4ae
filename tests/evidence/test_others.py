"""Group members, existing policies, static targets, Envoy Gateway's policies, hidden servers, probes."""

from __future__ import annotations

import base64
import textwrap

import pytest
from cilium_policies.config.settings import Settings
from cilium_policies.evidence import (
    configuration,
    edges,
    extensions,
    inferred,
    network_policies,
    peers,
    probes,
    scrape_targets,
)
from cilium_policies.evidence.given import NOTHING_GIVEN
from cilium_policies.evidence.words import evidence_words
from cilium_policies.kube.objects import Object
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.model import Workload

from tests import support
from tests.evidence.shown import cluster, deployment, flows, service


def _stateful(ports: str, replicas: int = 3) -> str:
    text = deployment("kv", ports).replace("kind: Deployment", "kind: StatefulSet")
    return text.replace("spec:\n", f"spec:\n  replicas: {replicas}\n  serviceName: kv\n", 1)


def test_members_of_a_stateful_set_over_their_headless_service() -> None:
    text = _stateful("[]") + service(
        "kv", "[{name: pg, port: 5432}, {name: http-metrics, port: 9187}]", "  clusterIP: None"
    )
    assert flows(peers.edges(cluster(text), NOTHING_GIVEN)) == {"shop/kv > shop/kv 5432/TCP"}


def test_named_member_ports_come_before_the_rest_and_gossip_has_both_protocols() -> None:
    ports = (
        "[{name: http, containerPort: 80}, {name: gossip-tcp, containerPort: 7946},"
        " {name: raft, containerPort: 8300}]"
    )
    found = flows(peers.edges(cluster(_stateful(ports)), NOTHING_GIVEN))
    assert found == {"shop/kv > shop/kv 7946/TCP,7946/UDP,8300/TCP"}


def test_one_pod_has_no_members() -> None:
    text = _stateful("[{name: gossip, containerPort: 7946}]", 1) + service(
        "kv", "[{port: 1}]", "  clusterIP: None"
    )
    assert flows(peers.edges(cluster(text), NOTHING_GIVEN)) == set()


def test_words_are_whole() -> None:
    assert (
        flows(peers.edges(cluster(_stateful("[{name: monitoring, containerPort: 1}]")), NOTHING_GIVEN))
        == set()
    )


_TWO = deployment("a") + deployment("b", "[{containerPort: 80}]") + deployment("c", namespace="far")


def _policy(
    spec: str, kind: str = "NetworkPolicy", version: str = "networking.k8s.io/v1", notes: str = "{}"
) -> str:
    return f"""
apiVersion: {version}
kind: {kind}
metadata: {{name: p, namespace: shop, annotations: {notes}}}
spec: {spec}
---
"""


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            "{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{podSelector: {matchLabels: {app: a}}}],"
            " ports: [{port: 80}]}]}",
            {"shop/a > shop/b 80/TCP"},
        ),
        (
            "{podSelector: {matchLabels: {app: a}}, egress: [{to: [{podSelector: {matchLabels: {app: b}}}]}]}",
            {"shop/a > shop/b 80/TCP"},  # the ports that b declares
        ),
        (
            "{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{namespaceSelector: {}, podSelector:"
            " {matchLabels: {app: c}}}], ports: [{port: 8000, endPort: 8010, protocol: UDP}]}]}",
            {"far/c > shop/b 8000-8010/UDP"},
        ),
        ("{podSelector: {matchLabels: {app: b}}, ingress: [{}]}", set()),
        ("{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{namespaceSelector: {}}]}]}", set()),
        ("{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{podSelector: {}}]}]}", set()),
        ("{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: a}}}]}]}", set()),
        ("{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}", set()),
    ],
)
def test_network_policy_between_named_pods(spec: str, expected: set[str]) -> None:
    assert flows(network_policies.edges(cluster(_TWO + _policy(spec)), NOTHING_GIVEN)) == expected


_CILIUM = (
    "{endpointSelector: {matchLabels: {'k8s:app': b}}, ingress: [{fromEndpoints: [{matchLabels: {app: c,"
    " 'k8s:io.kubernetes.pod.namespace': far}}], toPorts: [{ports: [{port: '80', protocol: ANY}]}]}]}"
)


def test_cilium_policy_between_named_pods_unless_it_is_our_own() -> None:
    text = _TWO + _policy(_CILIUM, "CiliumNetworkPolicy", "cilium.io/v2")
    assert flows(network_policies.edges(cluster(text), NOTHING_GIVEN)) == {"far/c > shop/b 80/TCP,80/UDP"}
    own = _TWO + _policy(_CILIUM, "CiliumNetworkPolicy", "cilium.io/v2", "{cilium-policies.fn/component: x}")
    assert flows(network_policies.edges(cluster(own), NOTHING_GIVEN)) == set()


def test_dns_rule_of_a_policy_is_left_to_the_dns_rules() -> None:
    spec = (
        "{podSelector: {matchLabels: {app: a}}, egress: [{to: [{podSelector: {matchLabels: {app: b}}}],"
        " ports: [{port: 53, protocol: UDP}]}]}"
    )
    assert flows(network_policies.edges(cluster(_TWO + _policy(spec)), NOTHING_GIVEN)) == set()


@pytest.mark.parametrize(
    "port", ["{port: 99999}", "{port: 0}", "{port: 80, protocol: HTTP}", "{port: 80, endPort: 70000}"]
)
def test_a_port_that_the_api_server_refuses_becomes_no_edge(port: str) -> None:
    """A policy of the user's with a slip in it must not make a policy of ours that nobody takes."""
    peer = "{podSelector: {matchLabels: {app: a}}}"
    spec = f"{{podSelector: {{matchLabels: {{app: b}}}}, ingress: [{{from: [{peer}], ports: [{port}]}}]}}"
    assert flows(network_policies.edges(cluster(_TWO + _policy(spec)), NOTHING_GIVEN)) == set()


def test_named_port_of_a_policy_is_looked_up_in_each_target() -> None:
    named = deployment("a") + deployment("b", "[{containerPort: 8080, name: web}]")
    spec = (
        "{podSelector: {matchLabels: {app: b}}, ingress: [{from: [{podSelector: {matchLabels: {app: a}}}],"
        " ports: [{port: web}, {port: other}]}]}"
    )
    assert flows(network_policies.edges(cluster(named + _policy(spec)), NOTHING_GIVEN)) == {
        "shop/a > shop/b 8080/TCP"
    }


def _scraper() -> Workload:
    made = Workload("o11y", "scraper", "Prometheus")
    selectors = {
        f"{kind}{part}": {}
        for kind in ("probe", "scrapeConfig")
        for part in ("Selector", "NamespaceSelector")
    }
    made.source = Object({"kind": "Prometheus", "spec": selectors})
    return made


_PROBER = deployment("prober") + service("prober", "[{port: 9115}]")


def test_probe_leads_through_its_prober_to_its_targets() -> None:
    probe = """
apiVersion: monitoring.coreos.com/v1
kind: Probe
metadata: {name: p, namespace: shop}
spec:
  prober: {url: "prober.shop.svc:9115"}
  targets: {staticConfig: {static: ["http://web.shop.svc", "https://www.vendor.com"]}}
---
"""
    text = _PROBER + probe + deployment("web") + service("web", "[{port: 80, targetPort: 8080}]")
    called = {"shop/prober > shop/web 8080/TCP", "shop/prober > internet:www.vendor.com 443/TCP"}
    assert flows(scrape_targets.edges(cluster(text), NOTHING_GIVEN)) == called
    scraped = flows(scrape_targets.edges(cluster(text, _scraper()), NOTHING_GIVEN))
    assert scraped == called | {"o11y/scraper > shop/prober 9115/TCP"}


def test_static_targets_of_a_scrape_config() -> None:
    config = """
apiVersion: monitoring.coreos.com/v1alpha1
kind: ScrapeConfig
metadata: {name: p, namespace: shop}
spec: {staticConfigs: [{targets: ["192.168.1.4:9100", "prober.shop:9115"]}]}
"""
    assert flows(scrape_targets.edges(cluster(_PROBER + config, _scraper()), NOTHING_GIVEN)) == {
        "o11y/scraper > cidr:192.168.1.4/32 9100/TCP",
        "o11y/scraper > shop/prober 9115/TCP",
    }


_GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inner, namespace: edge}
spec: {gatewayClassName: some, listeners: [], infrastructure: {parametersRef: {kind: EnvoyProxy, name: p}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: inner, namespace: edge}], rules: [{backendRefs: [{kind: Backend, name: far}]}]}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: {name: far, namespace: shop}
spec: {endpoints: [{fqdn: {hostname: api.vendor.com, port: 443}}, {ip: {address: 192.168.1.8, port: 8123}}]}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: s, namespace: shop}
spec:
  targetRefs: [{kind: HTTPRoute, name: web}]
  extAuth: {http: {backendRefs: [{name: auth, port: 80}]}}
  oidc: {provider: {issuer: "https://id.vendor.com"}}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {name: p, namespace: edge}
spec: {telemetry: {tracing: {provider: {backendRefs: [{name: auth, namespace: shop, port: 80}]}}}}
---
""" + deployment("proxy", namespace="edge").replace(
    "labels: {app: proxy}}", "labels: {app: proxy, gateway.networking.k8s.io/gateway-name: inner}}"
)


def test_envoy_gateway_calls_what_its_policies_and_backends_name() -> None:
    text = _GATEWAY + deployment("auth") + service("auth", "[{port: 80, targetPort: 9091}]")
    found = list(extensions.edges(cluster(text), NOTHING_GIVEN))
    assert flows(found) == {
        "edge/proxy > internet:api.vendor.com 443/TCP",
        "edge/proxy > cidr:192.168.1.8/32 8123/TCP",
        "edge/proxy > shop/auth 9091/TCP",
        "edge/proxy > internet:id.vendor.com 443/TCP",
    }
    assert {evidence_words(edge.evidence) for edge in found} >= {
        "SecurityPolicy shop/s",
        "EnvoyProxy edge/p",
        "HTTPRoute shop/web",
    }


_HIDDEN = """
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: keys, namespace: shop}
spec: {target: {template: {data: {%s: '{{ .value }}'}}}}
---
"""


def _inferred(key: str, more: str) -> set[str]:
    web = deployment("web", extra="        envFrom: [{secretRef: {name: keys}}]")
    return flows(inferred.edges(cluster(web + _HIDDEN % key + more), NOTHING_GIVEN))


def test_hidden_database_is_inferred_only_where_it_is_unmistakable() -> None:
    one = (
        deployment("db")
        + service("db-rw", "[{port: 5432}]", app="db")
        + service("db-ro", "[{port: 5432}]", app="db")
    )
    two = one + deployment("other") + service("other", "[{port: 5432}]")
    assert _inferred("POSTGRES_URL", one) == {"shop/web > shop/db 5432/TCP"}
    assert _inferred("POSTGRES_URL", two) == set()
    assert _inferred("API_KEY", one) == set()
    assert _inferred("POSTGRES_PASSWORD", one) == set()
    assert _inferred("REDIS_URL", one) == set()


@pytest.mark.parametrize(
    ("variable", "inferred_from"),
    [
        ("DB_TYPE: postgres", True),
        ("SESSION_POSTGRES: 'true'", True),
        ("POSTGRES_DEBUG: 'true'", False),
        ("A: 'true'", False),
    ],
)
def test_setting_that_chooses_a_kind_of_server(variable: str, inferred_from: bool) -> None:
    key, _, value = variable.partition(": ")
    web = deployment("web", env=f"[{{name: {key}, value: {value}}}]")
    text = web + deployment("db") + service("db", "[{port: 5432}]")
    expected = {"shop/web > shop/db 5432/TCP"} if inferred_from else set()
    assert flows(inferred.edges(cluster(text), NOTHING_GIVEN)) == expected


def test_a_server_infers_no_other_server_of_its_kind() -> None:
    env = "[{name: MYSQL_USE_STORE, value: 'true'}]"
    text = (
        deployment("a", env=env)
        + service("a", "[{port: 3306}]")
        + deployment("b")
        + service("b", "[{port: 3306}]")
    )
    assert flows(inferred.edges(cluster(text), NOTHING_GIVEN)) == set()


def test_probes_come_from_the_node_and_explain_nothing() -> None:
    text = deployment("web", extra="        livenessProbe: {httpGet: {port: 8080}}")
    found = list(probes.edges(cluster(text)))
    assert flows(found) == {"host > shop/web 8080/TCP"}
    assert not found[0].explains


def test_secret_of_an_operators_pods_is_read_and_only_host_and_port_leave() -> None:
    made = Workload("shop", "alertmanager-main", "Alertmanager")
    made.source = Object(
        {"kind": "Alertmanager", "metadata": {"name": "main", "namespace": "shop"}, "spec": {}}
    )
    text = """
apiVersion: v1
kind: Secret
metadata: {name: alertmanager-main, namespace: shop}
stringData: {alertmanager.yaml: "receivers: [{slack_configs: [{api_url: 'https://hooks.vendor.com/T0/hidden'}]}]"}
"""
    found = list(configuration.edges(cluster(text, made), NOTHING_GIVEN))
    assert flows(found) == {"shop/alertmanager-main > internet:hooks.vendor.com 443/TCP"}
    assert "hidden" not in repr([(edge.reason, edge.evidence, edge.target.name) for edge in found])


def test_configuration_objects_of_an_alertmanager_count_where_it_selects_them() -> None:
    made = Workload("shop", "alertmanager-main", "Alertmanager")
    spec = {"alertmanagerConfigSelector": {"matchLabels": {"team": "a"}}}
    made.source = Object(
        {"kind": "Alertmanager", "metadata": {"name": "main", "namespace": "shop"}, "spec": spec}
    )
    text = """
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: c, namespace: shop, labels: {team: %s}}
spec: {receivers: [{webhookConfigs: [{url: "http://hook.shop:80/x"}]}]}
---
"""
    hook = deployment("hook") + service("hook", "[{port: 80, targetPort: 8080}]")
    called = {"shop/alertmanager-main > shop/hook 8080/TCP"}
    assert flows(configuration.edges(cluster(text % "a" + hook, made), NOTHING_GIVEN)) == called
    assert flows(configuration.edges(cluster(text % "b" + hook, made), NOTHING_GIVEN)) == set()


def test_object_store_of_a_database_cluster() -> None:
    made = Workload("shop", "pg", "Cluster")
    spec = {"plugins": [{"name": "barman", "parameters": {"barmanObjectName": "store"}}]}
    made.source = Object({"kind": "Cluster", "metadata": {"name": "pg", "namespace": "shop"}, "spec": spec})
    text = """
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: store, namespace: shop}
spec: {configuration: {endpointURL: "http://s3.shop.svc:3900"}}
---
"""
    store = deployment("s3") + service("s3", "[{port: 3900}]")
    assert flows(configuration.edges(cluster(text + store, made), NOTHING_GIVEN)) == {
        "shop/pg > shop/s3 3900/TCP"
    }


def test_probes_become_rules_only_where_the_config_asks() -> None:
    text = deployment("web", extra="        readinessProbe: {tcpSocket: {port: 8080}}")
    asked = cluster(text, settings=Settings(probe_rules=True))
    assert flows(edges(asked)) == {"host > shop/web 8080/TCP"}
    assert flows(edges(cluster(text))) == set()


HUBS_VALUES = """hub:
  db: {url: "postgresql://hub@pg:5432/hub"}
  services: {share: {url: "http://share:8080"}, outer: {url: "https://grades.acme.com"}}
singleuser: {extraEnv: {TRACKER: "http://tracker"}}
"""
HUBS_SECRET = f"""apiVersion: v1
kind: Secret
metadata: {{name: hub, namespace: a}}
data: {{values.yaml: {base64.b64encode(HUBS_VALUES.encode()).decode()}}}
"""
HUBS_RELEASE = f"""apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: books, namespace: a}}
spec:
  chart: {{spec: {{chart: jupyterhub}}}}
  values:
{textwrap.indent(HUBS_VALUES, "    ")}"""


def _calls_of_parts(*documents: str) -> set[tuple[str, str]]:
    """The components of clients and the names of servers that addresses lead them to."""
    return {
        (edge.client.component, edge.server.name)
        for edge in support.made(support.namespace("a"), *documents).plan.edges
        if edge.origin == "address" and edge.client is not None and edge.server is not None
    }


@pytest.mark.parametrize("rendered", [True, False])
def test_the_services_behind_a_hubs_proxy_stand_among_the_hubs_settings(*, rendered: bool) -> None:
    """In the Secret that the hub alone mounts, or in the values; of the rest of it nothing is the proxy's."""
    proxy = support.deployment("a/proxy", labels="app: jupyterhub, component: proxy", port=8000)
    shown = (proxy, HUBS_SECRET) if rendered else (HUBS_RELEASE,)
    servers = support.servers("a", share=8080, pg=5432, tracker=80)
    found = support.made(support.namespace("a"), *shown, *servers).plan.edges
    calls = {
        getattr(edge.target, "name", "") or edge.target.workload.name: edge.ports
        for edge in found
        if edge.origin == "address"
        and edge.client is not None
        and edge.client.component == "jupyterhub-proxy"
    }
    assert calls == {"share": (Port(8080),), "grades.acme.com": (Port(443),)}


def test_a_hub_calls_its_services_as_its_proxy_does() -> None:
    """It asks each whether it answers (jupyterhub/app.py, check_services_health); no other part of the chart does."""
    calls = _calls_of_parts(HUBS_RELEASE, *support.servers("a", share=8080))
    assert calls == {("jupyterhub-hub", "share"), ("jupyterhub-proxy", "share")}


def test_values_of_one_part_of_a_release_are_no_other_parts() -> None:
    """What Argo CD's notifications send to, and Dex' issuer, open neither its server nor its repository server."""
    release = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cd, namespace: a}
spec:
  chart: {spec: {chart: argo-cd}}
  values:
    dex: {enabled: true}
    configs: {cm: {dex.config: "connectors: [{config: {issuer: 'http://idp'}}]"}}
    notifications: {notifiers: {service.webhook.chat: "url: http://chat:8080"}}
    server: {extraArgs: ["--sso=http://idp"]}
"""
    assert _calls_of_parts(release, *support.servers("a", chat=8080, idp=80)) == {
        ("argocd-notifications-controller", "chat"),
        ("argocd-dex-server", "idp"),
        ("argocd-server", "idp"),
    }


def test_what_older_charts_of_argo_cd_have_below_server_is_its_other_parts_too() -> None:
    """Until version 6 of the chart argocd-cm, of which Dex and the repository server read parts, stood there."""
    release = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cd, namespace: a}
spec:
  chart: {spec: {chart: argo-cd}}
  values:
    dex: {enabled: true}
    server:
      config:
        dex.config: "connectors: [{config: {issuer: 'http://idp'}}]"
        repositories: "[{url: 'http://forge/shop.git'}]"
"""
    calls = _calls_of_parts(release, *support.servers("a", forge=80, idp=80))
    assert {("argocd-dex-server", "idp"), ("argocd-repo-server", "forge")} <= calls
    assert not {("argocd-dex-server", "forge"), ("argocd-repo-server", "idp")} & calls
