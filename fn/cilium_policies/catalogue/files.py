"""Where the catalogue's files are, and what tells that one of them changed."""

from __future__ import annotations

import os
from functools import lru_cache

HERE = os.path.dirname(os.path.abspath(__file__))
COMPONENTS = os.path.join(HERE, "components")
DISTRIBUTIONS = os.path.join(HERE, "distributions")
CLOUDS = os.path.join(HERE, "clouds")
# what gives the index its form, and what reads it
MAKERS = tuple(os.path.join(HERE, name) for name in ("index.py", "packed.py", "asked.py"))
NO_PODS = os.path.join(HERE, "no-pods.yaml")
TOP_LEVEL_DOMAINS = os.path.join(HERE, "top-level-domains.txt")
INDEX = os.path.join(HERE, "index.json")
INSTALLED = not os.path.exists(os.path.join(HERE, "..", "..", "..", "pyproject.toml"))


def stamp(source: str | os.PathLike[str]) -> str:
    """What changes whenever a file of these folders is added, removed or edited, or the index gets another form."""
    count, newest = 0, 0
    for folder in (source, DISTRIBUTIONS, CLOUDS):
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".yaml"):
                    count += 1
                    newest = max(newest, entry.stat().st_mtime_ns)
    newest = max(newest, *(os.stat(path).st_mtime_ns for path in (NO_PODS, *MAKERS)))
    return f"{count}:{newest}"


@lru_cache(maxsize=1)
def top_level_domains() -> frozenset[str]:
    """The Internet's, in small letters: read where somebody first asks whether a name is public."""
    with open(TOP_LEVEL_DOMAINS, encoding="utf-8") as file:
        return frozenset(word for line in file if line[0] != "#" for word in line.split())
