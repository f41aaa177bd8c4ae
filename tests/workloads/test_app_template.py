"""Objects of app-template releases. What is expected was read in the chart's templates, and rendered where
helm_comparison.py can (4.1.1, 3.7.3, 2.6.0)."""

from __future__ import annotations

import pytest
from cilium_policies.kube.objects import Object, at
from cilium_policies.workloads.releases.app_template import expand, recognises

from tests.workloads.inputs import release

ONE = "controllers: {main: {containers: {app: {image: {repository: r, tag: t}}}}}\n"
TWO = """
controllers:
  web: {containers: {app: {image: {repository: r}}}}
  worker: {type: statefulset, containers: {app: {image: {repository: r}}}}
"""


def made(values: str, **words: str) -> dict[str, Object]:
    return {f"{one.kind}/{one.name}": one for one in expand(release(values, **words))}


def pod_labels(one: Object) -> dict[str, str]:
    path = ("spec", "jobTemplate", "spec", "template") if one.kind == "CronJob" else ("spec", "template")
    return at(one.body, *path, "metadata", "labels")


@pytest.mark.parametrize(
    ("version", "label"),
    [
        ("2.6.0", "app.kubernetes.io/component"),
        ("3.7.3", "app.kubernetes.io/component"),
        ("4.0.0", "app.kubernetes.io/controller"),
        ("5.3.0@sha256:0", "app.kubernetes.io/controller"),
    ],
)
def test_the_controller_label_changed_in_4_0(version: str, label: str):
    labels = pod_labels(made(ONE, version=version)["Deployment/demo"])
    assert labels == {"app.kubernetes.io/name": "demo", "app.kubernetes.io/instance": "demo", label: "main"}


def test_of_an_unknown_version_only_what_all_versions_write_is_said():
    found = made(ONE + "service: {app: {ports: {http: {port: 80}}}}", chart="", version="")
    labels = {"app.kubernetes.io/name": "demo", "app.kubernetes.io/instance": "demo"}
    assert pod_labels(found["Deployment/demo"]) == labels
    assert found["Service/demo"].spec["selector"] == labels


def test_other_charts_on_the_library_are_named_after_themselves():
    found = made(ONE, chart="immich", version="0.10.0", name="photos")
    assert list(found) == ["Deployment/photos-immich"]
    assert pod_labels(found["Deployment/photos-immich"])["app.kubernetes.io/name"] == "immich"


def test_names_get_the_key_only_beside_another_of_their_kind():
    services = "service: {a: {controller: web, ports: {p: {port: 1}}}, b: {controller: worker, ports: {p: {port: 2}}}}"
    assert set(made(TWO + services)) == {
        "Deployment/demo-web",
        "StatefulSet/demo-worker",
        "Service/demo-a",
        "Service/demo-b",
    }
    one = "service: {a: {controller: web, ports: {p: {port: 1}}}, b: {enabled: false, ports: {p: {port: 2}}}}"
    assert "Service/demo" in made(TWO + one)


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("forceRename: Other", "other"),
        ("prefix: pre", "pre-demo"),
        ("suffix: post", "demo-post"),
        ("forceRename: '{{ .Release.Name }}-x'", "demo-x"),
    ],
)
def test_names_that_values_choose(entry: str, name: str):
    assert f"Service/{name}" in made(ONE + f"service: {{app: {{{entry}, ports: {{http: {{port: 80}}}}}}}}")


def test_before_4_0_primary_services_carry_no_key():
    values = (
        TWO
        + """
service:
  a: {controller: web, primary: true, ports: {p: {port: 1}}}
  b: {controller: worker, nameOverride: queue, ports: {p: {port: 2}}}
"""
    )
    assert {"Service/demo", "Service/demo-queue"} <= set(made(values, version="3.7.3"))


def test_version_2_brings_a_main_service_and_probes():
    found = made(
        "controllers: {main: {containers: {main: {}}}}\nservice: {main: {ports: {http: {port: 80}}}}",
        version="2.6.0",
    )
    assert found["Service/demo"].spec["selector"]["app.kubernetes.io/component"] == "main"
    container = at(found["Deployment/demo"].body, "spec", "template", "spec", "containers")[0]
    assert container["readinessProbe"] == {"tcpSocket": {"port": "80"}}


def test_service_ports():
    values = (
        ONE
        + """
service:
  app:
    type: LoadBalancer
    loadBalancerSourceRanges: [10.0.0.0/8]
    ports:
      http: {port: 80, targetPort: web, protocol: HTTP}
      dns: {port: 53, protocol: UDP}
      rtp: {portRange: {start: 7000, end: 7001}}
      off: {enabled: false, port: 1}
"""
    )
    spec = made(values)["Service/demo"].spec
    assert [(port["name"], port["port"], port["targetPort"], port["protocol"]) for port in spec["ports"]] == [
        ("dns", "53", "53", "UDP"),
        ("http", "80", "web", "TCP"),
        ("rtp-7000", "7000", "7000", "TCP"),
        ("rtp-7001", "7001", "7001", "TCP"),
    ]
    assert (spec["type"], spec["loadBalancerSourceRanges"]) == ("LoadBalancer", ["10.0.0.0/8"])


def test_a_route_without_rules_leads_to_the_only_service():
    values = (
        ONE
        + """
service: {app: {ports: {http: {port: 80}, admin: {port: 81, primary: true}}}}
route: {app: {hostnames: ["{{ .Release.Name }}.example.org"], parentRefs: [{name: gw, namespace: net}]}}
"""
    )
    spec = made(values)["HTTPRoute/demo"].spec
    assert spec["hostnames"] == ["demo.example.org"]
    (backend,) = spec["rules"][0]["backendRefs"]
    assert (backend["name"], backend["namespace"], backend["port"]) == ("demo", "apps", "81")


def test_route_backends_by_key_name_and_port_name():
    values = (
        TWO
        + """
service:
  a: {controller: web, ports: {http: {port: 80}}}
  b: {controller: worker, ports: {api: {port: 90}}}
route:
  app:
    kind: GRPCRoute
    parentRefs: [{name: gw, namespace: net}]
    rules:
      - backendRefs: [{identifier: b, port: api}, {name: other, namespace: else, port: 1}]
      - filters: [{type: RequestRedirect}]
"""
    )
    rules = made(values)["GRPCRoute/demo"].spec["rules"]
    assert [(one["name"], one["namespace"], one["port"]) for one in rules[0]["backendRefs"]] == [
        ("demo-b", "apps", "90"),
        ("other", "else", "1"),
    ]
    assert rules[1]["backendRefs"] == []


def test_ingress_paths():
    values = (
        ONE
        + """
service: {app: {ports: {http: {port: 80}}}}
ingress: {app: {className: nginx, hosts: [{host: a.b, paths: [{path: /, service: {identifier: app, port: http}}]}]}}
"""
    )
    spec = made(values)["Ingress/demo"].spec
    assert spec["ingressClassName"] == "nginx"
    backend = at(spec["rules"][0], "http", "paths")[0]["backend"]["service"]
    assert backend == {"name": "demo", "port": {"number": "80"}}


def test_monitors_select_by_the_services_name():
    values = (
        ONE
        + """
service: {app: {ports: {http: {port: 80}, metrics: {port: 9090}}}}
serviceMonitor: {app: {endpoints: [{port: metrics}]}}
podMonitor: {app: {podMetricsEndpoints: [{port: x}]}}
"""
    )
    found = made(values)
    selector = found["ServiceMonitor/demo"].spec["selector"]["matchLabels"]
    assert selector.items() <= found["Service/demo"].labels.items()
    assert selector["app.kubernetes.io/service"] == "demo"
    pods = found["PodMonitor/demo"].spec["selector"]["matchLabels"]
    assert pods.items() <= pod_labels(found["Deployment/demo"]).items()


def test_containers():
    values = """
controllers:
  main:
    defaultContainerOptions: {env: {SHARED: x}, image: {repository: base, tag: "1"}}
    initContainers: {wait: {command: [sh]}}
    containers:
      app:
        image: {repository: ghcr.io/x/y, tag: v1}
        env:
          URL: http://{{ .Release.Name }}-db:5432
          FROM: {valueFrom: {secretKeyRef: {name: s, key: k}}}
          SHORT: {configMapKeyRef: {name: c, key: k}}
        envFrom: [{secretRef: {name: "{{ .Release.Name }}-secret"}}, {configMapRef: {identifier: config}}]
        args: one
        ports: [{name: web, containerPort: 8080}]
        probes:
          liveness: {enabled: true, type: HTTP, path: /x}
          readiness: {enabled: true, custom: true, spec: {httpGet: {port: 9}}}
          startup: {}
        lifecycle: {preStop: {exec: {command: [wget, "http://db/leave"]}}}
configMaps: {config: {data: {a: b}}}
service: {app: {ports: {http: {port: 80, targetPort: web}}}}
"""
    found = made(values)
    spec = at(found["Deployment/demo"].body, "spec", "template", "spec")
    (app,) = spec["containers"]
    assert app["image"] == "ghcr.io/x/y:v1"
    assert app["env"] == [
        {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "SHORT", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        {"name": "URL", "value": "http://demo-db:5432"},
    ]
    assert app["envFrom"] == [{"secretRef": {"name": "demo-secret"}}, {"configMapRef": {"name": "demo"}}]
    assert app["args"] == ["one"]
    assert app["livenessProbe"] == {"httpGet": {"port": "web", "path": "/x"}}
    assert app["readinessProbe"] == {"httpGet": {"port": "9"}}
    assert "startupProbe" not in app
    # bjw-s-labs/helm-charts@dfaf83d1: charts/library/common/templates/lib/container/_spec.tpl
    assert app["lifecycle"] == {"preStop": {"exec": {"command": ["wget", "http://db/leave"]}}}
    (init,) = spec["initContainers"]
    assert (init["image"], init["env"]) == ("base:1", [{"name": "SHARED", "value": "x"}])


@pytest.mark.parametrize(
    ("version", "labels"),
    [
        ("4.1.1", {"a": "own", "b": "default"}),  # merged, the pod's own first
        ("5.1.0", {"a": "own"}),  # 5.3.0 replaces, whether 5.1 merges is not known: what both write
    ],
)
def test_extra_pod_labels(version: str, labels: dict[str, str]):
    values = """
defaultPodOptions: {labels: {a: default, b: default}}
controllers: {main: {pod: {labels: {a: own}}, containers: {app: {}}}}
"""
    found = pod_labels(made(values, version=version)["Deployment/demo"])
    assert {key: value for key, value in found.items() if not key.startswith("app.")} == labels


def test_jobs_of_4_x_do_not_vouch_for_their_controller_label():
    values = """
defaultPodOptions: {labels: {a: b}}
controllers:
  web: {containers: {app: {}}}
  job: {type: cronjob, cronjob: {schedule: "0 0 * * *"}, containers: {app: {}}}
"""
    found = made(values)
    assert "app.kubernetes.io/controller" not in pod_labels(found["CronJob/demo-job"])
    assert "app.kubernetes.io/controller" in pod_labels(found["Deployment/demo-web"])


@pytest.mark.parametrize(
    ("values", "version", "account", "token"),
    [
        ("", "4.1.1", "default", "true"),
        ("", "5.0.0", "demo", "false"),
        ("global: {createDefaultServiceAccount: false}", "5.0.0", "default", "false"),
        ("serviceAccount: {demo: {}}", "5.0.0", "demo", "false"),
        ("serviceAccount: {create: true, name: x}", "3.7.3", "x", "true"),
        ("serviceAccount: {create: true, name: x}", "4.1.1", "default", "true"),
        ("defaultPodOptions: {automountServiceAccountToken: false}", "4.1.1", "default", "false"),
    ],
)
def test_service_accounts(values: str, version: str, account: str, token: str):
    found = made(ONE + values, version=version)
    spec = at(found["Deployment/demo"].body, "spec", "template", "spec")
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == (account, token)
    assert (account == "default") == (f"ServiceAccount/{account}" not in found)


def test_rbac():
    values = (
        ONE
        + """
serviceAccount: {demo: {}}
rbac:
  roles: {r: {type: ClusterRole, rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]}}
  bindings: {b: {type: ClusterRoleBinding, roleRef: {identifier: r}, subjects: [{identifier: demo}]}}
"""
    )
    found = made(values)
    binding = found["ClusterRoleBinding/demo"].body
    assert binding["roleRef"]["name"] == "demo"
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "demo", "namespace": "apps"}]
    assert found["ClusterRole/demo"].body["rules"][0]["verbs"] == ["get"]


def test_network_policies_of_the_chart():
    values = (
        ONE
        + """
networkpolicies: {a: {controller: main, policyTypes: [Ingress], rules: {ingress: [{}]}}}
ciliumNetworkPolicies: {a: {ingress: [{fromController: main}], enableDefaultDeny: {ingress: true}}}
"""
    )
    found = made(values, version="5.3.0")
    labels = pod_labels(found["Deployment/demo"])
    assert found["NetworkPolicy/demo"].spec["podSelector"] == {"matchLabels": labels}
    spec = found["CiliumNetworkPolicy/demo"].spec
    assert spec["endpointSelector"] == {"matchLabels": labels}
    assert spec["ingress"] == [{"fromEndpoints": [{"matchLabels": labels}]}]


@pytest.mark.parametrize(
    ("version", "raw"),
    [
        ("5.0.0", "{manifest: {apiVersion: v1, kind: Endpoints, subsets: []}}"),
        ("4.1.1", "{apiVersion: v1, kind: Endpoints, spec: {subsets: []}}"),
    ],
)
def test_raw_resources(version: str, raw: str):
    assert made(ONE + f"rawResources: {{x: {raw}}}", version=version)["Endpoints/demo"].body["subsets"] == []


def test_host_network_and_configuration_volumes():
    values = """
defaultPodOptions: {hostNetwork: true}
controllers: {a: {containers: {app: {}}}, b: {pod: {hostNetwork: false}, containers: {app: {}}}}
persistence:
  config: {type: configMap, name: settings, advancedMounts: {a: {app: [{path: /x}]}}}
  data: {existingClaim: disk}
"""
    found = made(values)
    one, two = (at(found[f"Deployment/demo-{key}"].body, "spec", "template", "spec") for key in "ab")
    assert (one["hostNetwork"], two["hostNetwork"]) == ("true", "false")
    assert one["volumes"] == [{"name": "config", "configMap": {"name": "settings"}}]
    assert "volumes" not in two


@pytest.mark.parametrize(
    "values",
    [
        "controllers: {a: [], b: null, c: {containers: {x: 1}}}",
        "controllers: {a: {containers: {app: {env: 3, ports: x, probes: [], image: 7}}}}\nservice: 4\nroute: [1]",
        "controllers: {a: {containers: {app: {}}}}\nservice: {x: {ports: {p: {port: abc}}}}\nglobal: 3\npersistence: 1",
        "controllers: {a: {containers: {app: {}}}}\nserviceAccount: x\nrbac: {roles: 1, bindings: {b: {subjects: 3}}}",
    ],
)
def test_odd_values_are_no_error(values: str):
    for version in ("2.6.0", "3.7.3", "4.1.1", "5.3.0", ""):
        expand(release(values, version=version))


@pytest.mark.parametrize(
    ("values", "chart", "expected"),
    [(ONE, "", True), ("controllers: {a: {replicas: 1}}", "", False), ("{}", "redis", False)],
)
def test_recognition_by_shape(values: str, chart: str, expected: bool):
    assert recognises(release(values, chart=chart)) is expected


def test_everything_carries_the_position_of_its_release():
    assert {one.where.file for one in expand(release(ONE))} == {"apps/demo.yaml"}
