"""Each check finds its fault, and nothing else does; sound policies have none."""

from __future__ import annotations

import pytest
from cilium_policies.checks.every import CHECKS
from cilium_policies.questions.lint import Row, lint, reference, table
from cilium_policies.show.table import rendered

from tests.questions.small import SHOP, policy, small

DNS = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec: {containers: [{name: coredns, image: coredns/coredns, ports: [{containerPort: 53, protocol: UDP}]}]}
"""
TOOL = "endpointSelector: {matchLabels: {app: tool}}"
KUBE_DNS = "toEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': kube-system, k8s-app: kube-dns}}]"
ASKS = f"{KUBE_DNS}, toPorts: [{{ports: [{{port: '53', protocol: ANY}}], rules: {{dns: [{{matchPattern: '*'}}]}}}}]"
ASKS_ONE = ASKS.replace("{matchPattern: '*'}", "{matchName: api.example.org}")
FAR = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: far, namespace: ops}
spec:
  selector: {matchLabels: {app: far}}
  template:
    metadata: {labels: {app: far}}
    spec: {dnsConfig: {searches: [corp.example]}, containers: [{name: far, image: far}]}
"""
WIDE = "CiliumClusterwideNetworkPolicy"


def rows(text: str, **config: str) -> list[Row]:
    made = small(text, **config).run
    return lint(made.sources, made.made.plan, [one.policy for one in made.made.read.own])


def tool(rules: str) -> str:
    """A policy for ops/tool, whose traffic nobody needs; DNS stays allowed."""
    return policy(f"{{{TOOL}, {rules}}}", "tool", "ops")


FAULTS = {
    "refused": tool("egress: [{toEndpoints: [{}], toEntities: [world]}]"),
    "needed-flow-cut": policy("{endpointSelector: {matchLabels: {app: db}}, ingress: [{}]}"),
    "selects-no-pod": policy("{endpointSelector: {matchLabels: {app: tol}}, ingress: [{}]}", "tool", "ops"),
    "foreign-namespace": policy(
        "{endpointSelector: {matchLabels: {'k8s:io.kubernetes.pod.namespace': other, app: tool}}, "
        "ingress: [{}]}",
        "tool",
        "ops",
    ),
    "closes-node-health": policy(
        "{endpointSelector: {matchExpressions: [{key: k8s:io.kubernetes.pod.namespace, operator: NotIn, "
        "values: [shop, kube-system]}]}, ingress: [{}]}",
        kind=WIDE,
    ),
    "empty-direction": tool(
        "ingress: [], egressDeny: [{toEntities: [world]}], enableDefaultDeny: {egress: false}"
    ),
    "empty-list": tool("ingress: [{fromEndpoints: []}]"),
    "too-large": tool(
        "egress: [{"
        + ASKS
        + "}, {toCIDR: ["
        + ", ".join(f"172.{16 + n // 65536}.{n // 256 % 256}.{n % 256}/32" for n in range(9000))
        + "], toPorts: [{ports: [{port: '443', protocol: TCP}, {port: '8443', protocol: TCP}]}]}]"
    ),
    "idle-default-deny": tool("ingress: [{}], enableDefaultDeny: {egress: true}"),
    "deny-only": tool("ingressDeny: [{fromEntities: [world]}]"),
    "audit-annotation": tool("ingress: [{}]").replace(
        "namespace: ops}", "namespace: ops, annotations: {policy.cilium.io/audit-mode: enabled}}"
    ),
    "peer-matches-nothing": tool("ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]"),
    "negative-peer": tool(
        "ingress: [{fromEndpoints: [{matchExpressions: [{key: app, operator: NotIn, values: [x]}]}]}]"
    ).replace("matchExpressions: [{key: app,", "matchExpressions: [{key: app,"),
    "no-peer": tool("ingress: [{toPorts: [{ports: [{port: '80'}]}]}]"),
    "service-with-ports": tool(
        "egress: [{toServices: [{k8sService: {serviceName: db, namespace: shop}}], "
        "toPorts: [{ports: [{port: '5432', protocol: TCP}]}]}, {" + ASKS + "}]"
    ),
    "service-in-deny": tool(
        "egressDeny: [{toServices: [{k8sService: {serviceName: db, namespace: shop}}]}], "
        "enableDefaultDeny: {egress: false}"
    ),
    "no-such-service": tool(
        "egress: [{toServices: [{k8sService: {serviceName: dbb, namespace: shop}}]}, {" + ASKS + "}]"
    ),
    "cidr-of-cluster": tool("egress: [{toCIDR: [10.42.0.0/16]}, {" + ASKS + "}]"),
    "no-such-cidr-group": tool("egress: [{toCIDRSet: [{cidrGroupRef: lann}]}, {" + ASKS + "}]"),
    "service-port": tool(
        "egress: [{toEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': shop, app: db}}], "
        "toPorts: [{ports: [{port: '15432', protocol: TCP}]}]}, {" + ASKS + "}]"
    ),
    "no-such-port-name": tool(
        "egress: [{toEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': shop, app: db}}], "
        "toPorts: [{ports: [{port: postgres, protocol: TCP}]}]}, {" + ASKS + "}]"
    ),
    "odd-port-range": tool(
        "ingress: [{fromEntities: [cluster], toPorts: [{ports: [{port: '0', endPort: 1024, protocol: TCP}]}]}]"
    ),
    "dns-udp-only": tool("egress: [{" + KUBE_DNS + ", toPorts: [{ports: [{port: '53', protocol: UDP}]}]}]"),
    "name-without-dns": tool(
        "egress: [{"
        + KUBE_DNS
        + ", toPorts: [{ports: [{port: '53'}]}]}, {toFQDNs: [{matchName: api.example.org}]}]"
    ),
    "name-of-cluster": tool("egress: [{" + ASKS + "}, {toFQDNs: [{matchName: db.shop.svc.cluster.local}]}]"),
    "name-with-autopath": tool("egress: [{" + ASKS + "}, {toFQDNs: [{matchName: api.example.org}]}]")
    + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\n"
    'data: {Corefile: ".:53 {\\n  autopath @kubernetes\\n  kubernetes cluster.local\\n}"}\n',
    "name-pattern": tool("egress: [{" + ASKS + "}, {toFQDNs: [{matchPattern: 'a.**.example.org'}]}]"),
    "name-with-search-path": tool("egress: [{" + ASKS_ONE + "}, {toFQDNs: [{matchName: api.example.org}]}]"),
    "name-with-search-list": policy(
        "{endpointSelector: {matchLabels: {app: far}}, egress: [{"
        + ASKS
        + "}, {toFQDNs: [{matchName: api.example.org}]}]}",
        "far",
        "ops",
    )
    + FAR,
    "useless-rule": tool("ingress: [{fromEntities: [cluster]}, {fromEntities: [host]}]"),
    "open-beside-tight": tool("ingress: [{fromEntities: [host]}]")
    + policy("{podSelector: {}, ingress: [{}]}", "open", "ops", "NetworkPolicy"),
    "conflicting-rules": tool(
        "egress: [{" + ASKS + "}, {toEntities: [world], toPorts: [{ports: [{port: '443', protocol: TCP}], "
        "serverNames: [a.io]}]}, {toEntities: [world], toPorts: [{ports: [{port: '443', protocol: TCP}], "
        "rules: {http: [{}]}}]}]"
    ),
    "open-to-everybody": policy(
        "{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEntities: [world, cluster]}]}"
    ),
}
GROUP = """\
---
apiVersion: cilium.io/v2
kind: CiliumCIDRGroup
metadata: {name: lan}
spec: {externalCIDRs: [192.168.1.0/24]}
"""


@pytest.mark.parametrize("check", FAULTS)
def test_finds_the_fault_and_nothing_else(check: str) -> None:
    found = rows(SHOP + DNS + GROUP + FAULTS[check])
    assert [row.check for row in found] == [check] * len(found), found
    assert len(found) in (1, 2), found
    for row in found:
        assert row.message
        assert row.cure
        assert row.line > SHOP.count("\n")


@pytest.mark.parametrize(
    ("version", "pattern", "checks"),
    [
        ("1.18.3", "**.example.org", ["name-pattern"]),
        ("1.19.0", "**.example.org", []),
        ("1.18.3", "**", []),  # every name, whatever the version
        ("1.20.2", "**.a.**.example.org", ["name-pattern"]),
    ],
)
def test_two_stars_stand_for_several_labels_only_in_front_and_from_119(
    version: str, pattern: str, checks: list[str]
) -> None:
    text = SHOP + DNS + tool("egress: [{" + ASKS + f"}}, {{toFQDNs: [{{matchPattern: '{pattern}'}}]}}]")
    assert [row.check for row in rows(text, cluster__ciliumVersion=version)] == checks


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("{matchName: api.example.org}", True),
        ("{matchName: api.example.org}, {matchPattern: '*.*.*.ops.svc.cluster.local'}", False),
        ("{matchPattern: '*'}", False),
    ],
)
def test_the_search_path_is_asked_for_first(rule: str, found: bool) -> None:
    asks = ASKS.replace("{matchPattern: '*'}", rule)
    text = SHOP + DNS + tool("egress: [{" + asks + "}, {toFQDNs: [{matchName: api.example.org}]}]")
    told = [row for row in rows(text) if row.check == "name-with-search-path"]
    assert [row.severity for row in told] == (["info"] if found else [])
    if told:
        assert "api.example.org.ops.svc.cluster.local first" in told[0].message


def test_all_private_ranges_are_no_pods() -> None:
    every = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"
    (row,) = rows(SHOP + DNS + tool("egress: [{" + ASKS + f"}}, {{toCIDR: [{every}]}}]"))
    assert (row.check, row.severity) == ("cidr-of-cluster", "info")
    assert row.cure == "if they are meant as well, add a rule with toEntities: [cluster]"
    assert rows(SHOP + DNS + tool("egress: [{" + ASKS + "}, {toCIDR: [10.0.0.0/8, 192.168.0.0/16]}]")) == []


UNKNOWN = """\
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: ledger, namespace: ops}
spec: {chart: {spec: {chart: ledger-suite, sourceRef: {kind: HelmRepository, name: x}}}}
"""


@pytest.mark.parametrize(("name", "severities"), [("ledger-worker", []), ("radar", ["info"])])
def test_an_unknown_chart_silences_only_selectors_that_its_name_resembles(
    name: str, severities: list[str]
) -> None:
    one = f"{{endpointSelector: {{matchLabels: {{app.kubernetes.io/name: {name}}}}}, ingress: [{{}}]}}"
    found = rows(SHOP + DNS + UNKNOWN + policy(one, "mine", "ops"))
    assert [row.severity for row in found if row.check == "selects-no-pod"] == severities


def test_every_check_has_its_fault_and_its_line_in_the_reference() -> None:
    assert set(FAULTS) | {"unread", "break-glass", "admits-strangers"} == set(CHECKS)
    assert all(str(row[1]).endswith(".") for row in reference().rows)


def test_a_need_that_a_rule_names_by_address_is_told_the_cause() -> None:
    web = (
        "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], "
        "egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 5432}]}]}"
    )
    found = [
        row for row in rows(SHOP + DNS + policy(web, kind="NetworkPolicy")) if row.check == "needed-flow-cut"
    ]
    named = [row for row in found if "shop/db" in row.message]
    assert named
    assert all("never match nodes, pods or the API server on Cilium" in row.message for row in named)
    assert {row.cure for row in named} == {
        "name the pods: toEndpoints, or a podSelector with a namespaceSelector"
    }


def test_a_dns_rule_for_the_whole_namespace_counts_for_pods_that_are_not_shown() -> None:
    names = policy(
        "{endpointSelector: {matchLabels: {app: unseen}}, egress: [{toFQDNs: [{matchName: api.example.org}]}]}",
        "names",
        "elsewhere",
    )
    dns = policy("{endpointSelector: {}, egress: [{" + ASKS + "}]}", "dns", "elsewhere")
    assert "name-without-dns" in {row.check for row in rows(SHOP + DNS + names)}
    assert "name-without-dns" not in {row.check for row in rows(SHOP + DNS + names + dns)}


SOUND = [
    tool("ingress: [{}], egress: [{" + ASKS + "}, {toFQDNs: [{matchPattern: '*.example.org'}], "
         "toPorts: [{ports: [{port: '443', protocol: TCP}]}]}]"),
    tool("ingress: [{fromEntities: [kube-apiserver, host], toPorts: [{ports: [{port: '8443', protocol: TCP}]}]}]"),
    tool("egressDeny: [{toCIDR: [169.254.169.254/32]}], enableDefaultDeny: {egress: false}"),
    policy("{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{matchLabels: {app: web}}], "
           "toPorts: [{ports: [{port: pg, protocol: TCP}]}]}]}"),
    policy("{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}, "
           "{ipBlock: {cidr: 192.168.0.0/16}}], ports: [{port: 5432}]}]}", kind="NetworkPolicy"),
    policy("{endpointSelector: {matchExpressions: [{key: k8s:io.kubernetes.pod.namespace, operator: Exists}]}, "
           "enableDefaultDeny: {egress: false, ingress: false}, egress: [{" + KUBE_DNS + ", "
           "toPorts: [{ports: [{port: '53', protocol: ANY}]}]}]}", kind=WIDE),
    tool("egress: [{toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]}, {toCIDRSet: [{cidrGroupRef: lan}]}, "
         "{" + ASKS + "}]"),
    tool("ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': elsewhere, app: x}}]}]"),
    policy("{endpointSelector: {matchLabels: {app: x}}, ingress: [{}]}", "x", "elsewhere"),
    tool("egress: [{toEndpoints: [{matchLabels: {app: '${APP}', 'k8s:io.kubernetes.pod.namespace': elsewhere}}]}, "
         "{" + ASKS + "}]"),
]  # fmt: skip


@pytest.mark.parametrize("text", SOUND)
def test_sound_policies_have_no_fault(text: str) -> None:
    assert rows(SHOP + DNS + GROUP + text) == []


@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_generated_policies_have_no_fault(mode: str) -> None:
    made = small(SHOP + DNS, mode=mode).run
    found = lint(made.sources, made.made.plan, [], made.made.policies.policies)
    assert [row for row in found if row.check != "peer-matches-nothing"] == []


# What bit in the field, by its own words: see the page of field reports.
FIELD = {
    "two applications that name each other": ("needed-flow-cut", FAULTS["needed-flow-cut"]),
    "a name rule that silently misses": ("name-without-dns", FAULTS["name-without-dns"]),
    "the own public host name": (
        "name-of-cluster",
        tool("egress: [{" + ASKS + "}, {toFQDNs: [{matchName: shop.example.org}]}]")
        + "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: shop, namespace: shop}\n"
        "spec: {hostnames: [shop.example.org], rules: [{backendRefs: [{name: web, port: 80}]}]}\n",
    ),
    "a renamed label": ("selects-no-pod", FAULTS["selects-no-pod"]),
    "a Service's port": ("service-port", FAULTS["service-port"]),
    "a null block": ("refused", tool("ingress: [{}], egress: null")),
    "default deny with empty lists": (
        "refused",
        policy("{endpointSelector: {}, ingress: [], egress: [], enableDefaultDeny: {ingress: true, egress: true}}"),
    ),
    "an audit annotation": ("audit-annotation", FAULTS["audit-annotation"]),
    "the API server by its address": (
        "cidr-of-cluster",
        tool("egress: [{toCIDR: [192.168.1.10/32], toPorts: [{ports: [{port: '6443', protocol: TCP}]}]}, {"
             + ASKS + "}]"),
    ),
    "a look-ahead in a path": (
        "refused",
        tool("ingress: [{fromEntities: [cluster], toPorts: [{ports: [{port: '80', protocol: TCP}], "
             "rules: {http: [{path: '/(?!admin).*'}]}}]}]"),
    ),
    "a cluster-wide deny that closes everything": (
        "deny-only",
        policy("{endpointSelector: {matchLabels: {app: tool}}, ingressDeny: [{fromCIDR: [169.254.0.0/16]}]}",
               kind=WIDE),
    ),
    "DNS over UDP alone": ("dns-udp-only", FAULTS["dns-udp-only"]),
    "a host-network pod by its labels": (
        "peer-matches-nothing",
        tool("ingress: [{fromEndpoints: [{matchLabels: {app: agent}}]}]"),
    ),
    "a port as a number": (
        "refused",
        tool("ingress: [{fromEntities: [cluster], toPorts: [{ports: [{port: 80, protocol: TCP}]}]}]"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FIELD)
def test_what_breaks_in_the_field_is_found(fault: str) -> None:
    check, text = FIELD[fault]
    found = rows(SHOP + DNS + text)
    assert {row.check for row in found} == {check}, found


def test_messages_help() -> None:
    by_label = {row.check: row for check in FAULTS for row in rows(SHOP + DNS + GROUP + FAULTS[check])}
    assert "ops/tool has app=tool" not in by_label["selects-no-pod"].cure
    assert by_label["peer-matches-nothing"].cure == "add k8s:io.kubernetes.pod.namespace: shop to it"
    assert by_label["service-port"].cure == "write the pods' port, 5432"
    assert "which is needed: calls shop/db" in by_label["needed-flow-cut"].message
    (row,) = rows(SHOP + FIELD["a host-network pod by its labels"][1])
    assert "runs on the host network" in row.message


def test_lines_and_paths() -> None:
    text = (
        SHOP
        + policy("{endpointSelector: {}, ingress: [{}]}", "ok", "other")
        + """\
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: tool
  namespace: ops
spec:
  endpointSelector:
    matchLabels:
      app: tool
  ingress:
  - fromEntities: [cluster]
    toPorts:
    - ports:
      - port: 8080
"""
    )
    (row,) = rows(text)
    assert row.path == "spec.ingress[0].toPorts[0].ports[0].port"
    assert text.splitlines()[row.line - 1].strip() == "- port: 8080"
    assert row.severity == "error"
    finding = row.finding()
    assert (finding.kind, finding.namespace, finding.name) == ("CiliumNetworkPolicy", "ops", "tool")
    assert "8080" in rendered([table([row])], "md")


def test_versions() -> None:
    made = small(SHOP + tool("ingress: [{fromEntities: [cluster-mesh]}]")).run
    assert lint(made.sources, made.made.plan) == []
    (row,) = lint(made.sources, made.made.plan, versions=("1.19", "1.20"))
    assert row.check == "refused"
    assert "(Cilium 1.19)" in row.message
