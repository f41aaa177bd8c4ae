"""The shop and the main case on a running Cilium, where it is built: `make live` builds it and asks the rest."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.engine.build import NoGoError
from tests.live import build, needs
from tests.live.given import CORPUS
from tests.tools import ROOT

pytestmark = pytest.mark.xdist_group("live")


@pytest.mark.parametrize("case", ["shop", "seed-cluster"])
def test_packets_do_what_the_engine_and_the_table_say(case: str) -> None:
    try:
        lacking = needs.missing() or (
            "" if build.built() else "not built yet, make live builds it (ten minutes)"
        )
    except NoGoError as error:
        lacking = str(error)
    if not lacking and not os.environ.get("CILIUM_POLICIES_LIVE"):
        lacking = "left to make live, and in CI to .ci/run after all other tests; or CILIUM_POLICIES_LIVE=1"
    if lacking:
        pytest.skip(f"no running Cilium: {lacking}")
    if case != "shop" and not CORPUS.is_dir():
        pytest.skip("no corpus beside the checkout")
    done = subprocess.run(
        [sys.executable, "-m", "tests.live", case],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
