"""A killed run leaves nothing that the next one does not remove."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.live import runs
from tests.tools import ROOT

STAYS = """
import sys, time
from pathlib import Path
from tests.live import runs
with runs.folder(Path(sys.argv[1])) as out:
    print(out, flush=True)
    time.sleep(600)
"""


def test_a_killed_run_is_swept_and_one_that_goes_on_is_not(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STAYS, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        out = Path(process.stdout.readline().strip())
        runs.sweep(tmp_path)
        assert out.is_dir()
        os.kill(process.pid, signal.SIGKILL)
    with runs.folder(tmp_path) as mine:
        assert [*tmp_path.glob("run-*")] == [mine]


def test_of_the_finished_ones_the_newest_stay(tmp_path: Path) -> None:
    made = []
    for number in range(runs.KEPT + 2):
        with runs.folder(tmp_path) as out:
            made.append(out)
        os.utime(out, (number, number))
    runs.sweep(tmp_path)
    assert {*tmp_path.glob("run-*")} == {*made[-runs.KEPT :]}
