"""`make live`: build, run in a sandbox, say what came out. `python -m tests.live [--write FILE] [CASE …]`"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.engine.build import NoGoError
from tests.live import build, inside, needs, page, runs, sandbox


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
    parser.add_argument("--build", action="store_true", help="build, and ask nothing")
    parser.add_argument("--built", action="store_true", help="skip where something would have to be built")
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
        programs = _programs(given.cilium, may_build=not given.built)
    except NoGoError as error:
        print(f"live: skipped: {error}", file=sys.stderr)
        return 0
    except subprocess.CalledProcessError as error:
        print(f"live: Cilium {given.cilium} does not build: {error.stderr or error}", file=sys.stderr)
        return 1
    return 0 if given.build else _run(programs, wanted, given.write, given.cilium)


def _programs(version: str, *, may_build: bool) -> Path:
    if not build.built(version):
        if not may_build:
            raise NoGoError("not built yet, and it would take ten minutes: make live builds it")
        print("live: building; some ten minutes with an empty cache", file=sys.stderr)
    return build.build(version)


def _run(programs: Path, wanted: list[str], target: Path | None, version: str) -> int:
    with runs.folder(programs) as out:
        code = sandbox.run([sys.executable, "-m", "tests.live.inside", programs, out, *wanted])
        if target is not None and (out / "answers.jsonl").exists():
            page.write(target, (out / "answers.jsonl").read_text(encoding="utf-8"), version)
    print(f"live: logs and recordings are in {out}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
