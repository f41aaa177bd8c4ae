"""Charts of the repository itself that Flux would install: nothing renders them here, so that is said."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.builds import texts
from cilium_policies.builds.notes import Note
from cilium_policies.builds.repository import Repository, clean
from cilium_policies.builds.sources import Sources
from cilium_policies.kube.objects import Object, at, mapping, text

_MARK = b"\nkind: HelmRelease\n"


def unrendered(documents: list[bytes], repository: Repository, sources: Sources) -> Iterator[Note]:
    """A note for each HelmRelease whose chart is a folder of this repository."""
    for document in documents:
        if repository.charts and _MARK in document:
            for one in texts.objects(document, ""):
                path = _path(one)
                if path in repository.charts and sources.is_here(_source(one), path):
                    said = (
                        f"its chart, {path} in this repository, is not rendered, so only its values are known"
                    )
                    yield Note(str(one), f"{said}; --with flate renders it")


def _path(one: Object) -> str:
    return clean(text(at(one.spec, "chart", "spec", "chart")) or "..")


def _source(one: Object) -> tuple[str, str, str]:
    reference = mapping(at(one.spec, "chart", "spec", "sourceRef"))
    namespace = text(reference.get("namespace")) or one.namespace
    return (text(reference.get("kind")), namespace, text(reference.get("name")))
