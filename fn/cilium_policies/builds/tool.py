"""The processes that `build` starts, and nothing else of this program does: kustomize, or kubectl with the same
builder inside."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from cilium_policies.document.finding import refused
from cilium_policies.errors import CiliumPoliciesError

_RESTRICTOR = ("--load-restrictor", "LoadRestrictionsNone")  # Flux and Argo CD read bases beside the folder
_COMMANDS = {
    "kustomize": ("kustomize", "build", *_RESTRICTOR),
    "kubectl": ("kubectl", "kustomize", *_RESTRICTOR),
}
TOOLS = tuple(_COMMANDS)
FLATE = "flate"  # over one of them: it renders charts


_LONG = 600  # characters of a tool's words that are shown
# What kustomize repeats of the input, which may be a Secret's value, and what is said in its place.
_REPEATED = tuple(
    (re.compile(pattern, re.DOTALL), said)
    for pattern, said in (
        (
            r"literal sources \[.*\]: invalid literal source .*, expected key=value",
            "a literal source is not key=value",
        ),
        (r"file sources: \[.*\]: source \".*\" (?=key name)", "a file source: "),
        (r"with config: `.*`: ", "with its config: "),
        (r"(unable to parse SM or JSON patch) from .*", r"\1"),
        (r"map\[[^\]]+\]", "map[…]"),  # labels and annotations of an object
        (r"node contents:.*", "node contents: …"),
        (r"(https?|ssh|git):/+[^\s'\"]*@", r"\1://…@"),
    )
)


class ToolError(CiliumPoliciesError):
    """What a tool could not build: its own words, on one line."""


def chosen(name: str = "") -> str:
    """The tool to run: the one asked for, else the first that is installed. Raises RefusedError."""
    if name == FLATE:
        _require(FLATE, "go install github.com/home-operations/flate/cmd/flate@latest")
        name = ""
    for one in [name] if name else TOOLS:
        if shutil.which(one):
            return one
    what = f"{name} is not in PATH" if name else "neither kustomize nor kubectl is in PATH"
    raise refused(what, "install kustomize (kubectl.docs.kubernetes.io/installation) or kubectl")


def _require(name: str, how: str) -> None:
    if not shutil.which(name):
        raise refused(f"{name} is not in PATH", f"install it: {how}")


def built(tool: str, folder: str, root: str) -> bytes:
    """What the tool prints for the folder. `root` is the repository, for words that name a file. Raises ToolError."""
    return output((*_COMMANDS[tool], folder), folder=folder, root=root)


def output(command: Sequence[str], *, folder: str, root: str) -> bytes:
    """Standard output of a command that ended well. Raises ToolError."""
    try:
        done = _run(command)
    except OSError as error:
        raise ToolError(f"{command[0]}: {(error.strerror or str(error)).lower()}") from None
    if done.returncode:
        said = _words(done.stderr.decode(errors="replace")) or f"exit code {done.returncode}"
        raise ToolError(f"{command[0]}: {_as_in(root, folder, said)}")
    return done.stdout


def whatever(command: Sequence[str]) -> tuple[bytes, str]:
    """What a command prints and says, whether it ended well or not. Raises ToolError where it cannot be started."""
    try:
        done = _run(command)
    except OSError as error:
        raise ToolError(f"{command[0]}: {(error.strerror or str(error)).lower()}") from None
    return done.stdout, done.stderr.decode(errors="replace")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Raises OSError where the command cannot be started.

    The tools are short-lived Go programs: to collect their garbage later than Go does by itself costs some megabytes,
    and spares a twentieth of their CPU, a quarter where a build has hundreds of files. What the user has set stays.
    """
    environment = {"GOGC": "400", **os.environ}
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment
    )


def _words(said: str) -> str:
    """The last of what a tool said, which names the cause: kustomize wraps it in what it tried before."""
    for pattern, instead in _REPEATED:
        said = pattern.sub(instead, said)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    text = " ".join(lines[-3:])
    if logged := re.search(r'err="(.*)"$', text):  # kubectl
        text = logged.group(1).replace('\\"', '"')
    text = text.removeprefix("Error: ").removeprefix("error: ")
    return text if len(text) <= _LONG else f"… {text[-_LONG:]}"


def _as_in(root: str, folder: str, said: str) -> str:
    """The words with paths as they are in the repository."""
    here = os.path.realpath(folder)
    for place in (os.path.relpath(root, here), os.path.realpath(root), root):
        if place not in (".", "/") and set(place) != {".", "/"}:
            said = said.replace(f"{place}/", "").replace(place, ".")
    return said.replace(f"{here}/", "").replace(here, ".").replace(f"{folder}/", "")


Job = Callable[[], object]


def in_parallel(
    jobs: Iterable[Job],
    told: Callable[[int, int], None] = lambda done, of: None,
    beside: Iterable[Job] = (),
) -> None:
    """Runs the jobs, as many at once as there are processors and one that waits its turn, the first while the last are
    still made; they keep what they find themselves. What one of them raises ends it, without those not begun.

    `beside` are for processors that have nothing else to do: nobody waits for those that are not begun in time.
    """
    waiting: SimpleQueue[tuple[Job, bool] | None] = SimpleQueue()
    ended: SimpleQueue[BaseException | None] = SimpleQueue()
    threads = [Thread(target=_work, args=(waiting, ended)) for _ in range(1 + max(2, os.cpu_count() or 2))]
    for one in threads:
        one.start()
    count = 0
    try:
        for job in jobs:
            waiting.put((job, True))
            count += 1
        for job in beside:
            waiting.put((job, False))
        for number in range(1, count + 1):
            if (error := ended.get()) is not None:
                raise error
            told(number, count)
    finally:
        with suppress(Empty):
            while True:
                waiting.get_nowait()
        for _ in threads:
            waiting.put(None)
        for one in threads:
            one.join()


def _work(waiting: SimpleQueue[tuple[Job, bool] | None], ended: SimpleQueue[BaseException | None]) -> None:
    while (given := waiting.get()) is not None:
        job, awaited = given
        error: BaseException | None = None
        try:
            job()
        except BaseException as raised:
            error = raised
        if awaited:
            ended.put(error)
