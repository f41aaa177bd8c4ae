"""What stands in an object's fields and annotations, as texts of whoever reads it, and the names of Secrets and
ConfigMaps there, which an operator gives to the pods it makes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.conditions import at, names_at
from cilium_policies.catalogue.flows import texts
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.kinds import EVIDENCE
from cilium_policies.kube.objects import (
    IDENTITY,
    Mapping,
    Object,
    flag,
    key_values,
    mapping,
    mappings,
    sequence,
    text,
    walk_mappings,
    walk_strings,
)
from cilium_policies.kube.secret_writers import WRITERS, written
from cilium_policies.lean import Any
from cilium_policies.workloads.model import Text, Workload

_SCHEME = r"^[a-z]{1,16}://"
# A registry's folder, with its scheme or without any: what has a user before it, or a path behind a colon, is none.
_REGISTRY = r"(?:oci://)?([\w\-]{1,63}(?:\.[\w\-]{1,63}){1,9}(?::\d{1,5})?)(?:/[\w.\-/]{0,200})?"
_MONITORS = frozenset(kind for kind, said in EVIDENCE["monitors"].beside.items() if said == ("spec",))
# What of a monitor its reader calls itself; whom it scrapes is told by monitors.py.
_OF_SCRAPES = ("tokenUrl", "proxyUrl")
_REFERENCES = ("configsecret", "configmap", "configmaps", "configmapref", "secretref", "configmapname",
               "configsecretname", "configuration", "repository")  # fmt: skip
_SELECTOR = frozenset(("name", "key", "optional"))  # of one key of a Secret or ConfigMap
_MOUNTED = r"(?:configmap|secret):([a-z0-9][a-z0-9.\-]{0,252})"
_VOLUME = "secretName"
# Fields that name another custom resource which the pods follow, and its kind.
_FOLLOWED = {"barmanObjectName": "ObjectStore"}
IMAGES_OF_PODS = "spec.template.spec.containers"  # where who looks into images reads of a registry


def is_of(one: Object | None, row: Mapping) -> bool:
    """Whether an object is of the kind that a component reads."""
    return one is not None and (one.kind, one.group) == (text(row.get("kind")), text(row.get("group")))


def is_meant(one: Object, source: Object, paths: tuple[str, ...]) -> bool:
    """Whether an object of a name that stands at these paths of `source` is within its reach, of its namespace or the
    cluster's, and of the kind beside the name, if one stands there: `{kind: ClusterRepository, name: main}` means no
    Repository."""
    if one.namespace not in ("", source.namespace):
        return False
    holders = (at(source.body, path.removesuffix(".name")) for path in paths if path.endswith(".name"))
    named = (held for found in holders for held in mappings(found if isinstance(found, list) else [found]))
    kinds = {text(held.get("kind")) for held in named if held.get("name") == one.name}
    return not kinds or not kinds.isdisjoint(("", one.kind))


def is_switched_on(one: Workload, row: Mapping) -> bool:
    """Whether one of the variables and values that a row names is true, if it names any."""
    switches = texts(row.get("switches"))
    on = (found.value for found in one.texts if found.key in switches or found.field in switches)
    return not switches or any(map(flag, on))


def plain(path: str) -> str:
    """A path without the numbers of lists: `spec.sources[0].repoURL` is below `spec.sources.repoURL`."""
    return re.sub(r"\[\d+\]", "", path)


def is_below(path: str, places: tuple[str, ...]) -> bool:
    """Whether a path is one of these places or stands below one: `loki.storage` below `loki`, `lokiCanary` not."""
    return f"{plain(path)}.".startswith(tuple(f"{place}." for place in places))


def fields_of(one: Object) -> Iterator[Text]:
    """Its fields, but for what names it."""
    for path, value in walk_strings({key: member for key, member in one.body.items() if key not in IDENTITY}):
        yield Text("field", path.rpartition(".")[2].partition("[")[0], value, one, path)


def annotations_of(one: Object) -> Iterator[Text]:
    """What a user tells a controller beside an object's spec: `nginx.ingress.kubernetes.io/auth-url`."""
    for key, value in one.annotations.items():
        yield Text("field", key.rpartition("/")[2], value, one, f"metadata.annotations.{key}")


def read_of(one: Object, row: Mapping) -> Iterable[Text]:
    """What an object says to a component, as its entry's row of `reads` has it: of a monitor only what its reader calls
    itself."""
    if one.kind in _MONITORS:
        return tuple(found for found in fields_of(one) if found.key in _OF_SCRAPES)
    said: Iterable[Text] = (*fields_of(one), *annotations_of(one)) if row.get("fields") else fields_of(one)
    if "images" in row:
        said = registries(said, text(row["images"]))
    if "says" in row:
        said = (*said, *implied(one, row))
    return (*said, *called_services(one, text(row["services"]))) if "services" in row else said


def implied(one: Object, row: Mapping) -> Iterator[Text]:
    """Addresses that stand there by a part of theirs alone, or not at all: the store of a region, of each trigger the
    namespace of a queue."""
    from cilium_policies.workloads.chosen import said_of  # few entries have such objects

    each = text(row.get("each"))
    members = sequence(at(one.body, each)) if each else (one.body,)
    for number, member in enumerate(members):
        for value, path in said_of(mapping(member), row):
            place = f"{each}[{number}].{path}" if each else path or "spec"
            yield Text("field", "endpoint", value, one, place)


def called_services(one: Object, usual: str) -> Iterator[Text]:
    """The addresses of Services that it names as webhooks do, `service: {name, namespace, port}`; `usual` is the port
    where none stands there."""
    for path, service in walk_mappings(one.spec, "spec"):
        name, namespace = text(service.get("name")), text(service.get("namespace"))
        if name and namespace and path.endswith(".service"):
            port = text(service.get("port")) or usual
            yield Text("field", "url", f"http://{name}.{namespace}.svc:{port}", one, path)


def registries(fields: Iterable[Text], key: str) -> tuple[Text, ...]:
    """The registries of images that fields of this key name, which who reads them asks: `quay.io/team/image:1`, with a
    scheme before it or without (`registry://`, `oci://`)."""
    named = ((one, re.sub(_SCHEME, "", one.value)) for one in fields if one.key == key)
    images = ((one, value.partition("/")) for one, value in named)
    hosts = ((one, host) for one, (host, slash, _) in images if slash and "." in host and "*" not in host)
    told = ((one, host, "http" if one.value.startswith("http:") else "https") for one, host in hosts)
    return tuple(one._replace(key="endpoint", value=f"{scheme}://{host}") for one, host, scheme in told)


def named(spec: Any) -> Iterator[str]:
    """Names of Secrets and ConfigMaps: `configSecret: X`, `secretRef: {name: X}`, `[configmap:X]` and the like."""
    return (name for _, name in named_at(spec))


def named_at(spec: Any, path: str = "spec") -> Iterator[tuple[str, str]]:
    """The same, each with the path at which it stands; and the Secrets that a volume of a pod template holds."""
    if isinstance(spec, dict):
        for key, member in spec.items():
            place = f"{path}.{key}"
            if key.lower().endswith(_REFERENCES):
                told = [text(member) or text(mapping(member).get("name")), *map(text, sequence(member))]
                yield from ((place, name) for name in told if name)
            if key == "secret" and (name := text(mapping(member).get(_VOLUME))):
                yield place, name
            yield from named_at(member, place)
    elif isinstance(spec, list):
        for number, member in enumerate(spec):
            place = f"{path}[{number}]"
            told_so = re.match(_MOUNTED, member) if isinstance(member, str) else None
            yield from [(place, told_so[1])] if told_so else named_at(member, place)


def chosen_at(spec: Mapping) -> Iterator[tuple[str, str, str]]:
    """Path, name and key wherever a custom resource chooses one key of a Secret or ConfigMap: `additionalScrapeConfigs:
    {name: X, key: jobs.yaml}`."""
    for path, one in walk_mappings(spec, "spec"):
        name, key = text(one.get("name")), text(one.get("key"))
        if name and key and one.keys() <= _SELECTOR:
            yield path, name, key


def secrets_of(one: Object, row: Mapping, namespace: str) -> list[tuple[str, str]]:
    """Namespace and name of the Secrets that an object names: at these paths, or in its texts as a pattern finds them.
    A name with a namespace before it (`edge/database`), as objects without one have it, means the Secret there; without
    it that of the object is meant, and of one that has none `namespace`, that of the pods. Of a Secret that pods find
    by its labels it is that one, also where something else writes it."""
    if "marked" in row and one.kind in WRITERS:
        return [(made.namespace, made.name) for made in written(one)]
    if "marked" in row and one.kind == "Secret":
        return [(one.namespace, one.name)]
    found = sorted(names_at(one.body, texts(row.get("secrets"))))
    if pattern := text(row.get("secretIn")):
        found += (name for _, value in entries_of(one) for name in re.findall(pattern, value))
    named = (name.rpartition("/") for name in found)
    return [(space or one.namespace or namespace, name) for space, _, name in named]


def entries_of(one: Object) -> Iterator[tuple[str, str]]:
    """Keys and values of a ConfigMap or a Secret, of the latter addresses alone."""
    return ((key, _shown(one, key, value)) for key, value in key_values(one))


def _shown(one: Object, key: str, value: str) -> str:
    if one.kind == "ConfigMap":
        return value
    from cilium_policies.workloads.credentials import addresses  # few builds hold a Secret

    return addresses(value, key)


def told_by(one: Object, row: Mapping) -> Iterator[Text]:
    """What a ConfigMap or a Secret that a row names says: all entries, or at the row's `fields` one (`data.KEY`) and
    what stands below a path of the document in one (`data.KEY.path`)."""
    below, registry = texts(row.get("fields")), text(row.get("registry"))
    for key, value in key_values(one):
        place = f"data.{key}"
        if key == registry and (host := re.fullmatch(_REGISTRY, value.strip())) is not None:
            yield Text("entry", key, f"https://{host[1]}", one, key)
        elif not below or is_below(place, below):
            yield Text("entry", key, _shown(one, key, value), one, key)
        elif any(path.startswith(f"{place}.") for path in below):
            from cilium_policies.document.parse import parsed  # few rows ask

            for path, said in walk_strings(parsed(value), place):
                name = path.rpartition(".")[2].partition("[")[0]
                if is_below(path, below):
                    yield Text("field", name, _shown(one, name, said), one, path)


def connected(source: Object, inventory: Inventory) -> Iterator[Text]:
    """The fields of objects of its operator's that a custom resource with a pod template names, for its pods to call
    what stands there: `connectionRef: {name: main}` a Connection, `repository: {kind: Repository, name: main}`."""
    for path, held in walk_mappings(source.spec):
        key, name = path.rpartition(".")[2].partition("[")[0], text(held.get("name"))
        kinds = [text(held.get("kind"))]
        if not kinds[0] and key.endswith("Ref"):
            end = key[:1].upper() + key[1:-3]
            begins = re.findall("[A-Z][a-z0-9]*", source.kind)
            kinds = ["".join(begins[:number]) + end for number in range(len(begins) or 1)]
        for kind in kinds if name and kinds[0] and not key.startswith("auth") else ():
            for namespace in ("", source.namespace):
                one = inventory.get(kind, namespace, name)
                if one is not None and one is not source and one.group == source.group:
                    yield from fields_of(one)


def followed(source: Object, inventory: Inventory) -> Iterator[Object]:
    """Further custom resources that a custom resource has its pods follow."""
    for path, value in walk_strings(source.spec):
        other = _FOLLOWED.get(path.rpartition(".")[2])
        if other and (one := inventory.get(other, source.namespace, value)):
            yield one
