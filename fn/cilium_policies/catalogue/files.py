"""Where the catalogue's files are, and what tells that one of them changed."""

from __future__ import annotations

import os
from functools import lru_cache

HERE = os.path.dirname(os.path.abspath(__file__))
COMPONENTS = os.path.join(HERE, "components")
DISTRIBUTIONS = os.path.join(HERE, "distributions")
CLOUDS = os.path.join(HERE, "clouds")
# what gives the index its form, and what reads it
MAKERS = tuple(os.path.join(HERE, name) for name in ("index.py", "packed.py", "asked.py", "bundled.py"))
NO_PODS = os.path.join(HERE, "no-pods.yaml")
BUNDLED = os.path.join(HERE, "bundled.yaml")
VERSIONS = os.path.join(HERE, "versions.yaml")
TOP_LEVEL_DOMAINS = os.path.join(HERE, "top-level-domains.txt")
INDEX = os.path.join(HERE, "index.json")
INSTALLED = not os.path.exists(os.path.join(HERE, "..", "..", "..", "pyproject.toml"))


def stamp(source: str | os.PathLike[str]) -> str:
    """What changes whenever a file of these folders is added, removed, edited, renamed or replaced, be it by an older
    one, or the index gets another form: a name that comes or goes sets the time of its folder."""
    files = [os.stat(path) for path in (NO_PODS, BUNDLED, VERSIONS, *MAKERS)]
    times = 0
    for folder in (source, DISTRIBUTIONS, CLOUDS):
        times += os.stat(folder).st_mtime_ns
        with os.scandir(folder) as entries:
            files += (entry.stat() for entry in entries if entry.name.endswith(".yaml"))
    times += sum(one.st_mtime_ns for one in files)
    return f"{len(files)}:{sum(one.st_size for one in files)}:{times}"


@lru_cache(maxsize=1)
def top_level_domains() -> frozenset[str]:
    """The Internet's, in small letters: read where somebody first asks whether a name is public."""
    with open(TOP_LEVEL_DOMAINS, encoding="utf-8") as file:
        return frozenset(word for line in file if line[0] != "#" for word in line.split())
