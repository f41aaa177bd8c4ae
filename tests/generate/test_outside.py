"""Names or addresses outside the cluster, by Cilium's engine: false, known and all, port by port."""

import pytest
import yaml
from cilium_policies.config.model import ClusterConfig, Config
from cilium_policies.config.settings import config_of
from cilium_policies.document.split import split
from cilium_policies.function import Options, make, run

from tests.generate.test_by_engine import ask, pod, verdicts
from tests.support import deployment, made, namespace, stream

__all__ = ["verdicts"]

ADDRESS = {"cidr": "203.0.113.9/32"}


def named(name: str) -> dict[str, str]:
    return {"fqdn": name, "cidr": "203.0.113.9/32"}


def cloudflared(extra: str = "") -> str:
    """The tunnel; `extra` lines of its container."""
    return deployment(
        "net/tunnel",
        labels="app.kubernetes.io/name: cloudflared",
        image="cloudflare/cloudflared:2026.1.0",
        extra=extra,
    )


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
    documents = (namespace("net"), namespace("kube-system"), cloudflared(extra))
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


@pytest.mark.parametrize(("fqdn", "seen"), [("false", False), ("known", True), ("all", True)])
def test_a_resolver_of_the_pods_own_is_watched_where_there_are_names(judge, fqdn, seen):
    """Without DNS in the rule for it the agent would learn no name, and each of them would be cut."""
    tunnel = yaml.safe_load(cloudflared())
    tunnel["spec"]["template"]["spec"] |= {
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["203.0.113.53"]},
    }
    data = stream(namespace("net"), namespace("kube-system"), yaml.safe_dump(tunnel))
    policies = run([("stdin", data)], _enforced(fqdn)).stdout.decode()
    assert judge.check(policies) == []
    own = yaml.safe_load_all(policies)
    [rule] = [
        one
        for policy in own
        if policy["metadata"]["name"] == "cloudflared-tunnel"
        for one in policy["spec"]["egress"]
        if one.get("toCIDR") == ["203.0.113.53/32"]
    ]
    [ports] = rule["toPorts"]
    assert ports.get("rules") == ({"dns": [{"matchPattern": "*"}]} if seen else None)


def _enforced(fqdn: str) -> Options:
    return Options(overrides=(("mode", "enforce"), ("cluster.fqdn", fqdn)), only_policies=True)


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
    image="quay.io/jetstack/cert-manager-controller:v1.20.0",
)
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


def test_whom_all_denies_is_unknown_and_its_line_can_be_pasted(judge):
    config = Config(mode="enforce", cluster=ClusterConfig(fqdn="all"))
    plan = made(namespace("web"), PROWLARR, config=config).plan
    [found] = [one for one in plan.uncovered if one.why == "nameless"]
    assert str(found) == "web/prowlarr egress"
    assert (
        found.sentence == "it calls hosts outside on 443/TCP that nothing names, and spec.cluster.fqdn is all"
    )
    assert found.cure == "{from: {pod: web/prowlarr}, to: {fqdn: NAME}, ports: [443/TCP], why: …}"
    spec = {"mode": "enforce", "cluster": {"fqdn": "all"}}
    spec["allow"] = [yaml.safe_load(found.cure.replace("NAME", "indexer.example.net"))]
    given = {
        "apiVersion": "cilium-policies.fn/v1alpha1",
        "kind": "CiliumPolicies",
        "metadata": {"name": "p"},
        "spec": spec,
    }
    options = Options(config=("config.yaml", yaml.safe_dump(given).encode()), only_policies=True)
    data = stream(namespace("web"), PROWLARR)
    outcome = run([("stdin", data)], options)
    assert "unknown" not in outcome.stderr[-1]
    asked = [
        ask(pod("web/prowlarr"), named("indexer.example.net"), 443),
        ask(pod("web/prowlarr"), named("other.example.net"), 443),
    ]
    assert judge.once(data.decode(), outcome.stdout.decode(), asked) == ["allow", "deny"]


@pytest.mark.parametrize(
    ("fqdn", "expected"),
    [
        ("known", ["allow", "allow", "allow"]),
        ("all", ["allow", "allow", "deny"]),  # what the input names, what is usual, and nobody else
    ],
)
def test_what_is_usual_where_more_is_not_known(verdicts, fqdn, expected):
    asked = [
        ask(pod("cert-manager/cert-manager"), named("acme.example.net"), 443),
        ask(pod("cert-manager/cert-manager"), named("acme-v02.api.letsencrypt.org"), 443),
        ask(pod("cert-manager/cert-manager"), named("evil.example.net"), 443),
    ]
    issuer = ISSUER.replace("acme-v02.api.letsencrypt.org", "acme.example.net")
    documents = (namespace("cert-manager"), namespace("kube-system"), CERT_MANAGER, issuer)
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": fqdn}) == expected


def test_known_says_what_keeps_addresses_and_why():
    config = Config(mode="enforce", cluster=ClusterConfig(fqdn="known"))
    told = made(namespace("web"), PROWLARR, config=config).plan.findings
    [found] = [one for one in told if "keeps every public address" in one.message]
    assert found.severity == "info"
    assert found.message == (
        "Deployment web/prowlarr keeps every public address on 443/TCP: indexers stand in its database"
    )


UNPOLLER = deployment(
    "web/unpoller",
    labels="app.kubernetes.io/name: unpoller",
    image="ghcr.io/unpoller/unpoller:v2",
    extra="env:\n- {name: UP_UNIFI_DEFAULT_URL, value: 'https://unifi.internal'}\n",
)
IN_LAN = {"fqdn": "unifi.internal", "cidr": "192.168.7.9/32"}


@pytest.mark.parametrize(
    ("fqdn", "expected"),
    [("false", ["allow", "allow", "allow"]), ("known", ["allow", "deny", "deny"])],
)
def test_a_device_of_the_local_network_by_its_name(verdicts, fqdn, expected):
    asked = [
        ask(pod("web/unpoller"), IN_LAN, 443),
        ask(pod("web/unpoller"), {"cidr": "192.168.7.10/32"}, 443),
        ask(pod("web/unpoller"), IN_LAN, 8443),
    ]
    documents = (namespace("web"), namespace("kube-system"), UNPOLLER)
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": fqdn}) == expected


def test_a_name_of_the_local_network_stays_beside_every_public_address(verdicts):
    extra = "env:\n- {name: NAS_URL, value: 'https://nas.internal/x'}\n"
    documents = (
        namespace("web"),
        namespace("kube-system"),
        deployment("web/prowlarr", labels="app.kubernetes.io/name: prowlarr", extra=extra),
    )
    asked = [
        ask(pod("web/prowlarr"), {"fqdn": "nas.internal", "cidr": "192.168.7.9/32"}, 443),
        ask(pod("web/prowlarr"), {"cidr": "192.168.7.10/32"}, 443),
        ask(pod("web/prowlarr"), ADDRESS, 443),
    ]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": "known"}) == [
        "allow",
        "deny",
        "allow",
    ]


# CoreDNS answers `api.example.net.net.svc.cluster.local` with the address of api.example.net, and that is what
# Cilium's proxy remembers of the answer: the name of the question.
COREFILE = """apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
        kubernetes cluster.local in-addr.arpa ip6.arpa
        autopath @kubernetes
        forward . /etc/resolv.conf
    }
"""
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: coredns, namespace: kube-system}
spec:
  chart: {spec: {chart: coredns, sourceRef: {kind: HelmRepository, name: coredns}}}
  values:
    servers:
    - zones: [{zone: .}]
      port: 53
      plugins: [{name: kubernetes, parameters: cluster.local}, {name: autopath, parameters: '@kubernetes'}]
"""
ANSWERED = [
    ask(pod("net/tunnel"), named("api.cloudflare.com"), 443),
    ask(pod("net/tunnel"), named("api.cloudflare.com.net.svc.cluster.local"), 443),
    ask(pod("net/tunnel"), named("region1.v2.argotunnel.com.net.svc.cluster.local"), 7844),
    ask(pod("net/tunnel"), named("api.cloudflare.com.web.svc.cluster.local"), 443),
    ask(pod("net/tunnel"), named("evil.example.net.net.svc.cluster.local"), 443),
]


@pytest.mark.parametrize(
    ("resolver", "expected"),
    [
        (COREFILE, ["allow", "allow", "allow", "deny", "deny"]),
        (RELEASE, ["allow", "allow", "allow", "deny", "deny"]),
        (COREFILE.replace("autopath @kubernetes", "errors"), ["allow", "deny", "deny", "deny", "deny"]),
    ],
)
def test_names_as_autopath_answers_them(verdicts, resolver, expected):
    documents = (*DOCUMENTS, resolver)
    assert verdicts(documents, ANSWERED, **{"mode": "enforce", "cluster.fqdn": "known"}) == expected


def test_a_name_of_the_config_is_written_as_autopath_answers_it_too(judge):
    text = stream(namespace("web"), namespace("kube-system"), deployment("web/app"), COREFILE)
    config = b"""apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec: {mode: enforce, allow: [{from: {pod: web/app}, to: {fqdn: api.example.net}, ports: [443/TCP]}]}
"""
    outcome = run([("stdin", text)], Options(config=("config.yaml", config), only_policies=True))
    asked = [
        ask(pod("web/app"), named("api.example.net"), 443),
        ask(pod("web/app"), named("api.example.net.web.svc.cluster.local"), 443),
    ]
    assert judge.once(text.decode(), outcome.stdout.decode(), asked) == ["allow", "allow"]


SOURCE = deployment(
    "flux-system/source-controller",
    labels="app: source-controller",
    image="ghcr.io/fluxcd/source-controller:v1.5.0",
)
INSTANCE = """apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata:
  name: flux
  namespace: flux-system
  labels: {kustomize.toolkit.fluxcd.io/name: flux}
spec:
  sync: {kind: GitRepository, url: 'https://git.example.net/me/home.git', ref: refs/heads/main, path: x}
"""


def test_the_source_of_a_flux_instance_is_a_name(verdicts):
    documents = (namespace("flux-system"), namespace("kube-system"), SOURCE, INSTANCE, OF_ANOTHER_BUILD)
    asked = [
        ask(pod("flux-system/source-controller"), named("git.example.net"), 443),
        ask(pod("flux-system/source-controller"), named("evil.example.net"), 443),
        ask(pod("flux-system/source-controller"), named("git.example.net"), 22),
    ]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": "known"}) == [
        "allow",
        "deny",
        "deny",
    ]


ALLOY = deployment("web/alloy", labels="app.kubernetes.io/name: alloy", image="grafana/alloy:v1.12.0")


@pytest.mark.parametrize(
    ("deny", "expected"),
    [
        ("[]", "allow"),
        ("[{purpose: telemetry}]", "deny"),
        ("[{from: component:alloy, to: internet, purpose: telemetry}]", "deny"),
        ("[{from: component:loki, to: internet, purpose: telemetry}]", "allow"),
        ("[{purpose: updates}]", "allow"),
    ],
)
def test_telemetry_is_denied_in_one_line(judge, deny, expected):
    text = stream(namespace("web"), namespace("kube-system"), ALLOY)
    config = f"""apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec: {{mode: enforce, deny: {deny}}}
""".encode()
    outcome = run([("stdin", text)], Options(config=("config.yaml", config), only_policies=True))
    assert judge.once(text.decode(), outcome.stdout.decode(), [ask(pod("web/alloy"), ADDRESS, 443)]) == [
        expected
    ]
    unmatched = "component:loki" in deny or "updates" in deny
    assert any("is there to take away" in line for line in outcome.stderr) == unmatched


def test_a_denial_without_ends_wants_a_purpose():
    config = (
        b"{apiVersion: cilium-policies.fn/v1alpha1, kind: CiliumPolicies, spec: {deny: [{to: internet}]}}"
    )
    outcome = run([("stdin", stream(namespace("web")))], Options(config=("config.yaml", config)))
    assert outcome.code == 1
    assert "'from' is missing; add from:, or purpose:" in "\n".join(outcome.stderr)


def coredns(forward: str) -> str:
    return f"""apiVersion: v1
kind: ConfigMap
metadata: {{name: coredns, namespace: kube-system}}
data: {{Corefile: ".:53 {{\\n  kubernetes cluster.local\\n  forward . {forward}\\n}}"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: coredns, namespace: kube-system, labels: {{k8s-app: kube-dns}}}}
spec:
  selector: {{matchLabels: {{k8s-app: kube-dns}}}}
  template:
    metadata: {{labels: {{k8s-app: kube-dns}}}}
    spec:
      containers:
      - name: coredns
        image: registry.k8s.io/coredns/coredns:v1.12.0
        volumeMounts: [{{name: c, mountPath: /etc/coredns}}]
      volumes: [{{name: c, configMap: {{name: coredns}}}}]
"""


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        ("203.0.113.53", ["allow", "deny", "deny"]),
        ("tls://203.0.113.53", ["deny", "deny", "allow"]),
        ("/etc/resolv.conf", ["allow", "allow", "deny"]),
    ],
)
def test_resolvers_behind_the_clusters_dns(verdicts, forward, expected):
    asked = [
        ask(pod("kube-system/coredns"), {"cidr": "203.0.113.53/32"}, 53, "UDP"),
        ask(pod("kube-system/coredns"), {"cidr": "203.0.113.54/32"}, 53, "UDP"),
        ask(pod("kube-system/coredns"), {"cidr": "203.0.113.53/32"}, 853),
    ]
    documents = (namespace("kube-system"), coredns(forward))
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": "known"}) == expected


def test_a_host_that_the_input_names_brings_where_it_sends_its_clients(verdicts):
    extra = "args: [git, clone, 'https://github.com/me/x']\n"
    documents = (namespace("web"), namespace("kube-system"), deployment("web/app", extra=extra))
    asked = [
        ask(pod("web/app"), named("github.com"), 443),
        ask(pod("web/app"), named("objects.githubusercontent.com"), 443),
        ask(pod("web/app"), named("evil.example.net"), 443),
    ]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": "known"}) == [
        "allow",
        "allow",
        "deny",
    ]


def test_a_url_of_the_own_configuration_is_a_name_beside_the_entrys(verdicts):
    note = "env:\n- {name: BANNER, value: 'sign in at https://sso.home.example/auth'}\n"
    documents = (namespace("net"), namespace("kube-system"), cloudflared(note))
    asked = [
        ask(pod("net/tunnel"), named("sso.home.example"), 443),
        ask(pod("net/tunnel"), named("evil.example.net"), 443),
    ]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": "known"}) == ["allow", "deny"]


def test_a_url_beside_an_entry_of_one_name(verdicts):
    """An edge to one name (`to: fqdn:…`) lists no more than that one."""
    ini = "env:\n- {name: GF_TOKEN_PAGE, value: 'see https://sso.home.example/token'}\n"
    grafana = deployment(
        "web/grafana", labels="app.kubernetes.io/name: grafana", image="grafana/grafana:12.0.0", extra=ini
    )
    asked = [
        ask(pod("web/grafana"), named("grafana.com"), 443),
        ask(pod("web/grafana"), named("sso.home.example"), 443),
        ask(pod("web/grafana"), named("evil.example.net"), 443),
    ]
    documents = (namespace("web"), namespace("kube-system"), grafana)
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": "known"}) == [
        "allow",
        "allow",
        "deny",
    ]


def media(name: str, image: str) -> str:
    return deployment(f"media/{name}", labels=f"app.kubernetes.io/name: {name}", image=image)


RADARR = media("radarr", "ghcr.io/home-operations/radarr:6.0.4")
INDEXERS = media("prowlarr", "ghcr.io/home-operations/prowlarr:2.3.0")


@pytest.mark.parametrize(
    ("beside", "fqdn", "expected", "said"),
    [
        ((INDEXERS,), "known", ["allow", "allow", "deny"], True),
        ((INDEXERS,), "all", ["allow", "allow", "deny"], True),
        ((INDEXERS,), "false", ["allow", "allow", "allow"], False),
        ((), "known", ["allow", "allow", "allow"], False),  # its indexers are nobody's guess
    ],
)
def test_what_users_add_in_the_program_is_announced(verdicts, beside, fqdn, expected, said):
    """Radarr calls its metadata and the services that it offers; a web hook of its user's is in no manifest."""
    documents = (namespace("media"), namespace("kube-system"), RADARR, *beside)
    asked = [
        ask(pod("media/radarr"), named("api.radarr.video"), 443),
        ask(pod("media/radarr"), named("discord.com"), 443),
        ask(pod("media/radarr"), named("hooks.acme-corp.com"), 443),
    ]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": fqdn}) == expected
    plan = made(*documents, config=Config(cluster=ClusterConfig(fqdn=fqdn))).plan
    lines = [one for one in plan.guessed if one.why == "users-hosts" and one.name == "radarr"]
    assert [(one.place, one.direction) for one in lines] == ([("media/radarr", "egress")] if said else [])


def test_what_users_add_is_named_everywhere_and_its_cure_can_be_pasted(judge):
    """The summary counts it, results and `list --uncovered` name it; the line, with the user's host in it, opens that
    host and settles the guess."""
    documents = (namespace("media"), RADARR, INDEXERS)
    options = Options(overrides=(("mode", "enforce"), ("cluster.fqdn", "known")), only_policies=True)
    summary = run([("stdin", stream(*documents))], options).stderr[-1]
    assert "2 directions guessed: cilium-policies list --uncovered" in summary
    items = [yaml.safe_load(one) for one in documents]
    config = {
        "kind": "CiliumPolicies",
        "apiVersion": "cilium-policies.fn/v1alpha1",
        "metadata": {"name": "p"},
    }
    config["spec"] = {"mode": "enforce", "cluster": {"fqdn": "known"}}
    listed = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "functionConfig": config}
    answer = run([("stdin", yaml.safe_dump(listed | {"items": items}).encode())], Options())
    results = yaml.safe_load(answer.stdout)["results"]
    assert (
        "media: 4 policies, enforce; known in part: radarr egress, prowlarr egress" in results[0]["message"]
    )
    plan = made(*documents, config=Config(mode="enforce", cluster=ClusterConfig(fqdn="known"))).plan
    [line] = [one for one in plan.guessed if one.name == "radarr"]
    assert line.sentence.startswith("its users may add direct indexers, lists and notifications")
    assert line.cure == "{from: {pod: media/radarr}, to: {fqdn: NAME}, ports: [443/TCP, 80/TCP], why: …}"
    config["spec"]["allow"] = [yaml.safe_load(line.cure.replace("NAME", "hooks.acme-corp.com"))]
    given = ("config.yaml", yaml.safe_dump(config).encode())
    cured = run([("stdin", stream(*documents))], Options(config=given, only_policies=True))
    assert "1 direction guessed" in cured.stderr[-1]
    asked = [
        ask(pod("media/radarr"), named("hooks.acme-corp.com"), 443),
        ask(pod("media/radarr"), named("other.acme-corp.com"), 443),
    ]
    judged = judge.once(stream(*documents).decode(), cured.stdout.decode(), asked)
    assert judged == ["allow", "deny"]


def test_ranges_of_ports_are_said_as_ranges():
    torrents = media("qbittorrent", "ghcr.io/home-operations/qbittorrent:5.1")
    told = made(
        namespace("media"), torrents, config=Config(cluster=ClusterConfig(fqdn="known"))
    ).plan.findings
    [found] = [one for one in told if "keeps every public address" in one.message]
    assert "on 1-65535/TCP, 1-65535/UDP: peers" in found.message
    assert (
        "spec.deny: [{from: component:qbittorrent, to: internet, ports: [1-65535/TCP, 1-65535/UDP]}]"
        in found.cure
    )


def test_what_users_add_is_not_announced_where_the_config_speaks_of_it():
    allow = """apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
metadata: {name: p}
spec:
  cluster: {fqdn: known}
  allow:
  - {from: component:radarr, to: {fqdn: hooks.acme-corp.com}, ports: [443/TCP]}
"""
    sources = [split(stream(namespace("media"), namespace("kube-system"), RADARR, INDEXERS), "<stdin>")]
    plan = make(sources, config_of(sources, ("config.yaml", allow.encode()), ()), Options()).plan
    assert [one for one in plan.guessed if one.why == "users-hosts" and one.name == "radarr"] == []


@pytest.mark.parametrize(("fqdn", "expected"), [("known", ["allow", "allow"]), ("all", ["allow", "deny"])])
def test_a_host_that_sends_its_clients_on_to_mirrors_keeps_addresses(verdicts, fqdn, expected):
    """Names would cut every download: the redirect goes to a mirror that nobody can name."""
    extra = "env:\n- {name: DOWNLOAD_URL, value: 'https://download.kiwix.org/zim/a.zim'}\n"
    documents = (namespace("kiwix"), namespace("kube-system"), deployment("kiwix/get", extra=extra))
    asked = [
        ask(pod("kiwix/get"), named("download.kiwix.org"), 443),
        ask(pod("kiwix/get"), named("mirror.example.net"), 443),
    ]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": fqdn}) == expected
    plan = made(*documents, config=Config(cluster=ClusterConfig(fqdn=fqdn))).plan
    told = [str(one) for one in plan.uncovered if one.why == "nameless"]
    assert told == (["kiwix/get egress"] if fqdn == "all" else [])


def test_every_port_of_a_protocol_is_no_other_protocol(verdicts):
    torrents = media("qbittorrent", "ghcr.io/home-operations/qbittorrent:5.1.0")
    documents = (namespace("media"), namespace("kube-system"), torrents)
    ports = [(1, "TCP"), (65535, "TCP"), (51413, "UDP"), (443, "SCTP")]
    asked = [ask(pod("media/qbittorrent"), ADDRESS, port, protocol) for port, protocol in ports]
    assert verdicts(documents, asked, **{"mode": "enforce"}) == ["allow", "allow", "allow", "deny"]


SCRIPT = (
    "command: [sh, -c]\n"
    "args: ['curl https://hc-ping.com/1/start; dump $HOST; curl https://hooks.acme-corp.com/done']\n"
    "env:\n"
    "- {name: HOST, value: nas.acme-corp.com}\n"
    "- {name: API_URL, value: 'https://api.acme-corp.com/v1'}\n"
    "- {name: COOKIE_DOMAIN, value: www.acme-corp.com}\n"
)


@pytest.mark.parametrize("fqdn", ["known", "all"])
def test_each_name_of_a_configuration_stands_beside_those_that_are_surely_called(verdicts, fqdn):
    """Under `false` one address opens the port to all of them; names would cut what evidence does not take for sure."""
    documents = (namespace("shop"), namespace("kube-system"), deployment("shop/sync", extra=SCRIPT))
    hosts = ("api", "hc-ping", "nas", "hooks", "www", "other")
    names = {"hc-ping": "hc-ping.com"}
    asked = [ask(pod("shop/sync"), named(names.get(one, f"{one}.acme-corp.com")), 443) for one in hosts]
    expected = ["allow", "allow", "allow", "allow", "deny", "deny"]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": fqdn}) == expected


def test_names_of_a_configuration_open_no_port(verdicts):
    extra = (
        "command: [curl, 'https://api.acme-corp.com/v1']\nenv:\n- {name: HOST, value: nas.acme-corp.com}\n"
    )
    documents = (namespace("shop"), namespace("kube-system"), deployment("shop/sync", extra=extra))
    asked = [ask(pod("shop/sync"), named("nas.acme-corp.com"), port) for port in (443, 22, 80)]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": "known"}) == [
        "allow",
        "deny",
        "deny",
    ]


CLOUDY = """apiVersion: v1
kind: ServiceAccount
metadata:
  name: api
  namespace: shop
  annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/api"}
"""


@pytest.mark.parametrize(
    ("fqdn", "expected"), [("known", ["allow", "allow", "allow"]), ("all", ["allow", "allow", "deny"])]
)
def test_the_api_of_a_cloud_by_name(verdicts, fqdn, expected):
    """Its hosts have one end; a company's own endpoint has another, so `known` keeps addresses."""
    api = deployment("shop/api").replace(
        "      containers:", "      serviceAccountName: api\n      containers:"
    )
    asked = [
        ask(pod("shop/api"), named("sts.eu-central-1.amazonaws.com"), 443),
        ask(pod("shop/api"), named("invoices.s3.eu-central-1.amazonaws.com"), 443),
        ask(pod("shop/api"), named("evil.example.net"), 443),
    ]
    documents = (namespace("shop"), namespace("kube-system"), CLOUDY, api)
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": fqdn}) == expected


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://s3.eu-central-003.backblazeb2.com", "photos.s3.eu-central-003.backblazeb2.com"),
        ("https://abc123.r2.cloudflarestorage.com", "photos.abc123.r2.cloudflarestorage.com"),
        ("https://accounts.google.com", "oauth2.googleapis.com"),
    ],
)
def test_whom_a_client_of_a_host_calls_as_well(verdicts, url, called):
    """Buckets stand before a store's own name; an issuer's token endpoint stands in its discovery document."""
    documents = (
        namespace("shop"),
        namespace("kube-system"),
        deployment("shop/sync", extra=f"command: [sync, '{url}/x']\n"),
    )
    asked = [ask(pod("shop/sync"), named(one), 443) for one in (url[8:], called, "evil.example.net")]
    config = {"mode": "enforce", "cluster.fqdn": "known"}
    assert verdicts(documents, asked, **config) == ["allow", "allow", "deny"]


@pytest.mark.parametrize(
    ("scheme", "parent", "port"),
    [("mongodb+srv://first.", "ab1cd.acme.net", 27017), ("kafka://first.", "eu-west-1.aws.acme.cloud", 9092)],
)
@pytest.mark.parametrize(("fqdn", "other"), [("known", "allow"), ("all", "deny")])
def test_members_of_a_cluster_are_named_by_its_first(verdicts, scheme, parent, port, fqdn, other):
    """A driver calls the members that the answer of the first (or an SRV record) names: the first name alone cuts."""
    where = f"{scheme}{parent}" + (":9092" if port == 9092 else "/x")
    extra = f"env:\n- {{name: UPSTREAM_URL, value: '{where}'}}\n"
    documents = (namespace("shop"), namespace("kube-system"), deployment("shop/sync", extra=extra))
    called = (f"first.{parent}", f"shard-01.{parent}", "evil.example.net")
    asked = [ask(pod("shop/sync"), named(one), port) for one in called]
    assert verdicts(documents, asked, **{"mode": "enforce", "cluster.fqdn": fqdn}) == [
        "allow",
        "allow",
        other,
    ]
    plan = made(*documents, config=Config(cluster=ClusterConfig(fqdn=fqdn))).plan
    kept = [one for one in plan.findings if "names the members of its cluster itself" in one.message]
    denied = [one for one in plan.uncovered if one.why == "nameless"]
    assert (len(kept), len(denied)) == ((1, 0) if fqdn == "known" else (0, 1))
