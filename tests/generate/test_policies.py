"""From a plan to policies: shape, modes, names, kube-apiserver's place. What they do to flows the judge says."""

from cilium_policies.cilium.model import Rule
from cilium_policies.cilium.objects import policy_object
from cilium_policies.config.model import Allow, Config
from cilium_policies.config.peer import ConfigPeer
from cilium_policies.kube.ports import Port

from tests.support import bound, deployment, namespace, policies, service

API_CLIENT = bound("ops/default", 'apiGroups: [""], resources: [pods], verbs: [list]')

KUSTOMIZATION = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {path: ./apps, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
"""


def test_default_deny_denies_both_directions_with_empty_rules() -> None:
    found = policies(namespace("shop"), deployment("shop/web"))
    spec = found["shop/default-deny"].specs[0]
    assert (spec.ingress, spec.egress) == ((Rule(),), (Rule(),))
    assert spec.subject is not None
    assert spec.subject.requirements == ()
    assert spec.deny_ingress_default is None


def test_every_policy_lists_both_directions() -> None:
    for policy in policies(namespace("shop"), deployment("shop/web"), service("shop/web")).values():
        for spec in policy.specs:
            assert spec.ingress
            assert spec.egress


def test_a_policy_is_one_spec_but_for_the_callers_of_the_api() -> None:
    """contract.md, section 5; the bootstrapped controllers of Flux have one for all of them too."""
    found = policies(namespace("flux-system"), namespace("ops"), deployment("ops/robot"), KUSTOMIZATION)
    assert "flux-system/allow-flux" in found
    several = {name for name, one in found.items() if "spec" not in policy_object(one)}
    assert several <= {name for name in found if name.endswith("/allow-kube-apiserver")}


def test_audit_differs_from_enforce_in_the_one_block_only() -> None:
    documents = (namespace("shop"), deployment("shop/web"), service("shop/web"))
    hard, soft = policies(*documents), policies(*documents, config=Config(mode="audit"))
    assert hard.keys() == soft.keys()
    for name, policy in soft.items():
        specs = tuple(
            one._replace(deny_ingress_default=None, deny_egress_default=None) for one in policy.specs
        )
        assert policy._replace(specs=specs) == hard[name]
        assert all(
            one.deny_ingress_default is False and one.deny_egress_default is False for one in policy.specs
        )


def test_one_direction_in_audit_and_one_off() -> None:
    documents = (namespace("shop"), deployment("shop/web"))
    mixed = policies(*documents, config=Config(mode="enforce", overrides={"shop": ("", "audit")}))
    spec = mixed["shop/default-deny"].specs[0]
    assert (spec.deny_ingress_default, spec.deny_egress_default) == (True, False)
    half = policies(*documents, config=Config(mode="enforce", overrides={"shop": ("off", "")}))
    assert half["shop/web"].specs[0].ingress is None
    assert half["shop/web"].specs[0].egress == (Rule(),)
    assert policies(*documents, config=Config(mode="enforce", overrides={"shop": ("off", "off")})) == {}


def test_callers_of_the_api_stand_in_one_policy_where_the_namespace_is_declared() -> None:
    caller = (deployment("ops/robot"), API_CLIENT)
    declared = policies(namespace("ops"), *caller)
    assert [len(policy_object(declared["ops/allow-kube-apiserver"])["specs"])] == [1]
    assert declared["ops/robot"].specs[0].egress == (Rule(),)
    alone = policies(*caller)
    assert "ops/allow-kube-apiserver" not in alone
    egress = alone["ops/robot"].specs[0].egress
    assert egress is not None
    assert [rule.entities for rule in egress] == [("kube-apiserver",)]


def test_a_build_that_does_not_own_the_namespace_brings_its_own_dns() -> None:
    found = policies(deployment("shop/web"), config=Config(mode="enforce", declared_only=True))
    assert sorted(found) == ["shop/web"]
    egress = found["shop/web"].specs[0].egress
    assert egress is not None
    assert [rule.why for rule in egress] == ["cluster DNS"]


def test_a_users_name_is_left_to_the_user() -> None:
    own = """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec: {endpointSelector: {}, ingress: [{}]}
"""
    found = policies(namespace("shop"), deployment("shop/web"), own)
    assert "shop/web" not in found
    assert "shop/web-cilium-policies" in found


def test_the_cluster_wide_form_replaces_the_rules_of_each_namespace() -> None:
    caller = (namespace("ops"), deployment("ops/robot"), API_CLIENT)
    found = policies(*caller, config=Config(mode="enforce", cluster_wide=True))
    assert sorted(found) == ["allow-dns-all", "allow-kube-apiserver", "ops/default-deny", "ops/robot"]
    for name in ("allow-dns-all", "allow-kube-apiserver"):
        spec = found[name].specs[0]
        assert (spec.deny_ingress_default, spec.deny_egress_default) == (False, False)
        assert spec.subject is not None
        assert [(one.key, one.operator) for one in spec.subject.requirements] == [
            ("k8s:io.kubernetes.pod.namespace", "Exists")
        ]


def test_the_dns_server_of_another_build_is_not_cut() -> None:
    found = policies(namespace("kube-system"), deployment("kube-system/tool"))
    assert "kube-system/allow-dns-server" in found
    shown = policies(namespace("kube-system"), deployment("kube-system/coredns", labels="k8s-app: kube-dns"))
    assert "kube-system/allow-dns-server" not in shown


def test_neighbours_with_a_shared_label_get_selectors_of_their_own() -> None:
    found = policies(
        namespace("logs"),
        deployment("logs/store", labels="app: logs"),
        deployment("logs/proxy", labels="app: logs, part: proxy"),
    )
    subject = found["logs/store"].specs[0].subject
    assert subject is not None
    assert ("part", "DoesNotExist") in [(one.key, one.operator) for one in subject.requirements]


def test_a_description_has_one_sentence_a_rule() -> None:
    allow = Allow(
        ConfigPeer("pod", "web", "shop"), ConfigPeer("word", "internet"), (Port(443),), "one; two\nthree."
    )
    documents = (namespace("shop"), deployment("shop/web"), service("shop/web"))
    found = policies(*documents, config=Config(mode="enforce", allow=(allow,)))
    for policy in found.values():
        for spec in policy.specs:
            whys = [rule.why for rule in (*(spec.ingress or ()), *(spec.egress or ())) if rule != Rule()]
            assert spec.description.split("; ") == (whys or [""])
    assert found["shop/web"].specs[0].description == "one, two three"


def test_a_scraper_reaches_the_dns_server_of_another_build() -> None:
    watched = """apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: dns, namespace: kube-system, labels: {app: dns}}
spec: {selector: {matchLabels: {app: dns}}, endpoints: [{port: metrics}]}
---
apiVersion: v1
kind: Service
metadata: {name: dns-metrics, namespace: kube-system, labels: {app: dns}}
spec: {selector: {k8s-app: kube-dns}, ports: [{name: metrics, port: 9153}]}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: kube-system}
spec: {serviceMonitorSelector: {}}
"""
    for scraped in (True, False):
        text = watched if scraped else watched.replace("k8s-app: kube-dns", "k8s-app: other")
        server = policies(namespace("kube-system"), text)["kube-system/allow-dns-server"].specs[0]
        assert server.ingress is not None
        ports = [one.port for rule in server.ingress for allowed in rule.ports for one in allowed.ports]
        assert ("9153" in ports) is scraped
