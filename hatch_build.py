"""Build hook: compile the catalogue's YAML files into the one index that the program reads.

A thousand small YAML files take fifty times as long to read as one JSON file, and the function
starts at every build.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueIndexHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `cilium_policies.catalogue.index.build` on the tree that is being packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # the program rebuilds a stale index of a work tree by itself
            return
        build_data.setdefault("force_include", {})["docs/schema"] = "cilium_policies/schemas"
        sys.path.insert(0, str(Path(self.root, "fn")))
        from cilium_policies.catalogue import files, index

        path = index.build()
        # The stamp holds the files' times, which no two checkouts share; a packed index needs none.
        dated = f'"stamp":"{files.stamp(index.COMPONENTS)}"'.encode()
        path.write_bytes(path.read_bytes().replace(dated, b'"stamp":""', 1))
