"""The processes that `build` starts, and nothing else of this program does: kustomize, or kubectl with the same
builder inside."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from threading import Thread

from cilium_policies.document.finding import refused
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import NamedTuple

try:  # its C half: `queue` itself imports what this needs nothing of
    from _queue import Empty, SimpleQueue
except ImportError:
    from queue import Empty, SimpleQueue

_RESTRICTOR = ("--load-restrictor", "LoadRestrictionsNone")  # Flux and Argo CD read bases beside the folder
_COMMANDS = {
    "kustomize": ("kustomize", "build", *_RESTRICTOR),
    "kubectl": ("kubectl", "kustomize", *_RESTRICTOR),
}
TOOLS = tuple(_COMMANDS)
FLATE = "flate"  # over one of them: it renders charts


class Done(NamedTuple):
    """A command that has ended: its exit code (negative for a signal), what it printed and what it said."""

    code: int
    stdout: bytes
    stderr: bytes


# Seconds after which a thread gives way, a fifth of the usual: who has one tool's output starts the next while another
# still reads its own.
_SWITCH = 0.001
_LONG = 600  # characters of a tool's words that are shown
# What kustomize repeats of the input, which may be a Secret's value, and what is said in its place.
_REPEATED = (
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


class ToolError(CiliumPoliciesError):
    """What a tool could not build: its own words, on one line."""


def chosen(name: str = "") -> str:
    """The tool to run: the one asked for, else the first that is installed. Raises RefusedError."""
    if name == FLATE:
        _require(FLATE, "go install github.com/home-operations/flate/cmd/flate@latest")
        name = ""
    for one in [name] if name else TOOLS:
        if is_there(one):
            return one
    what = f"{name} is not in PATH" if name else "neither kustomize nor kubectl is in PATH"
    raise refused(what, "install kustomize (kubectl.docs.kubernetes.io/installation) or kubectl")


def is_there(name: str) -> bool:
    """Whether a command is in PATH."""
    if os.name != "posix":
        import shutil

        return shutil.which(name) is not None
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = (os.path.join(place or os.curdir, name) for place in places)
    return any(os.path.isfile(one) and os.access(one, os.X_OK) for one in found)


def _require(name: str, how: str) -> None:
    if not is_there(name):
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
    if done.code:
        said = _words(done.stderr.decode(errors="replace")) or f"exit code {done.code}"
        raise ToolError(f"{command[0]}: {_as_in(root, folder, said)}")
    return done.stdout


def whatever(command: Sequence[str]) -> tuple[bytes, str]:
    """What a command prints and says, whether it ended well or not. Raises ToolError where it cannot be started."""
    try:
        done = _run(command)
    except OSError as error:
        raise ToolError(f"{command[0]}: {(error.strerror or str(error)).lower()}") from None
    return done.stdout, done.stderr.decode(errors="replace")


def _run(command: Sequence[str]) -> Done:
    """Raises OSError where the command cannot be started."""
    if hasattr(os, "posix_spawnp"):
        return _spawned(command, _shared or _environment())
    import subprocess

    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=_environment()
    )
    return Done(done.returncode, done.stdout, done.stderr)


def _environment() -> dict[str, str]:
    """The user's, for tools that are short-lived Go programs: to collect their garbage later than Go does by itself
    costs some megabytes, and spares a twentieth of their CPU, a quarter where a build has hundreds of files. What the
    user has set stays."""
    return {"GOGC": "400", **os.environ}


# The same, made once while tools run in parallel: `os.environ` decodes each of its names whenever it is read.
_shared: dict[str, str] = {}


def _spawned(command: Sequence[str], environment: Mapping[str, str]) -> Done:
    """The same in half the time that `subprocess` takes for it, which counts where hundreds of builds take ten
    milliseconds each."""
    try:
        import _signal as signal  # its C half
    except ImportError:
        import signal

    (out, out_end), (said, said_end) = os.pipe(), os.pipe()
    handles = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, out_end, 1),
        (os.POSIX_SPAWN_DUP2, said_end, 2),
    ]
    defaults = [getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ")]  # Python ignores them
    try:
        child = os.posix_spawnp(
            command[0], list(command), environment, file_actions=handles, setsigdef=defaults
        )
    except BaseException:
        os.close(out)
        os.close(said)
        raise
    finally:
        os.close(out_end)
        os.close(said_end)
    try:
        printed, words = _read((out, said))
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        status = os.waitpid(child, 0)[1]
    return Done(os.waitstatus_to_exitcode(status), printed, words)


def _read(ends: Sequence[int]) -> list[bytes]:
    """All that comes out of pipes, which are closed then."""
    import select

    parts: dict[int, list[bytes]] = {end: [] for end in ends}
    poll = select.poll()
    for end in ends:
        poll.register(end, select.POLLIN)
    left = len(parts)
    try:
        while left:
            for end, _ in poll.poll():
                if part := os.read(end, 1 << 16):
                    parts[end].append(part)
                else:
                    poll.unregister(end)
                    left -= 1
    finally:
        for end in ends:
            os.close(end)
    return [b"".join(parts[end]) for end in ends]


def _words(said: str) -> str:
    """The last of what a tool said, which names the cause: kustomize wraps it in what it tried before."""
    for pattern, instead in _REPEATED:
        said = re.sub(pattern, instead, said, flags=re.DOTALL)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    text = " ".join(lines[-3:])
    if logged := re.search(r'err="(.*)"$', text):  # kubectl
        text = logged.group(1).replace('\\"', '"')
    text = text.removeprefix("Error: ").removeprefix("error: ")
    if len(text) <= _LONG:
        return text
    return f"… {text[-_LONG:].partition(' ')[2]}"  # from a whole word on


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
    sys.setswitchinterval(_SWITCH)
    _shared.update(_environment())
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
        _shared.clear()


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
