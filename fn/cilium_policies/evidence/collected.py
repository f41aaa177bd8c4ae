"""Configuration that stands in no pod template: what a sidecar finds by label and writes where the program reads
it, and the Secrets and ConfigMaps that an operator gives the pods it makes from a custom resource."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from cilium_policies.catalogue.conditions import names_at
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.ports import WORDS
from cilium_policies.catalogue.recognise import may_be_part, part_of
from cilium_policies.evidence.not_read import is_others, owns
from cilium_policies.evidence.object_texts import (
    IMAGES_OF_PODS,
    chosen_at,
    connected,
    fields_of,
    followed,
    is_below,
    is_meant,
    is_of,
    is_switched_on,
    named_at,
    read_of,
    secrets_of,
    told_by,
)
from cilium_policies.kube.objects import Mapping, Object, flag, sequence, strings, text
from cilium_policies.kube.pods import pod_template
from cilium_policies.lean import Any
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.configs import Configs, named_by_values
from cilium_policies.workloads.model import Text, Workload
from cilium_policies.workloads.sidecars import Sidecars

NAMES_SECRETS = frozenset(("secrets", "secretIn", "marked"))  # by which a row says which Secrets are meant
_RELEASES = ("HelmRelease", "Application", "ApplicationSet")
# Where they name one that holds an address: of several workloads of the release that does not say which calls it.
_OF_ADDRESSES = (
    rf"(?i)(?:ur[li]|dsn|database|db|broker|connection|storage|s3|backup_?target|{'|'.join(WORDS)})"
    r"[\w.]{0,60}secret_?(?:ref)?\.?_?(?:name)?$"
    r"|(?i:(?:existing|external)_?secret(?:\.?_?(?:secret)?_?name)?$)"
)
_CONFIG_MAP = "configmap"
_DEFAULT_BACKEND = "--default-backend-service"
_CONFIG_MAP_FLAG = r"(?i)(?:^|\s)--?([\w.-]*configmap(?:-[a-z-]+)?)[=\s]+(?:\S+/)?([a-z0-9][a-z0-9.-]*)"
_Said = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str, str], ...], list[Object]]


class Collected:
    """What of one cluster's objects belongs to a workload's configuration without being mounted."""

    def __init__(self, cluster: Cluster, reads: dict[str, list[Mapping]]) -> None:
        self._cluster = cluster
        self._reads = reads
        self._sidecars = Sidecars(cluster.inventory, lambda: cluster.access)
        self._configs = Configs(cluster.inventory)
        self._said: dict[int, _Said] = {}  # by identity of the object
        self._told: dict[tuple[int, int], tuple[Text, ...]] = {}  # and of the row that has it read

    def of(self, workload: Workload) -> tuple[Text, ...]:
        """The texts that the sidecars of a workload collect, its operator gives it, or it reads through the API."""
        source = workload.source
        found: dict[Text, None] = {}
        if (
            source is not None
            and source.kind not in _RELEASES
            and (not workload.rendered or pod_template(source) is None)
        ):
            for one in (source, *workload.beside):
                found.update(dict.fromkeys(self._given_by_operator(workload, one)))
        if not workload.rendered:
            found.update(dict.fromkeys(self._by_values(workload)))
            found.update(dict.fromkeys(self._referred(workload, workload.values)))
            found.update(dict.fromkeys(self._addressed(workload)))
            if self._cluster.plays(workload, "gateway"):
                from cilium_policies.evidence.served_ports import of_values  # start-up is paid by all

                found.update(dict.fromkeys(of_values(workload.texts)))
        elif source is not None and not workload.component and "." in source.group:
            found.update(dict.fromkeys(connected(source, self._cluster.inventory)))
        for row in self._rows(workload):
            if is_switched_on(workload, row):
                found.update(dict.fromkeys(self._read(workload, row)))
        if workload.may_say((_CONFIG_MAP, _DEFAULT_BACKEND)):
            found.update(dict.fromkeys(self._told_by_argument(workload)))
        found.update(dict.fromkeys(self._sidecars.of(workload)))
        return tuple(found)

    def is_told(self, workload: Workload, found: Text) -> bool:
        """Whether the catalogue says of a field of the object that made several kinds of pods that these call it, or of
        a field of another object that they read, images among them."""
        if found.source is workload.source:
            return owns(workload, found.field, self._reads)
        rows = list(self._rows(workload))
        if found.field == IMAGES_OF_PODS and any("pulls" in row for row in rows):
            return True
        read = (row for row in rows if is_of(found.source, row))
        return any(not row.get("fields") or is_below(found.field, texts(row["fields"])) for row in read)

    def _rows(self, workload: Workload) -> Iterator[Mapping]:
        """What the catalogue says that such pods read."""
        for row in self._reads.get(workload.component, ()):
            if may_be_part(strings(row.get("pods")), workload.labels, by_label=workload.by_label):
                yield row

    def _referred(self, workload: Workload, values: Any) -> Iterator[Text]:
        """Variables in a release's values whose text stands in a ConfigMap or Secret (`valueFrom`)."""
        shown = isinstance(values, dict) and "valueFrom" in values
        if shown and (found := self._configs.variable(workload.namespace, values)) is not None:
            yield found
        for member in values.values() if isinstance(values, dict) else sequence(values):
            if isinstance(member, (dict, list)):
                yield from self._referred(workload, member)

    def _addressed(self, workload: Workload) -> Iterator[Text]:
        """The Secret in which a chart's values have it look for an address: `databaseUrlSecretName: app-db`."""
        for one in workload.texts:
            named = one.kind == "value" and one.value and re.search(_OF_ADDRESSES, one.field) is not None
            if named and (self._is_alone(workload) or self.is_told(workload, one)):
                yield from self._entries(workload.namespace, one.value)

    def _is_alone(self, workload: Workload) -> bool:
        """Whether no other workload comes of the same object."""
        made = self._cluster.made_from(workload.source)
        return all(one is workload or one.namespace != workload.namespace for one in made)

    def _told_by_operator(self, workload: Workload, operator: str, row: Mapping) -> Iterator[Text]:
        """What an operator's own settings (`KEY: NAMESPACE/NAME`), also of objects beside it, have all its pods read,
        and its variables that it hands to them."""
        from cilium_policies.evidence.handed import operators, places  # few builds have such objects

        env, told = text(row.get("env")), operators(self._cluster, workload, operator)
        for one in told if env else ():
            yield from (found for found in one.texts if re.fullmatch(env, found.key) is not None)
        for namespace, name in places(self._cluster, workload, told, row):
            yield from self._entries(namespace, name)

    def _told_by_argument(self, workload: Workload) -> Iterator[Text]:
        """What it is told to read (`--configmap=NAME`, of its namespace), and where it sends what no Ingress serves."""
        for one in workload.texts:
            if one.is_arguments and _DEFAULT_BACKEND in one.value:
                from cilium_policies.evidence.served_ports import unrouted

                yield from unrouted(self._cluster, one)
            if one.is_arguments and _CONFIG_MAP in one.value.lower():
                from cilium_policies.evidence.handed import of_map

                for option, name in re.findall(_CONFIG_MAP_FLAG, one.value):
                    shown = self._cluster.inventory.get("ConfigMap", workload.namespace, name)
                    if shown is not None:
                        yield from of_map(shown, option)

    def _given_by_operator(self, workload: Workload, source: Object) -> Iterator[Text]:
        """Configuration that the custom resource names, or that is called like the workload, as operators name it."""
        names, keys, others = self._said_by(source)
        own = [name for path, name in names if not is_others(workload, source, path, self._reads)]
        yield from (one for name in dict.fromkeys(own) for one in self._entries(workload.namespace, name))
        yield from self._cluster.unmounted(self._entries(workload.namespace, workload.name))
        for path, name, key in keys:
            if not is_others(workload, source, path, self._reads):
                yield from self._entries(workload.namespace, name, (key,))
        for one in self._cluster.inventory.of(f"{source.kind}Config"):
            from cilium_policies.evidence.tied import chooses  # few objects are there

            if chooses(self._cluster, source, one):
                yield from fields_of(one)
                for _, name, key in chosen_at(one.spec):
                    yield from self._entries(one.namespace, name, (key,))
        yield from (each for one in others for each in fields_of(one))

    def _said_by(self, source: Object) -> _Said:
        """Names of configuration in a custom resource, names and keys chosen there, what it leads to: found once."""
        if id(source) not in self._said:
            names, keys = tuple(named_at(source.spec)), tuple(chosen_at(source.spec))
            self._said[id(source)] = (names, keys, list(followed(source, self._cluster.inventory)))
        return self._said[id(source)]

    def _by_values(self, workload: Workload) -> Iterator[Text]:
        """What the ConfigMaps and Secrets say that a release's values name."""
        for name in named_by_values(workload):
            yield from self._entries(workload.namespace, name)

    def _entries(self, namespace: str, name: str, keys: Collection[str] = ()) -> Iterator[Text]:
        """What the ConfigMap and the Secret of this name say, or the template of what writes the Secret; of `keys`
        alone where some are said."""
        for kind in ("ConfigMap", "Secret"):
            found = self._configs.of(kind, namespace, name)
            yield from (one for one in found if one.key in keys) if keys else found

    def _read(self, workload: Workload, row: Mapping) -> Iterator[Text]:
        """Objects that a controller looks up and acts on: anybody's of a kind, or one of its own namespace by name."""
        kind, name = text(row.get("kind")), text(row.get("name"))
        if "handedBy" in row:
            from cilium_policies.evidence.handed import of_programs  # few builds have such objects

            yield from of_programs(self._cluster, workload, row, self._by_values)
        if "toldBy" in row:
            yield from self._told_by_operator(workload, text(row["toldBy"]), row)
        if "account" in row:
            from cilium_policies.evidence.handed import of_account  # few charts have such Secrets

            yield from of_account(self._cluster, workload, row)
        proven = not workload.rendered or (workload.by_label and workload.by_image)
        if "pulls" in row and proven:
            from cilium_policies.evidence.handed import of_images  # few programs look into images

            yield from of_images(self._cluster, row)
        files = text(row.get("files"))
        if files and "own" not in row:
            yield from self._files(workload.namespace, files)
        if not kind and "own" in row and workload.source is not None:
            for secret in secrets_of(workload.source, row, workload.namespace):
                told = self._entries(*secret)
                yield from (each for each in told if not files or re.fullmatch(files, each.key))
        if not kind or "toldBy" in row:
            return
        if "annotated" in row:
            from cilium_policies.evidence.tied import annotated  # few programs ask so

            yield from annotated(self._cluster, text(row["annotated"]))
            return
        for one in self._objects(workload, row):
            yield from told_by(one, row) if name or "marked" in row else self._fields(one, row)
            kept = names_at(one.body, texts(row.get("entries")))
            for secret in secrets_of(one, row, workload.namespace):
                yield from self._entries(*secret, kept)

    def _files(self, namespace: str, called: str) -> Iterator[Text]:
        """The entries that are called so of every ConfigMap and Secret of a namespace, whoever mounts them."""
        for one in self._cluster.inventory.of("ConfigMap", "Secret"):
            if one.namespace == namespace:
                told = self._configs.of(one.kind, namespace, one.name)
                yield from (each for each in told if re.fullmatch(called, each.key))

    def _fields(self, one: Object, row: Mapping) -> tuple[Text, ...]:
        """What a row has an object say: looked for once, however many pods read it."""
        key = (id(one), id(row))
        if key not in self._told:
            from cilium_policies.evidence.from_env import filled_in  # few builds have such objects

            below = texts(row.get("fields"))
            said = filled_in(self._cluster, one, read_of(one, row))
            self._told[key] = tuple(each for each in said if not below or is_below(each.field, below))
        return self._told[key]

    def _objects(self, workload: Workload, row: Mapping) -> Iterator[Object]:
        """The objects that a row means for these pods: one by its name, or those of a kind that it acts on."""
        kind, name, label = text(row.get("kind")), text(row.get("name")), text(row.get("label"))
        if name:
            space, _, name = name.rpartition("/")
            one = self._cluster.inventory.get(kind, space or workload.namespace, name)
            if one is not None and "sops" not in one.body:
                yield one
            return
        source, paths = workload.source, texts(row.get("at"))
        names = names_at(source.body, paths) if source is not None and paths else ()
        inventory, group = self._cluster.inventory, text(row.get("group")) or None
        if "marked" in row and kind == "Secret":
            from cilium_policies.evidence.tied import writers  # few programs look for such Secrets

            yield from writers(self._cluster, workload, row)
        for one in inventory.called(kind, names, group) if paths else inventory.of(kind, group=group):
            own = source is not None and one.name in names and is_meant(one, source, paths)
            if (paths and not own) or (label and one.labels.get(label) != workload.labels.get(label)):
                continue
            if (paths and not one.namespace) or self._is_for(workload, one, row):
                yield one

    def secrets(self, workload: Workload) -> Iterator[tuple[str, str]]:
        """Namespace and name of the Secrets that say whom such pods call: what they read names them, or a mark does."""
        for row in self._rows(workload):
            if NAMES_SECRETS.isdisjoint(row) or not is_switched_on(workload, row):
                continue
            own = (workload.source,) if "own" in row and workload.source is not None else ()
            for one in self._objects(workload, row) if "kind" in row else own:
                yield from secrets_of(one, row, workload.namespace)

    def _is_for(self, workload: Workload, one: Object, row: Mapping) -> bool:
        """Whether it acts on this object: which names it by its address, or by its rights where it is another's."""
        if not part_of(strings(row.get("marked")), one.labels):
            return False
        if {"addressed", "of"} & row.keys():
            from cilium_policies.evidence import tied  # few objects are

            if "addressed" in row:
                return tied.is_addressed(self._cluster, workload, one, texts(row["addressed"]))
            return workload.source is not None and tied.refers_to(one, text(row["of"]), workload.source)
        if one.namespace == workload.namespace or flag(row.get("near")):
            return one.namespace == workload.namespace
        return self._cluster.acts_for(workload, one.namespace, one.group)
