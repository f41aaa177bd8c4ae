"""The secrets of `planted.py`, in every spelling and every place that is read: none of them stands in any output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.planted import Planter, cluster


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    plant = Planter()
    path = tmp_path_factory.mktemp("secrets") / "all.yaml"
    path.write_text("\n---\n".join(json.dumps(one) for one in cluster(plant)))
    (path.parent / "expect.yaml").write_text(EXPECT)
    assert len(set(plant.planted)) > 200
    return path, plant.planted


def printed(path: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "cilium_policies", *arguments]
    done = subprocess.run(
        command, input=path.read_text(), capture_output=True, text=True, check=False, cwd=path.parent
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout + done.stderr, arguments
    return done.stdout + done.stderr


EXPECT = """\
apiVersion: cilium-policies.fn/v1alpha1
kind: PolicyTest
metadata: {name: all}
tests:
- shop/web -> world:5432 deny
- shop/web -> shop/api:8080 deny
- "* -> shop/web:8080 only from shop/none"
"""
COMMANDS = [
    ["--only-policies"],
    ["--only-policies", "--mode", "enforce", "-v"],
    ["inventory"],
    *(["list", "-o", form] for form in ("text", "json")),
    ["list", "--uncovered", "-v"],
    ["list", "--policies", "planned"],
    *(["report", "-o", form, "--policies", "planned"] for form in ("html", "svg", "md", "json")),
    ["explain", "--policies", "planned", "--from", "shop/web", "--to", "shop/api", "--port", "8080"],
    ["explain", "--policies", "planned", "--from", "shop/web", "--to", "db.example.com", "--port", "5432"],
    ["lint", "--planned", "-v"],
    ["lint", "-o", "json"],
    ["check", "-v"],
    ["components"],
    ["rollout"],
    ["list", "--foreign"],
    ["lint", "--planned", "-o", "sarif"],
    ["test", "--record", "all.yaml"],
    ["break-glass", "shop"],
    ["break-glass", "shop", "--for", "30m"],
    ["audit", "--rules"],
    *(["test", "-v", "-o", form, "expect.yaml", "all.yaml"] for form in ("text", "json", "junit")),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_a_secret(planted: tuple[Path, list[str]], command: list[str]) -> None:
    path, secrets = planted
    shown = printed(path, *command)

    assert [one for one in secrets if one in shown] == []


@pytest.mark.parametrize("form", ["text", "json", "md", "csv"])
def test_a_difference_shows_none(planted: tuple[Path, list[str]], form: str) -> None:
    """Every address goes, so that each is a line of the answer."""
    path, secrets = planted
    before = [json.loads(one) for one in path.read_text().split("\n---\n")]
    after = [one for one in before if one["kind"] in ("Namespace", "Service", "Deployment")]
    for one in after:
        if one["kind"] == "Deployment":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            del container["env"], container["args"], container["envFrom"]
    (path.parent / "after.yaml").write_text("\n---\n".join(map(json.dumps, after)))
    shown = printed(path, "diff", "-v", "-o", form, "--policies", "planned", "all.yaml", "after.yaml")

    assert "kube-apiserver" in shown
    assert [one for one in secrets if one in shown] == []


@pytest.mark.parametrize("form", ["text", "json", "md", "csv"])
def test_flows_that_carry_secrets_show_none(planted: tuple[Path, list[str]], form: str) -> None:
    """Hubble's own records hold URLs and headers, where its operator has not switched that off."""
    path, _ = planted
    plant = Planter()
    web = {
        "namespace": "shop",
        "pod_name": "web-1",
        "labels": ["k8s:app=web", "k8s:io.kubernetes.pod.namespace=shop"],
    }
    url = plant.fill("https://me:{a}@api.example.com/v1/{b}") + plant.fill("?token={a}")
    header = {"key": "Authorization", "value": plant.fill("Bearer {a}")}
    flow = {
        "time": "2026-11-01T10:00:00Z", "verdict": "AUDIT", "traffic_direction": "EGRESS", "Type": "L7",
        "source": web, "destination": {"identity": 2, "labels": ["reserved:world"]},
        "IP": {"source": "10.0.0.1", "destination": "203.0.113.9", "ipVersion": "IPv4"},
        "l4": {"TCP": {"source_port": 40000, "destination_port": 8444}},
        "l7": {"type": "REQUEST", "http": {"method": "GET", "url": url, "headers": [header]}},
        "event_type": {"type": 5}, "Summary": f"GET {url}", "policy_match_type": 0,
    }  # fmt: skip
    verdict = {**flow, "Type": "L3_L4", "l7": None, "event_type": {"type": 5, "sub_type": 3}}
    (path.parent / "flows.json").write_text(
        "".join(
            json.dumps({"flow": one, "node_name": "a", "time": one["time"]}) + "\n" for one in (flow, verdict)
        )
    )
    shown = printed(path, "audit", "-v", "-o", form, "--flows", "flows.json", "all.yaml")

    assert "8444" in shown
    assert [one for one in plant.planted if one in shown] == []


def test_what_is_written_holds_none(planted: tuple[Path, list[str]], tmp_path: Path) -> None:
    path, secrets = planted
    printed(path, "write", "--output", str(tmp_path / "tree"))
    shown = "".join(one.read_text() for one in (tmp_path / "tree").rglob("*") if one.is_file())

    assert "default-deny" in shown
    assert [one for one in secrets if one in shown] == []


def test_the_addresses_beside_them_are_found(planted: tuple[Path, list[str]]) -> None:
    path, _ = planted
    shown = printed(path, "--only-policies", "--mode", "enforce")

    assert "8080" in shown
    assert "5432" in shown
