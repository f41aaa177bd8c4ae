"""The artifact that Flux makes of a repository: its files, less what `.sourceignore` and a source's `spec.ignore`
leave out, and less links, which source-controller puts into no artifact. A pipeline may make one of a folder."""

from __future__ import annotations

import os

from cilium_policies.builds.ignore import Ignored
from cilium_policies.builds.repository import FLUX, Repository, above, clean, path_of
from cilium_policies.kube.objects import Object, at, mapping, text

Reference = tuple[str, str, str]  # kind, namespace, name
ARTIFACTS = ("OCIRepository", "Bucket")  # a pipeline fills them, from any folder

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


def beginning(repository: Repository, kind: str, name: str, *more: str) -> str:
    """The folder of the repository that an artifact is made of, where it is not the whole of it: the one folder below
    which all paths are that Kustomizations take from it, and `more`. "" where these do not tell."""
    if kind not in ARTIFACTS:
        return ""
    found = repository.kinds("Kustomization", FLUX)
    same = [one for one in found if reference_of(one.one)[::2] == (kind, name)]
    paths = {path for one in same if "$" not in (path := clean(path_of(one)))} | {*map(clean, more)}
    paths.discard("")
    many = len(paths) > 1 or any("/" in path for path in paths)  # one name alone may be anybody's
    if not many or any(repository.is_folder(path) for path in paths):
        return ""
    longest = f"/{max(paths, key=len)}"
    folders = {folder for one in repository.files for folder in above(one)} | {*repository.kustomizations}
    homes = {one.removesuffix(longest) for one in folders if one.endswith(longest)}
    homes = {home for home in homes if all(repository.is_folder(f"{home}/{path}") for path in paths)}
    return homes.pop() if len(homes) == 1 else ""


def reference_of(one: Object) -> Reference:
    """The source that a Kustomization names."""
    reference = mapping(at(one.spec, "sourceRef"))
    namespace = text(reference.get("namespace")) or one.namespace
    return (text(reference.get("kind")), namespace, text(reference.get("name")))
