"""The files by which Flux and kustomize find the folders of the tree: kustomizations, and one index of them all.

Without an index each `NAMESPACE/network-policies/ks.yaml` has to be listed in that namespace's kustomization. With one
(`write --index`) `network-policies/kustomization.yaml` lists them, and a repository needs one line, or none where
nothing lists the folder: Flux then builds what it finds. There a folder without a kustomization of its own is found
twice, so the index leaves it out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

MARK = "# Written by cilium-policies write, which replaces this file: change the config instead.\n"
FOLDER = "network-policies"
INDEX = f"{FOLDER}/kustomization.yaml"
_NAME = "kustomization.yaml"


def kustomization(names: Iterable[str]) -> bytes:
    """A kustomization of the program's that lists these resources."""
    resources = "".join(f"- {name}\n" for name in names)
    text = f"---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{resources}"
    return (MARK + text).encode()


def is_listing(path: str) -> bool:
    """Whether a file of the tree is no policy but names others to Flux or kustomize."""
    ends = (f"/{FOLDER}/ks.yaml", f"/{FOLDER}/{_NAME}", f"/{FOLDER}/app/{_NAME}")
    return path == INDEX or path.endswith(ends)


def index(root: str, folders: Iterable[str]) -> dict[str, bytes]:
    """The index of these namespaces' folders, with a kustomization in each that it (or Flux) can build."""
    made = {f"{folder}/{FOLDER}/{_NAME}": kustomization(["ks.yaml"]) for folder in folders}
    explicit = os.path.isfile(os.path.join(root, _NAME))
    listed = [folder for folder in sorted(folders) if explicit or _has_own(root, folder)]
    listed = [folder for folder in listed if not _names(os.path.join(root, folder, _NAME))]
    if listed:
        made[INDEX] = kustomization(f"../{folder}/{FOLDER}" for folder in listed)
    return made


def _has_own(root: str, folder: str) -> bool:
    return os.path.isfile(os.path.join(root, folder, _NAME))


def _names(place: str) -> bool:
    """Whether a kustomization names the folder of policies."""
    if not os.path.isfile(place):
        return False
    with open(place, "rb") as file:
        return FOLDER.encode() in file.read()


def unlisted(root: str, made: Iterable[str]) -> list[tuple[str, str]]:
    """Kustomizations of the user's that do not name what was written: (file, what to list in it)."""
    paths = list(made)
    top = os.path.join(root, _NAME)
    if INDEX in paths:
        return [] if not os.path.isfile(top) or _names(top) else [(top, f"./{FOLDER}")]
    found = []
    for folder in sorted({path.partition("/")[0] for path in paths}):
        place = os.path.join(root, folder, _NAME)
        if os.path.isfile(place) and not _names(place):
            found.append((place, f"./{FOLDER}/ks.yaml"))
    return found
