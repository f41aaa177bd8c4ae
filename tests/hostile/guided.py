"""`python -m tests.hostile.guided [FLAG …] [FOLDER]`: hostile inputs led by what the code does with them.

Where tests/hostile/test_fuzz.py draws inputs by number, Atheris changes them by the branches that they take. What must
hold is the same. The flags are libFuzzer's (`-max_total_time=60`); the folder keeps what it finds worth keeping.
Without one it begins with the seeds alone. It wants a Python 3.13 on Linux (pyenv's, say), as requirements/fuzz.txt
names that one's wheel of Atheris, and an environment of its own:

    python3.13 -m venv /tmp/fuzz
    /tmp/fuzz/bin/pip install --require-hashes -r requirements/runtime.txt -r requirements/fuzz.txt
    mkdir -p found
    PYTHONPATH=fn /tmp/fuzz/bin/python -m tests.hostile.guided -max_total_time=1200 found

An input that breaks something is left as `crash-…`, `timeout-…` or `oom-…` where it was started.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cilium_policies"]):
    from tests.hostile import seeds
    from tests.hostile.inputs import Case
    from tests.hostile.oracle import holds

    for text in seeds.streams():  # what is imported when it is needed is needed here
        holds(Case(text.encode()))

MOST = 20_000  # bytes of an input: longer ones are slow, and what is long is held by test_linear.py
SLOW = 20  # seconds that no input may take


def one(data: bytes) -> None:
    """Raises what is wrong with the answer to this input."""
    holds(Case(data))


def main() -> None:
    """Ends by itself only with `-max_total_time` or `-runs`."""
    given = sys.argv[1:]
    with tempfile.TemporaryDirectory() as place:
        found, begin = Path(place, "found"), Path(place, "seeds")
        for folder in (found, begin):
            folder.mkdir()
        for number, text in enumerate([*seeds.streams(), *seeds.documents()]):
            (begin / str(number)).write_text(text, "utf-8")
        own = [] if any(not word.startswith("-") for word in given) else [str(found)]
        flags = [f"-max_len={MOST}", f"-timeout={SLOW}"]
        atheris.Setup([sys.argv[0], *flags, *given, *own, str(begin)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
