"""Routing resources of one proxy: from the pods of the entry that reads them to the Services that they name."""

from __future__ import annotations

import pytest
from cilium_policies.cilium.model import Policy
from cilium_policies.config.model import ClusterConfig, Config
from cilium_policies.evidence.ends import WORLD
from cilium_policies.evidence.routed import Proxied

from tests.support import bound, deployment, made, namespace, policies, service

WEB = (namespace("a"), deployment("a/web"), service("a/web"))


def proxy(labels: str, port: int = 443) -> tuple[str, str]:
    selector = labels.split(",")[0]
    return (
        deployment("p/proxy", labels=labels, port=port),
        service("p/proxy", selector=selector, port=443, target=str(port)),
    )


def route(kind: str, spec: str) -> str:
    group, _, name = kind.partition("/")
    return f"apiVersion: {group}/v1\nkind: {name}\nmetadata: {{name: r, namespace: a}}\nspec: {{{spec}}}\n"


KONG = proxy("app.kubernetes.io/name: kong, app.kubernetes.io/component: app", 8443)
NGINX = proxy("app.kubernetes.io/name: nginx-ingress")
EMISSARY = proxy("app.kubernetes.io/name: emissary-ingress", 8443)
SKIPPER = proxy("application: skipper-ingress", 9999)
CONTOUR = proxy("app.kubernetes.io/name: contour, app.kubernetes.io/component: envoy", 8443)


# The controller of each stands beside its proxy, and reads its objects in every namespace.
READS = bound("p/controller", 'apiGroups: [GROUP], resources: ["*"], verbs: [get, list, watch]')


def found(*documents: str, distribution: str = "") -> dict[str, Policy]:
    config = Config(mode="enforce", cluster=ClusterConfig(distribution=distribution))
    return policies(namespace("p"), *WEB, *documents, config=config)


@pytest.mark.parametrize(
    ("shown", "one"),
    [
        (CONTOUR, route("projectcontour.io/HTTPProxy", "routes: [{services: [{name: web, port: 80}]}]")),
        (CONTOUR, route("projectcontour.io/HTTPProxy", "tcpproxy: {services: [{name: web, port: 80}]}")),
        (NGINX, route("k8s.nginx.org/VirtualServer", "upstreams: [{name: u, service: web, port: 80}]")),
        (NGINX, route("k8s.nginx.org/TransportServer", "upstreams: [{name: u, service: web, port: 80}]")),
        (EMISSARY, route("getambassador.io/Mapping", "hostname: '*', service: web")),
        (EMISSARY, route("getambassador.io/Mapping", "service: 'http://web.a:80'")),
        (EMISSARY, route("getambassador.io/TCPMapping", "port: 9, service: 'web:80'")),
        (
            SKIPPER,
            route(
                "zalando.org/RouteGroup",
                "backends: [{name: w, type: service, serviceName: web, servicePort: 80}]",
            ),
        ),
        (SKIPPER, route("zalando.org/RouteGroup", "backends: [{type: network, address: 'http://web.a:80'}]")),
        (SKIPPER, route("zalando.org/RouteGroup", "backends: [{type: lb, endpoints: ['http://web.a:80']}]")),
        (
            KONG,
            route(
                "configuration.konghq.com/TCPIngress",
                "rules: [{backend: {serviceName: web, servicePort: 80}}]",
            ),
        ),
    ],
)
def test_the_proxy_calls_the_service_that_an_object_names(shown: tuple[str, str], one: str) -> None:
    group = one.partition("/")[0].removeprefix("apiVersion: ")
    alone = found(*shown, one)["a/web"].specs[0].ingress or ()
    assert all(rule.endpoints is None for rule in alone), "its label alone makes no proxy"
    [rule] = found(*shown, one, READS.replace("GROUP", group))["a/web"].specs[0].ingress or ()
    [client] = rule.endpoints or ()
    assert ("p",) in [each.values for each in client.requirements]
    assert [port.port for group in rule.ports or () for port in group.ports] == ["8080"]


def test_openshifts_router_comes_with_the_cluster_and_may_be_in_the_hosts_network() -> None:
    one = route("route.openshift.io/Route", "to: {kind: Service, name: web}, port: {targetPort: 8080}")
    rules = found(one, distribution="openshift")["a/web"].specs[0].ingress or ()
    assert {entity for rule in rules for entity in rule.entities or ()} == {"host", "remote-node"}
    assert ("openshift-ingress",) in [
        each.values for rule in rules for client in rule.endpoints or () for each in client.requirements
    ]


@pytest.mark.parametrize("made_by", [True, False])
def test_load_balancers_that_send_to_pods_come_in_where_the_input_holds_what_makes_them(
    made_by: bool,
) -> None:
    """A ClusterIP Service before Skipper publishes it to nobody: the load balancers do, which another program makes."""
    skipper, maker = "application: skipper-ingress", "application: kube-ingress-aws-controller"
    shown = (
        deployment("p/skipper", labels=skipper, port=9999, image="ghcr.io/zalando/skipper:v1"),
        service("p/skipper", selector=skipper, target="9999"),
    )
    image = "ghcr.io/zalando-incubator/kube-ingress-aws-controller:v1"
    makers = [deployment("p/maker", labels=maker, image=image)] if made_by else []
    rules = found(*shown, *makers)["p/skipper"].specs[0].ingress or ()
    blocks = {block.cidr for rule in rules for block in rule.cidrs or ()}
    assert ("10.0.0.0/8" in blocks, "0.0.0.0/0" in blocks) == (made_by, False)


def test_a_proxy_that_is_not_shown_is_said() -> None:
    one = route("projectcontour.io/HTTPProxy", "routes: [{services: [{name: web, port: 80}]}]")
    plan = made(*WEB, one).plan
    assert any(each.source is not None and each.source.kind == "HTTPProxy" for each in plan.uncovered)


def test_a_route_that_leads_back_to_itself_is_followed_once() -> None:
    group = "gateway.networking.k8s.io"
    back = f"{{group: {group}, kind: HTTPRoute, name: r}}"
    shown = proxy("app.kubernetes.io/name: mcp-gateway, app.kubernetes.io/managed-by: mcp-gateway-controller")
    routed = route(f"{group}/HTTPRoute", f"rules: [{{backendRefs: [{back}, {{name: web, port: 80}}]}}]")
    named = route("mcp.kuadrant.io/MCPServerRegistration", f"targetRef: {back}")
    rules = found(*shown, routed, named, READS.replace("GROUP", "mcp.kuadrant.io"))["a/web"].specs[0].ingress
    clients = [client for rule in rules or () for client in rule.endpoints or ()]
    assert ("p",) in [each.values for client in clients for each in client.requirements]


def test_every_proxy_of_an_object_answers_at_its_name() -> None:
    """Contour by its chart beside Contour by its manifest: a caller's rule has both, whichever entry comes last."""
    one = route(
        "projectcontour.io/HTTPProxy",
        "virtualhost: {fqdn: sso.acme.com}, routes: [{services: [{name: web, port: 80}]}]",
    )
    other = deployment("q/envoy", labels="app: envoy", port=8444, image="docker.io/projectcontour/contour:1")
    other = (namespace("q"), other, service("q/envoy", port=443, target="8444"))
    client = deployment("a/client", extra="env: [{name: SSO_URL, value: 'https://sso.acme.com'}]")
    reads = READS.replace("GROUP", "projectcontour.io")
    reads = reads.replace(
        "namespace: p}]", "namespace: p}, {kind: ServiceAccount, name: controller, namespace: q}]"
    )
    rules = found(*CONTOUR, *other, client, one, reads)["a/client"].specs[0].egress or ()
    told = {
        (value, port.port)
        for rule in rules
        for peer in rule.endpoints or ()
        for each in peer.requirements
        for value in each.values
        for group in rule.ports or ()
        for port in group.ports
    }
    assert {("p", "8443"), ("q", "8444")} <= told


def test_what_is_told_twice_of_an_object_stays_as_it_is() -> None:
    told = Proxied((WORLD,), (), is_public=True)
    assert told.joined(told) == told
    assert not told.joined(Proxied((), ())).is_public


BIG_IP = "pools: [{service: web, servicePort: 80}], virtualServerAddress: 10.4.0.10"
PRIVATE = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}


@pytest.mark.parametrize(
    ("spec", "who"),
    [
        (BIG_IP, PRIVATE),  # by default from a self address
        (f"{BIG_IP}, snat: none", {"world"}),  # with those of its clients
        (BIG_IP.replace("service: web", "service: web, serviceNamespace: b"), set()),  # another's Service
    ],
)
def test_a_proxy_on_a_machine_of_its_own_calls_pods_by_their_addresses(spec: str, who: set[str]) -> None:
    rules = found(route("cis.f5.com/VirtualServer", spec))["a/web"].specs[0].ingress or ()
    cidrs = {one.cidr for rule in rules for one in rule.cidrs or () if one.cidr in PRIVATE}
    entities = {entity for rule in rules for entity in rule.entities or ()}
    assert cidrs | entities == who


def test_addresses_of_a_proxys_own_resources_tell_that_the_zone_is_the_companys() -> None:
    one = route("cis.f5.com/VirtualServer", f"{BIG_IP}, host: shop.acme.com")
    client = deployment("a/client", extra="env: [{name: S3_URL, value: 'https://s3.acme.com/x'}]")
    for shown, is_near in ((one, True), (one.replace("10.4.0.10", "93.184.215.14"), False)):
        rules = found(client, shown)["a/client"].specs[0].egress or ()
        assert ("10.0.0.0/8" in {each.cidr for rule in rules for each in rule.cidrs or ()}) is is_near


def test_an_address_that_openstacks_load_balancer_is_to_have_tells_it_too() -> None:
    note = "loadbalancer.openstack.org/load-balancer-address: 10.4.0.11"
    lb = service("a/web").replace("metadata:\n", f"metadata:\n  annotations: {{{note}}}\n")
    lb = lb.replace("spec:\n", "spec:\n  type: LoadBalancer\n")
    rule = "rules: [{host: shop.acme.com, http: {paths: [{backend: {service: {name: web, port: {number: 80}}}}]}}]"
    shown = route("networking.k8s.io/Ingress", rule)
    client = deployment("a/client", extra="env: [{name: S3_URL, value: 'https://s3.acme.com/x'}]")
    rules = (
        policies(namespace("a"), deployment("a/web"), lb, client, shown, config=Config(mode="enforce"))[
            "a/client"
        ]
        .specs[0]
        .egress
    )
    assert "10.0.0.0/8" in {each.cidr for rule in rules or () for each in rule.cidrs or ()}


def test_a_client_is_led_on_to_further_ports_of_the_very_pods() -> None:
    """The members of a Couchbase cluster are one workload: its clients are told of the ports of each service."""
    cluster = (
        "apiVersion: couchbase.com/v2\nkind: CouchbaseCluster\nmetadata: {name: cb, namespace: a}\nspec: {}\n"
    )
    client = deployment(
        "a/client", extra="env: [{name: DB, value: 'couchbases://cb-srv.a.svc.cluster.local'}]"
    )
    rules = (
        policies(namespace("a"), cluster, client, config=Config(mode="enforce"))["a/client"].specs[0].egress
    )
    told = {port.port for rule in rules or () for group in rule.ports or () for port in group.ports}
    assert {"11207", "18091"} <= told
