"""Errors that kustomize and kubectl print about a function they cannot start."""

from __future__ import annotations

import os
from pathlib import Path

from tests.e2e.trouble import NAMESPACE, Case, build, kustomization, seen
from tests.tools import absent, environment, require
from tests.tools.engine import answer, without


def no_plugins(tmp: Path) -> str:
    return seen(["kustomize", "build", kustomization(tmp)], 1)


def skipped(tmp: Path) -> str:
    folder = kustomization(tmp)
    by_kustomize = seen(["kustomize", "build", "--enable-alpha-plugins", folder], 0)
    require("kubectl")
    by_kubectl = seen(["kubectl", "kustomize", "--enable-alpha-plugins", folder], 0)
    assert by_kustomize == by_kubectl == NAMESPACE
    return "No policy comes out, and there is no error"


def not_in_path(tmp: Path) -> str:
    bare = without(environment()["PATH"], "cilium-policies", tmp / "bin")
    return build(kustomization(tmp / "build"), PATH=bare)


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
    return build(container(tmp / "build"), PATH=without(environment()["PATH"], "docker", tmp / "bin"))


def docker_down(tmp: Path) -> str:
    clients = [Path(part, "docker") for part in os.environ["PATH"].split(os.pathsep)]
    docker = next((one for one in clients if answer(str(one), "--version").startswith("Docker")), None)
    if docker is None:
        absent("no docker client on this machine: make tools")
    client = tmp / "bin"
    client.mkdir(parents=True)
    (client / "docker").symlink_to(str(docker))
    path = os.pathsep.join([str(client), environment()["PATH"]])
    return build(container(tmp / "build"), PATH=path, DOCKER_HOST=f"unix://{tmp}/no.sock")


def no_image(tmp: Path) -> str:
    require("container")
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
