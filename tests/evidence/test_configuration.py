from __future__ import annotations

import pytest
from cilium_policies import evidence
from cilium_policies.config.settings import Settings
from cilium_policies.evidence import configuration
from cilium_policies.evidence.given import NOTHING_GIVEN
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.model import Text, Workload

from tests.evidence.shown import cluster, deployment, flows, service
from tests.support import bound

_DB = deployment("db", "[{containerPort: 5432, name: pg}]") + service(
    "db", "[{name: pg, port: 15432, targetPort: pg}]"
)
_TO_DB = {"shop/web > shop/db 5432/TCP"}
# A ConfigMap, to which its data are added, and the lines of a pod that mounts it.
_CONF = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf, namespace: shop}\n"
_MOUNTED = "      volumes: [{name: c, configMap: {name: conf}}]"


def _calls(env: str = "", more: str = _DB, extra: str = "", settings: Settings | None = None) -> set[str]:
    return flows(
        configuration.edges(
            cluster(deployment("web", env=env, extra=extra) + more, settings=settings), NOTHING_GIVEN
        )
    )


def _env(**variables: str) -> str:
    return "[" + ", ".join(f"{{name: {key}, value: '{value}'}}" for key, value in variables.items()) + "]"


@pytest.mark.parametrize(
    "host",
    [
        "db",
        "db.shop",
        "db.shop.svc",
        "db.shop.svc.cluster.local",
        "db.shop.svc.cluster.local.",
        "DB.Shop.svc",
    ],
)
def test_service_in_any_spelling(host: str) -> None:
    assert _calls(_env(DATABASE_URL=f"postgres://u:p@{host}:15432/app")) == _TO_DB


@pytest.mark.parametrize(
    "env",
    [
        _env(DB_HOST="db", DB_PORT="15432"),
        _env(DB_HOST="db"),  # the Service's only port
        _env(ORDERS_HOST_NAME="db", ORDERS_PORT="15432"),
        _env(ORDERS_HOST_NAME="db"),
        _env(DB="db:15432"),
        _env(HOST="db", PORT="15432", URL="postgres://$(HOST):$(PORT)/app"),
        _env(DSN="host=db port=15432 user=u"),
        _env(WHERE="db.shop.svc.cluster.local"),
    ],
)
def test_service_by_other_words(env: str) -> None:
    assert _calls(env) == _TO_DB


@pytest.mark.parametrize(
    "env",
    [
        _env(MODE="db"),  # a bare word
        _env(DATABASE_URL="postgres://db:5433/app"),  # not a port of the Service
        _env(DB_HOST="localhost", DB_PORT="15432"),
        _env(NO_PROXY="db.shop.svc"),
        _env(LISTEN="0.0.0.0:15432"),
        _env(RABBITMQ_VIRTUAL_HOST="db"),  # a part of a broker
    ],
)
def test_no_service(env: str) -> None:
    assert _calls(env) == set()


def test_service_of_another_build_is_known_by_its_namespace_and_port_only() -> None:
    assert _calls(_env(DATABASE_URL="postgres://db.other.svc:15432/app")) == {"shop/web > other/* 15432/TCP"}
    assert _calls(_env(DATABASE_URL="postgres://db.database:15432/app")) == {
        "shop/web > database/* 15432/TCP"
    }
    assert _calls(_env(LOKI_URL="http://loki.team-1:3100")) == {"shop/web > team-1/* 3100/TCP"}
    assert _calls(_env(LOKI_URL="http://loki.xn--p1ai:3100")) == set()
    assert _calls(_env(WHERE="db.other.svc")) == set()
    assert _calls(_env(UP="https://public.edge.svc")) == {"shop/web > edge/* 443/TCP"}


def test_a_service_that_a_route_calls_its_gateway() -> None:
    route = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec: {parentRefs: [{name: public, namespace: edge}]}
"""
    assert _calls(_env(UP="https://public.edge.svc"), "---\n" + route) == {
        "shop/web > edge/* 443/TCP",
        "shop/web > edge[gateway.networking.k8s.io/gateway-name=public] 10443/TCP",
        "shop/web > edge[gateway.envoyproxy.io/owning-gateway-name=public,"
        "gateway.envoyproxy.io/owning-gateway-namespace=edge] 10443/TCP",
        "shop/web > envoy-gateway-system[gateway.envoyproxy.io/owning-gateway-name=public,"
        "gateway.envoyproxy.io/owning-gateway-namespace=edge] 10443/TCP",
    }


def test_own_cluster_domain() -> None:
    env = _env(URL="postgres://db.shop.svc.corp.example:15432")
    assert _calls(env, settings=Settings(domain="corp.example")) == _TO_DB


def test_a_domain_that_nobody_told_is_the_clusters_where_the_namespace_is() -> None:
    assert _calls(_env(URL="postgres://db.shop.svc.corp.example:15432")) == _TO_DB
    assert _calls(_env(URL="postgres://db-0.db.shop.svc.corp.example.:15432")) == _TO_DB
    assert _calls(_env(URL="postgres://db.other.svc.corp.example:15432")) == set()
    assert _calls(_env(URL="postgres://db.shop.corp.example:15432")) == set()


def test_arguments_and_mounted_files() -> None:
    assert _calls(extra="        args: ['--store=db:15432']") == _TO_DB
    assert _calls(extra="        args: [--store, 'db:15432']") == _TO_DB
    assert _calls(extra="        command: [sh, -c, 'pg_dump -h x; run --to postgres://db:15432/a']") == _TO_DB
    conf = _CONF + "data: {app.yml: '%s'}\n---\n"
    assert _calls(more=_DB + conf % "store: {host: x}, url: db:15432", extra=_MOUNTED) == _TO_DB
    assert _calls(more=_DB + conf % "# url: db:15432", extra=_MOUNTED) == set()
    assert _calls(more=_DB + conf % "url: db:15432") == set()  # nobody mounts it


def test_external_secret_template_tells_the_address() -> None:
    more = """
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: web, namespace: shop}
spec: {target: {name: keys, template: {data: {URL: 'postgres://{{ .USER }}:{{ .PASS }}@db:15432/app'}}}}
---
"""
    template = "        envFrom: [{secretRef: {name: keys}}]"
    assert _calls(more=_DB + more, extra=template) == _TO_DB


def test_lists_of_texts_are_lists() -> None:
    """As JSON or Python writes them; and `contact` is a word of links for people, but not beside its points."""
    found = _calls(_env(REDIS_HOSTS='["a.acme.com", "b.acme.com"]', SUPPORT_CONTACT="help.acme.com:9042"))
    assert {one for one in found if "internet" in one} == {
        "shop/web > internet:a.acme.com 6379/TCP",
        "shop/web > internet:b.acme.com 6379/TCP",
    }
    found = _calls(_env(CASSANDRA_CONTACT_POINTS="c.acme.com"))
    assert "shop/web > internet:c.acme.com 9042/TCP" in found


def test_a_host_that_a_secret_names() -> None:
    secret = """
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: shop}
stringData: {ORDERS_HOST_NAME: db, ORDERS_PORT: "15432", ORDERS_PASSWORD: web}
---
"""
    assert _calls(more=_DB + secret, extra="        envFrom: [{secretRef: {name: keys}}]") == _TO_DB


def test_pod_name_before_a_headless_service() -> None:
    more = deployment("kv") + service("kv", "[{port: 6379}]", "  clusterIP: None")
    assert _calls(_env(A="kv-0.kv:6379"), more) == {"shop/web > shop/kv 6379/TCP"}
    assert _calls(_env(A="kv-0.kv.shop.svc.cluster.local:7000"), more) == {"shop/web > shop/kv 7000/TCP"}


def test_name_of_a_statefulsets_pod_before_a_service_for_clients() -> None:
    pods = _DB.replace("kind: Deployment", "kind: StatefulSet")
    assert _calls(_env(DB_URL="postgres://db-1.db:15432"), pods) == _TO_DB
    assert _calls(_env(DB_URL=f"postgres://db-{'1' * 5000}.db:15432"), pods) == set()


def test_srv_name_gives_the_port_by_name() -> None:
    more = deployment("kv", "[{containerPort: 11211, name: client}]") + service(
        "kv", "[{name: other, port: 1}, {name: cache, port: 2, targetPort: client}]", "  clusterIP: None"
    )
    assert _calls(_env(A="dnssrv+_cache._tcp.kv.shop.svc"), more) == {"shop/web > shop/kv 11211/TCP"}


def test_external_name_and_endpoint_slice() -> None:
    alias = """
apiVersion: v1
kind: Service
metadata: {name: far, namespace: shop}
spec: {type: ExternalName, externalName: api.vendor.com}
---
"""
    assert _calls(_env(FAR="https://far.shop.svc"), alias) == {"shop/web > internet:api.vendor.com 443/TCP"}
    near = alias.replace("api.vendor.com", "db.shop.svc.cluster.local")
    assert _calls(_env(FAR="postgres://far:15432"), _DB + near) == _TO_DB
    slices = """
apiVersion: v1
kind: Service
metadata: {name: nas, namespace: shop}
spec: {ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: nas-1, namespace: shop, labels: {kubernetes.io/service-name: nas}}
endpoints: [{addresses: [192.168.1.9]}]
---
"""
    assert _calls(_env(NAS="http://nas"), slices) == {"shop/web > cidr:192.168.1.9/32 8080/TCP"}


def test_host_network_target_and_caller() -> None:
    more = deployment("agent", extra="      hostNetwork: true") + service("agent", "[{port: 4244}]")
    assert _calls(_env(A="agent:4244"), more) == {
        "shop/web > host 4244/TCP",
        "shop/web > remote-node 4244/TCP",
    }
    shown = cluster(deployment("web", env=_env(A="db:15432"), extra="      hostNetwork: true") + _DB)
    assert flows(configuration.edges(shown, NOTHING_GIVEN)) == {
        "host > shop/db 5432/TCP",
        "remote-node > shop/db 5432/TCP",
    }


def test_own_service_counts_only_with_a_second_pod() -> None:
    text = deployment("web", env=_env(SELF="http://web")) + service("web", "[{port: 80}]")
    for replicas, found in (
        ("\n  replicas: 1", set()),
        ("\n  replicas: 2", {"shop/web > shop/web 80/TCP"}),
        ("", {"shop/web > shop/web 80/TCP"}),  # not said: an autoscaler may decide
    ):
        several = text.replace("spec:\n  selector", f"spec:{replicas}\n  selector", 1)
        assert flows(configuration.edges(cluster(several), NOTHING_GIVEN)) == found


def test_own_node() -> None:
    env = "[{name: NODE, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}, {name: OTLP, value: 'http://$(NODE):%s'}]"
    assert _calls(env % 10250) == {"shop/web > host 10250/TCP"}
    agent = deployment("agent", "[{containerPort: 4317, hostPort: 14317}]")
    assert _calls(env % 14317, agent) == {"shop/web > shop/agent 4317/TCP"}
    published = _DB + service(
        "outer", "[{port: 1, nodePort: 30001, targetPort: 5432}]", "  type: NodePort", app="db"
    )
    assert _calls(env % 30001, published) == _TO_DB


@pytest.mark.parametrize(
    ("variable", "value", "target"),
    [
        ("OPENAI_API_BASE_URL", "https://api.openai.com/v1", "internet:api.openai.com 443/TCP"),
        ("SMTP_SERVER", "smtp.vendor.com:587", "internet:smtp.vendor.com 587/TCP"),
        ("UNIFI_HOST", "https://192.168.1.1", "cidr:192.168.1.1/32 443/TCP"),
        ("UNIFI_HOST", "https://[fd00:1::1]:8443", "cidr:fd00:1::1/128 8443/TCP"),
        ("PROBE_TARGET", "tcp://[fd00:1::9]:7443", "cidr:fd00:1::9/128 7443/TCP"),
        ("WEBHOOK", "https://hooks.${DOMAIN}/x", "internet: 443/TCP"),
        ("MACHINE_AGENT", "http://192.168.1.2:5000/current", "cidr:192.168.1.2/32 5000/TCP"),
        ("PEERS", '["tcp://peer.vendor.com:9000"]', "internet:peer.vendor.com 9000/TCP"),
        ("PEERS", "[''https://peer.vendor.com'' ]", "internet:peer.vendor.com 443/TCP"),  # doubled by YAML
        ("SCHEMA_REGISTRY_URL", "https://psrc.vendor.cloud", "internet:psrc.vendor.cloud 443/TCP"),
        ("schema.registry.url", "https://psrc.vendor.cloud", "internet:psrc.vendor.cloud 443/TCP"),
        ("EMAIL_API_URL", "https://api.vendor.com/v3", "internet:api.vendor.com 443/TCP"),
        ("IMAGE_SERVER_URL", "http://images.vendor.com", "internet:images.vendor.com 80/TCP"),
        ("USER_SERVICE_URL", "https://users.vendor.com", "internet:users.vendor.com 443/TCP"),
        ("IMAGES_API_BASE", "https://images.vendor.com", "internet:images.vendor.com 443/TCP"),
    ],
)
def test_outside_in_a_variable(variable: str, value: str, target: str) -> None:
    assert _calls(_env(**{variable: value})) == {f"shop/web > {target}"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BASE_URL", "https://some.vendor.com"),
        ("WEB_URL", "https://some.vendor.com"),  # the workload is called web
        ("NEXTAUTH_URL", "https://web.home.net"),
        ("PUBLIC_API_URL", "https://some.vendor.com"),
        ("CORS_ORIGINS", "https://some.vendor.com"),
        ("CALLBACK_URL", "https://some.vendor.com"),
        ("LICENSE_URL", "https://www.apache.org/licenses"),
        ("API_IMAGE_URL", "https://some.vendor.com/a.png"),
        ("SCHEMA_URL", "https://some.vendor.com/v1.json"),
        ("EXTERNAL_API_URL", "https://some.vendor.com"),
        ("PUBLIC_IMAGE_API_URL", "https://some.vendor.com"),
        ("PUBLIC_IMAGE_SERVER_URL", "https://some.vendor.com"),
        ("TERMS_OF_SERVICE_URL", "https://some.vendor.com/terms"),
        ("SERVICE_SUPPORT_URL", "https://some.vendor.com/help"),
        ("USER_AGENT", "bot (https://some.vendor.com)"),
        ("USER_AGENT", "https://some.vendor.com/bot"),
        ("HTTP_AGENT", "bot (+https://some.vendor.com)"),
        ("API_URL_HELP", "read https://some.vendor.com first"),
        ("API_URL", "https://example.com"),
        ("API_URL", "https://api.test"),
        ("VAULT_URL", "https://${VAULT}:8201"),
        ("VAULT_URL", "https://${.Env.POD_NAME}:8201"),  # the dot is the template's
        ("METADATA_URL", "http://169.254.169.254/latest"),
        ("PROBE_URL", "http://127.0.0.1:9"),
        ("IMAGE", "docker.io/library/redis:7"),
        ("CORS_ORIGINS", '["https://some.vendor.com"]'),
    ],
)
def test_no_destination_outside(variable: str, value: str) -> None:
    assert _calls(_env(**{variable: value})) == set()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("DB_HOST", "10.1.2.3"), ("DNS_SERVERS", "10.1.2.3#99999"), ("LICENSE_FILE", "99999@10.1.2.3")],
)
def test_a_number_that_is_no_ports_becomes_no_edge(variable: str, value: str) -> None:
    """Cilium would refuse the policy, and with it the whole build would end."""
    env = _env(DB_PORT="99999", CACHE_URL="redis://10.1.2.4:6379", **{variable: value})
    assert flows(evidence.edges(cluster(deployment("web", env=env)))) == {
        "shop/web > cidr:10.1.2.4/32 6379/TCP"
    }


@pytest.mark.parametrize("longer", [0, 1])
def test_what_is_longer_than_a_name_of_dns_becomes_no_edge(longer: int) -> None:
    """Cilium would refuse the policy with the name, and with it the whole build would end."""
    host = f"{'a.' * 122}acme.com"[-253:].rjust(253 + longer, "a")
    expected = set() if longer else {f"shop/web > internet:{host} 443/TCP"}
    assert _calls(_env(PAYMENT_URL=f"https://{host}")) == expected


def test_local_name_is_an_address_of_the_private_ranges() -> None:
    assert _calls(_env(NAS_URL="http://nas.lan:5000")) == {
        "shop/web > cidr:10.0.0.0/8 5000/TCP",
        "shop/web > cidr:172.16.0.0/12 5000/TCP",
        "shop/web > cidr:192.168.0.0/16 5000/TCP",
    }


@pytest.mark.parametrize(
    ("end", "target"), [("homelab", "cidr:192.168.0.0/16"), ("consulting", "internet:nas.consulting")]
)
def test_two_labels_that_are_no_service_of_the_whole_tree(end: str, target: str) -> None:
    """A build alone cannot tell them from a Service of another one; in the whole tree the namespace would stand."""
    given = NOTHING_GIVEN._replace(private=("192.168.0.0/16",))
    called = deployment("web", env=_env(NAS_URL=f"http://nas.{end}:5000", MODEL=f"fast.{end}:70"))
    own = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {end}}}\n---\n"
    service = {f"shop/web > {end}/* 5000/TCP", f"shop/web > {end}/* 70/TCP"}
    for text, is_tree, outside in (
        (called, False, set()),
        (called, True, {f"shop/web > {target} 5000/TCP"}),
        (called + own, True, set()),
    ):
        shown = cluster(text, settings=Settings(is_tree=is_tree))
        assert flows(configuration.edges(shown, given)) == service | outside


def test_address_of_a_node_is_a_node() -> None:
    settings = Settings(node_cidrs=("192.168.1.0/24",))
    assert _calls(_env(NODE_URL="http://192.168.1.7:9100"), settings=settings) == {
        "shop/web > host 9100/TCP",
        "shop/web > remote-node 9100/TCP",
    }


@pytest.mark.parametrize(
    ("url", "block"),
    [("tcp://[fd00:1::9]:6443", "fd00:1::9/128"), ("https://10.1.0.9:6443/livez", "10.1.0.9/32")],
)
def test_an_address_on_the_api_servers_port_may_be_a_nodes(url: str, block: str) -> None:
    """No CIDR rule matches one, and whose cluster's it is the address does not tell."""
    nodes = {f"shop/web > {entity} 6443/TCP" for entity in ("host", "remote-node")}
    settings = Settings(api_ports=(443, 6443))
    told = _calls(_env(PROBE_TARGET=url), settings=settings)
    assert told == {f"shop/web > cidr:{block} 6443/TCP", *nodes}
    other = _calls(_env(PROBE_TARGET="https://10.1.0.9"), settings=settings)
    assert other == {"shop/web > cidr:10.1.0.9/32 443/TCP"}


def test_files_name_the_outside_only_in_fields_that_are_called() -> None:
    conf = f"""{_CONF}data:
  app.yml: |
    # https://docs.vendor.com
    endpoint: https://api.vendor.com
    href: https://link.vendor.com
    text: see https://text.vendor.com
  index.html: |
    url: https://page.vendor.com
  board.json: |
    {{"panels": [], "url": "https://board.vendor.com"}}
"""
    assert _calls(more=conf, extra=_MOUNTED) == {"shop/web > internet:api.vendor.com 443/TCP"}


def test_helm_values_name_services_but_not_the_outside() -> None:
    made = Workload("shop", "web", "Deployment")
    release = Object({"kind": "HelmRelease", "metadata": {"name": "web", "namespace": "shop"}})
    values = {
        "config.db.host": "db",
        "config.db.port": "15432",
        "config.other.host": "nothing",
        "config.endpoint": "https://api.vendor.com",
    }
    made.texts = tuple(
        Text("value", path.rpartition(".")[2], value, release, path) for path, value in values.items()
    )
    assert flows(configuration.edges(cluster(_DB, made), NOTHING_GIVEN)) == _TO_DB


_READS_CONFIG_MAPS = bound(
    "shop/default", 'apiGroups: [""], resources: [configmaps], verbs: [get, watch, list]'
)


def test_sidecar_collects_labelled_configmaps() -> None:
    conf = """
apiVersion: v1
kind: ConfigMap
metadata: {name: source, namespace: %s, labels: {datasource: "1"}}
data: {ds.yaml: "url: postgres://db.shop:15432"}
---
"""
    env = _env(LABEL="datasource", FOLDER="/etc")
    assert _calls(env, _DB + conf % "shop") == _TO_DB
    assert _calls(env, _DB + conf % "else") == set()
    everywhere = _env(LABEL="datasource", FOLDER="/etc", NAMESPACE="ALL")
    assert _calls(everywhere, _DB + conf % "else") == set(), "anybody may set these variables"
    assert _calls(everywhere, _DB + conf % "else" + _READS_CONFIG_MAPS) == _TO_DB
    assert _calls(_env(LABEL="other", FOLDER="/etc"), _DB + conf % "shop") == set()


def test_api_server_by_name() -> None:
    assert _calls(_env(API="https://kubernetes.default.svc")) == {"shop/web > kube-apiserver"}


_OWN = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inner, namespace: edge}
spec:
  gatewayClassName: some
  addresses: [{value: 192.168.1.5}]
  listeners: [{name: tls, port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: auth, namespace: shop}
spec:
  hostnames: [auth.home.net, "*.wild.net", "x.${DOMAIN}"]
  parentRefs: [{name: inner, namespace: edge}]
  rules: [{backendRefs: [{name: auth, port: 80}]}]
---
"""
_PROXY = deployment("proxy", namespace="edge").replace(
    "metadata: {labels: {app: proxy}}",
    "metadata: {labels: {app: proxy, gateway.networking.k8s.io/gateway-name: inner}}",
)
_AUTH = deployment("auth") + service("auth", "[{port: 80, targetPort: 9091}]")


@pytest.mark.parametrize("host", ["auth.home.net", "a.b.wild.net", "x.${DOMAIN}", "192.168.1.5"])
def test_name_that_an_own_route_serves_leads_to_the_gateway_and_not_to_the_backend(host: str) -> None:
    env = _env(OIDC_PROVIDER_URL=f"https://{host}/x")
    assert _calls(env, _OWN + _PROXY + _AUTH) == {"shop/web > edge/proxy 443/TCP"}


def test_own_public_name_is_no_call() -> None:
    text = _OWN + _PROXY + _AUTH.replace("env: []", f"env: {_env(OIDC_PROVIDER_URL='https://auth.home.net')}")
    assert flows(configuration.edges(cluster(text), NOTHING_GIVEN)) == set()


_BY_PATH = {
    "Ingress": """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: NAME, namespace: shop}
spec:
  rules: [{host: all.home.net, http: {paths: [{path: PATH, backend: {service: {name: NAME, port: {number: 80}}}}]}}]
---
""",
    "HTTPRoute": """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: NAME, namespace: shop}
spec:
  hostnames: [all.home.net]
  parentRefs: [{name: inner, namespace: edge}]
  rules: [{matches: [{path: {type: PathPrefix, value: PATH}}], backendRefs: [{name: NAME, port: 80}]}]
---
""",
}


@pytest.mark.parametrize("kind", _BY_PATH)
@pytest.mark.parametrize("own", ["/", "/auth(/|$)(.*)"])
def test_a_name_that_programs_share_by_path_is_the_callers_own_where_the_path_is(kind: str, own: str) -> None:
    """`https://all.home.net/docs` is the docs' address, though `https://all.home.net` is the caller's own."""
    routes = "".join(
        _BY_PATH[kind].replace("NAME", name).replace("PATH", path)
        for name, path in (("auth", own), ("docs", "/docs"))
    )
    docs = deployment("docs") + service("docs", "[{port: 80, targetPort: 9092}]")
    called = {}
    for path in ("", "/auth/x", "/docs/x?y=z"):
        env = f"env: {_env(SOME_API_URL=f'https://all.home.net{path}')}"
        text = _OWN + _PROXY + routes + docs + _AUTH.replace("env: []", env)
        called[path] = flows(configuration.edges(cluster(text), NOTHING_GIVEN)) != set()
    assert called == {"": False, "/auth/x": False, "/docs/x?y=z": True}


@pytest.mark.parametrize("host", ["auth.home.net", "Auth.Home.NET"])
def test_a_name_is_the_same_in_capitals(host: str) -> None:
    routes = f"""
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {{name: auth, namespace: shop}}
spec: {{routes: [{{match: "Host(`{host}`)", services: [{{name: auth, port: 80}}]}}]}}
---
"""
    own = _AUTH.replace("env: []", f"env: {_env(OIDC_PROVIDER_URL='https://auth.home.net')}")
    assert flows(configuration.edges(cluster(routes + own), NOTHING_GIVEN)) == set()


def test_key_that_is_only_the_callers_name_counts_where_a_route_serves_another() -> None:
    assert _calls(_env(WEB_URL="https://auth.home.net"), _OWN + _PROXY + _AUTH) == {
        "shop/web > edge/proxy 443/TCP"
    }


def test_a_service_and_a_path_without_a_scheme() -> None:
    """A program writes `ws://` before it; an image is written so as well, and is no Service."""
    auth = service("auth", "[{port: 80, targetPort: 9091}]") + deployment("auth")
    env = _env(WEBSOCKET_HOST="auth/api/ws/subscription", RUNNER_HOST="library/nginx")
    assert _calls(env, auth) == {"shop/web > shop/auth 9091/TCP"}


def test_json_in_a_variable_has_fields() -> None:
    value = '{"apps":[{"server_url":"https://auth.home.net/x","logo":"https://cdn.vendor.com/y"}]}'
    assert _calls(_env(PROVIDERS=value), _OWN + _PROXY + _AUTH) == {"shop/web > edge/proxy 443/TCP"}


def test_service_that_a_controller_calls_like_its_gateway() -> None:
    assert _calls(_env(UP="https://inner.edge.svc:443"), _OWN + _PROXY) == {"shop/web > edge/proxy 443/TCP"}


def test_name_of_an_own_route_needs_a_trusted_place_too() -> None:
    assert _calls(_env(CORS_ORIGINS="https://auth.home.net"), _OWN + _PROXY + _AUTH) == set()


def test_load_balancer_address_leads_to_its_pods() -> None:
    more = _DB + service(
        "outer", "[{port: 5432}]", "  type: LoadBalancer\n  loadBalancerIP: 192.168.1.6", app="db"
    )
    assert _calls(_env(PG_HOST="192.168.1.6"), more) == _TO_DB


@pytest.mark.parametrize("key", ["stripe", "spec.stripe", "a values b"])
def test_the_key_of_an_entry_does_not_decide(key: str) -> None:
    """A variable from a ConfigMap is the same variable, however its entry is called."""
    env = f"[{{name: STRIPE_API, valueFrom: {{configMapKeyRef: {{name: conf, key: {key}}}}}}}]"
    conf = f"""{_CONF}data: {{{key}: "https://api.stripe.com"}}
---
"""
    assert _calls(env, conf) == {"shop/web > internet:api.stripe.com 443/TCP"}


@pytest.mark.parametrize(("host", "block"), [("10.1.0.9", "10.1.0.9/32"), ("[fd00:1::9]", "fd00:1::9/128")])
@pytest.mark.parametrize("scheme", ["rtsp", "rtspx", "tcp"])
def test_a_device_by_number_in_a_file_is_called_in_either_family(scheme: str, host: str, block: str) -> None:
    conf = f"""{_CONF}data: {{go2rtc.yaml: "streams:\\n  drive:\\n    - {scheme}://{host}:7441/x\\n"}}
"""
    assert _calls(more=conf, extra=_MOUNTED) == {f"shop/web > cidr:{block} 7441/TCP"}


@pytest.mark.parametrize(
    ("constant", "target"),
    [
        (
            'TRACKER_API_URL = "https://api.vendor.com/graphql"',
            {"api.vendor.com"},
        ),  # an API's, by host and by path
        ('TRACKER_URL = "https://tracker.vendor.com/in"', {"tracker.vendor.com"}),
        ('DOCS = """see https://api.vendor.com/graphql"""', set()),
    ],
)
def test_a_constant_of_a_script_is_called_also_where_its_url_is_an_apis(
    constant: str, target: set[str]
) -> None:
    conf = f"""{_CONF}data:
  bridge.py: |
    import urllib.request
    {constant}
    def send(data):
        return urllib.request.urlopen(urllib.request.Request(TRACKER_API_URL, data=data))
"""
    assert _calls(more=conf, extra=_MOUNTED) == {f"shop/web > internet:{host} 443/TCP" for host in target}


@pytest.mark.parametrize(
    ("line", "server"),
    [
        ('broker_url = "amqps://mq.vendor.com:5671"', ("mq.vendor.com", 5671)),
        ('result_backend = "rediss://cache.vendor.com/1"', ("cache.vendor.com", 6379)),
        ('docs_url = "https://docs.vendor.com/celery"', None),  # a link, as a script has many
        ('# broker_url = "amqp://old.vendor.com"', None),
    ],
)
def test_settings_that_are_code_name_servers_by_their_scheme(
    line: str, server: tuple[str, int] | None
) -> None:
    conf = f"""{_CONF}data:
  celeryconfig.py: |
    {line}
    task_default_queue = "channels"
"""
    found = {each for each in _calls(more=conf, extra=_MOUNTED) if "internet:" in each}
    assert found == ({f"shop/web > internet:{server[0]} {server[1]}/TCP"} if server else set())


@pytest.mark.parametrize(
    ("begins", "read"),
    [
        ('[{"jwk_url": "https://keys.vendor.com/jwks.json"}]', True),  # a partial of KrakenD's
        ('{{ define "mail" }}{"url": "https://keys.vendor.com/x"}{{ end }}', False),  # what people read
        ('See <a href="https://keys.vendor.com">', False),
    ],
)
def test_a_template_of_a_document_is_configuration(begins: str, read: bool) -> None:
    conf = f"""{_CONF}data:
  endpoints.tmpl: |
    {begins}
"""
    found = _calls(more=conf, extra=_MOUNTED)
    assert found == ({"shop/web > internet:keys.vendor.com 443/TCP"} if read else set())
