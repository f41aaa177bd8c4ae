"""From the items of an input to objects: lists unwrapped, what counts for nothing left out, own policies apart."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cilium_policies.document.finding import WARNING, Finding
from cilium_policies.document.source import RESOURCE_LIST, Item, Source, flatten
from cilium_policies.kube.kinds import CILIUM_POLICIES
from cilium_policies.kube.objects import CLUSTER_SCOPED, Mapping, Object, Where, mapping
from cilium_policies.kube.pods import WORKLOAD_KINDS
from cilium_policies.lean import NamedTuple

API = "cilium-policies.fn"
BREAK_GLASS = f"{API}/break-glass"  # the annotation of a policy that opens a namespace for a while
COMPONENT = f"{API}/component"  # the annotation by which a later run knows its own policies
_LOCAL = "config.kubernetes.io/local-config"
_FUNCTION = b"/func"  # of both; a sign of five bytes is found in half the time of a longer one
_FUNCTIONS = (b"config.kubernetes.io/function", b"config.k8s.io/function")
_BUILD_KINDS = (
    "Kustomization",
    "Component",
    "Kptfile",
)  # of kustomize.config.k8s.io and kpt.dev: they build, they are not applied


class Own(NamedTuple):
    """A policy that an earlier run wrote, and where it stands."""

    policy: Object
    source: int
    item: int


class Objects(NamedTuple):
    """`objects` count; `own` are this program's earlier policies, `listed` those inside a List, which goes back
    whole: the new text of the same name comes after it; `local` are the local-config objects of this program's API
    group (an inventory); `glass` are policies that open a namespace in an emergency: nothing is planned by them."""

    objects: list[Object]
    own: list[Own]
    listed: list[Own]
    local: list[Object]
    glass: list[Object]


# Whether they count their text or another field says; "" is no kind
_LOOKED_INTO = frozenset(("", "CustomResourceDefinition", *_BUILD_KINDS, *CILIUM_POLICIES))
UNPLACED = ("", "_")  # `_` is what kustomize writes while an outer layer has not yet set the namespace


def objects(sources: list[Source], namespace: str = "") -> Objects:
    """Every object of the sources, in input order; bodies are read later, when somebody looks.

    `namespace` is that of namespaced objects which carry none.
    """
    found: list[Object] = []
    own: list[Own] = []
    listed: list[Own] = []
    local: list[Object] = []
    glass: list[Object] = []
    for number, source in enumerate(sources):
        marks = _marks(source)
        for item in source.items:
            for one in _of_item(item):
                if namespace and one.namespace in UNPLACED and one.kind not in CLUSTER_SCOPED:
                    one.namespace = namespace
                if not (marks.any or one.kind in _LOOKED_INTO or one.group == API):
                    found.append(one)  # as most of most inputs
                elif one.kind in CILIUM_POLICIES and COMPONENT in one.annotations:
                    (own if one.kind == item.kind else listed).append(Own(one, number, item.index))
                elif one.kind in CILIUM_POLICIES and BREAK_GLASS in one.annotations:
                    glass.append(one)
                elif marks.counts(item, one):
                    found.append(one)
                elif one.group == API:
                    local.append(one)
    return Objects(found, own, listed, local, glass)


def repeated(source: Source) -> Iterator[Finding]:
    """Items of a ResourceList whose group, kind, namespace and name an earlier item has: tools refuse such a list."""
    items = source.items if source.form == RESOURCE_LIST else []
    keys = [(item.api_version.rpartition("/")[0], item.kind, item.namespace, item.name) for item in items]
    if len(set(keys)) == len(keys):
        return
    seen: dict[tuple[str, str, str, str], int] = {}
    for item, key in zip(items, keys, strict=True):
        if not (item.kind and item.name):
            continue
        first = seen.setdefault(key, item.index)
        if first != item.index:
            where = (
                f"{item.kind} {item.namespace}/{item.name}" if item.namespace else f"{item.kind} {item.name}"
            )
            message = f"{where} is in the list twice: as item {first} and as item {item.index}"
            yield item.finding(WARNING, message, "keep one of the two")


_TELLING = (b"helmChart", f"{API}/not-".encode())  # signs of a kustomization that tells of pods
_APPLIED = frozenset(("Namespace", *WORKLOAD_KINDS))


def set_aside(source: Source) -> Iterator[Finding]:
    """Namespaces and workloads of a plain stream that say they are for tools alone: kustomize and kpt leave them out,
    kubectl and Flux apply them, and then they run without a policy."""
    if source.form == RESOURCE_LIST:
        return
    marks = _marks(source)
    if not marks.any:
        return
    for item in source.items:
        for one in _of_item(item):
            if one.kind in _APPLIED and one.group != API and not marks.counts(item, one):
                message = f"{one} says that it is for tools alone (local-config), so it gets no policy"
                cure = "kubectl and Flux apply it all the same: take the annotation away, or the object out"
                yield one.finding(WARNING, message, cure)


class _Marks:
    """Quick answers to "does this text occur in the item": most inputs hold none of the marks at all."""

    def __init__(self, source: Source) -> None:
        self._data = data = source.data
        self._met: dict[tuple[int, bytes], bool] = {}
        # The function's own config, which kustomize puts behind the items, carries such a mark.
        place = (source.items[0].start, source.items[-1].end) if source.items else (0, 0)
        self._local = data.find(_LOCAL.encode(), *place) >= 0
        called = data.find(_FUNCTION, *place) >= 0  # one pass over the text where none is, as in most inputs
        self._functions = [mark for mark in _FUNCTIONS if called and data.find(mark, *place) >= 0]
        self.any = self._local or bool(self._functions)

    def counts(self, item: Item, one: Object) -> bool:
        """False for what is not applied to a cluster, and for CRDs that name no conversion webhook. A kustomization
        counts for the charts that it inflates, and where `build` could not build it."""
        if one.kind in _BUILD_KINDS and one.group in ("kustomize.config.k8s.io", "kpt.dev"):
            return one.kind == "Kustomization" and any(self._has(item, sign) for sign in _TELLING)
        if one.group == API or not one.kind:
            return False
        if one.kind == "CustomResourceDefinition" and not self._has(item, b"webhook"):
            return False
        if self._local and self._has(item, _LOCAL.encode()) and one.annotations.get(_LOCAL) == "true":
            return False
        return not (self._functions and self._is_function(item, one))

    def _is_function(self, item: Item, one: Object) -> bool:
        return any(self._has(item, mark) and mark.decode() in one.annotations for mark in self._functions)

    def _has(self, item: Item, mark: bytes) -> bool:
        key = (item.start, mark)  # asked for each member of a List
        if key not in self._met:
            self._met[key] = self._data.find(mark, item.start, item.end) >= 0
        return self._met[key]


_marks = lru_cache(maxsize=16)(_Marks)  # asked twice of each source, which may be large


def _of_item(item: Item) -> list[Object]:
    where = Where(item.source.file, item.index, item.line)
    if item.kind.endswith("List"):
        return [Object(member, where, item) for member in flatten(item)]
    if not item.kind:
        return []
    return [Object.unread(item.api_version, item.kind, item.namespace, item.name, where, _body, item)]


def _body(item: Item | None) -> Mapping:
    return mapping(item and item.body())  # the object keeps it
