"""The environment, arguments and mounted configuration of a pod's containers, each as a Text.

Of one container `env` wins over `envFrom`, and a later source of `envFrom` over an earlier one (Kubernetes' API,
`Container.envFrom`). Two containers may have variables of one name: each is told its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, at, mappings, sequence, text
from cilium_policies.kube.pods import mounted
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.configs import Configs
from cilium_policies.workloads.model import Text

if TYPE_CHECKING:
    from cilium_policies.workloads.model import TextKind

Source = tuple[str, str]  # kind and name
_WORDS: tuple[TextKind, ...] = ("command", "args")


def texts(namespace: str, spec: Mapping, within: list[Mapping], configs: Configs) -> Iterator[Text]:
    """`within`: the containers of that spec."""
    seen: dict[Source, set[str] | None] = {}  # None: all keys
    many = len(within) > 1
    for number, container in enumerate(within, 1):
        place = number if many else 0
        for entry in mappings(container.get("env")):
            yield _env(namespace, entry, configs, place)
        for source in _sources(container):
            seen[source] = None
        for part in _WORDS:
            words = [text(word) for word in sequence(container.get(part))]
            if any(words):
                yield Text(part, "", "\n".join(words), within=place)
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


def _sources(container: Mapping) -> Iterator[Source]:
    for source in mappings(container.get("envFrom")):
        if name := text(at(source, "configMapRef", "name")):
            yield "ConfigMap", name
        if name := text(at(source, "secretRef", "name")):
            yield "Secret", name


def _env(namespace: str, entry: Mapping, configs: Configs, place: int) -> Text:
    name, value = text(entry.get("name")), entry.get("value")
    if isinstance(value, str):
        return Text("env", name, value, field=name, within=place)
    found = configs.variable(namespace, entry)
    if found is not None:
        return found._replace(within=place)
    return Text("env", name, "", field=name, within=place)  # conditions ask for the name


class _Readers:
    """Which containers are told an entry of a source of `envFrom`: those that take it and set its key by nothing that
    wins over it."""

    def __init__(self, namespace: str, within: list[Mapping], configs: Configs) -> None:
        self._told: list[dict[str, Source]] = []  # a container's variables and where each is taken from
        for container in within:
            told: dict[str, Source] = {}
            for source in _sources(container):
                told.update((one.key, source) for one in configs.of(source[0], namespace, source[1]))
            for entry in mappings(container.get("env")):
                told.pop(text(entry.get("name")), None)
            self._told.append(told)

    def of(self, source: Source, one: Text) -> Iterator[Text]:
        found = [number for number, told in enumerate(self._told, 1) if told.get(one.key) == source]
        if len(found) == len(self._told):
            yield one
        else:
            yield from (one._replace(within=number) for number in found)
