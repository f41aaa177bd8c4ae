"""What a command reads: stdin, files, and every manifest below a folder."""

from __future__ import annotations

import os
import sys

from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.lean import TYPE_CHECKING

if TYPE_CHECKING:
    from cilium_policies.cli.folder import Folder

Input = tuple[str, bytes]
STDIN = "stdin"
CHECK = (
    "check"  # of a folder that is not built it reads this program's own files, where a build stands beside it
)


class MissingInputError(CiliumPoliciesError):
    """A file of the command line that is not there."""


def read(names: list[str], *, exclude: tuple[str, ...] = (), command: str = "") -> list[Input]:
    """The inputs that the command line names, folders as their manifests; none and `-` are stdin.

    Each is (name, bytes); names are as typed, files of a folder below it. `exclude` are patterns of files to leave
    out of folders, `command` what is run, for the cure of a folder that has to be built first. Raises
    MissingInputError for a name that is not there, RefusedError for one that cannot be read, or read as it lies.
    """
    inputs: list[Input] = []
    folders = {name: _folder(name, exclude) for name in names if name != "-" and os.path.isdir(name)}
    built = [name for name in names if not (name in folders and folders[name].unbuilt())]
    for name in names or ["-"]:
        if name == "-":
            inputs.append((STDIN, sys.stdin.buffer.read()))
        elif name not in folders:
            inputs.append((name, read_file(name)))
        elif name in built:
            inputs += folders[name].files
            _tell(folders[name].told())
        elif command == CHECK and built:
            inputs += folders[name].own()
        else:
            raise _unbuilt(folders[name], command)
    return inputs


def _folder(name: str, exclude: tuple[str, ...]) -> Folder:
    from cilium_policies.cli.folder import Folder  # streams do not pay for it

    try:
        return Folder(name, exclude)
    except OSError as error:
        raise refused(
            f"cannot be read: {(error.strerror or str(error)).lower()}", file=error.filename or name
        ) from None


def _unbuilt(folder: Folder, command: str) -> RefusedError:
    cure = f"cilium-policies build {folder.name} | cilium-policies {command}".rstrip()
    if command == CHECK:
        cure = f"cilium-policies build {folder.name} | cilium-policies check - {folder.name}"
    return refused(f"{folder.name} is not built: {folder.unbuilt()}", cure)


def _tell(line: str) -> None:
    from cilium_policies.cli.streams import say

    say([f"cilium-policies: {line}"] if line else [])


def named(name: str | None) -> Input | None:
    """The file that an option names; None without one. Raises as `read_file` does."""
    return (name, read_file(name)) if name else None


def read_file(name: str) -> bytes:
    """The bytes of one file. Raises MissingInputError, or RefusedError where it cannot be read."""
    try:
        with open(name, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise MissingInputError(f"{name}: no such file or directory") from None
    except OSError as error:
        raise refused(f"cannot be read: {(error.strerror or str(error)).lower()}", file=name) from None


def exists(name: str) -> bool:
    """Whether a file or folder of this name is there."""
    return os.path.exists(name)


def is_tree(names: list[str]) -> bool:
    """Whether the command line names more than one stream."""
    return len(names) > 1 or any(os.path.isdir(name) for name in names)


def nothing_piped() -> bool:
    """Whether stdin is a person's keyboard: waiting for it would look like hanging."""
    return sys.stdin is None or sys.stdin.isatty()
