"""`explain` names the policies by which Cilium's engine decided, and evidence of the flow's own ends and port.

On 28 November 2026 all of the corpus' nine clusters and seventeen of tests/clusters were asked: 12,478 flows with
19,109 sides, none of them wrong (95 % before in eight of the seventeen); samples of four are taken here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.corpus import cases
from tests.engine.judge import Judge
from tests.questions.explained import judged
from tests.questions.test_cures import asked, planned
from tests.short import manifests

SHARED = """
- {ns: a}
- {ns: b}
- {dep: b/db, ports: [5432]}
- {svc: b/db, ports: {5432: 5432}}
- {dep: b/api, ports: [8000]}
- {svc: b/api, ports: {80: 8000}}
- {dep: b/client, env: {U: "http://web.a"}}
- {dep: a/web, labels: {app: w}, ports: [8080], env: {API_URL: "http://api.b:80"}}
- {svc: a/web, ports: {80: 8080}, spec: {selector: {app: w}}}
"""
JOB = """
- {dep: a/migrate, kind: Job, labels: {app: w}, env: {DB_URL: "postgres://db.b:5432/x"}}
"""
TWIN = """
- {dep: a/worker, labels: {app: w}, env: {DB_URL: "postgres://db.b:5432/x"}}
"""


@pytest.mark.judge
@pytest.mark.parametrize("name", ["seed-cluster", "apps-root-bjws", "apps-root-buroa", "apps-root-onedr0p"])
def test_what_is_named_is_what_decided(corpus: Path, judge: Judge, name: str) -> None:
    found = judged(next(one for one in cases(corpus) if one.name == name), judge, 120)
    assert found.wrong == []
    assert found.sides > 100
    assert found.unknown <= 4


def test_the_name_of_a_job_tells_its_pods_apart() -> None:
    """The labels are those of the server: only what the controller of Jobs adds tells that other policies hold."""
    run, snapshot = planned([("stdin", manifests(SHARED + JOB))])
    said = {
        (source, target): asked(snapshot, run, (source, target, port))[0].enforced
        for source, target, port in (
            ("a/migrate", "b/db", "5432"),
            ("a/migrate", "b/api", "8000"),
            ("a/web", "b/api", "8000"),
            ("b/client", "a/migrate", "8080"),
            ("b/client", "a/web", "8080"),
        )
    }
    assert said == {
        ("a/migrate", "b/db"): "allowed",
        ("a/migrate", "b/api"): "denied",
        ("a/web", "b/api"): "allowed",
        ("b/client", "a/migrate"): "denied",
        ("b/client", "a/web"): "allowed",
    }


def test_what_a_rule_opens_to_pods_with_the_same_labels_has_the_evidence_of_whose_it_is() -> None:
    run, snapshot = planned([("stdin", manifests(SHARED + TWIN))])
    (answer,) = asked(snapshot, run, ("a/worker", "b/api", "8000"))
    assert answer.enforced == "allowed"
    for side in answer.sides:
        assert "Deployment a/web env API_URL at stdin:" in side.whys[0]


def test_a_node_stands_for_the_pods_on_its_network() -> None:
    cluster = manifests(
        "- {ns: m}\n"
        "- {ns: kube-system}\n"
        "- {dep: m/agent, kind: DaemonSet, ports: [9100], pod: {hostNetwork: true}}\n"
        "- {svc: m/agent, ports: {9100: 9100}}\n"
        "- {dep: m/reader, env: {URL: 'http://agent.m:9100'}}\n"
    )
    run, snapshot = planned([("stdin", cluster)])
    for node in ("host", "remote-node"):
        (answer,) = asked(snapshot, run, ("m/reader", node, "9100"))
        assert answer.enforced == "allowed"
        assert "Deployment m/reader env URL at stdin:" in answer.sides[0].whys[0]
