"""Texts of ConfigMaps, Secrets and ExternalSecrets that workloads refer to, of a Secret addresses alone, and what the
containers of a pod are told by environment and arguments.

Of one container `env` wins over `envFrom`, and a later source of `envFrom` over an earlier one (Kubernetes' API,
`Container.envFrom`). Two containers may have variables of one name: each is told its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import (
    Mapping,
    Object,
    at,
    key_values,
    mapping,
    mappings,
    sequence,
    text,
)
from cilium_policies.kube.pods import commands_beside, mounted
from cilium_policies.kube.secret_writers import templates
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.model import Text, Workload

if TYPE_CHECKING:
    from cilium_policies.workloads.model import TextKind

Source = tuple[str, str]  # kind and name
_WORDS: tuple[TextKind, ...] = ("command", "args")
# Where a container, or one variable of it, names a ConfigMap or Secret
_REFERENCES = (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))
_KEY_REFERENCES = (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret"))
_FILES = (".json", ".yaml", ".yml", ".toml", ".conf", ".cfg", ".ini", ".xml", ".py", ".php", ".js", ".sh")
# Where the values of a chart name the object that holds the program's configuration, or its variables.
_OF_VALUES = (
    r"(?i)config_?(map|secret)_?(name|ref)?$|config_?(map|secret)(ref)?\.name$|envFrom.*secretRef\.name$"
    r"|config_?(map|secret)s\[\d{1,3}\]$"  # `blueprints.configMaps` of authentik's
)
_MAX_TEXT = 1_000_000  # a ConfigMap's or Secret's limit is 1 MiB; no longer text can come from a real cluster


class Configs:
    """ConfigMaps, Secrets and ExternalSecrets by name, decoded when a workload refers to them."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._read: dict[tuple[str, str, str], tuple[Text, ...]] = {}
        self._services: set[str] | None = None
        self._told: dict[str, list[Object]] | None = None

    def of(self, kind: str, namespace: str, name: str) -> tuple[Text, ...]:
        key = (kind, namespace, name)
        if key not in self._read:
            self._read[key] = ()  # of Secrets that are taken from each other in a circle nothing is known
            one = self._inventory.get(kind, namespace, name)
            found = list(_entries(one, self._is_service)) if one else []
            if kind == "Secret" and (external := self._inventory.secret_writer(namespace, name)):
                found += self._templated(external, namespace, name)
                found += self._copied(external)
            elif kind == "Secret" and one is None:
                found += self._mirrored(namespace, name)
            self._read[key] = tuple(found)
        return self._read[key]

    def variable(self, namespace: str, entry: Mapping) -> Text | None:
        """What a variable's `valueFrom` names (`secretKeyRef`, `configMapKeyRef`), under the variable's name; None
        where that is not shown."""
        told = mapping(entry.get("valueFrom"))
        for field, kind in _KEY_REFERENCES:
            if field not in told:
                continue
            source = mapping(told[field])
            key = text(source.get("key"))
            for found in self.of(kind, namespace, text(source.get("name"))) if source else ():
                if found.key == key:
                    return found._replace(key=text(entry.get("name")) or key)
        return None

    def _templated(self, external: Object, namespace: str, name: str) -> Iterator[Text]:
        """What the templates of an ExternalSecret or its like say, in itself and in ConfigMaps that they are taken
        from."""
        for entry, value in templates(external, namespace, name).items():
            yield Text("entry", entry, value, external, entry)
        template = mapping(at(external.body, "spec", "target", "template"))
        for source in mappings(template.get("templateFrom")):
            if literal := text(source.get("literal")):
                yield Text("entry", "", literal, external, "templateFrom")
            reference = mapping(source.get("configMap"))
            keys = {text(item.get("key")) for item in mappings(reference.get("items"))}
            for found in self.of("ConfigMap", external.namespace, text(reference.get("name"))):
                if not keys or found.key in keys:
                    yield found

    def _copied(self, external: Object) -> Iterator[Text]:
        """What an ExternalSecret takes from Secrets of this cluster, through a store of the provider `kubernetes`."""
        for entry in mappings(external.spec.get("data")):
            remote = mapping(entry.get("remoteRef"))
            for found in self._remote(external, mapping(entry.get("sourceRef")), text(remote.get("key"))):
                if text(remote.get("property")) in ("", found.key):
                    yield found._replace(key=text(entry.get("secretKey")))
        for entry in mappings(external.spec.get("dataFrom")):
            yield from self._remote(
                external, mapping(entry.get("sourceRef")), text(at(entry, "extract", "key"))
            )

    def _mirrored(self, namespace: str, name: str) -> Iterator[Text]:
        """What stands in the one Secret of this name that an operator writes in another namespace: whoever copies it
        for these pods (reflector, kubed, a script) keeps its name. Addresses that hold from here alone."""
        if self._told is None:
            self._told = {}
            for each in self._inventory.of("Secret"):
                if each.is_told:
                    self._told.setdefault(each.name, []).append(each)
        told = self._told.get(name, ())
        for one in told if len(told) == 1 else ():
            names = {"name": name, "namespace": namespace}  # it is these pods' namespace that says so
            copy = Object({"apiVersion": "v1", "kind": "Secret", "metadata": names}, one.where)
            for found in _entries(one, self._is_service):
                if f".{one.namespace}" in found.value:
                    yield found._replace(source=copy)

    def _remote(self, external: Object, source: Mapping, name: str) -> tuple[Text, ...]:
        chosen = mapping(source.get("storeRef")) or mapping(external.spec.get("secretStoreRef"))
        kind = text(chosen.get("kind")) or "SecretStore"
        place = "" if kind.startswith("Cluster") else external.namespace
        store = self._inventory.get(kind, place, text(chosen.get("name")))
        provider = at(store.body, "spec", "provider", "kubernetes") if store is not None else None
        if not isinstance(provider, dict) or not name or not _is_own(text(at(provider, "server", "url"))):
            return ()
        return self.of("Secret", text(provider.get("remoteNamespace")) or "default", name)

    def _is_service(self, name: str) -> bool:
        """Whether a Service has this name, or this name and namespace (`db.shop`)."""
        if self._services is None:
            services = self._inventory.of("Service")
            self._services = {
                spelled for one in services for spelled in (one.name, f"{one.name}.{one.namespace}")
            }
        return name in self._services


def _is_own(url: str) -> bool:
    """Whether a store's server is this cluster's: none said, or the API server by its Service's name."""
    return not url or url.partition("://")[2].startswith("kubernetes.default")


def _entries(one: Object, resolves: Callable[[str], bool]) -> Iterator[Text]:
    for key, value in key_values(one):
        if len(value) > _MAX_TEXT:
            continue
        if one.kind == "Secret" and not one.is_told:
            from cilium_policies.workloads.credentials import addresses  # few builds hold a Secret

            value = addresses(value, key, resolves)  # nothing else of it is ever looked at
        yield Text("entry", key, value, one, key)


def texts(namespace: str, spec: Mapping, within: list[Mapping], configs: Configs) -> Iterator[Text]:
    """`within`: the containers of that spec."""
    seen: dict[Source, set[str] | None] = {}  # None: all keys
    many = len(within) > 1
    for number, container in enumerate(within, 1):
        place = number if many else 0
        for entry in mappings(container.get("env")):
            yield _env(namespace, entry, configs, place)
        for source, _ in _sources(container):
            seen[source] = None
        for part in _WORDS:
            words = [text(word) for word in sequence(container.get(part))]
            if any(words):
                yield Text(part, "", "\n".join(words), within=place)
        for beside in commands_beside(container):
            yield Text("command", "", "\n".join(map(text, beside)), within=place)
    variables = set(seen)
    for one, keys in mounted(spec):
        variables.discard(one)
        before = seen.get(one, set())
        seen[one] = None if before is None or keys is None else before | keys
    readers = _Readers(namespace, within, configs) if variables else None
    for place_of, read in sorted(seen.items(), key=lambda told: told[0]):
        for found in configs.of(place_of[0], namespace, place_of[1]):
            if place_of in variables and readers is not None:
                yield from readers.of(place_of, found)
            elif read is None or found.key in read:
                yield found


def _sources(container: Mapping) -> Iterator[tuple[Source, str]]:
    """Each source of `envFrom`, and what stands before the names of its variables."""
    for source in mappings(container.get("envFrom")):
        for field, kind in _REFERENCES:
            if field in source and (name := text(mapping(source[field]).get("name"))):
                yield (kind, name), text(source.get("prefix"))


def _env(namespace: str, entry: Mapping, configs: Configs, place: int) -> Text:
    name, value = text(entry.get("name")), entry.get("value")
    if isinstance(value, str):
        return Text("env", name, value, field=name, within=place)
    found = configs.variable(namespace, entry)
    if found is not None:
        return found._replace(within=place)
    return Text("env", name, "", field=name, within=place)  # conditions ask for the name


def _is_file(kind: str, one: Text) -> bool:
    """Whether an entry of a Secret is a file for whoever mounts it: no program asks for a variable `server.yaml`.
    What a ConfigMap of the program's own holds is about it all the same."""
    return kind == "Secret" and one.key.endswith(_FILES)


class _Readers:
    """Which containers are told an entry of a source of `envFrom`, and by which name: those that take it and set that
    variable by nothing that wins over it."""

    def __init__(self, namespace: str, within: list[Mapping], configs: Configs) -> None:
        self._many = len(within)
        self._named: dict[
            tuple[Source, str], dict[str, list[int]]
        ] = {}  # names of an entry, and whose they are
        for number, container in enumerate(within, 1):
            told: dict[str, tuple[Source, str]] = {}
            for source, prefix in _sources(container):
                entries = configs.of(source[0], namespace, source[1])
                told.update(
                    (prefix + one.key, (source, one.key)) for one in entries if not _is_file(source[0], one)
                )
            for entry in mappings(container.get("env")):
                told.pop(text(entry.get("name")), None)
            for name, place in told.items():
                self._named.setdefault(place, {}).setdefault(name, []).append(number)

    def of(self, source: Source, one: Text) -> Iterator[Text]:
        for name, numbers in self._named.get((source, one.key), {}).items():
            if len(numbers) == self._many:
                yield one if name == one.key else one._replace(key=name)
            else:
                yield from (one._replace(key=name, within=number) for number in numbers)


def named_by_values(workload: Workload) -> Iterator[str]:
    """Names of Secrets and ConfigMaps that a release's values give as configuration (`config.existingConfigMap`)."""
    told = () if workload.rendered else workload.texts
    yield from (
        one.value for one in told if one.kind == "value" and one.value and re.search(_OF_VALUES, one.field)
    )
