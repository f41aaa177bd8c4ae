"""Which cut flows the product itself names: what `list --uncovered -o json` says, held against denied rows.

An end is announced when its workload and direction are listed, or when the line of an object stands for its pod: one
that makes pods which no manifest shows (they are called after it, or it is known to make them, and no policy of their
own selects them), that leads to it, or the Namespace in which others run. That some other object of the namespace has
a line says nothing of a pod: another build may have made it. Pods that no manifest shows go by the component whose
policy selects them, too. The line of a program that creates pods, or of a release that nobody has rendered, stands for
those of them that say whose they are: by their name, the label that tells what manages them, a label of the program's
own, an owner of its group, or its service account.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cilium_policies.kube.pods import WORKLOAD_KINDS

from tests.engine.corpus import Row, objects
from tests.engine.judge import World
from tests.engine.measure import Miss

_MANAGED_BY = "app.kubernetes.io/managed-by"
_EVERYBODYS = ("kubernetes.io", "k8s.io", "helm.sh")  # domains whose labels tell of no program


class Signs(NamedTuple):
    """What pods say of who made them: `programs` by name, `domains` of labels and of the owner's group."""

    programs: frozenset[str]
    domains: frozenset[str]

    def are_of(self, creator: str) -> bool:
        """Whether a reader of the line for pods of this program, release or group knows these for them: `prefect`
        manages what `prefect-worker` made, `prefect.io/flow-run-id` is a label of Prefect's, and the service account
        `runs-controller` is one of the release `runs`."""
        return (
            creator in self.domains
            or any(
                f"{creator}-".startswith(f"{one}-") or f"{one}-".startswith(f"{creator}-")
                for one in self.programs
            )
            or any(f"{creator}-".startswith(f"{part}-") for one in self.domains for part in one.split("."))
        )


def signs(text: str) -> dict[tuple[str, str], Signs]:
    """What the workloads of these manifests say of who made them, by namespace and name; of other objects, by
    `Kind/name`, the group of their kind."""
    found: dict[tuple[str, str], Signs] = {}
    for one in objects(text):
        spec, metadata = one.get("spec") or {}, one.get("metadata") or {}
        if one.get("kind") not in WORKLOAD_KINDS:
            place = str(metadata.get("namespace", "")), f"{one.get('kind')}/{metadata.get('name')}"
            found[place] = Signs(frozenset(), frozenset({str(one.get("apiVersion", "")).partition("/")[0]}))
            continue
        job = (spec.get("jobTemplate") or {}).get("spec") or {}
        template = one if one["kind"] == "Pod" else spec.get("template") or job.get("template") or {}
        if not isinstance(template.get("metadata") or {}, dict):
            continue  # another's kind of that name (a Workflow's Job)
        labels = _labels(metadata) | _labels(template.get("metadata") or {})
        owners = [str(owner.get("apiVersion", "")) for owner in metadata.get("ownerReferences") or ()]
        account = (template.get("spec") or {}).get("serviceAccountName", "")
        programs = {str(labels.get(_MANAGED_BY, "")), str(account), str(metadata.get("name", ""))}
        domains = {key.partition("/")[0] for key in (*labels, *owners) if "/" in key}
        place = str(metadata.get("namespace", "")), str(metadata.get("name", ""))
        own = (one for one in domains if not one.endswith(_EVERYBODYS))
        found[place] = Signs(frozenset(programs - {"", "default"}), frozenset(own))
    return found


def _labels(metadata: dict[str, Any]) -> dict[str, str]:
    """None for a `null`, too, which is a text to who reads YAML as it stands."""
    labels = metadata.get("labels")
    return labels if isinstance(labels, dict) else {}


class Announced(NamedTuple):
    """`directions` are (namespace, workload, direction), `objects` (namespace, name) of lines for unseen pods,
    `leading` those of them that lead to pods (routes, monitors) and make none."""

    directions: frozenset[tuple[str, str, str]]
    objects: frozenset[tuple[str, str]]
    components: frozenset[tuple[str, str, str]] = frozenset()  # (namespace, component, direction)
    operated: frozenset[tuple[str, str, str, str]] = frozenset()  # (namespace, name, component, direction)
    leading: frozenset[tuple[str, str]] = frozenset()
    spaces: frozenset[str] = frozenset()  # namespaces with a line of their own
    makers: Mapping[tuple[str, str], frozenset[str]] = {}  # by (namespace, pod): what makes it, where known
    creators: frozenset[tuple[str, str, str]] = (
        frozenset()
    )  # (namespace, program, direction) of lines for its pods
    signs: Mapping[tuple[str, str], Signs] = {}  # by (namespace, workload): whose it says that it is
    kinds: frozenset[tuple[str, str]] = (
        frozenset()
    )  # (namespace, Kind/name) of lines for a kind that is not known

    def names(self, end: dict[str, Any], direction: str, by: Iterable[str] = ()) -> bool:
        """Whether this end of a flow, as a query writes it, is named in this direction: by its own name, or by that of
        the workload for whose policy (`by`: Kind/NAMESPACE/NAME) the engine denies it."""
        namespace, names = _names(end)
        own = [one.split("/")[-1] for one in by if one.split("/")[-2:-1] == [namespace]]
        own = [one for one in own if one not in _WIDE]
        if namespace in self.spaces and not own:
            return True  # the namespace's own line, and nothing but what is written for all of it selects the pod
        if any(
            (namespace, one, direction) in self.components for policy in own for one in _beginnings(policy)
        ):
            return True
        if any(
            (space, way) == (namespace, direction) and any(_is_of(policy, name, component) for policy in own)
            for space, name, component, way in self.operated
        ):
            return True  # the policy of what an operator makes is called after component and object
        told = [found for one in names if (found := self.signs.get((namespace, one))) is not None]
        if not own and any(
            one.are_of(creator) for creator in self._creators(namespace, direction) for one in told
        ):
            return True
        names = (*names, *own)
        names = (*names, *(maker for name in names for maker in self.makers.get((namespace, name), ())))
        if any((namespace, name, direction) in self.directions for name in names):
            return True
        return any(
            space in ("", namespace)
            and any(f"-{one}-" in f"-{name}-" for name in names)
            and (not own or ((space, one) in self.leading and direction == "ingress"))
            for space, one in self.objects
        )

    def _creators(self, namespace: str, direction: str) -> Iterator[str]:
        """The programs with a line for their pods there. That of a kind which is not known stands for all objects of
        it, and for pods that are of its group."""
        yield from (one for space, one, way in self.creators if (space, way) == (namespace, direction))
        for place in self.kinds:
            if place[0] == namespace and place in self.signs:
                yield from (group.partition(".")[0] for group in self.signs[place].domains)

    def tells_of(self, source: str) -> bool:
        """Whether the object in which a flow is written down has a line of its own: a monitor, a route."""
        words = source.replace(",", " ").replace(";", " ").split()
        return any(f"{space}/{name}" in words for space, name in self.objects)


def _is_of(policy: str, name: str, component: str) -> bool:
    """Whether a policy is the one of an object's pods: `tekton-runs-build` of workload `build-pods`, `clickhouse-main`
    of `chi-main`."""
    instance = policy.removeprefix(component).removeprefix("-")
    return policy.startswith(component) and (f"-{name}".find(f"-{instance}") >= 0 or name == component)


_WIDE = ("default-deny", "allow-dns", "allow-kube-apiserver", "allow-dns-server")
NOTHING = Announced(frozenset(), frozenset())


_ENDS = (("from", "egress"), ("to", "ingress"))
_NOBODY = {"cidr": "192.0.2.77/32"}  # an address of documentation


def _beginnings(policy: str) -> list[str]:
    """`airflow-tasks-x`, `airflow-tasks`, `airflow`: what a policy's name begins with may be its component."""
    words = policy.split("-")
    return ["-".join(words[:count]) for count in range(len(words), 0, -1)]


def _names(end: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Namespace, and the names that the pods of this end go by."""
    if "labels" in end:
        return str(end.get("namespace", "")), tuple(map(str, end["labels"].values()))
    namespace, _, name = str(end.get("pod", "")).partition("/")
    return namespace, (name.rpartition("/")[2],)  # of NS/NAME or NS/KIND/NAME


_LEADING = (
    "backend-unseen",
    "leads-nowhere",
    "proxy-elsewhere",
    "service-unseen",
)


def announced(answers: Iterable[str]) -> Announced:
    """What one or several answers of `list --uncovered -o json` name."""
    directions: set[tuple[str, str, str]] = set()
    objects: set[tuple[str, str]] = set()
    components: set[tuple[str, str, str]] = set()
    operated: set[tuple[str, str, str, str]] = set()
    leading: set[tuple[str, str]] = set()
    spaces: set[str] = set()
    creators: set[tuple[str, str, str]] = set()
    kinds: set[tuple[str, str]] = set()
    for answer in answers:
        for one in json.loads(answer)["items"] if answer.strip() else ():
            if one["workload"]:
                directions.add((one["namespace"], one["workload"], one["direction"]))
                component = one.get("component")
                if one.get("reason") in ("not-rendered", "nothing-on"):
                    creators.add((one["namespace"], one["workload"], one["direction"]))
                if component and one["kind"] not in WORKLOAD_KINDS:
                    operated.add((one["namespace"], one["workload"], component, one["direction"]))
                if component:  # the policy of a component's instance is called so
                    named = f"{component}-{one['workload']}"
                    directions.add((one["namespace"], named, one["direction"]))
                if one.get("component") and one["kind"] == "Pod":
                    components.add((one["namespace"], one["component"], one["direction"]))
            elif one.get("kind") == "Namespace":
                spaces.add(one["name"])
            elif one.get("reason") == "creates-pods":
                program = one["name"].removeprefix("pods of ")
                told = (program, *one.get("standsFor", ()))
                creators.update((one["namespace"], name, way) for name in told for _, way in _ENDS)
            else:
                objects.add((one["namespace"], one["name"]))
                creators.update(
                    (one["namespace"], part, way) for part in one.get("standsFor", ()) for _, way in _ENDS
                )
                if one.get("reason") == "unknown-kind":
                    kinds.add((one["namespace"], f"{one['kind']}/{one['name']}"))
                if one.get("reason") in _LEADING:
                    leading.add((one["namespace"], one["name"]))
    return Announced(
        frozenset(directions),
        frozenset(objects),
        frozenset(components),
        frozenset(operated),
        frozenset(leading),
        frozenset(spaces),
        creators=frozenset(creators),
        kinds=frozenset(kinds),
    )


def lines(answer: str, degree: str) -> dict[str, Announced]:
    """Each direction that an answer names in this degree, by its words; what is said of one several times is one."""
    found: dict[str, Announced] = {}
    for one in json.loads(answer)["items"]:
        if one["degree"] == degree:
            for direction in one["direction"].split(" and "):
                said = json.dumps({"items": [{**one, "direction": direction}]})
                found[f"{one['namespace']}/{one['name']} {direction}"] = announced([said])
    return found


def false_alarms(named: Mapping[str, Announced], misses: Iterable[Miss]) -> set[str]:
    """Those of these directions in which no legitimate flow is denied: nothing that the tables know of is missing."""
    denied = [(miss, one) for miss in misses if miss.row.expect == "allow" for one in miss.denied]
    return {
        words
        for words, known in named.items()
        if not any(
            known.names(miss.row.query[end], way, by) or known.tells_of(miss.row.source)
            for miss, (end, way, by) in denied
        )
    }


def told_of(
    named: Mapping[str, Announced], rows: Iterable[Row], by: Mapping[str, tuple[str, ...]] = {}
) -> dict[str, Announced]:
    """Those of these directions of whose pods a table has any row: of the others it cannot say what is missing. `by`:
    the policies that select an end (its text), where that is known."""
    asked = {str(row.query[end]): row.query[end] for row in rows for end, _ in _ENDS}
    found = {}
    for words, known in named.items():
        both = {(space, name, way) for space, name, _ in known.directions for _, way in _ENDS}
        wide = known._replace(directions=frozenset(both))
        if any(wide.names(end, "ingress", by.get(place, ())) for place, end in asked.items()):
            found[words] = known
    return found


def selecting(world: World, rows: Iterable[Row]) -> dict[str, tuple[str, ...]]:
    """The policies that select each end of these rows, by its text: those that deny a flow that nobody allows."""
    ends = {str(row.query[end]): row.query[end] for row in rows for end, _ in _ENDS}
    queries = [{"from": end, "to": _NOBODY, "port": 9, "protocol": "TCP"} for end in ends.values()] + [
        {"from": _NOBODY, "to": end, "port": 9, "protocol": "TCP"} for end in ends.values()
    ]
    found = world.ask(queries)
    out, back = found[: len(ends)], found[len(ends) :]
    return {
        place: (*one.egress.by, *other.ingress.by)
        for place, one, other in zip(ends, out, back, strict=True)
        if not (one.error or other.error)
    }


class Cuts(NamedTuple):
    """Legitimate flows that are denied: each denying end is named, one of the two ends is, or none. The one may be an
    end that lets the flow through, by a policy of the user's own, and of which nothing is known all the same."""

    announced: tuple[Miss, ...]
    half: tuple[Miss, ...]
    silent: tuple[Miss, ...]


def cuts(misses: Iterable[Miss], known: Announced) -> Cuts:
    """The legitimate rows among these misses, by what is said of them."""
    found: dict[str, list[Miss]] = {"announced": [], "half": [], "silent": []}
    for miss in misses:
        if miss.row.expect != "allow":
            continue
        said = [known.names(miss.row.query[end], direction, by) for end, direction, by in miss.denied]
        if known.tells_of(miss.row.source) and not any(said):
            said = [True, *said[1:]]
        listed = known._replace(
            objects=frozenset()
        )  # whose pod it is, the policies that let it through do not say
        if not any(said) and any(listed.names(miss.row.query[end], way) for end, way in _ENDS):
            said = [False, True]
        found["silent" if not any(said) else "announced" if all(said) else "half"].append(miss)
    return Cuts(*(tuple(found[name]) for name in Cuts._fields))
