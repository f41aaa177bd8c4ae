"""Objects under other names, where every place that may mean one is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from tests.engine.disguises.objects import UNMEANT, WORKLOADS, name_of, namespace_of, put, template
from tests.engine.manifests import Cluster, Path_, Value, walk


def _places(cluster: Cluster, words: Collection[str]) -> Iterator[tuple[Value, Path_, str]]:
    """Each scalar that is one of these words, with the object and its path."""
    for one in (*cluster.shown(), *cluster.hidden()):
        found: list[tuple[Path_, str]] = []

        def look(path: Path_, value: Value, found: list[tuple[Path_, str]] = found) -> Value:
            if isinstance(value, str) and value in words:
                found.append((path, value))
            return value

        walk(one, look)
        yield from ((one, path, value) for path, value in found)


def _paths(one: Value) -> set[str]:
    found: set[str] = set()
    walk(
        one,
        lambda path, value: found.add(value) if isinstance(value, str) and value.count("/") == 1 else value,
    )
    return found


def renamed(
    kind: str,
    rename: Callable[[str], str],
    refers: Callable[[Value, Path_], bool],
    means: Callable[[Value, Path_], bool],
) -> Callable[[Cluster], Cluster]:
    """Objects of a kind under another name. `refers`: a place that names one; `means`: one that may, in a way that
    this does not know: then it keeps its name."""

    def disguise(cluster: Cluster) -> Cluster:
        known = {
            (namespace_of(one), name_of(one)): rename(name_of(one))
            for one in cluster.shown()
            if one.get("kind") == kind and one.get("apiVersion") == "v1" and "$" not in name_of(one)
        }
        # a chart that nobody has rendered may make a name of its release
        released = {
            namespace_of(one) for one in cluster.shown() if one.get("kind") in ("HelmRelease", "Application")
        }
        known = {place: made for place, made in known.items() if place[0] not in released}
        paths = {
            value for one in cluster.shown() for value in _paths(one)
        }  # `NAMESPACE/NAME` of an operator's field
        known = {place: made for place, made in known.items() if "/".join(place) not in paths}
        names = {name for _, name in known}
        unsure = {
            value
            for one, path, value in _places(cluster, names)
            if not refers(one, path) and means(one, path)
        }
        known = {place: made for place, made in known.items() if place[1] not in unsure}

        def each(one: Value) -> Value:
            here = namespace_of(one)
            if one.get("kind") == kind and one.get("apiVersion") == "v1" and (here, name_of(one)) in known:
                one = put(one, ("metadata", "name"), known[here, name_of(one)])

            def change(path: Path_, value: Value) -> Value:
                if isinstance(value, dict):
                    space = str(value.get("namespace") or here)
                    made = {
                        key: known[space, part]
                        for key, part in value.items()
                        if isinstance(part, str) and (space, part) in known and refers(one, (*path, key))
                    }
                    return {**value, **made} if made else value
                if isinstance(value, str) and kind == "ServiceAccount" and "system:serviceaccount:" in value:
                    return re.sub(
                        r"(system:serviceaccount:)([\w-]+):([\w-]+)",
                        lambda match: f"{match[1]}{match[2]}:{known.get((match[2], match[3]), match[3])}",
                        value,
                    )
                return value

            return walk(one, change)

        return cluster.mapped(each)

    return disguise


def is_account(one: Value, path: Path_) -> bool:
    if path[-1] in ("serviceAccountName", "serviceAccount"):
        return True
    return (
        path[0] == "subjects"
        and path[-1] == "name"
        and one["subjects"][path[1]].get("kind") == "ServiceAccount"
    )


def may_be_account(one: Value, path: Path_) -> bool:
    """Operators' objects name accounts in fields of their own."""
    return "account" in "".join(map(str, path)).lower()


def is_config(one: Value, path: Path_) -> bool:
    keys = [part for part in path if isinstance(part, str)]
    if keys[-1] != "name" or len(keys) < 2 or template(one) is None:
        return False
    return keys[-2] in ("configMap", "configMapRef", "configMapKeyRef")


def may_be_config(one: Value, path: Path_) -> bool:
    """Any place but labels, names of other objects and parts of pods that are called alike."""
    keys = [part for part in path if isinstance(part, str)]
    if keys == ["metadata", "name"] or any(key in UNMEANT for key in keys):
        return False
    if one.get("kind") in ("Role", "ClusterRole") and "resourceNames" in keys:
        return True
    if (
        template(one) is not None
        and keys[-1] == "name"
        and keys[-2]
        in (
            "volumes",
            "volumeMounts",
            "containers",
            "initContainers",
            "env",
            "ports",
            "secret",
            "secretRef",
            "secretKeyRef",
        )
    ):
        return False
    return keys[-1] not in (
        "namespace",
        "serviceAccountName",
        "serviceAccount",
        "serviceName",
        "secretName",
        "app",
        "chart",
        "releaseName",
    )


def _is_workload(one: Value, path: Path_) -> bool:
    keys = [part for part in path if isinstance(part, str)]
    return keys[-1] == "name" and len(keys) > 1 and keys[-2] in ("scaleTargetRef", "targetRef")


def workloads(rename: Callable[[str], str]) -> Callable[[Cluster], Cluster]:
    """Deployments, DaemonSets and CronJobs under other names, their labels as they were."""
    kinds = ("Deployment", "DaemonSet", "CronJob")

    def disguise(cluster: Cluster) -> Cluster:
        found = [
            (one["kind"], namespace_of(one), name_of(one))
            for one in cluster.shown()
            if one.get("kind") in kinds
        ]
        others = {
            (namespace_of(one), name_of(one))
            for one in (*cluster.shown(), *cluster.hidden())
            if one.get("kind") in WORKLOADS and one.get("kind") not in kinds
        }
        names = [(space, name) for _, space, name in found]
        known = {
            place: rename(place[1])
            for place in names
            if names.count(place) == 1 and place not in others and "$" not in place[1]
        }
        # a program may be told the name of its own workload
        told = {
            value
            for one, path, value in _places(cluster, {name for _, name in known})
            if template(one) is not None and ("env" in path or "args" in path or "command" in path)
        }
        known = {place: made for place, made in known.items() if place[1] not in told}

        def each(one: Value) -> Value:
            here = namespace_of(one)
            if one.get("kind") in kinds and (here, name_of(one)) in known:
                one = put(one, ("metadata", "name"), known[here, name_of(one)])

            def change(path: Path_, value: Value) -> Value:
                if isinstance(value, str) and (here, value) in known and _is_workload(one, path):
                    return known[here, value]
                return value

            return walk(one, change)

        return cluster.mapped(each).pods(lambda space, name: (space, known.get((space, name), name)))

    return disguise
