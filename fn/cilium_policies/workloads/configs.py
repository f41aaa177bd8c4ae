"""Texts of ConfigMaps, Secrets and ExternalSecrets that workloads refer to; of a Secret host and port alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object, at, decoded, mapping, mappings, strings, text
from cilium_policies.workloads.model import Text

_MAX_TEXT = 1_000_000  # a ConfigMap's or Secret's limit is 1 MiB; no longer text can come from a real cluster


class Configs:
    """ConfigMaps, Secrets and ExternalSecrets by name, decoded when a workload refers to them."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._external: dict[tuple[str, str], Object] = {}
        for one in inventory.of("ExternalSecret"):
            target = text(at(one.body, "spec", "target", "name")) or one.name
            self._external.setdefault((one.namespace, target), one)
        self._read: dict[tuple[str, str, str], tuple[Text, ...]] = {}
        self._services: set[str] | None = None

    def of(self, kind: str, namespace: str, name: str) -> tuple[Text, ...]:
        key = (kind, namespace, name)
        if key not in self._read:
            one = self._inventory.get(kind, namespace, name)
            found = list(_entries(one, self._is_service)) if one else []
            if kind == "Secret" and (external := self._external.get((namespace, name))):
                found += self._templated(external)
            self._read[key] = tuple(found)
        return self._read[key]

    def _templated(self, external: Object) -> Iterator[Text]:
        """What an ExternalSecret's template says, in itself and in the ConfigMaps that it is taken from."""
        template = mapping(at(external.body, "spec", "target", "template"))
        for entry, value in strings(template.get("data")).items():
            yield Text("entry", entry, value, external, entry)
        for source in mappings(template.get("templateFrom")):
            if literal := text(source.get("literal")):
                yield Text("entry", "", literal, external, "templateFrom")
            reference = mapping(source.get("configMap"))
            keys = {text(item.get("key")) for item in mappings(reference.get("items"))}
            for found in self.of("ConfigMap", external.namespace, text(reference.get("name"))):
                if not keys or found.key in keys:
                    yield found

    def _is_service(self, name: str) -> bool:
        if self._services is None:
            self._services = {one.name for one in self._inventory.of("Service")}
        return name in self._services


def _entries(one: Object, resolves: Callable[[str], bool]) -> Iterator[Text]:
    encrypted = "sops" in one.body
    for field in ("data", "stringData"):
        for key, value in strings(one.body.get(field)).items():
            if encrypted or len(value) > _MAX_TEXT * 4 // 3:
                continue
            if one.kind == "Secret":
                from cilium_policies.workloads.credentials import addresses  # few builds hold a Secret

                value = decoded(value) if field == "data" else value
                value = addresses(value, key, resolves)  # nothing else of it is ever looked at
            yield Text("entry", key, value, one, key)
