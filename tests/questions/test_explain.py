"""Why a flow passes or not, and what would change it."""

from __future__ import annotations

import pytest
from cilium_policies.document.finding import RefusedError
from cilium_policies.questions.explain import Answer, explain, lines, table
from cilium_policies.show.table import rendered

from tests.evidence.shown import deployment, service
from tests.questions.small import SHOP, Small, policy, small


def ask(made: Small, source: str, target: str, port: str) -> list[Answer]:
    return explain(made.now(), made.enforced(), source, target, port)


def test_a_needed_flow_and_its_reason() -> None:
    (answer,) = ask(small(mode="enforce"), "shop/web", "shop/db", "5432")
    assert (answer.now, answer.enforced) == ("allowed", "allowed")
    egress, ingress = answer.sides
    assert egress.policies == ("CiliumNetworkPolicy/shop/web spec.egress[0]",)
    assert ingress.policies == ("CiliumNetworkPolicy/shop/db spec.ingress[0]",)
    assert egress.whys[0].startswith("calls shop/db (")
    assert "DATABASE_URL" in egress.whys[0]
    assert answer.cure.startswith(
        "to deny it, an entry of spec.deny: - {from: {pod: shop/web}, to: {pod: shop/db}, ports: [5432/TCP], why: …},"
        " or remove what needs it (Deployment shop/web env DATABASE_URL at "
    )


def test_a_service_means_its_pods_and_their_port() -> None:
    (answer,) = ask(small(mode="enforce"), "shop/web", "shop/StatefulSet/db", "pg")
    assert (answer.port, answer.now) == ("5432/TCP", "allowed")
    renamed = SHOP.replace(
        "name: db, namespace: shop}\nspec: {selector", "name: store, namespace: shop}\nspec: {selector"
    )
    (answer,) = ask(small(renamed, mode="enforce"), "ops/tool", "shop/store", "15432")
    assert (answer.target, answer.port) == ("StatefulSet shop/db", "5432/TCP")


def test_audit_tells_what_enforcement_would_do() -> None:
    (answer,) = ask(small(), "ops/tool", "shop/db", "5432")
    assert (answer.now, answer.enforced) == ("allowed", "denied")
    assert answer.sides[0].reason.startswith("in audit: no rule allows it")
    assert answer.cure == (
        "to allow it, an entry of spec.allow: - {from: {pod: ops/tool}, to: {pod: shop/db}, ports: [5432/TCP],"
        " why: …}"
    )
    text = "\n".join(lines(answer))
    assert "ops/tool => StatefulSet shop/db 5432/TCP: allowed; denied once enforced" in text


def test_the_cure_works() -> None:
    allow = "[{from: {pod: ops/tool}, to: {pod: shop/db}, ports: [5432/TCP], why: nightly dump}]"
    config = f"---\napiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec: {{allow: {allow}}}\n"
    from cilium_policies.cli.options import run_on
    from cilium_policies.function import Options

    made = Small(run_on([("shop.yaml", SHOP.encode())], Options(config=("c.yaml", config.encode()))))
    (answer,) = ask(made, "ops/tool", "shop/db", "5432")
    assert answer.enforced == "allowed"
    assert answer.cure == "to deny it: remove spec.allow[0] at c.yaml:4"
    assert "nightly dump" in answer.sides[1].whys[0]


def test_a_user_s_policy_is_named_with_its_place() -> None:
    deny = (
        policy(
            "{endpointSelector: {matchLabels: {app: db}}, description: no tools here, "
            "ingressDeny: [{fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: ops}}]}]}",
            "no-tools",
        )
        .replace("k8s:io", '"k8s:io')
        .replace("namespace: ops}}", 'namespace": ops}}')
    )
    (answer,) = ask(small(SHOP + deny), "ops/tool", "shop/db", "5432")
    assert answer.now == "denied"
    side = answer.sides[1]
    assert side.reason == "a deny rule forbids it"
    assert side.policies == ("CiliumNetworkPolicy/shop/no-tools spec.ingressDeny[0]",)
    assert side.whys == ("no tools here",)
    assert side.wheres[0].startswith("shop.yaml:")
    assert answer.cure == "to allow it: remove CiliumNetworkPolicy/shop/no-tools spec.ingressDeny[0]"


@pytest.mark.parametrize(
    ("source", "peer"),
    [
        ("internet", "internet"),
        ("10.0.0.5", "{cidr: 10.0.0.5/32}"),
        ("api.example.org", "{fqdn: api.example.org}"),
        ("world", "world"),
        ("remote-node", "remote-node"),
        ("ops/agent", "remote-node"),
    ],
)
def test_ends_outside_and_on_nodes(source: str, peer: str) -> None:
    (answer,) = ask(small(mode="enforce"), source, "shop/db", "5432")
    assert answer.now == "denied"
    assert answer.sides[0].reason.startswith("no policy can act at this end")
    assert f"from: {peer}, to: {{pod: shop/db}}" in answer.cure


def test_the_own_node_may_come_in() -> None:
    (answer,) = ask(small(mode="enforce"), "host", "shop/db", "5432")
    assert answer.now == "allowed"
    assert answer.sides[1].reason == "a pod's own node may always reach it"


@pytest.mark.parametrize(
    ("source", "target", "port", "message"),
    [
        ("shop/webb", "shop/db", "1", "is not in the input"),
        ("shop/web", "shop/db", "metrics", "has no port metrics/TCP"),
        ("shop/web", "shop/db", "0x", "is not a port"),
        ("shop/web", "shop/db", "70000", "is not a port"),
        ("shop/web", "shop/db", "80/GRE", "is not a port"),
        ("web", "shop/db", "80", "is not in the input"),
    ],
)
def test_what_means_nothing_is_refused(source: str, target: str, port: str, message: str) -> None:
    with pytest.raises(RefusedError, match=message) as refusal:
        ask(small(), source, target, port)
    assert refusal.value.finding.cure


def test_table() -> None:
    text = rendered([table(ask(small(mode="enforce"), "shop/web", "shop/db", "5432"))], "csv")
    head, egress, ingress = text.splitlines()
    assert head == "from,to,port,direction,verdict,because,rule,why,file"
    assert "egress,allowed" in egress
    assert "ingress,allowed" in ingress


TWO_CALLERS = """
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: v1
kind: Namespace
metadata: {name: b}
---
"""


def _caller(name: str, namespace: str, env: str = "") -> str:
    return deployment(
        name, ports="[{containerPort: 5432}, {containerPort: 9999}]", env=env, namespace=namespace
    )


def test_the_evidence_is_that_of_the_flow_asked_for() -> None:
    """Of two clients on two ports, each has its own."""
    text = (
        TWO_CALLERS
        + _caller("db", "a")
        + service("db", "[{name: a, port: 5432}, {name: b, port: 9999}]", namespace="a")
    )
    text += _caller("api", "a", env="[{name: DATABASE_URL, value: 'postgres://db:5432/x'}]")
    text += _caller("t", "b", env="[{name: ADM, value: 'http://db.a:9999/'}]")
    (answer,) = ask(small(text, mode="enforce"), "b/t", "a/db", "9999")
    for side in answer.sides:
        assert "Deployment b/t env ADM at shop.yaml:" in side.whys[0]
        assert "DATABASE_URL" not in side.whys[0]
    assert "or remove what needs it (Deployment b/t env ADM at shop.yaml:" in answer.cure
    assert "DATABASE_URL" not in answer.cure


def test_a_short_reason_of_the_user_is_not_found_in_others() -> None:
    from cilium_policies.cli.options import run_on
    from cilium_policies.function import Options

    text = TWO_CALLERS + _caller("api", "a") + service("api", "[{name: a, port: 5432}]", namespace="a")
    text += _caller("web", "a", env="[{name: API_URL, value: 'http://api:5432'}]")
    allow = "[{from: {pod: a/web}, to: {cidr: 10.2.0.0/16}, ports: [80/TCP], why: api}]"
    config = f"apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec: {{allow: {allow}}}\n"
    made = Small(run_on([("shop.yaml", text.encode())], Options(config=("c.yaml", config.encode()))))
    (answer,) = ask(made, "a/web", "a/api", "5432")
    assert "spec.allow" not in answer.cure
    assert "Deployment a/web env API_URL at shop.yaml:" in answer.cure


def test_every_piece_of_evidence_is_listed() -> None:
    """A variable and an address in an argument ask for the same flow: taking one away changes nothing."""
    text = TWO_CALLERS + _caller("api", "a") + service("api", "[{name: a, port: 5432}]", namespace="a")
    env = "[{name: API_URL, value: 'http://api:5432'}, {name: OTHER_URL, value: 'http://api.a.svc:5432'}]"
    text += _caller("web", "a", env=env)
    (answer,) = ask(small(text, mode="enforce"), "a/web", "a/api", "5432")
    assert "API_URL" in answer.cure
    assert "OTHER_URL" in answer.cure


def test_a_mesh_that_tunnels_loses_the_port() -> None:
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n---\n"
    web = deployment("web", env="[{name: API_URL, value: 'http://api:8080'}]")
    shown = space + web + deployment("api", "[{containerPort: 8080}]") + service("api", "[{port: 8080}]")
    (answer,) = ask(small(shown, mode="enforce"), "shop/web", "shop/api", "9090")
    assert answer.now == "denied"
    assert answer.note.startswith("the mesh carries TCP between these pods on port 15008, which is open")
    (back,) = ask(small(shown, mode="enforce"), "shop/api", "shop/web", "9090")
    assert back.note == ""


def test_a_user_s_own_rule_by_a_port_s_name_leaves_pods_open_that_no_manifest_shows() -> None:
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: grafana, namespace: shop}\n"
        "spec: {chart: {spec: {chart: grafana}}}\n"
    )
    everybody = "fromEndpoints: [{}], toPorts: [{ports: [{port: metrics2, protocol: TCP}]}]"
    own = policy(
        f"{{endpointSelector: {{matchLabels: {{app.kubernetes.io/name: grafana}}}}, ingress: [{{{everybody}}}]}}"
    )
    let_out = policy("{endpointSelector: {matchLabels: {app: web}}, egress: [{toEndpoints: [{}]}]}", "out")
    made = small(f"{SHOP}---\n{release}{own}{let_out}", mode="enforce")
    (answer,) = ask(made, "shop/web", "shop/grafana", "9999")
    assert (answer.now, answer.enforced) == ("not known", "not known")
    assert "rules allow the port named metrics2" in answer.note
    (denied,) = ask(made, "shop/db", "shop/grafana", "9999")  # its own end lets it out by no rule
    assert (denied.now, denied.note) == ("denied", "")
    (shown,) = ask(made, "shop/web", "shop/db", "9999")
    assert shown.now == "denied"
