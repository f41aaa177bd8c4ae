"""`make live`: build, run in a sandbox, say what came out. `python -m tests.live [--write FILE] [CASE …]`"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.engine.build import NoGoError
from tests.live import build, inside, needs, page, sandbox

KEPT = 4  # runs whose logs and recordings stay


def main() -> int:
    """The exit code: 0 for skipped or as expected, 1 where something is not."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.live", description="Cilium itself, on this machine."
    )
    parser.add_argument(
        "cases", metavar="CASE", nargs="*", help="a case or a question; all where none is named"
    )
    parser.add_argument("--cilium", default=build.CILIUM, metavar="VERSION", help="another version of Cilium")
    parser.add_argument("--write", type=Path, metavar="FILE", help="note the answers in this page")
    given = parser.parse_args()
    wanted = given.cases or list(inside.known())
    unknown = [name for name in wanted if name not in inside.known()]
    if unknown:
        print(f"live: no case {', '.join(unknown)}; there are {', '.join(inside.known())}", file=sys.stderr)
        return 2
    lacking = needs.missing()
    if lacking:
        print(f"live: skipped: {lacking}", file=sys.stderr)
        return 0
    try:
        if not build.built(given.cilium):
            print("live: building; some ten minutes with an empty cache", file=sys.stderr)
        programs = build.build(given.cilium)
    except NoGoError as error:
        print(f"live: skipped: {error}", file=sys.stderr)
        return 0
    except subprocess.CalledProcessError as error:
        print(f"live: Cilium {given.cilium} does not build: {error.stderr or error}", file=sys.stderr)
        return 1
    return _run(programs, wanted, given.write, given.cilium)


def _run(programs: Path, wanted: list[str], target: Path | None, version: str) -> int:
    out = Path(tempfile.mkdtemp(prefix="run-", dir=programs))
    for old in sorted(programs.glob("run-*"), key=lambda one: one.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    code = sandbox.run([sys.executable, "-m", "tests.live.inside", programs, out, *wanted])
    if target is not None and (out / "answers.jsonl").exists():
        page.write(target, (out / "answers.jsonl").read_text(encoding="utf-8"), version)
    print(f"live: logs and recordings are in {out}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
