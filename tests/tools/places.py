"""Where built tools and judges are kept: outside the checkout, in one folder that `make clean` removes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def folder() -> Path:
    """`$CILIUM_POLICIES_CACHE`, else `cilium-policies` in the user's cache, else a temporary folder of the user's.

    The last where the home is read-only. `.ci/env.sh` finds the same folder for the shell.
    """
    given = os.environ.get("CILIUM_POLICIES_CACHE")
    if given:
        return Path(given)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "cilium-policies")
    return home if writable(home) else _temporary()


def _temporary() -> Path:
    """A folder that no other user can have put there: programs in it are started."""
    place = Path(tempfile.gettempdir(), f"cilium-policies-{os.getuid()}")
    place.mkdir(mode=0o700, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.getuid():
        raise PermissionError(f"{place} belongs to somebody else: set CILIUM_POLICIES_CACHE")
    return place


def writable(path: Path) -> bool:
    """Whether the folder can be written to, or made where it does not exist yet."""
    there = next(each for each in (path, *path.parents) if each.exists())
    return os.access(there, os.W_OK)


def go_environment() -> dict[str, str]:
    """Where Go keeps what it builds and downloads, when its own folders cannot be written to."""
    home = Path.home()
    builds = Path(
        os.environ.get("GOCACHE") or Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache", "go-build")
    )
    modules = Path(
        os.environ.get("GOMODCACHE") or Path(os.environ.get("GOPATH") or home / "go", "pkg", "mod")
    )
    places = {"GOCACHE": builds, "GOMODCACHE": modules}
    return {name: str(CACHE / name.lower()) for name, place in places.items() if not writable(place)}


CACHE = folder()
