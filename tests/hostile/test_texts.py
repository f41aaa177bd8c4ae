"""Texts that steer a terminal or end a comment, sizes, and the order of the input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cilium_policies.document.visible import visible

from tests.hostile.planted import thing

LABELS = {"app": "web"}
POD = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "e.com/x:1"}]}}
CONFIG = """\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
metadata: {name: c}
spec:
  mode: enforce
  allow: [{from: {pod: a/web}, to: internet, ports: [443/TCP], why: "x\\e[31m\\x9b\\u202e y\\x85z: a"}]
"""


def called(
    documents: list[dict] | str, *arguments: str, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    text = documents if isinstance(documents, str) else "\n---\n".join(json.dumps(one) for one in documents)
    command = [sys.executable, "-m", "cilium_policies", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=cwd)


def web(kind: str = "Deployment", name: str = "web", **pod: object) -> dict:
    template = {**POD, "spec": {**POD["spec"], **pod}}
    spec = {"selector": {"matchLabels": LABELS}, "template": template}
    return thing("apps/v1", kind, name, space="a", spec=spec)


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "c.yaml").write_text(CONFIG)
    return str(tmp_path / "c.yaml")


def test_control_characters_are_written_out_in_comments_and_on_the_terminal(config: str) -> None:
    documents = [thing("v1", "Namespace", "a", space=None), web()]
    text = "\n---\n".join(json.dumps(one) for one in documents)
    once = called(text, "--config", config)
    assert once.returncode == 0, once.stderr
    steering = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x202E)} - {"\n"}
    assert not steering & set(once.stdout.replace(text, ""))
    assert "\\x1b[31m" in once.stdout
    list(yaml.safe_load_all(once.stdout))
    again = called(once.stdout, "--config", config)
    assert (again.returncode, again.stdout) == (0, once.stdout)
    for question in (
        ["explain", "--from", "a/web", "--to", "1.1.1.1", "--port", "443", "--policies", "planned"],
        ["list", "--policies", "planned"],
        ["lint", "--planned"],
    ):
        done = called(text, *question, "--config", config)
        assert not steering & set(done.stdout + done.stderr), question


def test_a_word_that_nobody_reads_to_its_end_is_cut_in_a_line() -> None:
    done = called([thing("v1", "Namespace", "a" * 70_000, space=None), web()], "--only-policies", "-v")

    assert "is not the name of a namespace" in done.stderr
    assert max(map(len, done.stderr.splitlines())) < 1000


def test_what_is_written_out() -> None:
    assert visible("a\tb\nc") == "a\tb\nc"
    assert visible("\x1b[2J\x07\u2028\u202e\x9b") == "\\x1b[2J\\x07\\u2028\\u202e\\x9b"
    assert visible("grün 東") == "grün 東"


def test_the_order_of_the_input_is_in_no_policy() -> None:
    bound = {"serviceAccountName": "web"}
    job = thing(
        "batch/v1", "Job", "init", space="a", spec={"template": {**POD, "spec": {**POD["spec"], **bound}}}
    )
    again = thing("batch/v1", "CronJob", "tidy", space="a", spec={"schedule": "@daily", "jobTemplate": {"spec": {
        "template": {**POD, "spec": {**POD["spec"], **bound}}}}})  # fmt: skip
    other = web(name="other", **bound)
    other["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    other["spec"]["template"] = {**other["spec"]["template"], "metadata": {"labels": {"app": "other"}}}
    role = thing("rbac.authorization.k8s.io/v1", "ClusterRole", "r", space=None,
                 rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}])  # fmt: skip
    binding = thing("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "b", space=None,
                    roleRef={"kind": "ClusterRole", "name": "r", "apiGroup": "rbac.authorization.k8s.io"},
                    subjects=[{"kind": "ServiceAccount", "name": "web", "namespace": "a"}])  # fmt: skip
    account = thing("v1", "ServiceAccount", "web", space="a")
    documents = [thing("v1", "Namespace", "a", space=None), account, role, binding, job, again, other]
    there = called(documents, "--only-policies", "--mode", "enforce").stdout
    back = called(documents[::-1], "--only-policies", "--mode", "enforce").stdout

    assert there == back
    (api,) = [one for one in yaml.safe_load_all(there) if one["metadata"]["name"] == "allow-kube-apiserver"]
    subjects = [json.dumps(one["endpointSelector"]) for one in api["specs"]]
    assert len(subjects) == len(set(subjects)) == 2


def test_a_policy_above_the_limit_of_etcd_is_said() -> None:
    hosts = [
        {"name": f"H{n}_URL", "value": f"https://h{n}.corp-of-long-names-{'x' * 40}.io"} for n in range(14000)
    ]
    client = web()
    client["spec"]["template"]["spec"] = {"containers": [{"name": "c", "image": "e.com/x:1", "env": hosts}]}
    documents = [thing("v1", "Namespace", "a", space=None), client]
    done = called(documents, "--only-policies", "-v", "--mode", "enforce", "--set", "cluster.fqdn=all")

    assert len(done.stdout) > 1_600_000
    assert "MB: the API server takes no request above 1.5 MiB" in done.stderr
