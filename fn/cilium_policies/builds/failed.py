"""What stands in the stream for what was not built, so that nothing is closed that it may need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from cilium_policies.builds import texts
from cilium_policies.builds.addresses import without_paths
from cilium_policies.builds.reach import covered
from cilium_policies.builds.repository import Repository
from cilium_policies.kube.not_built import NAMESPACES, NOT_BUILT

_NAMESPACE = re.compile(r"(?m)^(?:  )?namespace: [\"']?([a-z0-9][-a-z0-9]*)")


def marks(why: str, repository: Repository, paths: Iterable[str]) -> dict[str, str]:
    """The annotations of what was not built: why, and where its files say that their objects go."""
    found = namespaces(repository, paths)
    return {NOT_BUILT: without_paths(why), **({NAMESPACES: ",".join(found)} if found else {})}


def namespaces(repository: Repository, paths: Iterable[str]) -> list[str]:
    """The namespaces that the files below these paths name, and those of what is built on there, read as text."""
    files: set[str] = set()  # a folder and one below it may both be built on
    for folder in set().union(*(covered(repository, path) for path in paths)):
        files.update(repository.files_below(folder))
        files.update(repository.kustomizations[one] for one in repository.folders_below(folder))
    return sorted({one for file in files for one in _NAMESPACE.findall(repository.as_text(file))})


def stand_in(path: str, marked: Mapping[str, str], namespaces: Iterable[str]) -> bytes:
    """A kustomization that is no object of the cluster, with marks; its objects may go into these namespaces as
    well."""
    known = {*marked.get(NAMESPACES, "").split(","), *namespaces} - {""}
    annotations = {
        **{key: without_paths(one) for key, one in marked.items()},
        NAMESPACES: ",".join(sorted(known)),
    }
    metadata = {"name": path or ".", "annotations": annotations}
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return texts.written({**head, "metadata": metadata})
