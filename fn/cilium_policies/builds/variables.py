"""The variables of a Flux Kustomization: `postBuild.substitute` over what `substituteFrom` names."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.builds.texts import encrypted
from cilium_policies.kube.objects import Object, at, decoded, flag, mapping, mappings, strings, text
from cilium_policies.lean import NamedTuple


class Variables(NamedTuple):
    """`values` by name; `hidden` are set in a Secret that SOPS encrypted; `missing` are sources that nothing here
    shows, as `Kind name`."""

    values: dict[str, str]
    hidden: set[str]
    missing: list[str]


class Pool:
    """ConfigMaps and Secrets that the builds so far have made, by kind, namespace and name."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Object] = {}

    def add(self, objects: Iterable[Object]) -> None:
        """Further objects; the first of a name stays."""
        for one in objects:
            if one.kind in ("ConfigMap", "Secret"):
                self._found.setdefault((one.kind, one.namespace, one.name), one)

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        return self._found.get((kind, namespace, name))


def sources(one: Object) -> list[tuple[str, str, bool]]:
    """What `substituteFrom` names: kind, name, and whether Flux goes on without it."""
    entries = mappings(at(one.spec, "postBuild", "substituteFrom"))
    return [(text(it.get("kind")), text(it.get("name")), flag(it.get("optional"))) for it in entries]


def of(one: Object, pool: Pool) -> Variables:
    """The variables of a Kustomization, as far as the pool shows their sources."""
    made = Variables({}, set(), [])
    for kind, name, optional in sources(one):
        source = pool.get(kind, one.namespace, name)
        if source is None:
            if not optional:
                made.missing.append(f"{kind} {name}")
            continue
        found = entries(source)
        if encrypted(source):
            made.hidden.update(found)
        else:
            made.values.update({key: value.replace("\n", "") for key, value in found.items()})
            made.hidden.difference_update(found)
    given = strings(mapping(at(one.spec, "postBuild", "substitute")))
    made.values.update({key: value.replace("\n", "") for key, value in given.items()})
    made.hidden.difference_update(given)
    return made


def entries(source: Object) -> dict[str, str]:
    """The entries of a ConfigMap or Secret; of one that SOPS encrypts they say nothing."""
    values = strings(source.body.get("data"))
    if source.kind == "ConfigMap":
        return values
    if not encrypted(source):
        values = {key: decoded(value) for key, value in values.items()}
    return {**values, **strings(source.body.get("stringData"))}
