"""Each folder of examples/ with its `run` script and the real tool, against its expected.yaml, byte for byte."""

from __future__ import annotations

import pytest

from tests import tools
from tests.e2e.manifests import documents, own
from tests.tools import EXAMPLES, require, run, succeeded

TOOLS = {
    "kustomize-exec": ("kustomize",),
    "kustomize-container": ("kustomize", "container"),
    "kubectl-container": ("kubectl", "container"),
    "kpt-render": ("kpt", "container"),
    "kpt-eval": ("kpt", "container"),
    "stream": (),
    "helm": ("helm",),
    "helm-post-renderer": ("helm",),
    "flux": (),
    "repository": ("kustomize",),
    "argocd": ("kustomize",),
    "layers": ("kustomize",),
}

pytestmark = pytest.mark.e2e


def test_every_folder_with_a_script_is_run_here():
    assert {path.parent.name for path in EXAMPLES.glob("*/run")} == set(TOOLS)


@pytest.mark.parametrize(
    "folder",
    [pytest.param(one, marks=[pytest.mark.container] if "container" in TOOLS[one] else []) for one in TOOLS],
)
def test_example_prints_what_it_says(folder, request):
    require(*TOOLS[folder])
    if "container" in TOOLS[folder]:
        request.getfixturevalue("image")
    if folder == "flux":
        request.getfixturevalue("flux")

    printed = succeeded(run([EXAMPLES / folder / "run"]))

    assert own(documents(printed)), "no policy came out"
    assert printed == (EXAMPLES / folder / "expected.yaml").read_text()


def test_the_scripts_leave_the_checkout_as_it_was():
    changed = succeeded(run(["git", "status", "--porcelain", "--ignored", "examples"], cwd=tools.ROOT))
    assert [line for line in changed.splitlines() if line.startswith(("??", "!!"))] == []
