"""Errors that kustomize and kubectl print about a function they cannot start."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.e2e.trouble import NAMESPACE, Case, build, kustomization, seen
from tests.tools import CACHE, absent, environment


def no_plugins(tmp: Path) -> str:
    return seen(["kustomize", "build", kustomization(tmp)], 1)


def skipped(tmp: Path) -> str:
    folder = kustomization(tmp)
    by_kustomize = seen(["kustomize", "build", "--enable-alpha-plugins", folder], 0)
    by_kubectl = seen(["kubectl", "kustomize", "--enable-alpha-plugins", folder], 0)
    assert by_kustomize == by_kubectl == NAMESPACE
    return "No policy comes out, and there is no error"


def not_in_path(tmp: Path) -> str:
    bare = os.pathsep.join([str(CACHE / "bin"), "/usr/bin", "/bin"])
    return build(kustomization(tmp), PATH=bare)


def not_executable(tmp: Path) -> str:
    (kustomization(tmp, "exec: {path: ./cilium-policies}") / "cilium-policies").write_text("#!/bin/sh\n")
    return build(tmp)


def no_such_file(tmp: Path) -> str:
    return build(kustomization(tmp, "exec: {path: ./cilium-policies}"))


def no_interpreter_line(tmp: Path) -> str:
    script = kustomization(tmp, "exec: {path: ./cilium-policies}") / "cilium-policies"
    script.write_text("cilium-policies\n")
    script.chmod(0o755)
    return build(tmp)


def container(tmp: Path) -> Path:
    return kustomization(tmp, "container: {image: localhost/not-here:1}")


def no_docker(tmp: Path) -> str:
    bare = tmp / "bin"
    bare.mkdir(parents=True)
    (bare / "kustomize").symlink_to(str(shutil.which("kustomize", path=environment()["PATH"])))
    return build(container(tmp / "build"), PATH=str(bare))


def docker_down(tmp: Path) -> str:
    path = os.environ["PATH"].split(os.pathsep)
    docker = shutil.which("docker", path=os.pathsep.join(p for p in path if not p.startswith(str(CACHE))))
    if docker is None:
        absent("no docker client on this machine: make tools")
    shim = tmp / "bin"
    shim.mkdir(parents=True)
    (shim / "docker").symlink_to(str(docker))
    path = os.pathsep.join([str(shim), environment()["PATH"]])
    return build(container(tmp / "build"), PATH=path, DOCKER_HOST=f"unix://{tmp}/no.sock")


def no_image(tmp: Path) -> str:
    return build(container(tmp))


def two_layers(tmp: Path) -> str:
    for name in ("one", "two"):
        kustomization(tmp / name)
    (tmp / "two" / "ns.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app, namespace: web}\n"
        "spec:\n  selector: {matchLabels: {app: app}}\n  template:\n    metadata: {labels: {app: app}}\n"
        "    spec: {containers: [{name: app, image: app}]}\n"
    )
    (tmp / "kustomization.yaml").write_text("resources: [one, two]\n")
    return build(tmp)


def outer_namespace(tmp: Path) -> str:
    both = NAMESPACE + "---\n" + NAMESPACE.replace("web", "shop")
    (kustomization(tmp / "base") / "ns.yaml").write_text(both)
    (tmp / "kustomization.yaml").write_text("resources: [base]\nnamespace: forced\n")
    return build(tmp)


CASES: dict[str, Case] = {
    "No policy comes out, and there is no error": skipped,
    "external plugins disabled; unable to load external plugin 'CiliumPolicies'": no_plugins,
    'exec: "cilium-policies": executable file not found in $PATH': not_in_path,
    "fork/exec …: permission denied": not_executable,
    "fork/exec …: no such file or directory": no_such_file,
    "fork/exec …: exec format error": no_interpreter_line,
    'exec: "docker": executable file not found in $PATH': no_docker,
    "Cannot connect to the Docker daemon at …": docker_down,
    "couldn't execute function: exit status 125": no_image,
    "may not add resource with an already registered id: CiliumNetworkPolicy.v2.cilium.io/…": two_layers,
    "namespace transformation produces ID conflict": outer_namespace,
}
