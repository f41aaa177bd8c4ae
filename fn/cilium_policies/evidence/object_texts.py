"""What stands in an object's fields and annotations, as texts of whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cilium_policies.catalogue.flows import texts
from cilium_policies.kube.kinds import EVIDENCE
from cilium_policies.kube.objects import IDENTITY, Mapping, Object, flag, text, walk_strings
from cilium_policies.workloads.model import Text, Workload

_SCHEME = r"^[a-z]{1,16}://"
_MONITORS = frozenset(kind for kind, said in EVIDENCE["monitors"].beside.items() if said == ("spec",))
# What of a monitor its reader calls itself; whom it scrapes is told by monitors.py.
_OF_SCRAPES = ("tokenUrl", "proxyUrl")


def is_of(one: Object | None, row: Mapping) -> bool:
    """Whether an object is of the kind that a component reads."""
    return one is not None and (one.kind, one.group) == (text(row.get("kind")), text(row.get("group")))


def is_switched_on(one: Workload, row: Mapping) -> bool:
    """Whether one of the variables and values that a row names is true, if it names any."""
    switches = texts(row.get("switches"))
    on = (found.value for found in one.texts if found.key in switches or found.field in switches)
    return not switches or any(map(flag, on))


def plain(path: str) -> str:
    """A path without the numbers of lists: `spec.sources[0].repoURL` is below `spec.sources.repoURL`."""
    return re.sub(r"\[\d+\]", "", path)


def fields_of(one: Object) -> Iterator[Text]:
    """Its fields, but for what names it."""
    for path, value in walk_strings({key: member for key, member in one.body.items() if key not in IDENTITY}):
        yield Text("field", path.rpartition(".")[2].partition("[")[0], value, one, path)


def annotations_of(one: Object) -> Iterator[Text]:
    """What a user tells a controller beside an object's spec: `nginx.ingress.kubernetes.io/auth-url`."""
    for key, value in one.annotations.items():
        yield Text("field", key.rpartition("/")[2], value, one, f"metadata.annotations.{key}")


def registries(fields: Iterable[Text], key: str) -> tuple[Text, ...]:
    """The registries of images that fields of this key name, which who reads them asks: `quay.io/team/image:1`, with a
    scheme before it or without (`registry://`, `oci://`)."""
    named = ((one, re.sub(_SCHEME, "", one.value)) for one in fields if one.key == key)
    images = ((one, value.partition("/")) for one, value in named)
    hosts = ((one, host) for one, (host, slash, _) in images if slash and "." in host and "*" not in host)
    return tuple(one._replace(key="endpoint", value=f"https://{host}") for one, host in hosts)


def read_of(one: Object, row: Mapping) -> tuple[Text, ...]:
    """What an object says that pods read: of a monitor only what its reader calls itself."""
    if one.kind in _MONITORS:
        return tuple(found for found in fields_of(one) if found.key in _OF_SCRAPES)
    said = (*fields_of(one), *annotations_of(one)) if "fields" in row else tuple(fields_of(one))
    return registries(said, text(row["images"])) if "images" in row else said
