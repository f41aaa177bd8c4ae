"""Load balancers outside of the cluster are addresses, never a controller's pods; managed databases may be private."""

from __future__ import annotations

import pytest
from cilium_policies.cilium.model import Rule
from cilium_policies.config.model import ClusterConfig, Config

from tests.support import bound, deployment, namespace, policies, service

HEALTH = {"35.191.0.0/16", "130.211.0.0/22"}
INSIDE = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"}
ALB = "alb.ingress.kubernetes.io"
NGINX = (
    namespace("n"),
    deployment(
        "n/nginx",
        labels="app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller",
        port=443,
    ),
    service("n/nginx", selector="app.kubernetes.io/name: ingress-nginx", port=443, target="443"),
)


def ingress_class(controller: str, name: str = "c") -> str:
    return f"""apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {{name: {name}}}
spec: {{controller: {controller}}}
"""


def ingress(name: str = "c", annotations: str = "") -> str:
    named = f"ingressClassName: {name}, " if name else ""
    return f"""apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: a, annotations: {{{annotations}}}}}
spec: {{{named}rules: [{{http: {{paths: [
  {{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]}}
"""


def gateway(class_name: str) -> str:
    return f"""apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: g, namespace: a}}
spec: {{gatewayClassName: {class_name}, listeners: [{{name: http, port: 80, protocol: HTTP}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: a}}
spec: {{parentRefs: [{{name: g}}], rules: [{{backendRefs: [{{name: web, port: 80}}]}}]}}
"""


def gateway_class(controller: str) -> str:
    return f"""apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: c}}
spec: {{controllerName: {controller}}}
"""


def rules(*documents: str, **fields: object) -> tuple[Rule, ...]:
    config = Config(mode="enforce", cluster=ClusterConfig(**fields))  # type: ignore[arg-type]
    found = policies(namespace("a"), deployment("a/web"), service("a/web"), *documents, config=config)
    return found["a/web"].specs[0].ingress or ()


def who(found: tuple[Rule, ...]) -> set[str]:
    """Entities and ranges of the rules, and `pods` for selectors."""
    entities = {one for rule in found for one in rule.entities or ()}
    ranges = {one.cidr for rule in found for one in rule.cidrs or ()}
    return entities | ranges | ({"pods"} if any(rule.endpoints for rule in found) else set())


@pytest.mark.parametrize(
    "controller", ["ingress.k8s.aws/alb", "eks.amazonaws.com/alb", "azure/application-gateway"]
)
def test_the_clients_of_an_ingress_are_outside(controller: str) -> None:
    [rule] = found = rules(ingress_class(controller), ingress(), *NGINX)
    assert who(found) == {"world"}
    assert [port.port for group in rule.ports or () for port in group.ports] == ["8080"]


@pytest.mark.parametrize("name", ["gce", ""])
def test_googles_call_from_published_ranges(name: str) -> None:
    annotations = f"kubernetes.io/ingress.class: {name}" if name else ""
    assert who(rules(ingress("", annotations), distribution="gke")) == HEALTH


def test_an_internal_one_calls_from_the_companys_network() -> None:
    internal = ingress("", "kubernetes.io/ingress.class: gce-internal")
    assert who(rules(internal)) == {*INSIDE, *HEALTH}
    assert who(rules(internal, private_cidrs=("10.2.0.0/16",))) == {"10.2.0.0/16", *HEALTH}
    assert who(rules(internal, load_balancer_cidrs=("10.2.0.0/24",))) == {"10.2.0.0/24", *HEALTH}


@pytest.mark.parametrize(
    ("said", "clients"),
    [
        (f"{ALB}/scheme: internal", INSIDE),
        (f"{ALB}/scheme: internet-facing", {"world"}),
        (f"{ALB}/scheme: '${{SCHEME}}'", {"world"}),
        ("", {"world"}),  # the controller's default, which its flag may change
        (f"{ALB}/scheme: internal, {ALB}/ip-address-type: dualstack", {"world"}),  # a VPC's IPv6 is public
        ('appgw.ingress.kubernetes.io/use-private-ip: "true"', INSIDE),
        ('appgw.ingress.kubernetes.io/use-private-ip: "false"', {"world"}),
        (f"{ALB}/group.name: tools", INSIDE),
        (f"{ALB}/group.name: tools, {ALB}/scheme: internet-facing", {"world"}),
        (f"{ALB}/group.name: other", {"world"}),
    ],
)
def test_an_internal_load_balancer_has_no_public_clients(said: str, clients: set[str]) -> None:
    beside = ingress("c", f"{ALB}/group.name: tools, {ALB}/scheme: internal").replace(
        "name: web,", "name: b,", 1
    )
    found = rules(
        ingress_class("ingress.k8s.aws/alb"), ingress("c", said), beside.replace("name: web", "name: no")
    )
    assert who(found) == clients


def test_the_parameters_of_a_class_say_the_scheme_of_all_its_ingresses() -> None:
    def shown(scheme: str) -> tuple[str, ...]:
        parameters = "parameters: {apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: p}"
        named = ingress_class("ingress.k8s.aws/alb").replace("alb}", f"alb, {parameters}}}")
        return (
            named,
            f"apiVersion: elbv2.k8s.aws/v1beta1\nkind: IngressClassParams\nmetadata: {{name: p}}\nspec: {{{scheme}}}\n",
        )

    assert who(rules(*shown("scheme: internal"), ingress())) == INSIDE
    assert who(rules(*shown("scheme: internal, ipAddressType: dualstack"), ingress())) == {"world"}
    assert who(rules(*shown("scheme: internet-facing"), ingress("c", f"{ALB}/scheme: internal"))) == {"world"}
    assert who(rules(*shown(""), ingress("c", f"{ALB}/scheme: internal"))) == INSIDE


@pytest.mark.parametrize(
    "documents",
    [
        (gateway("gke-l7-regional-external-managed"),),
        (gateway("azure-alb-external"),),
        (gateway("c"), gateway_class("gateway.k8s.aws/alb")),
        (gateway("c"), gateway_class("alb.networking.azure.io/alb-controller")),
        (gateway("c"), gateway_class("networking.gke.io/gateway")),
    ],
)
def test_the_clients_of_a_gateway_are_outside(documents: tuple[str, ...]) -> None:
    assert who(rules(*documents)) == {"world"}


def test_a_target_group_binds_a_load_balancer_to_pods() -> None:
    binding = """apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: {name: web, namespace: a}
spec: {serviceRef: {name: web, port: 80}, targetGroupARN: x, targetType: ip}
"""
    assert who(rules(binding)) == {"world"}


BOUND = bound("n/default", "apiGroups: [networking.k8s.io], resources: [ingresses/status], verbs: [update]")


def test_a_proxy_in_the_cluster_is_still_found_by_its_class() -> None:
    shown = (ingress_class("k8s.io/ingress-nginx", "nginx"), ingress("nginx"), *NGINX)
    assert who(rules(*shown, BOUND)) == {"pods"}


def database(host: str, **fields: object) -> set[tuple[str, str]]:
    client = deployment("a/web", extra=f"env: [{{name: DATABASE_URL, value: '{host}'}}]")
    config = Config(mode="enforce", cluster=ClusterConfig(**fields))  # type: ignore[arg-type]
    found = policies(namespace("a"), client, config=config)["a/web"].specs[0].egress or ()
    return {
        (one.cidr, port.port)
        for rule in found
        for one in rule.cidrs or ()
        for group in rule.ports or ()
        for port in group.ports
    }


@pytest.mark.parametrize(
    "host",
    [
        "postgres://u:p@shop.abc.eu-west-1.rds.amazonaws.com:5432/x",
        "postgres://u:p@db.example-corp.net/x",  # any name on a database's port
        "redis://shop.redis.cache.windows.net:6380",
        "https://vpc-logs-abc.eu-west-1.es.amazonaws.com",
        "https://vault.privatelink.vaultcore.azure.net",
    ],
)
def test_a_managed_databases_name_may_be_private(host: str) -> None:
    found = database(host)
    assert {"0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} <= {range for range, _ in found}
    assert len({port for _, port in found}) == 1


def test_the_config_says_where_they_are() -> None:
    url = "postgres://u:p@shop.abc.eu-west-1.rds.amazonaws.com:5432/x"
    assert {range for range, _ in database(url, private_cidrs=("10.8.0.0/16",))} == {
        "0.0.0.0/0",
        "::/0",
        "10.8.0.0/16",
    }
    assert database(url, fqdn=True) == set()


def test_a_public_api_stays_public() -> None:
    assert {range for range, _ in database("https://api.stripe.com")} == {"0.0.0.0/0", "::/0"}


@pytest.mark.parametrize(
    "checked",
    [
        """apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: web, namespace: a}
spec: {healthCheck: {type: HTTP, port: 15021}}
""",
        """apiVersion: networking.gke.io/v1
kind: HealthCheckPolicy
metadata: {name: web, namespace: a}
spec:
  default: {config: {type: HTTP, httpHealthCheck: {port: 15021}}}
  targetRef: {group: "", kind: Service, name: web}
""",
    ],
)
def test_the_port_that_a_health_check_asks_is_open_beside_the_one_that_is_served(checked: str) -> None:
    note = '  annotations: {cloud.google.com/backend-config: \'{"default": "web"}\'}\n'
    noted = service("a/web").replace("  namespace: a\n", "  namespace: a\n" + note)
    found = policies(
        namespace("a"), deployment("a/web"), noted, ingress("", "kubernetes.io/ingress.class: gce"), checked
    )
    told = {
        (port.port, one.cidr)
        for rule in found["a/web"].specs[0].ingress or ()
        for group in rule.ports or ()
        for port in group.ports
        for one in rule.cidrs or ()
    }

    assert told == {(port, block) for port in ("8080", "15021") for block in HEALTH}


@pytest.mark.parametrize(
    ("name", "anywhere"),
    [
        ("gke-l7-global-external-managed", False),
        ("gke-l7-gxlb-mc", False),
        ("gke-l7-regional-external-managed", True),  # Envoys in a subnet of the user's own
        ("gke-l7-rilb", False),
        ("gke-l7-cross-regional-internal-managed-mc", False),
    ],
)
@pytest.mark.parametrize("shown", [False, True])
def test_the_frontends_of_a_global_gateway_of_gke_and_checks_of_internal_ones_call_from_googles_ranges(
    name: str, anywhere: bool, shown: bool
) -> None:
    classes = (
        [gateway_class("networking.gke.io/gateway").replace("name: c}", f"name: {name}}}")] if shown else []
    )
    found = who(rules(gateway(name), *classes))
    assert ("world" in found) is anywhere
    assert anywhere or found >= HEALTH
