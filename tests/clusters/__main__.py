"""`python -m tests.clusters`: make the input of each cluster from its recipe; the score reads it by `--corpus`.

Needs helm and kustomize, and the repositories that the recipes name: fetched from GitHub, or found as mirrors
`owner+name` below `$CILIUM_POLICIES_SOURCES`. `$CILIUM_POLICIES_CLUSTERS` names another folder of recipes.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.clusters.check import faults
from tests.clusters.recipe import RecipeError, read
from tests.clusters.render import make
from tests.tools import CACHE


def main() -> int:
    """Make the clusters that are named, or all; exit 1 where one cannot be made or has a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.clusters", description=__doc__)
    parser.add_argument("name", nargs="*", help="clusters; all without")
    parser.add_argument("--into", type=Path, default=CACHE / "clusters", help="where the inputs go")
    parser.add_argument("--check", action="store_true", help="only look for faults in what was made before")
    options = parser.parse_args()
    place = Path(os.environ.get("CILIUM_POLICIES_CLUSTERS") or Path(__file__).parent)
    folders = {path.parent.name: path.parent for path in sorted(place.glob("*/recipe.yaml"))}
    if strange := set(options.name) - folders.keys():
        parser.error(f"no recipe of {', '.join(sorted(strange))} in {place}")
    bad = 0
    for name in options.name or folders:
        try:
            made = options.into / name if options.check else make(read(folders[name]), options.into)
            found = list(faults(made)) if (folders[name] / "flows.yaml").exists() else []
        except (RecipeError, OSError) as error:
            found = [str(error)]
        print(f"{name}: {len(found)} faults", *found, sep="\n  ")
        bad += len(found)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
