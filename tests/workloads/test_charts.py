"""Pods of catalogue charts from Helm values; the stand-in for a chart nobody knows."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.model import Service, Workload
from cilium_policies.workloads.releases import charts
from cilium_policies.workloads.releases.chart_objects import chart_objects

from tests.workloads.inputs import release

SERVER: dict[str, Any] = {
    "component": "stack-server",
    "what": "x",
    "match": [{"app": "server"}],
    "workload": "StatefulSet/NAME-server",
    "charts": [
        {
            "chart": "stack",
            "values": "server",
            "name": "stack",
            "enabled": "server.enabled",
            "labels": {"app": "server", "instance": "{release}", "full": "{fullname}"},
            "workload": "{fullname}-server",
            "services": [
                {"name": "{fullname}-server", "ports": [{"name": "http", "port": "80", "target": "9000"}]}
            ],
            "serviceAccount": "{fullname}",
        }
    ],
    "edges": [
        {"from": "gateway", "ports": ["9000/TCP"], "why": "x"},
        {"from": "scraper", "ports": ["9001/TCP"], "why": "x", "when": "evidence"},
    ],
}
WORKER: dict[str, Any] = {
    "component": "stack-worker",
    "what": "x",
    "match": [{"app.kubernetes.io/name": "worker"}],
    "workload": "Deployment/NAME-worker",
    "charts": [{"chart": "stack", "values": "worker", "enabled": "worker.enabled", "default": "false"}],
}


def run(values: str, *parts: dict, chart: str = "stack", name: str = "demo"):
    return charts.workloads_of(release(values, chart=chart, version="1.0.0", name=name), load(define=parts))


def parts(values: str, **words: str) -> tuple[dict[str, Workload], dict[str, Service], dict[str, Object]]:
    workloads, services, objects = run(values, SERVER, WORKER, **words)
    return (
        {one.component: one for one in workloads},
        {one.name: one for one in services},
        {one.kind: one for one in objects},
    )


def test_each_component_that_the_values_ask_for():
    assert set(parts("{}")[0]) == {"stack-server"}
    assert set(parts("worker: {enabled: true}")[0]) == {"stack-server", "stack-worker"}
    assert set(parts("server: {enabled: false}\nworker: {enabled: true}")[0]) == {"stack-worker"}


def test_names_and_labels():
    one = parts("{}")[0]["stack-server"]
    assert one.labels == {"app": "server", "instance": "demo", "full": "demo-stack"}
    assert one.key == ("apps", "StatefulSet", "demo-stack-server")
    assert (one.service_account, one.instance, one.release, one.chart) == (
        "demo-stack",
        "demo",
        "demo",
        "stack",
    )
    assert not one.rendered


@pytest.mark.parametrize(
    ("values", "name", "fullname"),
    [
        ("{}", "demo", "demo-stack"),
        ("{}", "my-stack", "my-stack"),
        ("fullnameOverride: x", "demo", "x"),
        ("server: {fullnameOverride: y}", "demo", "y"),
        ("nameOverride: z", "demo", "demo-z"),
        ("fullnameOverride: '{{ .Release.Name }}-q'", "demo", "demo-q"),
    ],
)
def test_overrides(values: str, name: str, fullname: str):
    assert parts(values, name=name)[0]["stack-server"].labels["full"] == fullname


def test_a_name_that_one_value_gives():
    server = {**SERVER, "charts": [{**SERVER["charts"][0], "labels": {"app": "{values.label|{fullname}-x}"}}]}
    for values, label in (("{}", "demo-stack-x"), ("server: {label: y}", "y")):
        (one,), _, _ = run(values, server)
        assert one.labels == {"app": label}


def test_a_subchart_is_not_renamed_by_its_parent():
    one = parts("fullnameOverride: x\nworker: {enabled: true}")[0]["stack-worker"]
    assert one.name == "demo-worker"


def test_what_values_say_of_the_pods():
    one = parts(
        "server: {replicaCount: 3, hostNetwork: true, podLabels: {team: a}, podAnnotations: {n: 'o'},"
        " serviceAccount: {name: sa}, image: {registry: r, repository: g/s, tag: v1}}"
    )[0]["stack-server"]
    assert (one.replicas, one.host_network, one.service_account) == (3, True, "sa")
    assert one.labels["team"] == "a"
    assert "team" not in one.selector
    assert one.images == ("r/g/s:v1",)
    assert one.annotations == {"n": "o"}


def test_the_network_of_a_node_is_for_no_part_alone_whose_values_others_share():
    """Crossplane's chart gives its top `hostNetwork` to the core and not to the RBAC manager."""
    (core, manager), _, _ = run("hostNetwork: true", chart="crossplane")
    for one in (core, manager):
        assert (one.host_network, one.maybe_host_network) == (False, True)
    (one,), _, _ = run("hostNetwork: true", chart="nobody-knows-it")
    assert (one.host_network, one.maybe_host_network) == (False, True)
    for one in run("{}", chart="crossplane")[0]:
        assert not one.maybe_host_network


def test_a_part_whose_values_are_its_own_is_where_they_say():
    (one,), _, _ = run("hostNetwork: true", chart="karpenter")
    assert (one.host_network, one.maybe_host_network) == (True, False)


def test_a_condition_of_the_catalogue_tells_parts_apart():
    """Of one part the top value decides, of the other a value of its own."""
    agent = {"charts": [{"chart": "two"}], "hostNetwork": {"value": "hostNetwork", "is": "true"}}
    other = {
        "charts": [{"chart": "two", "labels": {"app": "b"}}],
        "hostNetwork": {"value": "b.hostNetwork", "is": "true"},
    }
    whole = [{**WORKER, "component": name, **one} for name, one in (("two-a", agent), ("two-b", other))]
    (one, two), _, _ = run("hostNetwork: true", *whole, chart="two")
    assert [(each.host_network, each.maybe_host_network) for each in (one, two)] == [
        (True, False),
        (False, False),
    ]


def test_services_take_type_ranges_and_their_only_port_from_the_values():
    block = "server: {service: {type: LoadBalancer, port: 8080, loadBalancerSourceRanges: [10.0.0.0/8]}}"
    one = parts(block)[1]["demo-stack-server"]
    assert (one.type, one.source_ranges) == ("LoadBalancer", ("10.0.0.0/8",))
    assert [(port.port, port.target) for port in one.ports] == [(8080, "9000")]


def test_texts_are_the_components_own_values():
    one = parts("""
server:
  url: http://db.data:5432
  env: [{name: DB_HOST, value: db.data}]
  ingress: {enabled: true, hosts: [a.b]}
  image: {repository: not/an-address}
worker: {enabled: true, other: http://x.y}
""")[0]["stack-server"]
    assert {(text.key, text.value) for text in one.texts} == {
        ("url", "http://db.data:5432"),
        ("DB_HOST", "db.data"),
    }


@pytest.mark.parametrize(
    "block",
    [
        "route: {enabled: true, hostnames: [a.b], parentRefs: [{name: gw, namespace: net}]}",
        "httpRoute: {enabled: true, hostnames: ['{{ \"a.b\" }}'], parentRefs: [{name: gw, namespace: net}]}",
        "route: {main: {enabled: true, hostnames: [a.b], parentRefs: [{name: gw, namespace: net}]}}",
        "gateway: {routes: {main: {hostnames: [a.b], parentRefs: [{name: gw, namespace: net}]}}}",
    ],
)
def test_routes(block: str):
    spec = parts(f"server: {{{block}}}")[2]["HTTPRoute"].spec
    assert spec["hostnames"] == ["a.b"]
    assert spec["parentRefs"] == [{"name": "gw", "namespace": "net"}]
    assert spec["rules"] == [{"backendRefs": [{"name": "demo-stack-server", "port": "80"}]}]


@pytest.mark.parametrize(
    "block",
    [
        "route: {enabled: false, parentRefs: [{name: gw}]}",
        "route: {enabled: true}",
        "ingress: {hosts: [a.b]}",
        "ingress: {enabled: true}",
        "serviceMonitor: {interval: 1m}",
        "config: {route: {receiver: x, routes: [{match: y}]}}",
    ],
)
def test_blocks_that_ask_for_nothing(block: str):
    assert parts(f"server: {{{block}}}")[2] == {}


def test_ingresses():
    hosts = "[a.b, {host: c.d, paths: [/]}]"
    spec = parts(f"server: {{ingress: {{enabled: true, className: nginx, hosts: {hosts}}}}}")[2][
        "Ingress"
    ].spec
    assert [rule["host"] for rule in spec["rules"]] == ["a.b", "c.d"]
    assert spec["ingressClassName"] == "nginx"
    backend = spec["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": "demo-stack-server", "port": {"number": "80"}}


@pytest.mark.parametrize(
    "block",
    [
        "ingressClassName: nginx, rules: [{host: a.b, paths: [{path: /, pathType: Prefix}]}]",  # Keycloak's
        "ingressClassName: nginx, hostName: a.b",  # ClearML's
        "ingressClass: nginx, appHost: a.b",  # Plane's
    ],
)
def test_what_charts_call_hosts_and_class_of_an_ingress(block: str):
    spec = parts(f"server: {{ingress: {{enabled: true, {block}}}}}")[2]["Ingress"].spec
    assert [rule["host"] for rule in spec["rules"]] == ["a.b"]
    assert spec["ingressClassName"] == "nginx"


def test_a_monitor_reads_the_port_that_scrapers_are_known_to_call():
    workloads, _, objects = parts("server: {metrics: {serviceMonitor: {enabled: true}}}")
    spec = objects["PodMonitor"].spec
    assert spec["podMetricsEndpoints"] == [{"portNumber": "9001"}]
    assert spec["selector"]["matchLabels"] == workloads["stack-server"].labels


def test_a_monitor_reads_nothing_of_a_hooks_job():
    hook = {
        "component": "stack-hook",
        "what": "x",
        "match": [{"app": "hook"}],
        "workload": "Job/NAME-hook",
        "charts": [{"chart": "stack", "labels": {"app": "hook"}}],
    }
    row = {key: held for key, held in SERVER["charts"][0].items() if key not in ("values", "enabled")}
    server = {**SERVER, "charts": [row]}
    workloads, _, objects = run("serviceMonitor: {enabled: true}", server, hook)
    assert {one.component for one in workloads} == {"stack-server", "stack-hook"}
    assert [one.spec["selector"]["matchLabels"]["app"] for one in objects] == ["server"]


def test_a_monitor_reads_a_service_port_where_that_is_the_one():
    server = {**SERVER, "charts": [dict(SERVER["charts"][0])]}
    server["charts"][0]["services"] = [
        {"name": "web", "ports": [{"name": "http", "port": "80", "target": "9000"}]},
        {"name": "probe", "ports": [{"name": "prom", "port": "81", "target": "9001"}]},
    ]
    _, services, objects = run("server: {serviceMonitor: {enabled: true}}", server)
    (monitor,) = objects
    (probe,) = [one for one in services if one.name == "probe"]
    assert monitor.kind == "ServiceMonitor"
    assert monitor.spec["endpoints"] == [{"port": "prom"}]
    assert monitor.spec["selector"]["matchLabels"].items() <= probe.labels.items()


def test_a_chart_nobody_knows_is_one_workload():
    (one,), services, _ = run("service: {port: 80}\nurl: http://x.y", chart="unheard-of")
    assert one.selector == {"app.kubernetes.io/instance": "demo"}
    assert one.key == ("apps", "HelmRelease", "demo")
    assert (one.rendered, one.component) == (False, "")
    assert [text.value for text in one.texts if text.key == "url"] == ["http://x.y"]
    # Helm's scaffold: the Service leads to the container port called http
    assert [(each.name, each.ports[0].target) for each in services] == [("demo-unheard-of", "http")]


def test_a_source_that_is_not_shown_is_guessed_by_its_name_only_when_a_chart_is_called_so():
    one = release("{}", chart="")
    one.hint = "stack"
    assert [each.component for each in charts.workloads_of(one, load(define=[SERVER]))[0]] == ["stack-server"]
    other = release("{}", chart="")
    other.hint = "home"
    assert charts.workloads_of(other, load(define=[SERVER]))[0][0].component == ""


def test_two_releases_with_the_same_labels_are_told_apart_by_instance():
    plain = {**WORKER, "charts": [{"chart": "stack"}]}
    pair = [release("{}", chart="stack", name=name) for name in ("a", "b")]
    workloads, _, _ = charts.every(pair, load(define=[plain]))
    assert [one.selector.get("app.kubernetes.io/instance") for one in workloads] == ["a", "b"]
    workloads, _, _ = charts.every(pair[:1], load(define=[plain]))
    assert "app.kubernetes.io/instance" not in workloads[0].selector


def test_a_route_leads_to_the_pods_of_a_component_that_have_a_service():
    job = {"chart": "stack", "values": "server", "name": "stack", "labels": {"app": "server", "part": "cron"}}
    both = {**SERVER, "charts": [{**job, "workload": "{fullname}-cron"}, *SERVER["charts"]]}
    workloads, _, objects = run("server: {enabled: true, ingress: {enabled: true, host: a.invalid}}", both)
    assert [one.name for one in workloads] == ["demo-stack-cron", "demo-stack-server"]
    path = objects[0].spec["rules"][0]["http"]["paths"][0]
    assert path["backend"]["service"] == {"name": "demo-stack-server", "port": {"number": "80"}}


def test_an_ingress_does_not_lead_to_a_part_of_the_program_that_no_gateway_calls():
    store = {
        "chart": "stack",
        "labels": {"app": "server", "component": "store"},
        "workload": "{fullname}-store",
        "services": [
            {"name": "{fullname}-store", "ports": [{"name": "sql", "port": "5432", "target": "5432"}]}
        ],
    }
    front = {**SERVER["charts"][0], "labels": {"app": "server", "component": "front"}}
    del front["values"]
    edges = [{"from": "gateway", "ports": ["9000/TCP"], "why": "x", "part": ["front"]}]
    both = {**SERVER, "partLabel": "component", "charts": [store, front], "edges": edges}
    _, services, objects = run("server: {enabled: true}\ningress: {enabled: true, host: a.invalid}", both)
    assert {one.name for one in services} == {"demo-stack-store", "demo-stack-server"}
    backends = [one.spec["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] for one in objects]
    assert backends == ["demo-stack-server"]


@pytest.mark.parametrize(("chart", "workloads"), [("widget-crds", 0), ("widget-crd", 0), ("crds-widget", 1)])
def test_a_chart_of_definitions_has_no_pods(chart: str, workloads: int):
    assert len(run("{}", chart=chart)[0]) == workloads


@pytest.mark.parametrize(
    ("values", "made"),
    [
        ("ui: {enabled: true}", {"server", "webhook"}),
        ("server: {enabled: true}\nglobal: {enabled: false}", {"server"}),
        ("global: {enabled: false}\ninjector: {enabled: true}", {"webhook"}),
        ("server: {enabled: false}", {"webhook"}),
        ("injector: {enabled: '-'}", {"server", "webhook"}),
    ],
)
@pytest.mark.parametrize("chart", ["vault", "openbao"])
def test_a_part_that_is_switched_on_by_itself_or_by_all_of_them(values: str, made: set[str], chart: str):
    """Vault's chart: `-` of a part leaves it to `global.enabled`."""
    assert {one.labels.get("component") for one in run(values, chart=chart)[0]} == made


OWN = {
    "component": "ledger",
    "match": [{"app": "ledger"}],
    "madeBy": [
        {"kind": "Ledger", "group": "example.org", "labels": {"app": "{name}"}, "workload": "ledger-{name}"}
    ],
    "creates": [
        {
            "chart": "books",
            "group": "example.org",
            "version": "v1",
            "kind": "Ledger",
            "enabled": "ledger.enabled",
            "default": "false",
            "spec": "ledger.spec",
            "object": "{fullname}-main",
        }
    ],
}


def test_a_switch_in_the_values_leaves_out_a_service_and_a_port_of_another():
    http = {"name": "http", "port": "80"}
    grpc = {"name": "grpc", "port": "90", "enabled": {"value": "mode", "is": "grpc"}}
    own = {"name": "{fullname}", "ports": [http, grpc]}
    beside = {"name": "{fullname}-ui", "enabled": "ui", "default": "false", "ports": [http]}
    part = {**SERVER, "charts": [{"chart": "stack", "labels": {"app": "server"}, "services": [own, beside]}]}

    def made(values: str) -> dict[str, list[int]]:
        return {one.name: [port.port for port in one.ports] for one in run(values, part)[1]}

    assert made("mode: http") == {"demo-stack": [80]}
    assert made("{mode: grpc, ui: true}") == {"demo-stack": [80, 90], "demo-stack-ui": [80]}


@pytest.mark.parametrize(
    ("values", "port", "target"),
    [
        ("", 80, "8080"),
        ("internalTLS: {enabled: false}", 80, "8080"),
        ("internalTLS: {enabled: true}", 443, "8443"),
    ],
)
def test_a_port_that_a_value_takes_away_is_there_where_nothing_is_set(
    values: str, port: int, target: str
) -> None:
    """Harbor's core and portal listen in the clear unless its internal TLS is on: the chart's own default."""
    _, services, _ = charts.workloads_of(
        release(f"expose: {{type: ingress}}\n{values}", chart="harbor", version="1.18.0", name="harbor"),
        load(),
    )
    found = {
        one.name: [(each.port, each.target) for each in one.ports if each.port in (80, 443)]
        for one in services
    }
    assert found["harbor-core"] == found["harbor-portal"] == [(port, target)]


def test_a_users_own_definition_says_what_a_chart_writes():
    """As the catalogue says it of kube-prometheus-stack: the object, by its switch, with the spec of the values."""
    catalogue = load(define=[OWN])
    (made,) = chart_objects(release("ledger: {enabled: true, spec: {pages: 7}}", chart="books"), catalogue)
    assert (made.kind, made.name, made.spec) == ("Ledger", "demo-books-main", {"pages": "7"})
    assert chart_objects(release("ledger: {spec: {pages: 7}}", chart="books"), catalogue) == []
