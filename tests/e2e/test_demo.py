"""`make demo`'s script, on a machine with kustomize and on one without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import EXAMPLES, environment, require, run, succeeded
from tests.tools.engine import without

pytestmark = pytest.mark.e2e

POLICIES = ["allow-dns", "api", "db", "default-deny", "web"]


def shown(printed):
    """The list of policies that the demo prints."""
    lines = [line.strip() for line in printed.splitlines() if line.startswith("  ") and line.count("/") == 1]
    return [line for line in lines if line.startswith(("shop/", "reloader/")) and " " not in line]


def complete(printed):
    names = [f"reloader/{name}" for name in ("allow-dns", "allow-kube-apiserver", "default-deny", "reloader")]
    assert shown(printed) == [*names, *(f"shop/{name}" for name in POLICIES)]
    assert "      description:" in printed, "one policy in full"
    assert "shop/db egress" in printed, "what is uncovered"
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
