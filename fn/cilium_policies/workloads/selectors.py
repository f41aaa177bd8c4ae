"""Selectors that tell neighbours apart: no policy may select the pods of another workload."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

from cilium_policies.cilium.model import Requirement
from cilium_policies.kube.labels import ANY, JOB_NAME, SERVICE_ACCOUNT, is_identity, stable
from cilium_policies.kube.objects import at, strings
from cilium_policies.kube.pods import TASKS, is_test
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.workloads.alike import Alike

_FEW = 16  # workloads that are looked at one by one


def separate(workloads: list[Workload]) -> None:
    """Narrow each selector that also selects pods of another component or instance in its namespace.

    Labels of its own are added where that tells them apart; where a neighbour carries all of them and more
    (one label shared by many roles), the keys that only the neighbour has must be absent from the subject.
    """
    by_namespace: dict[str, list[Workload]] = {}
    for one in workloads:
        if not one.host_network:
            by_namespace.setdefault(one.namespace, []).append(one)
    for neighbours in by_namespace.values():
        among = _Among(neighbours)
        for one in neighbours:
            _narrow(one, among)


def narrow_to(patterns: tuple[str, ...], workloads: list[Workload]) -> None:
    """Leave only the labels that an agent with its own `labels` setting keeps in identities: patterns are prefixes of
    keys, `!` before one leaves keys out (cilium/cilium@v1.20.2:pkg/labelsfilter/filter.go). A workload with none of
    them is selected by its service account."""
    for one in workloads:
        kept = {key: value for key, value in one.selector.items() if is_kept(key, patterns)}
        rest = {key: value for key, value in stable(one.labels).items() if is_kept(key, patterns)}
        one.selector = kept or rest or {SERVICE_ACCOUNT: one.service_account}
        one.absent = tuple(key for key in one.absent if is_kept(key, patterns))


def is_kept(key: str, patterns: tuple[str, ...]) -> bool:
    """Whether an agent with these patterns (none: the default) keeps a label in identities."""
    included = tuple(one.removeprefix("k8s:") for one in patterns if not one.startswith("!"))
    excluded = tuple(one[1:].removeprefix("k8s:") for one in patterns if one.startswith("!"))
    return (not included or key.startswith(included)) and not (excluded and key.startswith(excluded))


def _index(neighbours: list[Workload]) -> dict[tuple[str, str], list[Workload]]:
    index: dict[tuple[str, str], list[Workload]] = {}
    for one in neighbours:
        for label in (*one.labels.items(), (SERVICE_ACCOUNT, one.service_account)):
            index.setdefault(label, []).append(one)
        if one.kind in TASKS:
            index.setdefault((JOB_NAME, ANY), []).append(one)
    return index


def _narrow(one: Workload, among: _Among) -> None:
    own = stable(one.labels)
    for other in among.candidates(one):
        if other is one or same_group(one, other) or not takes_in(one, other):
            continue
        differing = [key for key in own if key not in one.selector and other.labels.get(key) != own[key]]
        if differing and other.rendered:
            best = min(differing, key=_preference)
            one.selector = {**one.selector, best: own[best]}
        elif one.rendered:
            extra = [key for key in stable(other.labels) if key not in one.labels]
            if extra:
                one.absent = (*one.absent, min(extra, key=_preference))
            elif other.kind in TASKS and one.kind not in TASKS:
                one.absent = (*one.absent, JOB_NAME)  # the pods of Jobs and they alone have it
            elif fixed := [key for key in _fixed(one) if other.labels.get(key) != one.labels[key]]:
                one.selector = {**one.selector, fixed[0]: one.labels[fixed[0]]}
            elif is_test(one.source):
                marks = [key for key in _OF_OBJECTS if key in one.labels and key not in other.labels]
                one.selector = {**one.selector, **dict.fromkeys(marks[:1], ANY)}


def _fixed(one: Workload) -> list[str]:
    """Keys of its own immutable selector that else change with a release: blue and green differ in `version` only."""
    wanted = strings(at(one.source.body, "spec", "selector", "matchLabels")) if one.source is not None else {}
    return [key for key in sorted(wanted) if is_identity(key) and one.labels.get(key) == wanted[key]]


def is_anybody(one: Workload) -> bool:
    """Whether nothing tells its pods from others of the namespace but the account that pods have by default: as a
    peer that would be nearly everybody."""
    named = one.selector
    return len(named) == 1 and named.get(SERVICE_ACCOUNT) == "default" and not one.host_network


class _Among:
    """The workloads of a namespace that a selector there may take in."""

    def __init__(self, neighbours: list[Workload]) -> None:
        self._neighbours = neighbours
        self._index = _index(neighbours)
        self._alike: Alike | None = None

    def candidates(self, one: Workload) -> Iterable[Workload]:
        """The workloads that share the rarest label of this selector: no other can be selected by it."""
        lists = [self._index.get(label, []) for label in one.selector.items()]
        found = min(lists, key=len) if lists else []
        if len(found) <= _FEW:
            return found
        if self._alike is None:
            from cilium_policies.workloads.alike import Alike  # few selectors share each label with so many

            self._alike = Alike(self._neighbours, self._index)
        return self._alike.candidates(one)


def takes_in(one: Workload, other: Workload) -> bool:
    """Whether the selector of a workload takes in the pods of another one of its namespace."""
    wanted, labels = one.selector, other.labels
    if SERVICE_ACCOUNT in wanted:
        labels = {**labels, SERVICE_ACCOUNT: other.service_account}
    if other.kind in TASKS:
        labels = {JOB_NAME: ANY, **labels}
    if ANY in wanted.values():
        wanted = {key: value for key, value in wanted.items() if value != ANY or key not in labels}
    return wanted.items() <= labels.items() and not any(key in labels for key in one.absent)


def same_group(one: Workload, other: Workload) -> bool:
    """Whether two workloads share one policy: the same component of the same instance."""
    return bool(one.component) and (one.component, one.instance) == (other.component, other.instance)


# Labels that charts put on their objects and seldom on the pods of a template: a test of a release is both.
_OF_OBJECTS = ("helm.sh/chart", "app.kubernetes.io/managed-by", "chart", "heritage")
_ORDER = (
    "app.kubernetes.io/component",
    "app.kubernetes.io/controller",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/name",
    "app",
    "component",
)


def _preference(key: str) -> tuple[int, str]:
    return (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)


class Neighbours:
    """The workloads of a namespace that a policy there may select, found by their labels where they are many."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._all = [one for one in workloads if not one.host_network]

    @cached_property
    def _by_label(self) -> dict[tuple[str, str], list[Workload]]:
        return _index(self._all)

    @cached_property
    def _unshown(self) -> dict[str, list[Workload]]:
        found: dict[str, list[Workload]] = {}
        for one in self._all:
            if not one.rendered and one.release:
                found.setdefault(one.release, []).append(one)
        return found

    def carrying(self, allowed: dict[str, set[str]], release: str = "") -> Iterator[Workload]:
        """Those that may carry these labels, each with one of the values; and, of whose labels only some are known,
        those of the release that are not rendered."""
        if len(self._all) <= _FEW:
            yield from self._all
            return
        index = self._by_label
        many = {
            key: sum([len(index.get((key, value), ())) for value in values])
            for key, values in allowed.items()
        }
        rarest = min(many, key=many.__getitem__)
        for value in allowed[rarest]:  # whoever asks is content with the first who is another's
            yield from index.get((rarest, value), ())
        yield from self._unshown.get(release, ()) if release else ()


def joint(
    group: list[Workload], neighbours: Neighbours, mates: Sequence[Workload] = ()
) -> list[Requirement] | None:
    """One selector for workloads that share a policy, or None where none selects them and nobody else. `mates` are of
    the same component and instance, and have a policy of their own.

    What they have in common is tried first, then the keys they share with the values that occur.
    """
    first = group[0].selector
    if all(one.selector == first and one.absent == group[0].absent for one in group):
        selected = [one for one in mates if takes_in(group[0], one)]
        if not selected:
            return requirements(group[0])
        if apart := equal(_apart(group, selected)):
            return [*requirements(group[0]), *apart]
        absent = _lacking(group, selected)
        if len(group) > 1 and any(not any(need.key in one.labels for need in absent) for one in selected):
            return None  # one by one they have a name that their mates have not
        return [*requirements(group[0]), *absent]
    own = set(map(id, group))
    common = dict(set.intersection(*(set(_lasting(one).items()) for one in group)))
    near = (
        neighbours.carrying({key: {value} for key, value in common.items()}, group[0].release)
        if common
        else ()
    )
    if common and not any(_may_carry(one, common, group[0]) for one in near if id(one) not in own):
        return equal(common)
    keys = set.intersection(*(set(_lasting(one)) for one in group))
    allowed = {key: {one.labels[key] for one in group} for key in sorted(keys)}
    if keys and not any(
        id(one) not in own and all(one.labels.get(key) in values for key, values in allowed.items())
        for one in neighbours.carrying(allowed)
    ):
        return [
            Requirement(_K8S_ONLY.get(key, key), "In", tuple(sorted(values)))
            for key, values in allowed.items()
        ]
    return None


def _apart(group: list[Workload], mates: list[Workload]) -> dict[str, str]:
    """A label that all of a group carry and none of its mates, or the name of the Job that it is; {} where none does.
    Hooks of one chart often share all of their labels."""
    if not mates:
        return {}
    common = dict(set.intersection(*(set(_named(one).items()) for one in group)))
    telling = [key for key, value in common.items() if all(_named(one).get(key) != value for one in mates)]
    return {key: common[key] for key in sorted(telling, key=_preference)[:1]}


def _lacking(group: list[Workload], mates: list[Workload]) -> list[Requirement]:
    """Keys that no pod of a group has and its mates carry: a chart's clean-up job beside roles with a label more."""
    if not all(one.rendered for one in group):
        return []
    own = {key for one in group for key in one.labels}
    keys: list[str] = []
    for mate in mates:
        others = [key for key in stable(mate.labels) if key not in own]
        if others and not any(key in mate.labels for key in keys):
            keys.append(min(others, key=_preference))
    return [Requirement(key, "DoesNotExist") for key in sorted(keys)]


def _named(one: Workload) -> dict[str, str]:
    """The labels to select by, with the one that a Job's controller adds."""
    return {**stable(one.labels), **by_controller(one)}


def by_controller(one: Workload) -> dict[str, str]:
    """The label that a Job's controller adds to its pods: the name, which a Job that is not rendered only may have."""
    return {JOB_NAME: one.name} if one.rendered and one.kind == "Job" else {}


def _lasting(one: Workload) -> dict[str, str]:
    """The labels to select by, the name of a Job that is always called the same among them."""
    found = stable(one.labels)
    return {**found, JOB_NAME: one.selector[JOB_NAME]} if JOB_NAME in one.selector else found


def _may_carry(one: Workload, labels: dict[str, str], beside: Workload) -> bool:
    """Whether these labels select a neighbour; of pods of its release that are not rendered only some are known."""
    if one.rendered or not one.release or one.release != beside.release:
        return labels.items() <= one.labels.items()
    return all(one.labels.get(key, value) == value for key, value in labels.items())


def requirements(workload: Workload) -> list[Requirement]:
    """The label requirements of a workload's own policy."""
    found = equal(workload.selector)
    found += [Requirement(key, "DoesNotExist") for key in sorted(workload.absent)] if workload.absent else ()
    return found


def equal(labels: dict[str, str]) -> list[Requirement]:
    """Labels as requirements, sorted by key; `*`, no value that a label can have, asks for any."""
    return [_equal(key, value) for key, value in sorted(labels.items())]


@lru_cache(maxsize=8192)
def _equal(key: str, value: str) -> Requirement:
    """One label; a workload's selector stands in its own policy and in those of everybody whom it calls."""
    key = _K8S_ONLY.get(key, key)
    return Requirement(key, "Exists") if value == ANY else Requirement(key, "In", (value,))


_K8S_ONLY = {SERVICE_ACCOUNT: f"k8s:{SERVICE_ACCOUNT}", JOB_NAME: f"k8s:{JOB_NAME}"}
