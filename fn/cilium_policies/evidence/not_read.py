"""Variables that a program does not read, or reads as their names do not say: charts set one environment for all parts
of an application, and the part that needs no database then names it all the same. Fields of an operator's object are
for some of its pods, too; files that a program hands on are for the one that it hands them to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.recognise import is_image, may_be_part, part_of, repository_of
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.object_texts import is_below
from cilium_policies.kube.objects import Mapping, Object, flag, strings, text
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload

_FILES = ("entry", "value")  # of a release that nobody rendered the file stands in its values
# By namespace the rows that say which files programs there hand on, each with the servers that get them
_Handing = dict[str, list[tuple[Mapping, list[Workload]]]]
# By an object's identity and component the paths of what is for that one alone
Lone = dict[int, dict[str, tuple[str, ...]]]


def not_read(
    cluster: Cluster, workload: Workload, ignores: dict[str, list[Mapping]], handing: _Handing
) -> Callable[[Text, bool], bool] | None:
    """What says of a text (and of whether it is a variable) that it means nothing to these pods; None: all may mean
    something."""
    variables = unread(workload, ignores)
    files = _handed_on(cluster, workload, handing) if workload.namespace in handing else []
    if variables is None and not files:
        return None

    def ignored(found: Text, variable: bool) -> bool:
        variable = variable or _becomes_variable(found)
        if variable and variables is not None and variables.fullmatch(found.key) is not None:
            return True
        return found.kind == "entry" and any(one.search(found.key) for one in files)

    return ignored


def _becomes_variable(found: Text) -> bool:
    """Whether a text is a value of a release below `env`."""
    return found.kind == "value" and found.field.rpartition(".")[0].lower().endswith("env")


def read_here(
    places: Iterable[tuple[Text, Address]], workload: Workload, ignores: dict[str, list[Mapping]]
) -> Iterator[tuple[Text, Address]]:
    """Of addresses those whose keys mean something to these pods: all parts read one file, one of them the key."""
    keys = unread(workload, ignores, "keys")
    for found, address in places:
        if keys is None or found.kind not in _FILES or keys.fullmatch(address.key) is None:
            yield found, address


def unread(
    workload: Workload, ignores: dict[str, list[Mapping]], field: str = "env"
) -> re.Pattern[str] | None:
    """What matches the names of variables that mean nothing to these pods. What an image's program reads is known of
    pods all of whose containers run it: else nothing says which of them a variable is for."""
    rows = ignores.get(workload.component, ())
    repository = repository_of(workload.images[0]) if rows and len(set(workload.images)) == 1 else ""
    found = [
        text(row[field])
        for row in rows
        if field in row
        and ("image" not in row or is_image(repository, text(row["image"])))
        and part_of(strings(row.get("pods")), workload.labels)
    ]
    return re.compile("|".join(found)) if found else None


def handing(cluster: Cluster, reads: dict[str, list[Mapping]]) -> _Handing:
    """The servers of the cluster to which programs hand files on (`handsOn`)."""
    found: _Handing = {}
    for name, servers in cluster.recognised.items():
        told = [row for row in reads.get(name, ()) if "handsOn" in row]
        for namespace in {one.namespace for one in servers} if told else ():
            near = [one for one in servers if one.namespace == namespace]
            found.setdefault(namespace, []).extend((row, near) for row in told)
    return found


def _handed_on(cluster: Cluster, workload: Workload, handing: _Handing) -> list[re.Pattern[str]]:
    """The names of files that these pods hand on."""
    repositories = [repository_of(one) for one in workload.images]
    found = []
    for row, servers in handing.get(workload.namespace, ()):
        others = [one for one in servers if one.component != workload.component]
        if others and any(is_image(each, end) for each in repositories for end in texts(row["handedBy"])):
            from cilium_policies.evidence.handed import names  # few clusters hold such programs

            if not flag(row.get("named")) or any(names(cluster, workload, one) for one in others):
                found.append(re.compile(text(row["handsOn"])))
    return found


def is_called(workload: Workload, key: str, reads: dict[str, list[Mapping]]) -> bool:
    """Whether the catalogue says of a variable (`calls`) that these pods call what stands there, whatever its name
    says."""
    rows = [row for row in reads.get(workload.component, ()) if "calls" in row]
    return bool(rows) and any(
        re.fullmatch(text(row["calls"]), key) is not None
        and may_be_part(strings(row.get("pods")), workload.labels, by_label=workload.by_label)
        for row in rows
    )


def calls_nobody(workload: Workload, silent: frozenset[str]) -> bool:
    """Whether pods run one program alone of which it is known that it calls nobody: what its configuration names,
    browsers call."""
    known = workload.component in silent and workload.by_label and workload.by_image
    return known and len(set(workload.images)) == 1


def is_others(workload: Workload, source: Object | None, field: str, reads: dict[str, list[Mapping]]) -> bool:
    """Whether the catalogue says of a field of the object that made several kinds of pods (`own`) that others of them
    call what stands there."""
    owned = _owned(workload, field, reads) if source is workload.source else []
    return bool(owned) and not any(part_of(strings(row.get("pods")), workload.labels) for row in owned)


def owns(workload: Workload, field: str, reads: dict[str, list[Mapping]]) -> bool:
    """Whether the catalogue says of a field of the object that made several kinds of pods that these call it."""
    return any(part_of(strings(row.get("pods")), workload.labels) for row in _owned(workload, field, reads))


def _owned(workload: Workload, field: str, reads: dict[str, list[Mapping]]) -> list[Mapping]:
    """The rows that say of a field of the object that made the pods which of them call what stands there."""
    rows = (row for row in reads.get(workload.component, ()) if row.get("own"))
    return [row for row in rows if is_below(field, texts(row["own"]))]


def lone(cluster: Cluster, reads: dict[str, list[Mapping]]) -> Lone:
    """The fields of each object that made several kinds of pods of which the catalogue says that they are for some of
    them (`alone`: for pods of one component; `own`: for those of its pods that have labels)."""
    found: Lone = {}
    for name, made in cluster.recognised.items():
        for row in reads.get(name, ()):
            paths = (*texts(row.get("alone")), *texts(row.get("own")))
            for one in made if paths else ():
                if "alone" in row or part_of(strings(row.get("pods")), one.labels):
                    told = found.setdefault(id(one.source), {})
                    told[name] = (*told.get(name, ()), *paths)
    return found


def is_of_others(workload: Workload, found: Text, reads: dict[str, list[Mapping]], fields: Lone) -> bool:
    """The same of a text, which may also stand where the catalogue says that it is for others alone."""
    return is_others(workload, found.source, found.field, reads) or _is_anothers_alone(
        workload, found, fields
    )


def _is_anothers_alone(workload: Workload, found: Text, fields: Lone) -> bool:
    """Whether what stands in a field of the object that made the pods is called by those of another component, and not
    by these: one object may install all of a product's programs, of which each has a part of it."""
    told = fields.get(id(found.source), {}) if found.source is workload.source else {}
    others = any(is_below(found.field, paths) for name, paths in told.items() if name != workload.component)
    return others and not is_below(found.field, told.get(workload.component, ()))
