"""The artifact that Flux makes of a repository: its files, less what `.sourceignore` and a source's `spec.ignore`
leave out, and less links, which source-controller puts into no artifact."""

from __future__ import annotations

import os

from cilium_policies.builds.ignore import Ignored

_NEVER = frozenset((".git", "node_modules", ".venv"))  # not of the repository, and large


def laid(root: str, left_out: Ignored, target: str) -> str:
    """Lays the artifact as a folder of links, `target`, and gives it back."""
    for place, folders, files in os.walk(root):
        folders[:] = [one for one in folders if one not in _NEVER]
        base = os.path.relpath(place, root).replace(os.sep, "/")
        base = "" if base == "." else f"{base}/"
        origins = [os.path.join(place, one) for one in files if not left_out.hides_below(base + one)]
        origins = [one for one in origins if os.path.isfile(one) and not os.path.islink(one)]
        if origins:
            os.makedirs(os.path.join(target, base), exist_ok=True)
        for origin in origins:
            os.symlink(origin, os.path.join(target, base, os.path.basename(origin)))
    os.makedirs(target, exist_ok=True)
    return target
