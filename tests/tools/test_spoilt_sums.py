"""A sum that is written down is also held: each tool's module and each Python package is refused under another one."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.tools import ROOT, absent, environment, go_environment, require, run

pytestmark = pytest.mark.e2e

TOOLS = sorted((ROOT / ".ci/tools").iterdir())
MODULE = re.compile(r"(?m)^(?:require |\t)(\S+) (v\S+)(?: // indirect)?$")


@pytest.mark.parametrize("tool", TOOLS, ids=[path.name for path in TOOLS])
def test_go_refuses_a_module_that_has_another_sum(tool: Path, tmp_path: Path) -> None:
    """The first module of each tool: as go build does, before it compiles anything."""
    require("go")
    for name in ("go.mod", "go.sum"):
        shutil.copy(tool / name, tmp_path / name)
    found = MODULE.search((tool / "go.mod").read_text())
    assert found
    module, version = found.groups()
    env = environment(**go_environment(), GOTOOLCHAIN="auto", GOWORK="off")
    command = ["go", "mod", "download", f"{module}@{version}"]
    good = run(command, cwd=tmp_path, env=env)
    if good.returncode != 0:
        absent(f"Go cannot fetch {module} here: {good.stderr.strip()}")

    sums = tmp_path / "go.sum"
    text, count = re.subn(
        rf"(?m)^({re.escape(module)} {re.escape(version)} h1:)....", r"\1AAAA", sums.read_text()
    )
    assert count == 1
    sums.write_text(text)
    spoilt = run(command, cwd=tmp_path, env=env)
    assert spoilt.returncode != 0
    assert "SECURITY ERROR" in spoilt.stderr


@pytest.mark.parametrize("name", ["runtime", "build"])
def test_pip_refuses_a_package_that_has_another_hash(name: str, tmp_path: Path) -> None:
    """What goes into the image, and what makes the wheel: asked for as the Dockerfile does, but not installed."""
    text = (ROOT / f"requirements/{name}.txt").read_text()
    place = tmp_path / "requirements.txt"
    words = ["-q", "--dry-run", "--ignore-installed", "--require-hashes", "-r", place]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *words]
    place.write_text(text)
    good = run(command)
    if good.returncode != 0:
        absent(f"pip fetches nothing here: {good.stderr.strip().splitlines()[-1]}")

    place.write_text(re.sub(r"(--hash=sha256:)....", r"\g<1>0000", text))
    spoilt = run(command)
    assert spoilt.returncode != 0
    assert "DO NOT MATCH THE HASHES" in spoilt.stderr
