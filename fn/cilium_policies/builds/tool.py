"""The processes that `build` starts, and nothing else of this program does: kustomize, or kubectl with the same
builder inside."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from cilium_policies.document.finding import refused
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import NamedTuple

try:
    import _signal as signal  # its C half
except ImportError:
    import signal

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
        from cilium_policies.builds.said import told

        said = told(done.stderr.decode(errors="replace"), root, folder) or f"exit code {done.code}"
        raise ToolError(f"{command[0]}: {said}")
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
        return _spawned(command, _shared.get(_crowd.waits) or _environment())
    import subprocess

    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=_environment()
    )
    return Done(done.returncode, done.stdout, done.stderr)


def _environment() -> dict[str, str]:
    """The user's, for tools that are short-lived Go programs: to collect their garbage later than Go does by itself
    costs some megabytes, and spares a twentieth of their CPU, a quarter where a build has hundreds of files.

    kustomize hands the `ref` of a base to git as it is, and of a base on this disk git runs what `--upload-pack` says
    (`file:///x?ref=--upload-pack=./any`), so that git may fetch by network alone. What the user has set stays."""
    return {"GOGC": "400", "GIT_ALLOW_PROTOCOL": "git:http:https:ssh", **os.environ}


# The same, made once while tools run in parallel, as `os.environ` decodes each of its names whenever it is read; by
# whether more wait than there are processors. A Go program starts threads for all of these, and beside others like it
# they are in each other's way: with one processor it needs 3 % less CPU.
_shared: dict[bool, Mapping[str, str]] = {}


class _Crowd:
    waits = False


_crowd = _Crowd()


def share_environment(*, over: bool = False) -> None:
    """From now on, until it is `over`, tools get the environment as it is now."""
    _crowd.waits = False
    _shared.clear()
    if not over:
        alone = _environment()
        _shared.update({False: alone, True: {"GOMAXPROCS": "1", **alone}})


def crowded(waits: bool) -> None:
    """Whether a crowd waits for its turn while the next tool runs."""
    _crowd.waits = waits


def _spawned(command: Sequence[str], environment: Mapping[str, str]) -> Done:
    """The same in half the time that `subprocess` takes for it, which counts where hundreds of builds take ten
    milliseconds each. What the command prints and says goes into memory, where the system has files of it: the end of
    the command is then all that there is to wait for, where pipes have to be emptied meanwhile."""
    try:
        places = os.memfd_create("printed"), os.memfd_create("said")
    except (AttributeError, OSError):
        return _piped(command, environment)
    try:
        status = _ended(_started(command, environment, *places))
        return Done(status, *map(_content, places))
    finally:
        for one in places:
            os.close(one)


def _content(place: int) -> bytes:
    """All that stands in a file of memory."""
    size = os.fstat(place).st_size
    parts: list[bytes] = []
    at = 0
    while at < size and (part := os.pread(place, size - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _started(command: Sequence[str], environment: Mapping[str, str], out: int, said: int) -> int:
    """Starts a command that writes to these; its process."""
    handles = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, out, 1),
        (os.POSIX_SPAWN_DUP2, said, 2),
    ]
    defaults = [getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ")]  # Python ignores them
    return os.posix_spawnp(command[0], list(command), environment, file_actions=handles, setsigdef=defaults)


def _ended(child: int) -> int:
    """The exit code of a process, when it has ended."""
    try:
        status = os.waitpid(child, 0)[1]
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    return os.waitstatus_to_exitcode(status)


def _piped(command: Sequence[str], environment: Mapping[str, str]) -> Done:
    (out, out_end), (said, said_end) = os.pipe(), os.pipe()
    try:
        child = _started(command, environment, out_end, said_end)
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
        code = _ended(child)
    return Done(code, printed, words)


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
