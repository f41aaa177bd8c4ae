"""The same tree gives the same wheel and the same image layers, whenever and wherever it is built."""

from __future__ import annotations

import hashlib
import shutil
import zipfile

import pytest

from tests.tools import REPOSITORY, ROOT, absent, build_image_as, container_engine, run, succeeded

pytestmark = pytest.mark.e2e

LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    "__pycache__",
    "*.pyc",
    "tests",
    ".*_cache",
    ".cache",
    ".hypothesis",
    "dist",
    "index.json",
)


def checkout(folder, source=ROOT):
    """A copy of the tree under another path, with other file times."""
    shutil.copytree(source, folder, ignore=LEFT_OUT, copy_function=shutil.copyfile)
    return folder


def wheel(folder, python):
    succeeded(run([python, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist"], cwd=folder))
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_two_checkouts_build_the_same_wheel(tmp_path):
    pytest.importorskip("hatchling")
    tree = checkout(tmp_path / "one")
    again = checkout(tmp_path / "another-path", tree)
    first, second = wheel(tree, "python"), wheel(again, "python")

    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_the_wheel_holds_schema_catalogue_and_types(tmp_path):
    pytest.importorskip("hatchling")
    names = zipfile.ZipFile(wheel(checkout(tmp_path / "tree"), "python")).namelist()

    for needed in ("function-definition.yaml", "catalogue/index.json", "py.typed", "schemas/answers.json"):
        assert f"cilium_policies/{needed}" in names
    strangers = [n for n in names if not n.startswith(("cilium_policies/", "cilium_policies-"))]
    assert strangers == []


@pytest.mark.container
@pytest.mark.slow
@pytest.mark.xdist_group("image")
def test_two_builds_give_the_same_layers():
    """Neither build uses the other's cache; only their own layer is the function's, the base's is given."""
    engine = container_engine()
    if not engine.podman:
        absent("docker's own builder sets no time on a layer: podman, or buildx's rewrite-timestamp, does")
    names = [f"{REPOSITORY}:again-{number}" for number in (1, 2)]
    for name in names:
        build_image_as(name, NO_CACHE="1")
    layers = [
        succeeded(run([engine.command, "inspect", name, "--format", "{{.RootFS.Layers}}"])) for name in names
    ]
    succeeded(run([engine.command, "rmi", *names]))

    assert layers[0] == layers[1]
