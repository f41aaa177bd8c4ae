"""A Flux Kustomization on its way through a build, and what of it goes to kustomize."""

from __future__ import annotations

from cilium_policies.builds import kustomization, texts, typed
from cilium_policies.kube.objects import Mapping, Object, mapping, text
from cilium_policies.lean import NamedTuple

# Fields of a spec that are words, and those of which nothing goes into a kustomization.
_NAMES = frozenset(("targetNamespace", "namePrefix", "nameSuffix"))
_KEPT = frozenset(
    "commonMetadata decryption deletionPolicy dependsOn force healthCheckExprs healthChecks interval kubeConfig path"  # noqa: SIM905
    " postBuild prune retryInterval serviceAccountName sourceRef suspend timeout wait".split()
)


class Unit:
    """One Flux Kustomization. `docs` is what it applies; `failure` says why there is none, `elsewhere` that its
    files are not in this repository, `remote` that it applies to another cluster."""

    __slots__ = (
        "docs", "elsewhere", "encrypted", "failure", "missing", "one", "path", "printed", "remote", "root", "sets",
        "strict", "text", "unset",
    )  # fmt: skip

    def __init__(self, one: Object, document: bytes, *, strict: bool = True) -> None:
        self.one = one
        self.text = document
        self.strict = strict
        self.path = self.root = ""
        self.docs: list[bytes] = []
        self.printed: list[bytes] = []
        self.unset: set[str] = set()
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


class Build(NamedTuple):
    """A folder, and the fields that stand in place of its kustomization's; None where that stays as it is."""

    folder: str
    fields: kustomization.Fields | None


def handed(unit: Unit) -> Mapping:
    """The spec with the types that Go reads, as far as it goes into the kustomization. Most say where the folder is and
    its namespace, so that the text need not be read a second time."""
    if is_plain(unit):
        return {key: value for key, value in unit.one.spec.items() if key in _NAMES}
    return mapping(texts.typed(unit.text).get("spec"))


def is_plain(unit: Unit) -> bool:
    """Whether words are all that its spec has to hand to kustomize."""
    handed = {key: value for key, value in unit.one.spec.items() if key not in _KEPT}
    return handed.keys() <= _NAMES and all(typed.is_word(text(value)) for value in handed.values())
