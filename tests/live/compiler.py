"""The agent's clang: what it compiled once is taken from a folder, and what it begins it finishes.

The agent compiles the same few programs at each start, and gives a pod up after 90 seconds: on a busy machine it killed
each compiler before its end, the next one too. Here the compiler goes on, and the next who asks gets what it made.
`python compiler.py CLANG FOLDER ARGUMENT …`, as /run/bin/clang starts it; needs nothing but the standard library.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

_GENERATED = "/var/run/cilium"  # headers that the agent writes; the others belong to its version


def main(clang: str, folder: str, *arguments: str) -> int:
    """The exit code of the compiler; the program is on stdout."""
    if "-c" not in arguments or "-E" in arguments:
        os.execv(clang, [clang, *arguments])
    target = Path(folder, _key(clang, arguments))
    if not target.exists():
        child = os.fork()
        if child == 0:
            os._exit(_apart(clang, target, arguments))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != 0:
            sys.stderr.write(target.with_suffix(".errors").read_text(errors="replace"))
            return code
    with target.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    return 0


def _key(clang: str, arguments: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr((clang, arguments)).encode())
    for argument in arguments:
        if argument.startswith(f"-I{_GENERATED}"):
            for header in sorted(Path(argument[2:]).glob("*.h")):
                digest.update(header.name.encode() + b"\0" + header.read_bytes() + b"\0")
    return digest.hexdigest()[:32] + ".o"


def _apart(clang: str, target: Path, arguments: tuple[str, ...]) -> int:
    """Compile in a session of its own, that holds nothing of whoever asked."""
    os.setsid()
    draft, errors = target.with_suffix(".draft"), target.with_suffix(".errors")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():  # another one made it meanwhile
            return 0
        with draft.open("wb") as out, errors.open("wb") as err:
            code = subprocess.run([clang, *arguments], stdout=out, stderr=err, check=False).returncode
        if code == 0:
            draft.rename(target)
        return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
