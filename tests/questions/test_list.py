"""Who may talk to whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cilium_policies.document.finding import RefusedError
from cilium_policies.questions import list as question
from cilium_policies.questions.party import Party
from cilium_policies.show.table import rendered

from tests.cli.within import within
from tests.questions.small import SHOP, policy, small

# A second caller: "every pod" needs more than one.
MORE = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web2, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, part: second}}
    spec: {containers: [{name: web, image: example/web}]}
"""
CLOSED = policy("{endpointSelector: {}, ingress: [{}], egress: [{}]}")
DATABASE = policy(
    "{endpointSelector: {matchLabels: {app: db}}, ingress: "
    "[{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: pg, protocol: TCP}]}]}]}",
    "db",
)
WEB = policy(
    "{endpointSelector: {matchLabels: {app: web}}, "
    "ingress: [{fromEntities: [world], toPorts: [{ports: [{port: '8080'}]}]}], "
    "egress: [{toEndpoints: [{}]}, {toCIDR: [192.168.1.0/24], toPorts: [{ports: [{port: '53', protocol: UDP}]}]}]}",
    "web",
)


def rows(text: str, focus: str = "") -> list[str]:
    return [str(one) for one in question.connections(small(text).written(), focus)]


def test_closed_namespace() -> None:
    found = rows(SHOP + CLOSED + DATABASE + WEB)
    assert "shop/web => shop/db : 5432/TCP" in found
    assert "world => shop/web : 8080/TCP, 8080/UDP, 8080/SCTP" in found
    assert "shop/web => 192.168.1.0/24 : 53/UDP" in found
    assert not [one for one in found if "=> shop/" in one and "shop/web =>" not in one and "world" not in one]


def test_an_open_cluster_is_few_lines() -> None:
    text = SHOP + "".join(
        f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a{number}, namespace: ops}}\n"
        f"spec: {{selector: {{matchLabels: {{app: a{number}}}}}, template: {{metadata: {{labels: {{app: a{number}}}}},"
        " spec: {containers: [{name: c, image: example/c}]}}}\n"
        for number in range(30)
    )
    found = rows(text)
    assert "every pod => every pod : any port" in found
    assert len([one for one in found if "world" not in one]) < 20


@pytest.mark.parametrize(
    ("selector", "source"),
    [
        ("{}", "every pod of shop"),
        ("{matchExpressions: [{key: app, operator: Exists}]}", "every pod shown in shop"),
        ("{matchExpressions: [{key: app, operator: In, values: [db, web]}]}", "every pod shown in shop"),
        ("{matchExpressions: [{key: tier, operator: DoesNotExist}]}", "every pod of shop"),
    ],
)
def test_every_pod_is_said_where_the_rule_takes_a_pod_without_labels(selector: str, source: str) -> None:
    """Both pods of the namespace have the label; another that is not shown need not."""
    rule = f"[{{fromEndpoints: [{selector}], toPorts: [{{ports: [{{port: pg, protocol: TCP}}]}}]}}]"
    found = rows(
        SHOP + MORE + policy(f"{{endpointSelector: {{matchLabels: {{app: db}}}}, ingress: {rule}}}", "db")
    )
    assert f"{source} => shop/db : 5432/TCP" in found


def test_own_policies_of_a_namespace_are_one_line() -> None:
    text = SHOP + CLOSED + policy("{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}", "same", "ops")
    found = rows(text + policy("{endpointSelector: {}, egress: [{toEntities: [all]}]}", "out"))
    assert not [one for one in found if one.startswith("shop/db => ops")]


def test_focus() -> None:
    text = SHOP + CLOSED + DATABASE + WEB
    assert rows(text, "shop/db") == ["shop/web => shop/db : 5432/TCP"]
    assert "shop/web => shop/db : 5432/TCP" in rows(text, "shop")
    with pytest.raises(RefusedError) as refusal:
        rows(text, "shop/dbb")
    assert refusal.value.finding.cure == "did you mean shop/db or shop/web or shop?"


def test_by_namespace_and_exposure() -> None:
    snapshot = small(SHOP + CLOSED + DATABASE + WEB).written()
    found = {(str(one.source), str(one.target)): one.ports for one in question.by_namespace(snapshot)}
    assert found["shop", "shop"] == "5432/TCP"
    assert found["shop", "other addresses"] == "53/UDP"
    assert ("ops", "shop") not in found
    text = rendered([question.matrix(question.by_namespace(snapshot))], "md")
    assert "| shop | " in text
    exposed = [str(one) for one in question.exposure(snapshot)]
    assert "world => shop/web : 8080/TCP, 8080/UDP, 8080/SCTP" in exposed
    assert "world => ops/tool : any port" in exposed
    assert not [one for one in exposed if "=> shop/db" in one]


def test_generated_policies_are_listed_as_enforced() -> None:
    made = small()
    assert "shop/web => shop/db : 5432/TCP" in map(str, question.connections(made.enforced()))
    assert not [
        one
        for one in question.connections(made.enforced())
        if str(one.source) == "ops/tool" and "db" in str(one.target)
    ]
    assert [one for one in question.connections(made.now()) if one.target == Party("pods")]


def test_deny_rules_take_away() -> None:
    deny = policy(
        "{endpointSelector: {matchLabels: {app: web}}, enableDefaultDeny: {egress: false}, "
        "egressDeny: [{toEndpoints: [{matchLabels: {app: db}}], toPorts: [{ports: [{port: '5432'}]}]}]}",
        "deny",
    )
    found = rows(SHOP + deny, "shop/db")
    assert "shop/web => shop/db : 0-5431/TCP, 5433-65535/TCP, 0-5431/UDP, 5433-65535/UDP, " in "".join(found)


def test_a_name_as_autopath_answers_it_is_the_name() -> None:
    names = "[{matchName: api.example.org}, {matchName: api.example.org.shop.svc.cluster.local}]"
    rule = f"{{toFQDNs: {names}, toPorts: [{{ports: [{{port: '443', protocol: TCP}}]}}]}}"
    found = rows(
        SHOP + policy(f"{{endpointSelector: {{matchLabels: {{app: web}}}}, egress: [{rule}]}}", "web"),
        "shop/web",
    )
    assert [one for one in found if "example" in one] == ["shop/web => api.example.org : 443/TCP"]


def test_a_policy_that_the_api_server_refuses_opens_nothing() -> None:
    opens = "{endpointSelector: {}, egress: [{toEntities: [world], toPorts: [{ports: [{port: PORT, protocol: TCP}]}]}]}"
    text = {one: SHOP + CLOSED + policy(opens.replace("PORT", one), "open") for one in ("'443'", "443")}
    said = {one: within("list", "--policies", "written", stdin=found.encode()) for one, found in text.items()}
    assert b"shop/web => world : 443/TCP" in said["'443'"].stdout
    assert b"443" not in said["443"].stdout  # a number where Cilium wants a text, as lint says of it
    assert b"[refused]" in within("lint", stdin=text["443"].encode()).stdout


# A StatefulSet beside the Deployment of its name: who calls whom is said by kind.
TWINS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web, role: front}}
  template:
    metadata: {labels: {app: web, role: front}}
    spec: {containers: [{name: c, image: example/web, env: [{name: DB_URL, value: "postgres://web:5432"}]}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web, role: db}}
  template:
    metadata: {labels: {app: web, role: db}}
    spec: {containers: [{name: c, image: example/db, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web, role: db}, ports: [{port: 5432}]}
"""


@pytest.mark.parametrize(
    "words", [[], ["--focus", "shop/web"], ["--from", "shop/web"], ["--to", "shop/StatefulSet/web"]]
)
def test_workloads_of_one_name_are_told_apart_by_kind(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(TWINS)
    told = within("list", "--why", *words, "all.yaml", cwd=tmp_path).stdout.decode()

    assert [line for line in told.splitlines() if "=>" in line] == [
        "shop/Deployment/web => shop/StatefulSet/web : 5432/TCP"
    ]
    assert "evidence: Deployment shop/web env DB_URL" in told


def test_programs_read_name_and_kind_of_workloads_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(TWINS)
    (one,) = json.loads(within("list", "-o", "json", "all.yaml", cwd=tmp_path).stdout)["items"]
    ends = [(one[end]["name"], one[end]["workloadKind"], one[end]["text"]) for end in ("from", "to")]

    assert ends == [
        ("web", "Deployment", "shop/Deployment/web"),
        ("web", "StatefulSet", "shop/StatefulSet/web"),
    ]


def test_the_second_workload_of_a_name_is_no_other_first(tmp_path: Path) -> None:
    """A comparison tells them apart on both sides, also where one side has only one of them."""
    first, _, service = TWINS.split("---\n")
    (tmp_path / "before.yaml").write_text("---\n".join((first, service)))
    (tmp_path / "after.yaml").write_text(TWINS)
    told = within("diff", "before.yaml", "after.yaml", cwd=tmp_path)

    assert "newly allowed  shop/Deployment/web  shop/StatefulSet/web  5432/TCP" in told.stdout.decode()
    assert "shop/StatefulSet/web is new" in told.stderr.decode()
    assert "shop/Deployment/web is new" not in told.stderr.decode()


def test_what_is_recorded_of_workloads_of_one_name_holds(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(TWINS)
    recorded = within("test", "--record", "all.yaml", cwd=tmp_path).stdout
    (tmp_path / "expect.yaml").write_bytes(recorded)
    held = within("test", "expect.yaml", "all.yaml", cwd=tmp_path)

    assert "  - shop/Deployment/web -> shop/StatefulSet/web:5432 allow\n" in recorded.decode()
    assert '  - "* -> shop/Deployment/web only from nobody"\n' in recorded.decode()
    assert held.returncode == 0, held.stdout.decode()
