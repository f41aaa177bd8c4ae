"""The first process of the sandbox: brings the cluster up, asks, writes the answers as JSON lines."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.engine.judge import Judge
from tests.live import given, network
from tests.live.agent import StartError
from tests.live.ask import (
    Answer,
    Live,
    beside,
    dump,
    keepers,
    names,
    outside,
    pairs,
    rows,
    settings,
    sizes,
    switching,
    uncovered,
    ways,
)
from tests.live.cluster import Cluster

ASKED: dict[str, Callable[[Live], Answer]] = {
    one.NAME: one.ask
    for one in (switching, beside, uncovered, names, ways, settings, dump, keepers, outside, pairs, sizes)
}


def known() -> dict[str, Callable[[Live], Answer]]:
    """Everything that can be asked, by the name that CASE= takes."""
    return {case.name: partial(rows.ask, case=case) for case in given.known()} | ASKED


def main(programs: str, out: str, *wanted: str) -> int:
    """Ask what is wanted; 1 where an answer is wrong or the cluster does not come up."""
    begun, folder = time.monotonic(), Path(out)
    network.mounts(Path(programs) / "bin")
    network.lan()
    cluster = Cluster(folder)
    try:
        cluster.start()
    except StartError as error:
        print(f"live: the cluster did not start: {error}", file=sys.stderr)
        return 1
    print(f"live: ready after {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    bad = 0
    with Judge() as judge, (folder / "answers.jsonl").open("a", encoding="utf-8") as file:
        for name in wanted:
            begun = time.monotonic()
            try:
                answer = known()[name](Live(cluster, judge, folder))
            except Exception as error:  # the next question may still be answered
                traceback.print_exc()
                answer = Answer(name, "it ended before its time", 0, [f"{type(error).__name__}: {error}"])
            seconds = time.monotonic() - begun
            file.write(json.dumps({**answer._asdict(), "seconds": round(seconds)}) + "\n")
            file.flush()
            bad += bool(answer.wrong)
            _tell(answer, seconds)
    return 1 if bad else 0


def _tell(answer: Answer, seconds: float) -> None:
    verdict = f"{len(answer.wrong)} WRONG" if answer.wrong else "all as expected"
    print(f"live: {answer.name}: {answer.asked:,} asked, {verdict}, {seconds:.0f} s", file=sys.stderr)
    for line in answer.wrong[:40]:
        print(f"  {line}", file=sys.stderr)
    for line in answer.notes[:10]:
        print(f"  ({line})", file=sys.stderr)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
