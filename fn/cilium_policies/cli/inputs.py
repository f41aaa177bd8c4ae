"""What a command reads: stdin, files, and every manifest below a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from cilium_policies.document.finding import refused

Input = tuple[str, bytes]
ENDINGS = (".yaml", ".yml", ".json")
BUILDS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
STDIN = "stdin"


class Missing(Exception):
    """A file of the command line that is not there."""


def read(names: list[str]) -> list[Input]:
    """The inputs that the command line names, folders as their files; none and `-` are stdin.

    Each is (name, bytes); names are as typed, files of a folder below it. Raises Missing for a name that is
    not there, Refused for one that cannot be read.
    """
    inputs: list[Input] = []
    for name in names or ["-"]:
        if name == "-":
            inputs.append((STDIN, sys.stdin.buffer.read()))
        elif os.path.isdir(name):
            inputs.extend((path, read_file(path)) for path in manifests(name))
        else:
            inputs.append((name, read_file(name)))
    return inputs


def named(name: str | None) -> Input | None:
    """The file that an option names; None without one. Raises as `read_file` does."""
    return (name, read_file(name)) if name else None


def read_file(name: str) -> bytes:
    """The bytes of one file. Raises Missing, or Refused where it cannot be read."""
    try:
        with open(name, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise Missing(f"{name}: no such file or directory") from None
    except OSError as error:
        raise refused(f"cannot be read: {(error.strerror or str(error)).lower()}", file=name) from None


def manifests(folder: str) -> Iterator[str]:
    """Every manifest below a folder, sorted: no hidden file or folder, no kustomization, no linked folder."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(ENDINGS) and not name.startswith(".") and name not in BUILDS:
                yield os.path.join(place, name)


def exists(name: str) -> bool:
    """Whether a file or folder of this name is there."""
    return os.path.exists(name)


def is_tree(names: list[str]) -> bool:
    """Whether the command line names more than one stream."""
    return len(names) > 1 or any(os.path.isdir(name) for name in names)


def nothing_piped() -> bool:
    """Whether stdin is a person's keyboard: waiting for it would look like hanging."""
    return sys.stdin is None or sys.stdin.isatty()
