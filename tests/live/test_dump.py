"""A cluster's dump by the line of docs/build.md, made by a real API server, says what the repository says."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.builds import deployment, namespace
from tests.live.server import lacking, server
from tests.tools import ROOT

pytestmark = pytest.mark.xdist_group("live")

SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: shop}
spec: {selector: {app: NAME}, ports: [{port: 80, targetPort: 8080}]}
"""
BACKUP = """\
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: shop}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: backup}}
        spec:
          restartPolicy: Never
          containers: [{name: app, image: docker.io/library/app:1, env: [{name: URL, value: "http://api"}]}]
"""
REPOSITORY = "".join(
    (
        namespace("shop"),
        deployment("api", namespace="shop"),
        deployment("web", env="API=http://api", namespace="shop"),
        SERVICE.replace("NAME", "api"),
        BACKUP,
    )
)
HELM = """\
---
apiVersion: v1
kind: Secret
metadata: {name: sh.helm.release.v1.api.v1, namespace: shop}
type: helm.sh/release.v1
stringData: {release: "http://nowhere.shop:1234"}
"""
OLD = 300  # revisions of each Deployment that the cluster keeps
LINES = re.findall(r"(?m)^kubectl get .*live\.yaml$", (ROOT / "docs" / "build.md").read_text())


def revision(name: str, number: int) -> dict[str, object]:
    """A ReplicaSet as the controller makes it."""
    mark = f"{number:08x}"
    labels = {"app": name, "pod-template-hash": mark}
    (body,) = yaml.safe_load_all(deployment(name, namespace="shop"))
    template = {**body["spec"]["template"], "metadata": {"labels": labels}}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": f"{name}-{mark}", "namespace": "shop", "labels": labels},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def pod(name: str, kind: str, owner: str, labels: dict[str, str]) -> dict[str, object]:
    container = {"name": "app", "image": "docker.io/library/app:1"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "owner": (kind, owner),
        "spec": {"containers": [container]},
    }


def made_by_controllers() -> list[dict[str, object]]:
    found = [revision(name, number) for name in ("api", "web") for number in range(OLD)]
    owners = [("Deployment", str(one["spec"]["selector"]["matchLabels"]["app"])) for one in found]
    found = [{**one, "owner": owner} for one, owner in zip(found, owners, strict=True)]
    for name in ("api", "web"):
        mark = f"{OLD - 1:08x}"
        labels = {"app": name, "pod-template-hash": mark}
        found += [pod(f"{name}-{mark}-{end}", "ReplicaSet", f"{name}-{mark}", labels) for end in ("a", "b")]
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "backup-29000000", "namespace": "shop"},
        "owner": ("CronJob", "backup"),
        "spec": yaml.safe_load(BACKUP)["spec"]["jobTemplate"]["spec"],
    }
    return [*found, job, pod("backup-29000000-x", "Job", "backup-29000000", {"app": "backup"})]


def owned(one: dict[str, object]) -> dict[str, object]:
    kind, name = one.pop("owner")
    group = {"Deployment": "apps/v1", "ReplicaSet": "apps/v1", "CronJob": "batch/v1", "Job": "batch/v1"}[kind]
    owner = {"apiVersion": group, "kind": kind, "name": name, "uid": "0", "controller": True}
    return {**one, "metadata": {**one["metadata"], "ownerReferences": [owner]}}


def test_a_dump_of_a_real_api_server_says_what_the_repository_says(tmp_path: Path) -> None:
    if why := lacking():
        pytest.skip(f"no API server: {why}")
    (tmp_path / "built.yaml").write_text(REPOSITORY)
    with server(tmp_path) as env:

        def run(script: str, given: str = "") -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                ["bash", "-c", script],
                cwd=tmp_path,
                env=env,
                input=given,
                capture_output=True,
                text=True,
                check=False,
            )

        applied = run("kubectl create -f -", REPOSITORY + HELM)
        assert applied.returncode == 0, applied.stderr
        objects = {"apiVersion": "v1", "kind": "List", "items": [owned(one) for one in made_by_controllers()]}
        applied = run("kubectl create -f -", json.dumps(objects))
        assert applied.returncode == 0, applied.stderr
        (line,) = LINES
        dumped = run(line)
        assert dumped.returncode == 0, dumped.stderr
        whole = run(
            "kubectl get deployments,replicasets,pods,services,ns,jobs,cronjobs,secrets -A -o yaml > whole.yaml"
        )
        assert whole.returncode == 0, whole.stderr
        for dump in ("live.yaml", "whole.yaml"):
            changes = run(f"cilium-policies diff built.yaml {dump}")
            assert (changes.returncode, changes.stdout) == (0, "no connection changes\n"), changes.stderr
            policies = run(f"cilium-policies --only-policies {dump}").stdout
            names = sorted(re.findall(r"(?m)^  name: (\S+)\n  namespace: shop$", policies))
            assert names == ["allow-dns", "api", "backup", "default-deny", "web"]
            assert "1234" not in policies
