"""Every command of docs/build.md, run in its order on an invented repository; a cluster's answers are recorded ones."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.builds import deployment, home, laid, two_clusters
from tests.tools import ROOT, environment, require

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flux")]

BLOCKS = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "build.md").read_text(), re.MULTILINE | re.DOTALL)

# What kubectl answers; it refuses kinds that the page means to leave out.
KUBECTL = """\
#!/usr/bin/env python3
import pathlib, sys
words = sys.argv[1:]
if words[0] == "api-resources":
    names = "bindings configmaps endpoints events namespaces pods secrets services deployments.apps replicasets.apps"
    names += " events.events.k8s.io leases.coordination.k8s.io pods.metrics.k8s.io ciliumendpoints.cilium.io"
    names += " ciliumnetworkpolicies.cilium.io componentstatuses endpointslices.discovery.k8s.io"
    print(*names.split(), sep="\\n")
elif words[1] == "secrets":
    assert "type!=helm.sh/release.v1" in words, words
    print("apiVersion: v1\\nitems: []\\nkind: List\\nmetadata:\\n  resourceVersion: ''")
else:
    wanted = "bindings,configmaps,namespaces,pods,services,deployments.apps,ciliumnetworkpolicies.cilium.io,"
    assert words[1] == wanted + "endpointslices.discovery.k8s.io", words[1]
    print(pathlib.Path(__file__).with_name("live.yaml").read_text(), end="")
"""
FLATE = """\
#!/bin/sh
echo "$@" | grep -q -- "--skip-secrets=false" || exit 2
cat "$(dirname "$0")/chart.yaml"
echo "  ✗  HelmRelease  media/my-redis  chart not found" >&2
exit 1
"""
RELEASES = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: redis}
spec: {chart: {spec: {chart: redis}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: mail}
spec: {chart: {spec: {chart: mail}}}
"""


def live() -> str:
    """The repository's Deployment as a cluster shows it: in a List, with its pods and what the cluster adds."""
    owner = "{apiVersion: apps/v1, kind: ReplicaSet, name: my-web-7d4b, uid: x, controller: true}"
    return f"""\
apiVersion: v1
items:
- apiVersion: v1
  kind: Namespace
  metadata: {{name: media}}
  status: {{phase: Active}}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {{name: my-web, namespace: media, uid: y, creationTimestamp: "2026-01-01T00:00:00Z"}}
  spec:
    replicas: 2
    selector: {{matchLabels: {{app: web}}}}
    template:
      metadata: {{labels: {{app: web}}}}
      spec:
        containers:
        - name: app
          image: docker.io/library/app:2
          imagePullPolicy: Always
          ports: [{{containerPort: 8080, protocol: TCP}}]
          env: [{{name: URL, value: "http://${{OTHER}}/${{TOKEN:=none}}/${{HOME}}"}}]
        restartPolicy: Always
  status: {{readyReplicas: 2}}
- apiVersion: v1
  kind: Service
  metadata: {{name: my-web, namespace: media}}
  spec: {{clusterIP: 10.96.0.7, selector: {{app: web}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}
  status: {{loadBalancer: {{}}}}
- apiVersion: v1
  kind: Pod
  metadata:
    name: my-web-7d4b-x
    namespace: media
    labels: {{app: web, pod-template-hash: 7d4b}}
    ownerReferences: [{owner}]
  spec: {{containers: [{{name: app, image: "docker.io/library/app:2"}}]}}
  status: {{phase: Running, podIP: 10.0.0.9}}
- apiVersion: v1
  kind: Pod
  metadata: {{name: migrate-x, namespace: media, labels: {{app: migrate}}}}
  spec: {{containers: [{{name: app, image: "docker.io/library/app:2"}}]}}
  status: {{phase: Succeeded}}
kind: List
metadata: {{resourceVersion: ""}}
"""


@pytest.fixture
def place(tmp_path):
    commands = tmp_path / "bin"
    chart = deployment("my-mail-server", namespace="media").replace(
        "metadata:\n  name", "metadata:\n  labels: {helm.toolkit.fluxcd.io/name: my-mail,"
        " helm.toolkit.fluxcd.io/namespace: media}\n  name", 1)  # fmt: skip
    laid(commands, {"kubectl": KUBECTL, "flate": FLATE, "live.yaml": live(), "chart.yaml": chart})
    for name in ("kubectl", "flate"):
        (commands / name).chmod(0o755)
    return tmp_path


def run(place, folder, script):
    env = environment()
    env["PATH"] = f"{place / 'bin'}:{env['PATH']}"
    script = re.sub(
        r"^(flux build .* --dry-run)", r"\1 --copy .", script
    )  # flux edits the folder where it lies
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_of_the_page_runs(place):
    require("kustomize")
    app = "kubernetes/apps/media/web/app/"
    one = laid(place / "one", home() | {f"{app}releases.yaml": RELEASES, ".git/config": ""})
    with (one / app / "kustomization.yaml").open("a") as file:
        file.write("  - ./releases.yaml\n")
    many = laid(place / "many", two_clusters() | {".git/config": ""})
    fleet = "defaultNamespace: web\ntargetCustomizations: [{clusterSelector: {matchLabels: {env: prod}}}]\n"
    bundle = laid(place / "bundle", {"web/fleet.yaml": fleet, "web/web.yaml": deployment("web")})
    told = {}
    for block in BLOCKS:
        done = run(place, bundle if "env=prod" in block else many if "--cluster" in block else one, block)
        assert done.returncode in ((0, 1) if block.startswith("flate") else (0,)), f"{block}\n{done.stderr}"
        told[block.split("\n")[0]] = done
    assert (one / "report.html").read_text().startswith("<!doctype html>")
    flate = next(done for line, done in told.items() if "--with flate" in line)
    assert "HelmRelease media/my-redis: not rendered: chart not found" in flate.stderr
    assert "kustomize and flate built" in flate.stderr
    assert "my-mail-server" in flate.stdout
    assert len(told) == len(set(BLOCKS)) - 1, "built.yaml is made twice"


def test_what_a_cluster_runs_is_what_its_repository_says(place):
    require("kustomize")
    root = laid(place / "one", home())
    done = run(place, root, "cilium-policies build . > b.yaml; cilium-policies diff b.yaml ../bin/live.yaml")
    assert (done.returncode, done.stdout) == (0, "no connection changes\n"), done.stderr


def test_a_dump_shows_each_workload_once(place):
    done = run(place, place, "cilium-policies --only-policies < bin/live.yaml | grep '^  name:'")
    assert [line.split()[1] for line in done.stdout.splitlines()] == [
        "allow-dns",
        "default-deny",
        "my-web",
    ]
