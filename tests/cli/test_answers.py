"""What machines read: each answer in its frame, held to the schema that users get."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ..questions import hubble
from ..support import deployment, namespace, service, stream
from .within import within

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/answers.json").read_text("utf-8"))
OPEN = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: debug-open, namespace: from}
spec: {endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEntities: [world]}]}
"""
INPUT = stream(
    namespace("from"),
    deployment("from/web", extra="env: [{name: DB, value: 'db:5432'}]"),
    deployment("from/db", port=5432),
    service("from/db", port=5432, target="5432"),
    OPEN,
)
DB = ["k8s:io.kubernetes.pod.namespace=from", "k8s:app=db"]
ANSWERS = {
    ("list",): "ConnectionList",
    ("list", "--by", "namespace"): "NamespaceConnectionList",
    ("list", "--exposed"): "ConnectionList",
    ("list", "--uncovered"): "UncoveredList",
    ("explain", "--from", "from/web", "--to", "from/db", "--port", "5432"): "VerdictList",
    ("report",): "Report",
    ("rollout",): "PhaseList",
    ("lint",): "FindingList",
    ("check",): "FindingList",
    ("lint", "--checks"): "CheckList",
    ("components", "--find", "coredns"): "ComponentList",
    ("components", "coredns"): "Component",
}


def answered(*words: str, stdin: bytes = INPUT) -> dict[str, Any]:
    body = json.loads(within(*words, "-o", "json", stdin=stdin).stdout)
    jsonschema.validate(body, SCHEMA, jsonschema.Draft202012Validator)
    assert isinstance(body, dict)
    return body


@pytest.mark.parametrize("words", ANSWERS)
def test_each_answer_is_of_its_kind_and_holds_to_the_schema(words: tuple[str, ...]) -> None:
    body = answered(*words)
    assert body["kind"] == ANSWERS[words]
    assert body["items"]


def test_every_kind_of_the_schema_is_asked_for() -> None:
    apart = {"ChangeList", "TestResultList", "ForeignList", "CutList", "UnusedRuleList"}
    assert set(SCHEMA["properties"]["kind"]["enum"]) == {*ANSWERS.values(), *apart}


def test_an_answer_says_what_it_was_made_from() -> None:
    metadata = answered("list", "--mode", "enforce")["metadata"]
    assert metadata["inputs"] == [
        {"name": "stdin", "digest": f"sha256:{hashlib.sha256(INPUT).hexdigest()}", "objects": 5}
    ]
    assert (metadata["mode"], metadata["namespaces"]) == ("enforce", 1)


def test_ends_and_ports_are_objects() -> None:
    rows = [{key: row[key] for key in ("from", "to", "ports")} for row in answered("list")["items"]]
    assert {
        "from": {"kind": "workload", "namespace": "from", "name": "web", "text": "from/web"},
        "to": {"kind": "workload", "namespace": "from", "name": "db", "text": "from/db"},
        "ports": [{"protocol": "TCP", "port": 5432}],
    } in rows
    world = next(row for row in rows if row["from"]["kind"] == "entity" and row["from"]["name"] == "world")
    assert world["ports"] == []  # every port


def test_a_namespace_called_like_a_field_collides_with_nothing() -> None:
    rows = answered("list", "--by", "namespace")["items"]
    inside = [row for row in rows if row["from"]["text"] == row["to"]["text"] == "from"]
    assert inside[0]["from"] == {"kind": "namespace", "name": "from", "text": "from"}


def test_changes_say_what_stands_on_one_side_alone(tmp_path: Path) -> None:
    for name, data in (("old.yaml", INPUT), ("new.yaml", INPUT + b"---\n" + deployment("from/new").encode())):
        (tmp_path / name).write_bytes(data)
    body = answered("diff", str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml"))
    assert body["metadata"]["added"] == ["from/new"]
    assert len(body["metadata"]["inputs"]) == 2


@pytest.mark.parametrize(("more", "kind"), [((), "CutList"), (("--unused",), "UnusedRuleList")])
def test_what_a_recording_shows(tmp_path: Path, more: tuple[str, ...], kind: str) -> None:
    (tmp_path / "in.yaml").write_bytes(INPUT)
    flow = hubble.line(hubble.pod("other", "scan", []), hubble.pod("from", "db", DB), 5432, by=[])
    body = answered("audit", *more, str(tmp_path / "in.yaml"), stdin=flow)
    assert body["kind"] == kind
    assert body["items"]
    assert body["metadata"]["recording"]["connections"] == 1
    assert body["metadata"]["recording"]["unheard"] == [
        "no verdict of the egress of from: nothing is known about it"
    ]


def test_results_of_tests(tmp_path: Path) -> None:
    file = tmp_path / "expect.yaml"
    file.write_text(
        "apiVersion: cilium-policies.fn/v1alpha1\nkind: PolicyTest\ntests:\n- from/web -> from/db:5432\n"
    )
    (item,) = answered("test", str(file))["items"]
    assert (item["test"], item["line"], item["passed"]) == ("from/web -> from/db:5432 allow", 4, True)


RADARR = deployment(
    "media/radarr",
    labels="app.kubernetes.io/name: radarr",
    image="ghcr.io/home-operations/radarr:6.0.4",
)
PROWLARR = deployment(
    "media/prowlarr",
    labels="app.kubernetes.io/name: prowlarr",
    image="ghcr.io/home-operations/prowlarr:2.3.0",
)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("list",), "media/radarr => api.radarr.video : 80/TCP, 443/TCP"),
        (("list", "--uncovered"), "to: {fqdn: NAME}, ports: [443/TCP, 80/TCP]"),
        (("report",), "api.radarr.video"),
    ],
)
def test_names_are_shown_and_so_is_what_they_leave_out(words: tuple[str, ...], shown: str) -> None:
    data = stream(namespace("media"), RADARR, PROWLARR)
    done = within(*words, "--set", "cluster.fqdn=known", "--mode", "enforce", stdin=data)
    assert shown in done.stdout.decode()
