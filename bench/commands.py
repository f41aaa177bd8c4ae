"""What people wait for at a command line: `report` of a large cluster, `build` of a tree of Kustomizations."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bench.builds import CACHE, command
from bench.measure import Ratio, Run, interleaved, paired, run

KUSTOMIZATIONS, PAIRS = 150, 31
TOOL = "kustomize build, each"  # of them and of the folder that holds them
BUILD = "cilium-policies build"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  interval: 1h
  path: ./{path}
  prune: true
  targetNamespace: {name}
  sourceRef: {{kind: GitRepository, name: flux-system, namespace: flux-system}}
"""
APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: c, image: 'registry.example/{name}:1', ports: [{{containerPort: 8080}}]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80, targetPort: 8080}}]}}
"""


def report(manifests: Path, rounds: int) -> dict[str, Run]:
    """The HTML page of planned policies."""
    call = partial(
        run, [*command(), "report", "--policies", "planned", str(manifests)], os.devnull, compiled(os.environ)
    )
    call()
    return interleaved({"cilium-policies report": call}, rounds or 5)


def compiled(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the bytecode that an installation has, also where none may be written beside the source."""
    kept = {key: value for key, value in environment.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(CACHE / "commands")}


def build(kustomize: str, rounds: int) -> tuple[dict[str, Run], Ratio]:
    """A repository of Flux Kustomizations, against the tool alone with as many processes at a time; its seconds in the
    tool's."""
    with tempfile.TemporaryDirectory() as place:
        calls = builds(Path(place), kustomize)
        return (
            interleaved(calls, rounds or 5),
            paired(calls[BUILD], calls[TOOL], rounds or PAIRS, "wall"),
        )


def builds(place: Path, kustomize: str) -> dict[str, Callable[[], Run]]:
    """Both make the same objects: the tool alone of a tree whose own files say the namespaces."""
    tree, alone = place / "tree", place / "alone"
    repository(tree)
    repository(alone, is_whole=True)
    folders = f"{alone}/clusters/home {alone}/apps/*"
    script = f"printf '%s\\n' {folders} | xargs -P {os.cpu_count() or 1} -n 1 {kustomize} build"
    path = f"{Path(kustomize).parent}:{os.environ['PATH']}"
    environment = {**compiled(os.environ), "PATH": path}
    calls = {
        TOOL: partial(run, ["sh", "-c", script], os.devnull, environment),
        BUILD: partial(run, [*command(), "build", str(tree)], os.devnull, environment),
    }
    calls[BUILD]()
    return calls


def repository(tree: Path, *, is_whole: bool = False) -> None:
    """Writes the tree; `is_whole`: its kustomizations have in them what Flux's Kustomizations add."""

    def kustomization(namespace: str, *resources: str) -> str:
        added = f"namespace: {namespace}\n" if is_whole else ""
        return f"resources: [{', '.join(resources)}]\n{added}"

    cluster = tree / "clusters" / "home"
    (cluster / "flux-system").mkdir(parents=True)
    (cluster / "flux-system" / "gotk-sync.yaml").write_text(
        FLUX.format(name="flux-system", path="clusters/home")
    )
    listed = ["flux-system/gotk-sync.yaml", *(f"app{one}.yaml" for one in range(KUSTOMIZATIONS))]
    (cluster / "kustomization.yaml").write_text(kustomization("flux-system", *listed))
    for number in range(KUSTOMIZATIONS):
        name = f"app{number}"
        folder = tree / "apps" / name
        folder.mkdir(parents=True)
        (folder / "app.yaml").write_text(APP.format(name=name))
        (folder / "kustomization.yaml").write_text(kustomization(name, "app.yaml"))
        (cluster / f"{name}.yaml").write_text(FLUX.format(name=name, path=f"apps/{name}"))
