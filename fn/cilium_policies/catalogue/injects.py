"""What a component adds to other people's pods, where a label or annotation asks for it: side-cars, agents, tunnels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cilium_policies.catalogue.flows import Edge, read_edges, texts
from cilium_policies.catalogue.parts import BY_OBJECT
from cilium_policies.kube.objects import flag, mapping, mappings, strings, text
from cilium_policies.lean import Any, NamedTuple

PROBES = "probes"  # in the place of a port: those that the kubelet probes


class ReadObject(NamedTuple):
    """Objects whose addresses the injected pods call: those of the namespace, or the one that the pods' annotation
    `named` names (NAME or NAMESPACE/NAME). `scopes`: the path of a list of those that an object is for, each as the
    pods' annotation `as` names itself; an object without the list is for all. `as` without
    `scopes`: only pods that have this annotation read such objects."""

    kind: str
    group: str
    named: str = ""
    scopes: str = ""
    alias: str = ""


class ByObject(NamedTuple):
    """Objects of which one asks for an injection where it has something at one of the paths `has`: in the namespaces
    that the selector at `namespaces` of what stands there chooses, or in all; `but`: never in those so called."""

    kind: str
    group: str
    has: tuple[str, ...]
    namespaces: str = ""
    but: str = ""
    when: Any = None  # a condition on the object


class Injection(NamedTuple):
    """`namespaces` and `pods` are sets of labels or annotations, each of which alone asks for it (`*`: any value);
    a set of `unless` at the pod forbids it. `edges` are seen from the injected pod.

    `tunnel`: ports that carry every TCP connection between members of one `mesh`, whatever port it is for but those of
    `direct`;
    `sources`: components that speak it to members as well; `waypoint`: the label that names a proxy in between.
    `addresses`: annotations that hold an address to call.
    `ids`: annotations by which a member names itself to others; else its own name and those of its Services are meant.
    `calls`: patterns in configuration whose first group is such a name; `calls_in`: a pattern for variables that hold
    one; `upstreams`: an annotation with a list of `name:port`.
    `providers`: where the mesh's configuration lists what its proxies call beside, and which objects choose among it.
    `by_objects`: objects that ask for it in namespaces which have no mark of it.
    `labels` are added to the pods, where monitors may select them by. `by_label`: of a pod its labels alone ask.
    """

    owner: str
    how: str
    mesh: str
    namespaces: tuple[dict[str, str], ...]
    pods: tuple[dict[str, str], ...]
    unless: tuple[dict[str, str], ...]
    edges: tuple[Edge, ...]
    tunnel: tuple[str, ...]
    sources: tuple[str, ...]
    waypoint: str
    addresses: tuple[str, ...]
    objects: tuple[ReadObject, ...]
    ids: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    calls_in: str = ""
    upstreams: str = ""
    providers: dict[str, Any] = {}  # noqa: RUF012
    labels: dict[str, str] = {}  # noqa: RUF012
    by_label: bool = False
    direct: tuple[str, ...] = ()
    by_objects: tuple[ByObject, ...] = ()

    def forbidden(self, pod: Mapping[str, str]) -> bool:
        """Whether labels or annotations of a pod forbid it."""
        return any(_within(one, pod) for one in self.unless)

    def asked(self, namespace: Mapping[str, str], pod: Mapping[str, str], labels: Mapping[str, str]) -> bool:
        """Whether these labels and annotations of a namespace and a pod, `labels` those of the pod, ask for it."""
        if self.forbidden(pod):
            return False
        asking = labels if self.by_label else pod
        return any(_within(one, asking) for one in self.pods) or any(
            _within(one, namespace) for one in self.namespaces
        )


def _within(wanted: Mapping[str, str], held: Mapping[str, str]) -> bool:
    return all(key in held and value in ("*", held[key]) for key, value in wanted.items())


def read(data: Mapping[str, Any], owner: str, place: int) -> Injection:
    """One entry of `injects`, the one at this place of the component's list."""
    return Injection(
        owner,
        text(data.get("how")),
        text(data.get("mesh")),
        tuple(map(strings, mappings(data.get("namespaces")))),
        tuple(map(strings, mappings(data.get("pods")))),
        tuple(map(strings, mappings(data.get("unless")))),
        read_edges(mappings(data.get("edges")), owner, 100 * (place + 1)),
        texts(data.get("tunnel")),
        texts(data.get("tunnelFrom")),
        text(data.get("waypoint")),
        texts(data.get("addresses")),
        tuple(
            ReadObject(*(text(one.get(key)) for key in ("kind", "group", "named", "scopes", "as")))
            for one in mappings(data.get("objects"))
        ),
        texts(data.get("ids")),
        texts(data.get("calls")),
        text(data.get("callsIn")),
        text(data.get("upstreams")),
        mapping(data.get("providers")),
        strings(data.get("labels")),
        flag(data.get("byLabel")),
        texts(data.get("direct")),
        tuple(
            ByObject(
                text(one["kind"]),
                text(one["group"]),
                texts(one["has"]),
                text(one.get("namespaces")),
                text(one.get("except")),
                one.get("when"),
            )
            for one in mappings(data.get("byObjects"))
        ),
    )


def keys(data: Mapping[str, Any]) -> Iterable[str]:
    """The labels and annotations that can ask for an injection, and the kinds of objects that can (BY_OBJECT)."""
    yield from (f"{BY_OBJECT}{one['group']}/{one['kind']}" for one in mappings(data.get("byObjects")))
    for one in (*mappings(data.get("namespaces")), *mappings(data.get("pods"))):
        yield from one
