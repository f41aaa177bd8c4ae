"""`make demo`'s script, on a machine with kustomize and on one without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools import EXAMPLES, ROOT, environment, require, run, succeeded
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
    done = run(["sh", EXAMPLES / "demo.sh"])
    printed = succeeded(done)

    assert printed.startswith("$ kustomize build --enable-alpha-plugins --enable-exec")
    complete(printed)
    said = {*printed.splitlines(), done.stderr.partition(" audit")[0] + " audit"}
    assert [line for line in readme_shows() if line not in said] == [], "the demo no longer prints this"


def readme_shows():
    """The lines of README.md's picture of the demo; an ellipsis stands for what is left out."""
    _, _, rest = (ROOT / "README.md").read_text("utf-8").partition("`make demo` prints, shortened:\n\n```\n")
    lines = rest.partition("```")[0].splitlines()
    assert len(lines) > 20
    # What the summary counts behind its mode may change with each rule that is added.
    shown = [
        f"{line.partition(' audit')[0]} audit" if line.startswith("cilium-policies: ") else line
        for line in lines
    ]
    return [line for line in shown if line.strip() != "…"]


def test_without_kustomize(tmp_path):
    bare = without(environment()["PATH"], "kustomize", tmp_path)
    printed = succeeded(run(["sh", EXAMPLES / "demo.sh"], env=environment(PATH=bare)))

    assert "kustomize is not installed" in printed.splitlines()[0]
    complete(printed)
