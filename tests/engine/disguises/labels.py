"""Labels of other conventions."""

from __future__ import annotations

import re
from collections import Counter

from tests.engine.disguises.objects import WORKLOADS, mapping, name_of, namespace_of, template
from tests.engine.manifests import Cluster, Path_, Value, walk

_HELM = {
    "app.kubernetes.io/name": "app",
    "app.kubernetes.io/instance": "stack",
    "app.kubernetes.io/component": "tier",
}
_DROPPED = (
    "helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "app.kubernetes.io/part-of",
    "heritage", "chart", "meta.helm.sh/release-name", "meta.helm.sh/release-namespace",
)  # fmt: skip


def plain(cluster: Cluster) -> Cluster:
    """Helm's labels as a team with plain manifests calls them: `app`, `stack` and `tier`; the others are gone."""
    plainly = _Plainly(cluster)

    def each(one: Value) -> Value:
        if one.get("kind") in ("Application", "HelmRelease"):
            return one  # what a chart is to render keeps the chart's labels, and who speaks of it
        return walk(one, plainly.change)

    return cluster.mapped(each, hidden=False)


class _Plainly:
    """The plain words for labels: `kept` are pairs that an operator gives its pods, `both` values of pods that have an
    `app` already, `asked` keys by which somebody chooses."""

    def __init__(self, cluster: Cluster) -> None:
        found = (_labels(one) for one in cluster.hidden())
        self.kept = {(key, labels[key]) for labels in found for key in _HELM if key in labels}
        self.both: set[str] = set()
        self.asked: set[str] = set()
        for one in cluster.shown():
            walk(one, self._look)

    def _look(self, path: Path_, value: Value) -> Value:
        if isinstance(value, dict):
            if "app" in value and "app.kubernetes.io/name" in value:
                self.both.add(str(value["app.kubernetes.io/name"]))
            if path and path[-1] in ("matchLabels", "selector", "podSelector", "endpointSelector"):
                self.asked.update(map(str, value))
        return value

    def key(self, key: str, value: Value) -> str:
        """What a label with this value is called."""
        if key not in _HELM or not isinstance(value, str) or (key, value) in self.kept:
            return key
        return "application" if key == "app.kubernetes.io/name" and value in self.both else _HELM[key]

    def change(self, path: Path_, value: Value) -> Value:
        """A mapping of labels, a requirement or a text in these words."""
        if isinstance(value, str):
            return _in_text(value) if "app" in value and path and path[-1] != "key" else value
        if not isinstance(value, dict):
            return value
        if value.get("key") in _HELM and "operator" in value:
            return {**value, "key": self.key(str(value["key"]), next(iter(value.get("values") or ("",))))}
        if not any(key in _HELM or key in _DROPPED for key in value):
            return value
        gone = set(_DROPPED) - self.asked if path and path[-1] in ("labels", "annotations") else ()
        return {self.key(key, part): part for key, part in value.items() if key not in gone}


def _in_text(value: str) -> str:
    for key, other in _HELM.items():
        spelled = re.sub(r"\W", "_", key)
        made = value.replace(f"label_{spelled}", f"label_{other}").replace(f"{key}=", f"{other}=")
        value = value if made == value else made
    return value


_CHOOSING = ("selector", "matchLabels")  # what holds pairs that choose pods
# Whose selectors choose pods of their own namespace
_NEAR = (*WORKLOADS, "Service", "PodDisruptionBudget", "NetworkPolicy")
Place = tuple[str, str]
Pairs = tuple[tuple[str, str], ...]


class _Chosen:
    """What selectors find: `kept` by workload the labels that others ask for, `one` by namespace and selector the one
    workload that it finds."""

    def __init__(self, cluster: Cluster) -> None:
        self._pods = [
            (namespace_of(one), name_of(one), _labels(one)) for one in cluster.shown() if _labels(one)
        ]
        self._hidden = [_labels(one) for one in cluster.hidden() if _labels(one)]
        self.names = Counter((space, name) for space, name, _ in self._pods)
        self.kept: dict[Place, set[str]] = {place: set() for place in self.names}
        self.one: dict[tuple[str, Pairs], str] = {}
        for one in cluster.shown():
            walk(one, lambda path, value, one=one: self._look(one, path, value))

    def _look(self, one: Value, path: Path_, value: Value) -> Value:
        if isinstance(value, dict) and "operator" in value and "key" in value:
            for keys in self.kept.values():
                keys.add(str(value["key"]))
        if (pairs := _pairs(path, value)) and not self._finds_one(one, pairs):
            for space, name, labels in self._pods:
                if set(pairs) <= set(labels.items()):
                    self.kept[space, name].update(value)
        return value

    def _finds_one(self, one: Value, pairs: Pairs) -> bool:
        space, wanted = namespace_of(one), set(pairs)
        here = [
            name for where, name, labels in self._pods if where == space and wanted <= set(labels.items())
        ]
        if (
            len(here) != 1
            or one.get("kind") not in _NEAR
            or any(wanted <= set(each.items()) for each in self._hidden)
        ):
            return False
        self.one[space, pairs] = here[0]
        return True

    def key(self, place: Place) -> str:
        """What their own label is called."""
        return "name" if "app" in self.kept[place] else "app"


def by_name(cluster: Cluster) -> Cluster:
    """Pods with one label, `app`, which is their workload's name, as people write manifests by hand. What chooses the
    pods of several workloads keeps its labels on them."""
    chosen = _Chosen(cluster)

    def each(one: Value) -> Value:
        space, pod = namespace_of(one), template(one)
        place = (space, name_of(one))
        own = (*pod[:-1], "metadata", "labels") if pod and chosen.names[place] == 1 else None

        def change(path: Path_, value: Value) -> Value:
            if path == own and isinstance(value, dict):
                rest = {key: part for key, part in value.items() if key in chosen.kept[place]}
                return {chosen.key(place): place[1], **rest}
            name = chosen.one.get((space, _pairs(path, value))) if one.get("kind") in _NEAR else None
            if name and chosen.names[space, name] == 1:
                return {chosen.key((space, name)): name}
            return value

        return walk(one, change)

    return cluster.mapped(each, hidden=False)


def _pairs(path: Path_, value: Value) -> Pairs:
    if not path or path[-1] not in _CHOOSING or not isinstance(value, dict):
        return ()
    if not all(isinstance(part, str) for part in value.values()):
        return ()
    return tuple(sorted((str(key), str(part)) for key, part in value.items()))


def _labels(one: Value) -> dict[str, str]:
    path = template(one)
    return (
        {str(key): str(part) for key, part in mapping(one, *path[:-1], "metadata", "labels").items()}
        if path
        else {}
    )
