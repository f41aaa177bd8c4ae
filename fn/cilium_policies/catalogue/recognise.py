"""Which component a pod is: by its labels, then image, then workload name and ports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.kube import registries
from cilium_policies.kube.labels import JOB_NAME
from cilium_policies.kube.pods import TASKS

_SUM = 33  # characters: a dash and an MD5 sum
_HEXADECIMAL = frozenset("0123456789abcdef")
# Where one publisher's images went in August 2025: the same programs under other names of his.
_MOVED = {"bitnamilegacy": "bitnami", "bitnamisecure": "bitnami"}
_OFFICIAL = "library"  # Docker's own images, where nobody writes a publisher
_SHORT = 3  # letters of words that others begin with
ROLE_LABELS = ("app.kubernetes.io/component", "component", "role")


def recognise(
    catalogue: Catalogue,
    *,
    labels: Mapping[str, str],
    images: Sequence[str] = (),
    name: str = "",
    kind: str = "",
    namespace: str = "",
    ports: Iterable[int] = (),
    chart: str = "",
) -> Component | None:
    """The one component whose entry fits best, or None.

    The match entry with most labels wins; among equals the chart, then the image, then the workload's
    name, the namespace and the ports decide. Labels that are a framework's default count only when the
    image agrees, or the name where no other image is shown. Without labels of any entry the image decides,
    with the same tie-breaks, and without one that is known the fewer labels of another entry, beside which a
    framework's default was thrown out; what stays undecided is None, never a guess.
    """
    labels = _of_pods(labels, kind, name)
    named = by_image(catalogue, images)
    found = _by_labels(catalogue, labels)
    thrown: set[str] = set()
    if found and not catalogue.shared.isdisjoint(found):
        thrown = {one for one in found if not _counts(catalogue, one, named, name, images, chart)}
        found = [one for one in found if one not in thrown]
    # side-cars name nothing
    candidates = found or (named if len(images) < 2 else by_image(catalogue, images[:1]))
    while thrown and not candidates:  # nothing else tells: then fewer labels do, which a default has hidden
        if not (found := _by_labels(catalogue, labels, thrown)):
            return None
        candidates = [
            one
            for one in found
            if _is_run_so(catalogue.components[one], kind)
            and _counts(catalogue, one, named, name, images, chart)
        ]
        thrown.update(found)
    if not candidates:
        return None
    if len(candidates) == 1:
        return catalogue.components[candidates[0]]
    pod = _Pod(set(named), name, kind, namespace, frozenset(ports), chart)
    ranked = sorted(((_rank(catalogue.components[one], pod), one) for one in candidates), reverse=True)
    if ranked[0][0] == ranked[1][0]:
        return None
    return catalogue.components[ranked[0][1]]


def _counts(
    catalogue: Catalogue, one: str, told: list[str], name: str, images: Sequence[str], chart: str
) -> bool:
    """Whether a component's labels count: always, unless they are a framework's default."""
    if one not in catalogue.shared or one in told:
        return True
    component = catalogue.components[one]
    named = not _runs_another(component, images) and _names(component, name)
    return named or _made_by_chart(component, chart)


def _is_run_so(component: Component, kind: str) -> bool:
    """Whether the workload may be the component's by its kind: what ends is no server."""
    return not kind or (component.workload.partition("/")[0] in TASKS) == (kind in TASKS)


def sidecars(catalogue: Catalogue, images: Sequence[str]) -> list[str]:
    """The components of the containers behind the first one: what they need the pod needs as well."""
    found = (by_image(catalogue, [image]) for image in images[1:])
    return list(dict.fromkeys(one[0] for one in found if len(one) == 1))


def labelled(component: Component, labels: Mapping[str, str], kind: str = "", name: str = "") -> bool:
    """Whether the pods carry a component's labels: then they are set up as its charts do, not merely of its image."""
    labels = _of_pods(labels, kind, name)
    return any(part_of(wanted, labels) for wanted in component.match if wanted)


def part(component: Component, labels: Mapping[str, str]) -> str:
    """The part that pods play in a component whose match entries tell several apart by one label alone; "" for the
    first of them, and where they do not. Two builds may each hold one, and their policies must not share a name."""
    for key in ROLE_LABELS:
        played = labels.get(key, "")
        for wanted in component.match if played else ():
            if wanted.get(key) != played or not part_of(wanted, labels):
                continue
            rest = {**wanted, key: ""}
            parts = [one[key] for one in component.match if key in one and {**one, key: ""} == rest]
            return played if parts.index(played) else ""
    return ""


def _of_pods(labels: Mapping[str, str], kind: str, name: str) -> Mapping[str, str]:
    """The pods' labels: a Job's controller adds the Job's name, and hook pods often carry nothing else."""
    return {**labels, JOB_NAME: name} if kind == "Job" and name else labels


class _Pod:
    __slots__ = ("chart", "images", "kind", "name", "namespace", "ports")

    def __init__(
        self, images: set[str], name: str, kind: str, namespace: str, ports: frozenset[int], chart: str
    ) -> None:
        self.images = images
        self.name = name
        self.kind = kind
        self.namespace = namespace
        self.ports = ports
        self.chart = chart


def _by_labels(catalogue: Catalogue, labels: Mapping[str, str], without: Collection[str] = ()) -> list[str]:
    """The components of the largest match entries that are part of these labels, less those `without`."""
    most = 0
    found: list[str] = []
    for key, value in labels.items():
        of_key = catalogue.label_table.get(key)
        if of_key is None:
            continue
        for component, wanted in (*of_key.get(value, ()), *of_key.get("*", ())):
            if len(wanted) < most or component in without or not part_of(wanted, labels):
                continue
            if len(wanted) > most:
                most, found = len(wanted), []
            if component not in found:
                found.append(component)
    return found


def part_of(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    for key, value in wanted.items():  # noqa: SIM110 (`all` over a generator takes three times as long)
        if key not in labels or not _same(value, labels[key]):
            return False
    return True


def may_be_part(wanted: Mapping[str, str], labels: Mapping[str, str], *, by_label: bool) -> bool:
    """Whether pods of a component may be those of its parts that have these labels. Where their image alone tells what
    they are (`by_label`), a label of the charts that they lack contradicts nothing, unless they have others of its
    domain (`app.kubernetes.io/`): who labels so leaves out what is not theirs."""
    if by_label:
        return part_of(wanted, labels)
    domains = {domain for domain, slash, _ in (key.partition("/") for key in labels) if slash}
    return part_of(
        {key: wanted[key] for key in wanted if key in labels or key.partition("/")[0] in domains}, labels
    )


def _same(wanted: str, value: str) -> bool:
    """`*` is any value, `*-create` and `kyverno-*` any with that end or beginning."""
    if "*" not in wanted:
        return wanted == value
    head, _, tail = wanted.partition("*")
    if "*" in tail:
        return fnmatchcase(value, wanted)
    return value.startswith(head) and value.endswith(tail) and len(value) >= len(head) + len(tail)


def is_among(role: str, roles: Sequence[str]) -> bool:
    """Whether a role of pods is one of these, which may be patterns (`ruler*`); all are where none is named, and pods
    that tell no role may have any."""
    return not (role and roles) or any(fnmatchcase(role, one) for one in roles)


def is_image(repository: str, ending: str) -> bool:
    """Whether a repository is an image of the catalogue, which names its last parts."""
    return repository == ending or repository.endswith("/" + ending)


def by_image(catalogue: Catalogue, images: Sequence[str]) -> list[str]:
    """The components of the first image that any names; sidecars that stand later do not count."""
    for image in images:
        repository = repository_of(image)
        endings = catalogue.image_table.get(repository.rpartition("/")[2], ())
        found = [(len(ending), component) for ending, component in endings if is_image(repository, ending)]
        found = found or _by_last_name(catalogue, repository)
        if found:
            longest = max(found)[0]
            return list(dict.fromkeys(component for length, component in found if length == longest))
    return []


def _by_last_name(catalogue: Catalogue, repository: str) -> list[tuple[int, str]]:
    """The components of an image in a registry of somebody's own that keeps of the publisher's path the last name, or
    writes all of it in one, each with the length of what tells it. A last name tells what it is where it begins with
    the program's or the publisher's own word: `server` and `order-service` are anybody's. Where a path begins with its
    publisher, a name of another's is another program."""
    if registries.names_publishers(registries.parted(repository)[0]):
        return []
    last = repository.rpartition("/")[2]
    found = []
    at = last.find("-")
    while at >= 0:
        for ending, component in catalogue.image_table.get(last[at + 1 :], ()):
            joined = ending.replace("/", "-")
            if "/" in ending and (last == joined or last.endswith(f"-{joined}")):
                found.append((len(ending), component))
        at = last.find("-", at + 1)
    if found:
        return found
    endings = catalogue.image_table.get(last, ())
    return [(len(last), component) for _, component in endings if last == component] or [
        (len(last), component)
        for ending, component in endings
        if ending == f"{_OFFICIAL}/{last}"
        or _begins(last, component)
        or _begins(last, ending.rpartition("/")[0].rpartition("/")[2])
    ]


def _begins(name: str, other: str) -> bool:
    """Whether a name begins with the first word of another (`embyserver`, `zwave-js-ui`)."""
    word = other.replace("_", "-").partition("-")[0]
    return name.startswith(word) if len(word) > _SHORT else name.replace("_", "-").partition("-")[0] == word


@lru_cache(maxsize=4096)  # of each workload, several ask
def repository_of(image: str) -> str:
    """`registry:5000/group/app:1.2@sha256:…` without tag and digest; Docker's own images as `library/NAME`. The sum
    that ko writes behind a name (`controller-10a3e327…`) is left out, and what was moved is called as before."""
    image = image.partition("@")[0]
    head, slash, last = image.rpartition("/")
    last = last.partition(":")[0]
    if last[-_SUM : -_SUM + 1] == "-" and _HEXADECIMAL.issuperset(last[-_SUM + 1 :]):
        last = last[:-_SUM]
    if (group := head.rpartition("/")[2]) in _MOVED:
        head = head.removesuffix(group) + _MOVED[group]
    return "library/" + last if head in ("", "docker.io") else head + slash + last


def _rank(component: Component, pod: _Pod) -> tuple[bool, bool, bool, bool, int]:
    return (
        _made_by_chart(component, pod.chart),
        component.name in pod.images,
        _names(component, pod.name),
        bool(pod.namespace) and component.namespace == pod.namespace,
        len(pod.ports & _ports(component)) if pod.ports else 0,
    )


def _made_by_chart(component: Component, chart: str) -> bool:
    return bool(chart) and any(one.chart == chart for one in component.charts)


def _runs_another(component: Component, images: Sequence[str]) -> bool:
    """Whether the pods run an image, and none that the component is known by: many programs are called `operator`."""
    known = (*component.images, *component.runs)
    repositories = [repository_of(image) for image in images]
    return bool(known and images) and not any(
        is_image(one, ending) for one in repositories for ending in known
    )


def _names(component: Component, name: str) -> bool:
    """Whether a workload's name is the customary one; NAME in it stands for anything."""
    customary = component.workload.rpartition("/")[2]
    if not customary or not name:
        return False
    head, wild, tail = customary.partition("NAME")
    if not wild:
        return name == customary or name.endswith("-" + customary)
    if not head and not tail:
        return False
    return name.startswith(head) and name.endswith(tail) and len(name) > len(head) + len(tail)


def _ports(component: Component) -> set[int]:
    return {
        port.number
        for edge in component.own_edges
        if edge.direction == "ingress"
        for port in edge.pod_ports()
    }
