"""A gateway and a scraper that only the user's config defines get what the built-in ones get."""

from __future__ import annotations

import pytest
from cilium_policies.cli.options import run_on
from cilium_policies.document.finding import RefusedError
from cilium_policies.function import Options

from tests.evidence.shown import flows
from tests.support import bound

CONFIG = b"""\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec:
  components:
    define:
      - component: our-gateway-proxy
        what: proxies that our controller makes for each Gateway
        role: gateway
        match: [{app: our-proxy}]
        proxy:
          controller: example.com/our-gateway
          owner: example.com/gateway
          ownerNamespace: example.com/gateway-namespace
          portShift: 8000
          namespace: our-gateways
        madeBy:
          - kind: Gateway
            group: gateway.networking.k8s.io
            via:
              field: spec.gatewayClassName
              object: gateway.networking.k8s.io/GatewayClass
              has: spec.controllerName
              is: example.com/our-gateway
            labels: {app: our-proxy, example.com/gateway: "{name}", example.com/gateway-namespace: "{namespace}"}
            workload: "our-{name}"
        edges: [{to: dns, why: names}]
      - component: our-scraper
        what: reads metrics
        role: scraper
        match: [{app: our-scraper}]
        reads: [{kind: ServiceMonitor}]
        edges: [{to: dns, why: names}]
"""
WEB = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: example.org/web, ports: [{containerPort: 8080, name: http}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080, name: http}]}
---
"""
ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  hostnames: [shop.example.com]
  parentRefs: [{name: main, namespace: edge}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
"""
GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ours}
spec: {controllerName: example.com/our-gateway}
---
apiVersion: v1
kind: Namespace
metadata: {name: edge}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: main, namespace: edge}
spec: {gatewayClassName: ours, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
"""
SCRAPER = (
    """\
apiVersion: v1
kind: Namespace
metadata: {name: ops}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: reader, namespace: ops}
spec:
  selector: {matchLabels: {app: our-scraper}}
  template:
    metadata: {labels: {app: our-scraper}}
    spec: {serviceAccountName: reader, containers: [{name: c, image: example.org/reader}]}
---
"""
    + bound(
        "ops/reader",
        "apiGroups: [monitoring.coreos.com], resources: [servicemonitors], verbs: [get, list, watch]",
    )
    + """\
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}]}
---
"""
)


def found(text: str, config: bytes = CONFIG) -> set[str]:
    run = run_on([("in.yaml", text.encode())], Options(config=("config.yaml", config)))
    return flows(run.made.plan.edges)


def test_a_gateway_of_a_users_own_controller_listens_on_its_shifted_port() -> None:
    edges = found(WEB + ROUTE + GATEWAY)
    assert "world > edge/our-main 8080/TCP" in edges
    assert "edge/our-main > shop/web 8080/TCP" in edges
    assert "world > edge/our-main 8080/TCP" not in found(
        WEB + ROUTE + GATEWAY, CONFIG.replace(b"portShift: 8000", b"portShift: 0")
    )


def test_its_proxies_are_known_by_their_labels_where_another_build_holds_the_gateway() -> None:
    labels = "example.com/gateway=main,example.com/gateway-namespace=edge"
    edges = found(WEB + ROUTE)
    assert f"edge[{labels}] > shop/web 8080/TCP" in edges
    assert f"our-gateways[{labels}] > shop/web 8080/TCP" in edges


def test_a_scraper_of_the_users_own_reads_what_monitors_name() -> None:
    assert "ops/reader > shop/web 8080/TCP" in found(WEB + SCRAPER)
    without = CONFIG.replace(b"reads: [{kind: ServiceMonitor}]", b"hostNetwork: false")
    assert "ops/reader > shop/web 8080/TCP" not in found(WEB + SCRAPER, without)


@pytest.mark.parametrize(
    ("wrong", "path", "said"),
    [
        (b"portShift: many", "proxy.portShift", "'many' is not a whole number"),
        (b"portShft: 8000", "proxy.portShft", "unknown field 'portShft'"),
    ],
)
def test_a_wrong_proxy_is_said(wrong: bytes, path: str, said: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        found(WEB, CONFIG.replace(b"portShift: 8000", wrong))
    assert refusal.value.finding.path.endswith(path)
    assert said in refusal.value.finding.message


STORE = b"""\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec:
  components:
    define:
      - component: ring
        what: a store
        match: [{app: ring}]
        edges: [{to: component:ring, ports: [7000/TCP], why: work, part: [agent], of: [server, relay]}]
"""


def test_of_several_parts_who_shows_another_port_is_called_where_its_label_says_that_it_is_one() -> None:
    text = "\n---\n".join(
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: db}}\n"
        f"spec: {{template: {{metadata: {{labels: {{app: ring, at: {name}{role}}}}}, "
        f"spec: {{containers: [{{name: c, image: ring, ports: [{{containerPort: {port}}}]}}]}}}}}}"
        for name, role, port in (
            ("agent", ", app.kubernetes.io/component: agent", 1000),
            ("server", ", app.kubernetes.io/component: server", 7000),
            ("relay", ", app.kubernetes.io/component: relay", 7500),
            ("tools", "", 9999),  # which tells no part
        )
    )
    called = {one for one in found(text, STORE) if one.startswith("db/agent > db/")}
    assert called == {"db/agent > db/server 7000/TCP", "db/agent > db/relay 7500/TCP"}
