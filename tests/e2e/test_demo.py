"""`make demo`'s script, on a machine with kustomize and on one without, and the README's picture of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import EXAMPLES, ROOT, environment, require, run, succeeded
from tests.tools.engine import without

pytestmark = pytest.mark.e2e

POLICIES = ["allow-dns", "api", "default-deny", "postgresql-db", "web"]


def shown(printed):
    """The list of policies that the demo prints."""
    lines = [line.strip() for line in printed.splitlines() if line.startswith("  ") and line.count("/") == 1]
    return [line for line in lines if line.startswith(("shop/", "reloader/")) and " " not in line]


def complete(printed):
    names = [f"reloader/{name}" for name in ("allow-dns", "allow-kube-apiserver", "default-deny", "reloader")]
    assert shown(printed) == [*names, *(f"shop/{name}" for name in POLICIES)]
    assert "      description:" in printed, "one policy in full"
    assert "shop/db ingress and egress" in printed, "what is uncovered"
    (report,) = [line.split()[-1] for line in printed.splitlines() if line.endswith("/report.html")]
    assert Path(report).read_text().startswith("<!doctype html>")
    assert "Now your own" in printed
    assert "Traceback" not in printed


def test_with_kustomize():
    require("kustomize")
    printed = succeeded(run(["sh", EXAMPLES / "demo.sh"]))

    assert printed.startswith("$ kustomize build --enable-alpha-plugins --enable-exec")
    complete(printed)


def test_without_kustomize(tmp_path):
    bare = without(environment()["PATH"], "kustomize", tmp_path)
    printed = succeeded(run(["sh", EXAMPLES / "demo.sh"], env=environment(PATH=bare)))

    assert "kustomize is not installed" in printed.splitlines()[0]
    complete(printed)


def test_the_readme_shows_what_it_prints():
    """Each part between the dots of the README's block stands in the output, one after the other."""
    require("kustomize")
    printed = succeeded(run(["sh", EXAMPLES / "demo.sh"]))
    _, _, rest = (ROOT / "README.md").read_text("utf-8").partition("```text\n")
    parts = rest.partition("\n```")[0].strip("…\n").split("\n…\n")

    assert len(parts) == 4
    at = 0
    for part in parts:
        assert part in printed[at:]
        at = printed.index(part, at) + len(part)
