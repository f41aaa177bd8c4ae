"""`report`: everything that the plan holds is drawn and listed, in every form."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest
from cilium_policies.checks.snapshot import Snapshot, as_written, with_generated
from cilium_policies.cli import aside
from cilium_policies.cli.options import Run, run_on
from cilium_policies.evaluate.portset import NOTHING, union
from cilium_policies.function import Options
from cilium_policies.questions import list as listing
from cilium_policies.questions import report
from cilium_policies.questions.party import Party
from cilium_policies.show.graph import View

from tests.cli.within import within as command

INPUT = b"""\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: data}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: example/web
          ports: [{containerPort: 8080}]
          env: [{name: DATABASE_URL, value: "postgres://db.data:5432/shop"}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: data}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: example/db, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: data}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: lonely, namespace: data}
spec:
  selector: {matchLabels: {app: lonely}}
  template:
    metadata: {labels: {app: lonely}}
    spec: {containers: [{name: lonely, image: example/lonely}]}
"""


CONFIG = b"""\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
spec:
  allow: [{from: {pod: shop/web}, to: internet, ports: [443/TCP], why: payments}]
"""


OPEN = b"""\
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: debug-open, namespace: data}
spec: {endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEntities: [world]}]}
"""


def run(data: bytes = INPUT, **overrides: str) -> Run:
    return run_on([("in.yaml", data)], Options(("c.yaml", CONFIG), tuple(overrides.items())))


def enforced(one: Run) -> Snapshot:
    return with_generated(one.made.plan.cluster, one.made.policies.policies, enforced=True)


def made(one: Run) -> report.Report:
    return report.Report(one.made.plan, enforced(one), "x")


def test_every_workload_and_namespace_is_drawn_with_its_mode() -> None:
    one = run()
    plan = one.made.plan
    drawn = made(one).graph
    view = View(drawn)
    assert {name: view.groups[name].badge for name in ("shop", "data")} == {"shop": "audit", "data": "audit"}
    titles = {(node.group, node.title) for node in drawn.nodes}
    assert {("shop", "web"), ("data", "db"), ("data", "lonely")} <= titles
    bad = {node.title for node in drawn.nodes if node.tone == "bad"}
    assert bad == {one.workload.name for one in plan.uncovered}
    assert view.groups["data"].alert == len(
        {one.workload.name for one in plan.uncovered if one.workload.namespace == "data"}
    )


def test_the_report_has_the_connections_of_list_each_drawn() -> None:
    one = run(INPUT + OPEN)
    plan = one.made.plan
    asked = enforced(one)
    whole = report.Report(plan, asked, "x")
    shown = {}
    for row in whole.rows:
        ends = row.connection[:2]
        shown[ends] = union(shown.get(ends, NOTHING), row.connection.open)
    listed = {}
    for connection in listing.connections(asked):
        listed[connection[:2]] = union(listed.get(connection[:2], NOTHING), connection.open)
    assert shown == listed
    assert len(whole.graph.links) == len({(row.connection, row.kind) for row in whole.rows})


def test_a_policy_of_the_users_counts_and_is_named() -> None:
    one = run(INPUT + OPEN)
    whole = made(one)
    rows = {row[:2]: row for row in dict(whole.tables)["Connections"].rows}
    opened = rows["world", "data/db"]
    assert opened[2:5] == ("any port", "your policy", "your policy CiliumNetworkPolicy/data/debug-open")
    assert opened[6] == "CiliumNetworkPolicy/data/debug-open spec.ingress[0] (in.yaml:51)"
    assert ("in", "world", "data/db") in [row[:3] for row in dict(whole.tables)["Outside"].rows]
    assert [tile.number for tile in whole.tiles if "your own policies" in tile.text] == ["1"]
    assert [
        link.tone for link in whole.graph.links if link.target.endswith("/db") and "in/" in link.source
    ] == ["bad"]
    sheets = {sheet.name: sheet for sheet in report.sheets(enforced(one), one.sources)}
    sheet = sheets["CiliumNetworkPolicy/data/debug-open"]
    assert sheet.note == "yours, in.yaml:51"
    assert "fromEntities: [world]" in sheet.text


def test_a_need_is_told_with_its_evidence_and_the_rules_on_both_sides() -> None:
    rows = {row[:2]: row for row in dict(made(run()).tables)["Connections"].rows}
    assert rows["shop/web", "data/db"][2:7] == (
        "5432/TCP",
        "application",
        "calls data/db",
        "Deployment shop/web env DATABASE_URL at in.yaml:21",
        "CiliumNetworkPolicy/shop/web spec.egress[0]; CiliumNetworkPolicy/data/db spec.ingress[0]",
    )
    assert rows["shop/web", "internet"][3:6] == ("config", "payments", "spec.allow[0] at c.yaml:4")


def test_a_policy_denies_although_the_plan_needs_the_connection() -> None:
    deny = OPEN.replace(b"ingress: [{fromEntities: [world]}]", b"ingressDeny: [{fromEntities: [cluster]}]")
    rows = [row[:2] for row in dict(made(run(INPUT + deny)).tables)["Connections"].rows]
    assert ("shop/web", "data/db") not in rows


def test_as_written_and_as_of_now() -> None:
    one = run()
    plan = one.made.plan
    written = report.Report(plan, as_written(plan.cluster), "x")
    everybody = next(row for row in written.rows if row.connection[:2] == (Party("pods"), Party("pods")))
    assert everybody.kind == "not closed"


def test_the_outside_and_the_uncovered_are_listed() -> None:
    tables = dict(made(run()).tables)
    outside = [row[:3] for row in tables["Outside"].rows]
    assert ("in", "world", "shop/web") in outside
    assert ("out", "shop/web", "internet") in outside
    open_ends = [row[1:4] for row in tables["Uncovered"].rows]
    assert ("data", "lonely", "egress") in open_ends
    assert ("data", "lonely", "egress") in open_ends


def test_modes_change_the_colours_alone() -> None:
    audit, enforce = (made(run(mode=mode)).graph for mode in ("audit", "enforce"))
    assert audit.links == enforce.links
    tones = {group.key: group.tone for group in enforce.groups if group.badge}
    assert {key: tones[key] for key in ("shop", "data")} == {"shop": "good", "data": "good"}
    mixed = made(run(**{"namespaces.overrides.shop.mode.ingress": "enforce"})).graph
    assert {group.badge for group in mixed.groups if group.key == "shop"} == {"ingress enforced"}


def test_the_command_writes_each_form() -> None:
    html = command("report", stdin=INPUT)
    assert html.returncode == 0
    assert html.stdout.startswith(b"<!doctype html>")
    assert html.stderr.startswith(b"cilium-policies: report: ")
    assert b"What this report was made from" in html.stdout
    svg = command("report", "-o", "svg", stdin=INPUT)
    assert "shop" in "".join(ET.fromstring(svg.stdout.decode()).itertext())
    focus = "".join(
        ET.fromstring(
            command("report", "--focus", "shop", "-o", "svg", stdin=INPUT).stdout.decode()
        ).itertext()
    )
    assert "web" in focus
    assert "5432" in focus
    text = command("report", "-o", "md", "--title", "My cluster", stdin=INPUT).stdout.decode()
    assert text.startswith("## My cluster\n")
    assert "```mermaid" in text
    assert re.search(r"\| shop \| audit \|", text)
    body = json.loads(command("report", "-o", "json", stdin=INPUT).stdout)
    assert {row["namespace"] for row in body["namespaces"]} == {"shop", "data"}


def test_a_focus_on_what_is_not_there_names_what_is() -> None:
    done = command("report", "--focus", "shup", stdin=INPUT)
    assert done.returncode == 1
    assert done.stderr.decode() == "cilium-policies: no namespace shup in the input; known here: data, shop\n"


def test_what_lint_and_the_run_both_say_stands_once() -> None:
    refused = (
        b"---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: mine, namespace: shop}\n"
        b"spec: {endpointSelector: {}, egress: [{toPorts: [{ports: [{port: 443, protocol: TCP}]}]}]}\n"
    )
    shown = json.loads(command("report", "-o", "json", stdin=INPUT + refused).stdout)
    said = [one for one in shown["findings"] if "expected text" in one["message"]]
    assert [one["check"] for one in said] == ["refused"]


BESIDE = b"""\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: shop}
- apiVersion: v1
  kind: Secret
  metadata: {name: db, namespace: shop}
  stringData: {PASSWORD: tiger}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: web, namespace: shop}
  spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: app, namespace: shop}
spec:
  chart: {spec: {chart: app-template, version: 4.1.1}}
  values:
    controllers: {app: {containers: {app: {image: {repository: e.com/x}, env: {TOKEN: tiger}}}}}
    networkpolicies:
      app: {podSelector: {}, policyTypes: [Ingress], rules: {ingress: [{ports: [{port: 81}]}]}}
"""


def test_a_policy_s_text_is_its_own_and_nothing_that_stands_beside_it() -> None:
    one = run(BESIDE)
    whole = as_written(one.made.plan.cluster)
    texts = {sheet.name: sheet.text for sheet in report.sheets(whole, one.sources)}

    assert set(texts) == {"NetworkPolicy/shop/web", "NetworkPolicy/shop/app"}
    assert "tiger" not in "".join(texts.values())
    assert "port: 80" in texts["NetworkPolicy/shop/web"]
    assert "port: 81" in texts["NetworkPolicy/shop/app"]
    for form in ("html", "json"):
        shown = command("report", "-o", form, stdin=BESIDE)
        assert shown.returncode == 0
        assert b"tiger" not in shown.stdout


def test_the_page_is_the_same_however_many_processes_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pods = "".join(
        "---\napiVersion: apps/v1\nkind: Deployment\n"
        f"metadata: {{name: web, namespace: team-{one}}}\n"
        "spec:\n  selector: {matchLabels: {app: web}}\n"
        "  template:\n    metadata: {labels: {app: web}}\n"
        "    spec:\n      containers:\n"
        f"        - {{name: c, image: x, env: [{{name: U, value: 'http://web.team-{one // 2}:80'}}]}}\n"
        for one in range(12)
    )
    pages = []
    for cores in (1, 2):
        monkeypatch.setattr(aside, "_cores", lambda cores=cores: cores)
        pages.append(command("report", stdin=INPUT + pods.encode()))
    assert pages[0] == pages[1]
    assert "group-team-11" in str(pages[0])
