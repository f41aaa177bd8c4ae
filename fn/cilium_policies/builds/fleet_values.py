"""Values of a Fleet bundle that stand in ConfigMaps and Secrets of the cluster: other bundles may bring them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.builds import texts, typed
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.variables import Pool, entries
from cilium_policies.kube.objects import Object, mapping, mappings, text
from cilium_policies.workloads.releases.values import merge

_KEYS = (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef"))


def sources(documents: Iterable[bytes], name: str, namespace: str) -> Iterator[Object]:
    """The ConfigMaps and Secrets among a bundle's documents, in the namespace that they go to."""
    for document in documents:
        if b"kind: ConfigMap" in document or b"kind: Secret" in document:
            for one in texts.objects(document, name):
                one.namespace = one.namespace or namespace
                yield one


def unknown(helm: Fields, namespace: str, pool: Pool) -> tuple[Fields, list[str]]:
    """What `valuesFrom` lays over a release's values, in order; and what of them no file of the repository tells."""
    values: Fields = {}
    said: list[str] = []
    for one in mappings(helm.get("valuesFrom")):
        for kind, key in _KEYS:
            if wanted := mapping(one.get(key)):
                home, name = text(wanted.get("namespace")) or namespace, text(wanted.get("name"))
                found = pool.get(kind, home, name)
                read = (
                    None if found is None or texts.encrypted(found) else _read(found, text(wanted.get("key")))
                )
                if read is None:
                    said.append(f"values from {kind} {home}/{name} are not read")
                else:
                    values = merge(values, read)
    if helm.get("templateValues"):
        said.append("its templateValues are not evaluated")
    return values, said


def _read(source: Object, key: str) -> Fields | None:
    try:
        found = typed.load(entries(source).get(key or "values.yaml", "").encode())
    except typed.NotYamlError:
        return None
    return found if isinstance(found, dict) else None
