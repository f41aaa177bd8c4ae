"""A Flux Kustomization on its way through a build, and what of it goes to kustomize."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from threading import Lock

from cilium_policies.builds import kustomization, texts, typed
from cilium_policies.builds.repository import FLUX, clean
from cilium_policies.kube.objects import Mapping, Object, at, mapping, strings, text
from cilium_policies.lean import NamedTuple

# Fields of a spec that are words, and those of which nothing goes into a kustomization.
_NAMES = frozenset(("targetNamespace", "namePrefix", "nameSuffix"))
_KEPT = frozenset(
    "commonMetadata decryption deletionPolicy dependsOn force healthCheckExprs healthChecks interval kubeConfig path"  # noqa: SIM905
    " postBuild prune retryInterval serviceAccountName sourceRef suspend timeout wait".split()
)

_PLACE = ("path", "sourceRef")  # fields that say where its files lie
# Every document carries Flux's labels, so the group alone says nothing.
KUSTOMIZATION = f"apiVersion: {FLUX}/".encode()


class Unit:
    """One Flux Kustomization. `docs` is what it applies; `failure` says why there is none, `elsewhere` that its
    files are not in this repository, `remote` that it applies to another cluster. `text` is what a build printed of it,
    nothing of a first one."""

    __slots__ = (
        "asks", "docs", "elsewhere", "encrypted", "failure", "missing", "one", "path", "printed", "remote", "root",
        "sets", "strict", "text", "unset",
    )  # fmt: skip

    def __init__(self, one: Object, document: bytes = b"", *, strict: bool = True) -> None:
        self.one = one
        self.text = document
        self.strict = strict
        self.path = self.root = ""
        self.docs: list[bytes] = []
        self.printed: list[bytes] = []
        self.unset: set[str] = set()
        # Variables that nothing set at its turn, where a source of them was missing; whether one has a default.
        self.asks: dict[str, bool] = {}
        self.encrypted: set[str] = set()
        self.missing: list[str] = []
        self.sets: list[str] = []
        self.failure = self.elsewhere = ""
        self.remote = bool(mapping(one.spec.get("kubeConfig")))

    @property
    def key(self) -> tuple[str, str]:
        """Its namespace and name."""
        return (self.one.namespace, self.one.name)

    @property
    def name(self) -> str:
        """What lines for people call it."""
        return f"Kustomization {self.one.namespace}/{self.one.name}"


def children(parent: Unit, documents: Iterable[bytes]) -> Iterator[Unit]:
    """The Kustomizations among a unit's documents."""
    for document in documents:
        for one in texts.objects(document, parent.name) if KUSTOMIZATION in document else ():
            if one.kind == "Kustomization" and one.group == FLUX:
                one.namespace = one.namespace or parent.one.namespace
                yield Unit(one, document)


def unit_as_applied(first: Unit) -> Unit | None:
    """A cluster's first Kustomization as it is once it has applied itself, patched on the way; None where that changes
    nothing. Where its files lie stays as it is."""
    path = clean(text(first.one.spec.get("path")))
    signs = (first.one.name.encode(), os.fsencode(path))  # most of what it applies is not parsed for this
    telling = (document for document in first.printed if all(sign in document for sign in signs))
    for one in children(first, telling):
        spec = one.one.spec
        if one.key == first.key and clean(text(spec.get("path"))) == path:
            kept = {key: first.one.spec[key] for key in _PLACE if key in first.one.spec}
            body = {**first.one.body, "spec": {**spec, **kept}}
            return None if body == first.one.body else Unit(Object(body), one.text, strict=first.strict)
    return None


class Build(NamedTuple):
    """A folder, and the fields that stand in place of its kustomization's; None where that stays as it is."""

    folder: str
    fields: kustomization.Fields | None


class Ahead:
    """A build before its turn: `printed` is what came of it, once `ended` is free; None where that failed."""

    __slots__ = ("build", "ended", "printed")

    def __init__(self, build: Build) -> None:
        self.build = build
        self.printed: list[bytes] | None = None
        self.ended = Lock()
        self.ended.acquire()


def handed(unit: Unit) -> Mapping:
    """The spec with the types that Go reads, as far as it goes into the kustomization. Most say where the folder is and
    its namespace, so that the text need not be read a second time; of a first one, which no build has printed, all is
    text."""
    if is_plain(unit):
        return {key: value for key, value in unit.one.spec.items() if key in _NAMES}
    return mapping(texts.typed(unit.text).get("spec")) if unit.text else unit.one.spec


def is_plain(unit: Unit) -> bool:
    """Whether words are all that its spec has to hand to kustomize."""
    handed = {key: value for key, value in unit.one.spec.items() if key not in _KEPT}
    return handed.keys() <= _NAMES and all(typed.is_word(text(value)) for value in handed.values())


def labelled(unit: Unit, one: bytes) -> bytes:
    """A document with the labels and annotations that Flux gives what this Kustomization applies."""
    for field in ("labels", "annotations"):
        one = texts.with_metadata(one, field, strings(at(unit.one.spec, "commonMetadata", field)))
    return texts.with_metadata(one, "labels", owner(unit))


def owner(unit: Unit) -> dict[str, str]:
    """The labels by which Flux finds it again."""
    return {f"{FLUX}/name": unit.one.name, f"{FLUX}/namespace": unit.one.namespace}
