"""Errors that kpt prints about a function or its package."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.trouble import NAMESPACE, Case, seen
from tests.tools import IMAGE, absent, container_engine, require

KPTFILE = (
    "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: web\npipeline:\n  mutators:\n    - {entry}\n"
)


def package(tmp: Path, entry: str) -> Path:
    """A package with one Namespace whose pipeline has this one entry."""
    folder = tmp / "web"
    folder.mkdir(parents=True)
    (folder / "Kptfile").write_text(KPTFILE.format(entry=entry))
    (folder / "ns.yaml").write_text(NAMESPACE)
    return folder


def render(folder: Path, *flags: str, **env: str) -> str:
    return seen(["kpt", "fn", "render", folder, *flags], 1, **env)


def exec_not_allowed(tmp: Path) -> str:
    return render(package(tmp, "exec: cilium-policies"))


def unknown_runtime(tmp: Path) -> str:
    folder = package(tmp, f"image: {IMAGE}")
    return render(folder, KPT_FN_RUNTIME="containerd", KRM_FN_RUNTIME="containerd")


def podman_called_docker(tmp: Path) -> str:
    if not container_engine().podman:
        absent("docker is docker here, not podman by its name")
    folder = package(tmp, f"image: {IMAGE}")
    return render(folder, KPT_FN_RUNTIME="docker", KRM_FN_RUNTIME="docker")


def no_image(tmp: Path) -> str:
    require("container")
    return render(package(tmp, "image: localhost/not-here:1"))


def no_config(tmp: Path) -> str:
    return render(package(tmp, "{exec: cilium-policies, configPath: config.yaml}"), "--allow-exec")


def two_configs(tmp: Path) -> str:
    folder = package(tmp, "{exec: cilium-policies, configPath: ns.yaml, configMap: {mode: audit}}")
    return render(folder, "--allow-exec")


def a_list(tmp: Path) -> str:
    folder = package(tmp, "exec: cilium-policies")
    (folder / "list.yaml").write_text("apiVersion: v1\nkind: List\nitems: []\n")
    return render(folder, "--allow-exec")


CASES: dict[str, Case] = {
    "must run with `--allow-exec` option to allow running function binaries": exec_not_allowed,
    "the runtime must be either docker or podman": unknown_runtime,
    "docker client version must be v20.10.0 or greater: found v…": podman_called_docker,
    "Exit code: 125": no_image,
    "functionConfig must exist in the current package": no_config,
    "functionConfig must not specify both": two_configs,
    "input resource list must contain only KRM resources: … resource must have `metadata.name`": a_list,
}
