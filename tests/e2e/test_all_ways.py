"""Real clusters of the corpus through every way of running: each gives the same policies, and `check` is content."""

from __future__ import annotations

import pytest

from tests.e2e.manifests import documents, policies, rest
from tests.e2e.trouble import EXEC, kustomization
from tests.engine.fixtures import required_corpus
from tests.tools import IMAGE, require, run, succeeded

pytestmark = [pytest.mark.e2e, pytest.mark.container, pytest.mark.slow]

CLUSTERS = ["seed-cluster", "sock-shop", "online-boutique", "argo-cd", "kube-prometheus-stack"]
BUILD = ["kustomize", "build", "--enable-alpha-plugins"]
KUBECTL = ["kubectl", "kustomize", "--enable-alpha-plugins"]
IN_IMAGE = f"container: {{image: {IMAGE}}}"


@pytest.fixture(params=CLUSTERS)
def cluster(request, tmp_path):
    """A folder with the cluster's manifests as kustomize prints them, and that text."""
    require("kustomize", "kubectl", "kpt", "container")
    source = required_corpus() / request.param / "input.yaml"
    folder = kustomization(tmp_path / "plain")
    (folder / "ns.yaml").write_bytes(source.read_bytes())
    (folder / "kustomization.yaml").write_text("resources: [ns.yaml]\n")
    return tmp_path, succeeded(run(["kustomize", "build", folder]))


def by_build(command, folder, function, manifests):
    (kustomization(folder, function) / "ns.yaml").write_text(manifests)
    printed = succeeded(run([*command, folder], timeout=300))
    assert rest(printed) == manifests
    return policies(printed)


def by_kpt(folder, manifests, *flags):
    folder.mkdir()
    (folder / "in.yaml").write_text(manifests)
    succeeded(run(["kpt", "fn", "eval", folder, *flags], timeout=300))
    return in_files(folder)


def in_files(folder):
    found = {}
    for path in folder.rglob("*.yaml"):
        found |= policies(path.read_text())
    return found


def test_the_same_policies_by_every_way(cluster, image):
    folder, manifests = cluster
    answer = succeeded(run(["cilium-policies"], stdin=manifests))
    streamed = policies(answer)
    (folder / "source").mkdir()
    (folder / "source" / "in.yaml").write_text(manifests)
    pipe = "set -o pipefail; kpt fn source source | cilium-policies | kpt fn sink sunk"

    spaces = {doc["metadata"]["name"] for doc in documents(manifests) if doc["kind"] == "Namespace"}
    assert {f"{space}/default-deny" for space in spaces} <= set(streamed)
    assert answer.startswith(manifests)
    assert by_build([*BUILD, "--enable-exec"], folder / "exec", EXEC, manifests) == streamed
    assert by_build(BUILD, folder / "image", IN_IMAGE, manifests) == streamed
    assert by_build(KUBECTL, folder / "kubectl", IN_IMAGE, manifests) == streamed
    assert by_kpt(folder / "kpt-exec", manifests, "--exec", "cilium-policies") == streamed
    assert by_kpt(folder / "kpt-image", manifests, "--image", image) == streamed
    succeeded(run(["bash", "-c", pipe], cwd=folder))
    assert in_files(folder / "sunk") == streamed
    named = folder / "source" / "in.yaml"
    assert policies(succeeded(run(["cilium-policies", "--only-policies", named]))) == streamed
    succeeded(run(["cilium-policies", "write", "--output", folder / "tree", named]))
    assert in_files(folder / "tree") == streamed
    assert run(["cilium-policies", "check"], stdin=answer).returncode == 0
    assert run(["cilium-policies", "check"], stdin=manifests).returncode == 1
