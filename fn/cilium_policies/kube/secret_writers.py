"""Objects that a controller writes a Secret from: the Secret's name, and what their templates say of its keys."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.kube.objects import Object, at, mapping, text
from cilium_policies.lean import NamedTuple


class _Writer(NamedTuple):
    """Paths: of the Secret's name (without it the object's own), and of the mapping of its keys to templates."""

    name: tuple[str, ...]
    templates: tuple[str, ...]


_VAULT = _Writer(("spec", "destination", "name"), ("spec", "destination", "transformation", "templates"))
_WRITERS = {
    "ExternalSecret": _Writer(("spec", "target", "name"), ("spec", "target", "template", "data")),
    "SealedSecret": _Writer(("spec", "template", "metadata", "name"), ("spec", "template", "data")),
    "VaultStaticSecret": _VAULT,
    "VaultDynamicSecret": _VAULT,
    "VaultPKISecret": _VAULT,
    "InfisicalSecret": _Writer(
        ("spec", "managedSecretReference", "secretName"),
        ("spec", "managedSecretReference", "template", "data"),
    ),
}
WRITERS = tuple(_WRITERS)


@lru_cache(maxsize=8192)  # half a dozen modules ask
def written_secret(one: Object) -> str:
    """The name of the Secret that such an object writes."""
    return text(at(one.body, *_WRITERS[one.kind].name)) or one.name


@lru_cache(maxsize=8192)
def templates(one: Object) -> dict[str, str]:
    """The Secret's keys and what the templates of such an object say of each; Vault's operator has it in a field
    `text`."""
    found = mapping(at(one.body, *_WRITERS[one.kind].templates))
    return {key: text(mapping(held).get("text")) or text(held) for key, held in found.items()}
