"""Objects that a controller writes a Secret from: the Secret's name, and what their templates say of its keys."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.kube.objects import Mapping, Object, at, flag, mapping, mappings, strings, text
from cilium_policies.lean import NamedTuple


class _Writer(NamedTuple):
    """Paths: of the Secret's name (without it the object's own), of the mapping of its keys to templates, of its labels
    (they stand in what has `own`, else they are the object's own), and of what says whether nothing but these keys is
    written."""

    name: tuple[str, ...]
    templates: tuple[str, ...]
    labels: tuple[str, ...]
    own: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


class Written(NamedTuple):
    """A Secret that such an object writes; `alone`: it has no keys but those of the templates."""

    namespace: str
    name: str
    templates: dict[str, str]
    alone: bool


_VAULT = _Writer(
    ("spec", "destination", "name"),
    ("spec", "destination", "transformation", "templates"),
    ("spec", "destination", "labels"),
    alone=("spec", "destination", "transformation", "excludeRaw"),
)
_WRITERS = {
    # external-secrets/external-secrets: pkg/controllers/externalsecret/externalsecret_controller_template.go
    "ExternalSecret": _Writer(
        ("spec", "target", "name"),
        ("spec", "target", "template", "data"),
        ("spec", "target", "template", "metadata", "labels"),
        ("spec", "target", "template"),
    ),
    "SealedSecret": _Writer(
        ("spec", "template", "metadata", "name"),
        ("spec", "template", "data"),
        ("spec", "template", "metadata", "labels"),
    ),
    "VaultStaticSecret": _VAULT,
    "VaultDynamicSecret": _VAULT,
    "VaultPKISecret": _VAULT,
}
# Infisical's operator writes several, each with a namespace of its own; before it was one, in another field.
_SEVERAL = {"InfisicalSecret": ("managedKubeSecretReferences", "managedSecretReference")}
WRITERS = (*_WRITERS, *_SEVERAL)
_NO_TEMPLATES: dict[str, str] = {}  # most have none, and a build may hold thousands


def written(one: Object) -> tuple[Written, ...]:
    """The Secrets that such an object writes. Not kept: a build may hold thousands of such objects."""
    if one.kind in _SEVERAL:
        return _several(one)
    where = _WRITERS[one.kind]
    told = _said(mapping(at(one.body, *where.templates)))
    name = text(at(one.body, *where.name)) or one.name
    return (Written(one.namespace, name, told, bool(where.alone) and flag(at(one.body, *where.alone))),)


def labels(one: Object) -> dict[str, str]:
    """The labels of the Secret that such an object writes, as far as it says them."""
    where = _WRITERS.get(one.kind)
    if where is None:
        return {}
    own = where.own and at(one.body, *where.own) is None
    return one.labels if own else strings(at(one.body, *where.labels))


@lru_cache(maxsize=256)  # its list may be long
def _several(one: Object) -> tuple[Written, ...]:
    several, single = (one.spec.get(field) for field in _SEVERAL[one.kind])
    return tuple(_referred(one, each) for each in (*mappings(several), *mappings([single])))


def _referred(one: Object, reference: Mapping) -> Written:
    """A Secret of a list: all of the store's keys stand in it where no template says which."""
    template = mapping(reference.get("template"))
    told = _said(mapping(template.get("data")))
    namespace = text(reference.get("secretNamespace")) or one.namespace
    alone = bool(template) and not flag(template.get("includeAllSecrets"))
    return Written(namespace, text(reference.get("secretName")) or one.name, told, alone)


def _said(found: Mapping) -> dict[str, str]:
    """Vault's operator has the template in a field `text`."""
    if not found:
        return _NO_TEMPLATES
    return {key: text(mapping(held).get("text")) or text(held) for key, held in found.items()}


def written_as(one: Object, namespace: str, name: str) -> Written | None:
    """The first Secret of this name that such an object writes."""
    return next((made for made in written(one) if (made.namespace, made.name) == (namespace, name)), None)


def templates(one: Object, namespace: str, name: str) -> dict[str, str]:
    """The keys of the Secret of this name and what the templates of such an object say of each."""
    made = written_as(one, namespace, name)
    return made.templates if made is not None else _NO_TEMPLATES
