"""Addresses with secrets in the place of every text of a repository, one at a time: `build` tells none of them.

    python -m tests.hostile.sown_trees [FIRST LAST]    the texts with these numbers; prints each leak

The repositories are those of trees.py; the texts all scalars of their YAML files. What stands in the objects that
`build` prints are the objects; the lines that it says, and those that another command says of its output, are not.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml
from cilium_policies.document.filenames import FLEET

from tests.builds import laid
from tests.cli.within import within
from tests.hostile.once import one_catalogue
from tests.hostile.planted import Planter
from tests.hostile.sown import Path_, _set, _texts
from tests.hostile.trees import seeds

SPELLINGS = (
    "https://me:{a}@git.acme.com/{b}", "https://git.acme.com/{a}/{b}.git?token={a}", "git@git.acme.com:{a}/{b}.git",
    "https://git.acme.com\nhttpsPassword:{a}/{b}@{a}", "https://me:{a} {b}@git.acme.com/x", "oci://git.acme.com/{a}",
    "https://me:{a}/{b}@git.acme.com/x", "https://git.acme.com/x?ref={a}", "git.acme.com/{a}/{b}.git?ref=main",
    "https://git.acme.com {a}:{b}@c", "https://me:{a}'{b}@git.acme.com/x", "ssh://git@git.acme.com:22/{a}/{b}",
)  # fmt: skip
# Names, which are said as they are, and what names are made of.
_NAMED = {
    "metadata", "name", "namespace", "kind", "apiVersion", "targetNamespace", "defaultNamespace", "namePrefix",
    "nameSuffix", "labels", "substitute", "called",
}  # fmt: skip
Text = tuple[int, str, int, Path_]  # the repository, its file, the document in it, the way there


@cache
def texts() -> list[Text]:
    """Every text of every repository."""
    return list(_found())


def _found() -> Iterator[Text]:
    for number, files in enumerate(seeds()):
        for name, text in files.items():
            for at, body in enumerate(_documents(name, text)):
                yield from ((number, name, at, path) for path, _ in _texts(body) if not _NAMED & {*path})


def _documents(name: str, text: str) -> list[Any]:
    if not name.endswith((".yaml", ".yml")) or "{{" in text.replace("'{{", ""):
        return []
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return []


def leaks(number: int) -> str:
    """What leaked of the address in the place of this text; "" for nothing."""
    repository, name, at, path = texts()[number]
    files = dict(list(seeds())[repository])
    documents = deepcopy(_documents(name, files[name]))
    plant = Planter()
    value = plant.fill(Random(number).choice(SPELLINGS))
    _set(documents[at], path, value)
    files[name] = "".join(f"---\n{yaml.safe_dump(one, allow_unicode=True)}" for one in documents)
    of_fleet = any(one.rpartition("/")[2] in FLEET for one in files)
    for cluster in ("", "env=prod") if of_fleet else ("",):  # the one is told to choose, and the other builds
        with tempfile.TemporaryDirectory() as folder:
            root = laid(Path(folder), files)
            done = within("build", "--partial", "--cluster", cluster, ".", cwd=root)
            after = within("list", "--uncovered", "-v", stdin=done.stdout)
        for said in (done.stderr.decode(), after.stderr.decode() + after.stdout.decode()):
            assert "internal error" not in said, (texts()[number], value, said)
            if any(secret in said for secret in plant.planted):
                return (
                    f"{texts()[number]}, {value!r}: {[one for one in said.splitlines() if 'tig' in one][:2]}"
                )
    return ""


@one_catalogue()
def main() -> None:
    first, last = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (0, len(texts()))
    found = 0
    for number in range(first, min(last, len(texts()))):
        if told := leaks(number):
            found += 1
            print(f"{number}: {told}", flush=True)
    print(f"{min(last, len(texts())) - first} texts, {found} leaks")
    sys.exit(found > 0)


if __name__ == "__main__":
    main()
