"""docs/troubleshooting.md against the real tools: each text that it explains is met here, and the other way."""

from __future__ import annotations

import re

import pytest

from tests.e2e.trouble import by_build, by_flux, by_function, by_kpt, by_kustomize
from tests.tools import ROOT, require

TOOLS = {
    by_kustomize: ("kustomize",),
    by_kpt: ("kpt",),
    by_flux: (),
    by_function: (),
    by_build: ("kustomize",),
}
CASES = {text: (module, case) for module in TOOLS for text, case in module.CASES.items()}

pytestmark = pytest.mark.e2e


def headings() -> list[str]:
    """The texts that the page explains: its third-level headings, without the code marks around them."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    return [
        re.sub(r"^(`+) ?(.*?) ?\1$", r"\2", line[4:]) for line in page.splitlines() if line.startswith("### ")
    ]


def test_the_page_and_the_cases_are_the_same():
    assert sorted(headings()) == sorted(CASES)


IN_CONTAINERS = (by_kustomize, by_kpt)  # where functions run in them


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, marks=[pytest.mark.container] if module in IN_CONTAINERS else [])
        for text, (module, _) in CASES.items()
    ],
)
def test_a_user_sees_this_text(text, tmp_path, request):
    module, case = CASES[text]
    require(*TOOLS[module])
    if module is by_flux:
        request.getfixturevalue("flux")

    shown = case(tmp_path / "case")

    assert re.search(".*?".join(map(re.escape, text.split("…"))), " ".join(shown.split())), shown
