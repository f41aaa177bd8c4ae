"""An input in which there is nothing to look at: a question about it has no answer, and a check must not pass."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cilium_policies.document.filenames import KUSTOMIZATIONS
from cilium_policies.document.finding import ERROR, Finding, refused
from cilium_policies.document.source import Item, Source, flatten
from cilium_policies.kube.reading import API

_BUILD_GROUPS = ("kustomize.config.k8s.io", "kpt.dev")
PIPE = "is the build empty? (`set -o pipefail` shows a build that fails before the pipe)"
MEANT = "--allow-empty where that is meant"


def counted(sources: Sequence[Source]) -> int:
    """How many Kubernetes objects the sources hold; what only tools read (a kustomization, this program's own
    config) is none."""
    return sum(_objects(item) for source in sources for item in source.items)


def _objects(item: Item) -> int:
    if item.kind.endswith("List"):
        return sum(1 for _ in flatten(item))
    return bool(item.kind) and item.api_version.partition("/")[0] not in (API, *_BUILD_GROUPS)


def refuse_empty(sources: Sequence[Source]) -> None:
    """Raises RefusedError where the sources hold no object at all, with what they hold instead."""
    if not any(_objects(item) for source in sources for item in source.items):
        file = sources[0].file if len(sources) == 1 else ""
        raise refused(*_told(sources), file="" if file == "stdin" else file)


def no_namespace(sources: Sequence[Source]) -> Finding:
    """What a check says of objects among which no namespace gets policies."""
    message = f"the input shows no namespace that gets policies, among {counted(sources)} objects"
    return Finding(ERROR, message, f"{PIPE}; {MEANT}")


def _told(sources: Sequence[Source]) -> tuple[str, str]:
    unbuilt = next((source for source in sources if _is_unbuilt(source)), None)
    if unbuilt is not None:
        folder = os.path.dirname(unbuilt.file) or "."
        cure = f"pipe in what it builds: kustomize build {folder} | cilium-policies …"
        return "the input is a kustomization, not what it builds", cure
    documents = sum(len(source.items) for source in sources)
    if documents:
        what = f"the input shows no Kubernetes object (documents without apiVersion and kind: {documents})"
        return what, f"name rendered manifests, not values or prose; {MEANT}"
    return "the input shows no object", f"{PIPE}; {MEANT}"


def _is_unbuilt(source: Source) -> bool:
    if os.path.basename(source.file) in KUSTOMIZATIONS:
        return True
    return any(
        item.kind in ("Kustomization", "Component") and item.api_version.startswith(_BUILD_GROUPS)
        for item in source.items
    )
