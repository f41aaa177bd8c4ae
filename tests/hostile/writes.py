"""Trees of policies written under faults, by number: killed or ended before any step that the system is asked for, a
disk that is full or read-only from some step on, a step that fails once, two writers at a time.

    python -m tests.hostile.writes FIRST LAST    writes with these numbers, and says what went wrong

A step is what Python's audit hooks tell: a file opened, a folder made, something renamed, linked or removed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from cilium_policies import staging, tree
from cilium_policies.config.model import Write
from cilium_policies.document.finding import RefusedError, line_of

STEPS = (
    "open",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.remove",
    "os.link",
    "os.listdir",
    "os.scandir",
    "shutil.copyfile",
)
FAULTS = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "once", "full", "read-only", "killed again", "two")
_NUMBERS = {"full": errno.ENOSPC, "read-only": errno.EROFS, "once": errno.EIO}
_CHANGES = ("os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.link")  # what a read-only disk refuses
Listed = dict[str, bytes]


class Case(NamedTuple):
    """What stands in a tree first, what is written into it, how, and the fault at a step."""

    before: Listed
    after: Listed
    other: Listed  # a second writer's, or that of the run which comes after a killed one
    mine: Listed  # files of somebody's own
    prune: bool
    indexed: bool
    fault: str
    step: int


def case(number: int) -> Case:
    random = Random(number)
    own = ("own.yaml", "network-policies/own.yaml", "network-policies/app/mine.yaml")
    mine = {
        f"{random.choice('abz')}/{random.choice(own)}": b"kind: Mine\n" for _ in range(random.randrange(3))
    }
    sets = [_policies(random) for _ in range(3)]
    prune, indexed = random.random() < 0.7, random.random() < 0.3
    return Case(*sets, mine, prune, indexed, FAULTS[number % len(FAULTS)], random.randrange(60))


def _policies(random: Random) -> Listed:
    """The files of some policies in some namespaces."""
    head = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
    made = [
        tree.Policy(space, name, f"{head}metadata: {{name: {name}}}\nspec: {random.randrange(9)}\n".encode())
        for space in random.sample(["", "a", "b", "c"], random.randrange(4))
        for name in random.sample(["default-deny", "web", "db", "cache"], random.randint(1, 4))
    ]
    return tree.files(made, "apps", Write())


def listed(root: Path) -> Listed:
    """Every file below the root, and the folders that are empty."""
    found: Listed = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file():
            found[name] = path.read_bytes()
        elif not any(path.iterdir()):
            found[f"{name}/"] = b""
    return found


def write(root: Path, made: Listed, one: Case) -> None:
    tree.write(str(root), dict(made), prune=one.prune, indexed=one.indexed)


def lay(root: Path, one: Case) -> None:
    write(root, one.before, one)
    for name, text in one.mine.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)


def finish(root: Path) -> None:
    """What the next writer does first."""
    with staging.alone(str(root)):
        pass


def expected(one: Case, *written: Listed) -> Listed:
    """What the tree holds after these writes, one after the other, without a fault."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree")
        lay(root, one)
        for made in written:
            with contextlib.suppress(RefusedError):
                write(root, made, one)
        return listed(root)


def child(call: Callable[[], None]) -> int:
    """How a process ends in which this is called: 0, 7 where it refused, the number of a signal below zero."""
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 9
    try:
        for ending in ("SIGTERM", "SIGINT", "SIGHUP"):
            signal.signal(getattr(signal, ending), signal.SIG_DFL)
        call()
        code = 0
    except RefusedError as refused:
        code = 8 if "some files are new" in line_of(refused.finding) else 7
    except BaseException as error:
        sys.stderr.write(f"{error!r}\n")
    finally:
        os._exit(code)


def faulty(root: Path, one: Case, fault: str) -> Callable[[str, tuple[object, ...]], None]:
    """A hook that lets the fault happen before a step below the root."""
    left = [one.step]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event not in STEPS or not any(str(root) in str(place) for place in arguments[:2]):
            return
        writes = event in _CHANGES or (event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR))
        if fault in _NUMBERS and not writes:
            return
        left[0] -= 1
        if fault.startswith("SIG") and left[0] == -1:
            os.kill(os.getpid(), getattr(signal, fault))
        elif (fault == "once" and left[0] == -1) or (
            fault in ("full", "read-only")
            and left[0] < 0
            and (fault == "read-only" or event in ("os.mkdir", "open", "os.link"))
        ):
            number = _NUMBERS[fault]
            raise OSError(number, os.strerror(number))

    return hook


def slowed(root: Path, random: Random) -> Callable[[str, tuple[object, ...]], None]:
    """A hook that waits before some steps below the root, so that another writer comes between them."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        below = event in STEPS and any(str(root) in str(place) for place in arguments[:2])
        if below and random.random() < 0.2:
            time.sleep(random.random() / 200)

    return hook


def under(root: Path, made: Listed, one: Case, fault: str) -> int:
    def run() -> None:
        sys.addaudithook(faulty(root, one, fault))
        write(root, made, one)

    return child(run)


def check(number: int) -> str:
    """What must hold of the write with this number: the tree is as before or as after, and nothing else is touched.
    Gives back what happened, for a count."""
    one = case(number)
    before, after = expected(one), expected(one, one.after)
    with tempfile.TemporaryDirectory(prefix="hostile-writes-") as folder:
        root = Path(folder, "tree")
        lay(root, one)
        assert listed(root) == before
        if one.fault == "two":
            return _two(root, one)
        first = "SIGKILL" if one.fault == "killed again" else one.fault
        code = under(root, one.after, one, first)
        assert code != 9, "an error of the program's own"
        stages = (
            [name for name in os.listdir(root) if name.startswith(staging.STAGE)] if root.is_dir() else []
        )
        if code == -signal.SIGKILL:
            if one.fault == "killed again":
                under(root, one.other, one._replace(step=one.step // 3), "SIGKILL")
            _whole(root, one)
            assert child(lambda: finish(root)) == 0
            found = listed(root)
            ends = [before, after]
            if one.fault == "killed again":
                ends += [expected(one, one.other), expected(one, one.after, one.other)]
            assert found in ends, _differences(found, ends)
            return "killed" + (" with a stage" if stages else "")
        if code == 8:
            _whole(root, one)
            return "half done, and said"
        if stages:  # what could not be removed is no commit's, and the next run takes it away
            assert one.fault in _NUMBERS, "a stage is left"
            for stage in (root / name for name in stages):
                assert (stage / ".gitignore").exists() or not any(stage.iterdir())
            finish(root)
        found = listed(root)
        ends = {7: [before], 0: [after]}.get(code, [before, after])
        if one.fault == "read-only":  # no disk that is so lets go of a folder
            found, ends = _files(found), [*map(_files, ends)]
        assert found in ends, _differences(found, ends)
        return {7: "refused", 0: "written"}.get(code, "ended")


def _files(found: Listed) -> Listed:
    return {name: text for name, text in found.items() if not name.endswith("/")}


def _whole(root: Path, one: Case) -> None:
    """Each file is whole, old or new; those of others are as they were."""
    texts = {
        *expected(one).values(),
        *expected(one, one.after).values(),
        *expected(one, one.after, one.other).values(),
    }
    texts |= {*expected(one, one.other).values()}
    for name, text in _files(listed(root)).items():
        assert text in texts or name.startswith(staging.STAGE), name
    for name, text in one.mine.items():
        assert (root / name).read_bytes() == text


def _two(root: Path, one: Case) -> str:
    """Two writers at a time leave what they would one after the other."""
    made = [one.after, one.other]
    waits = [0.0, one.step / 20_000]
    pids = []
    for text, wait in zip(made, waits, strict=True):
        if not (pid := os.fork()):
            code = 9
            try:
                sys.addaudithook(slowed(root, Random(f"{one.step} {wait}")))
                time.sleep(wait)
                write(root, text, one)
                code = 0
            except RefusedError:
                code = 7
            finally:
                os._exit(code)
        pids.append(pid)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    assert set(codes) <= {0, 7}, codes
    ends = [expected(one, *made), expected(one, *reversed(made))]
    found = listed(root)
    assert found in ends, _differences(found, ends)
    return "two writers"


def _differences(found: Listed, ends: list[Listed]) -> str:
    told = []
    for end in ends:
        names = sorted(found.keys() | end.keys())
        told.append(", ".join(name for name in names if found.get(name) != end.get(name)))
    return f"neither of these, which differ in: {' | '.join(told)}"


def main() -> None:
    first, last = map(int, sys.argv[1:3])
    happened: dict[str, int] = {}
    faults = 0
    for number in range(first, last):
        try:
            what = check(number)
        except Exception as error:
            faults += 1
            what = "faults"
            print(f"{number} ({case(number).fault}, {case(number).step}): {error!r:.600}", flush=True)
        happened[what] = happened.get(what, 0) + 1
    print(
        f"{last - first} writes: {', '.join(f'{count} {what}' for what, count in sorted(happened.items()))}"
    )
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
