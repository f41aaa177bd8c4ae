"""`report`: everything that the plan holds is drawn and listed, in every form."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

from cilium_policies.cli.options import Run, run_on
from cilium_policies.evidence.words import evidence_words, reason_words
from cilium_policies.function import Options
from cilium_policies.questions import report
from cilium_policies.questions.words import kind_of, peer_words, ports_words
from cilium_policies.show.graph import View

from tests.cli.test_bare import command

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


def run(**overrides: str) -> Run:
    return run_on([("in.yaml", INPUT)], Options(("c.yaml", CONFIG), tuple(overrides.items())))


def test_every_workload_and_namespace_is_drawn_with_its_mode() -> None:
    plan = run().made.plan
    made = report.report(plan, [], "x")
    view = View(made.graph)
    assert {name: view.groups[name].badge for name in ("shop", "data")} == {"shop": "audit", "data": "audit"}
    titles = {(node.group, node.title) for node in made.graph.nodes}
    assert {("shop", "web"), ("data", "db"), ("data", "lonely")} <= titles
    assert {node.title for node in made.graph.nodes if node.tone == "bad"} == {
        one.workload.name for one in plan.uncovered
    }
    assert view.groups["data"].alert == len(
        {one.workload.name for one in plan.uncovered if one.workload.namespace == "data"}
    )


def test_every_edge_of_the_plan_is_a_link_and_a_row() -> None:
    plan = run().made.plan
    made = report.report(plan, [], "x")
    nodes = {node.key: node for node in made.graph.nodes}
    drawn = {(nodes[one.source].title, nodes[one.target].title) for one in made.graph.links}
    rows = {tuple(row) for row in dict(made.tables)["Connections"].rows}
    for edge in plan.edges:
        row = (
            peer_words(edge.source),
            peer_words(edge.target),
            ports_words(edge.ports),
            kind_of(edge),
            reason_words(edge.reason),
            evidence_words(edge.evidence),
        )
        assert row in rows
        if edge.source.workload and edge.target.workload:
            assert (edge.source.workload.name, edge.target.workload.name) in drawn


def test_the_outside_and_the_uncovered_are_listed() -> None:
    tables = dict(report.report(run().made.plan, [], "x").tables)
    outside = [row[:3] for row in tables["Outside"].rows]
    assert ("in", "world", "shop/web") in outside
    assert ("out", "shop/web", "internet") in outside
    open_ends = [row[:3] for row in tables["Uncovered"].rows]
    assert ("data", "lonely", "ingress") in open_ends
    assert ("data", "lonely", "egress") in open_ends


def test_modes_change_the_colours_alone() -> None:
    audit, enforce = (report.report(run(mode=mode).made.plan, [], "x").graph for mode in ("audit", "enforce"))
    assert audit.links == enforce.links
    tones = {group.key: group.tone for group in enforce.groups if group.badge}
    assert tones == {"shop": "good", "data": "good", "kube-system": "off"}
    mixed = report.report(
        run(**{"namespaces.overrides.shop.mode.ingress": "enforce"}).made.plan, [], "x"
    ).graph
    assert {group.badge for group in mixed.groups if group.key == "shop"} == {"ingress enforced"}


def test_the_command_writes_each_form() -> None:
    html = command("report", stdin=INPUT)
    assert html.returncode == 0
    assert html.stdout.startswith(b"<!doctype html>")
    assert html.stderr == b""
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
    tables = json.loads(command("report", "-o", "json", stdin=INPUT).stdout)
    assert {row["namespace"] for row in tables["Namespaces"]} == {"shop", "data"}


def test_a_focus_on_what_is_not_there_names_what_is() -> None:
    done = command("report", "--focus", "shup", stdin=INPUT)
    assert done.returncode == 1
    assert (
        done.stderr.decode()
        == "cilium-policies: no namespace shup in the input; known here: data, kube-system, shop\n"
    )
