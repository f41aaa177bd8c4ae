"""One flow of a component, as an entry of the catalogue states it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from cilium_policies.catalogue.parts import parse_port
from cilium_policies.kube.objects import Mapping, flag, mappings, text
from cilium_policies.kube.ports import Port
from cilium_policies.lean import Any, NamedTuple

When = Any  # None, a word (peer, evidence, asked), a condition mapping, or a list of these (any suffices)


class Edge(NamedTuple):
    """One flow of a component, seen from it: `direction` ingress or egress, `peer` a word of the format.

    `ports` as written (`3000/TCP`, `{port}/TCP`); empty: any. `owner` is the component whose file states it,
    `probe` an edge that only kubelet probes need. `when` None: always. `names`: every DNS name that the program calls
    on these ports (catalogue.hosts reads them); None: not known. `unnamed` says why they cannot be; `added` what its
    users may have it call beside them, by what they set in the program itself, where `added_when` holds (of an `asked`
    edge: where anybody may ask); `purpose` is a word for what nobody needs to run the program (telemetry, updates).
    `every`: each instance of the peer is meant, wherever it is (an operator's); `runtime`: whom it calls is set in the
    program itself, so no manifest tells;
    `seldom`: and few installations have it (a plugin), so that the only instance is no guess either.
    `needs_no_role`: it calls the Kubernetes API with its users' tokens, or for what everybody may ask.
    `having`: of all pods those are meant that have one of these sets of labels (`*` any value), by an injector.
    `near`: of the outside, addresses of the local network alone are meant.
    `fallback`: it holds only where the configuration names no address outside, or none of the component.
    `part` and `of`: the roles of the own pods and of the peer's that have it (`ruler`, `gateway`), where their labels
    (the entry's `partLabel`, else `app.kubernetes.io/component`) tell a role; empty: all of them.
    `by`: the path in the custom resource at which it names the other end's object (`{name, namespace}`, a list of
    these, or a name). `number`: which of the entry's purposes it is for; those of one `why` have one.
    `ports_at`: the paths in the object that made its pods at which it holds the ports, as containers have them.
    """

    direction: str
    peer: str
    ports: tuple[str, ...]
    why: str
    when: When
    probe: bool
    source: str
    owner: str
    names: tuple[Any, ...] | None = None
    unnamed: str = ""
    purpose: str = ""
    every: bool = False
    runtime: bool = False
    by: str = ""
    fallback: bool = False
    part: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    seldom: bool = False
    added: str = ""
    number: int = 0
    needs_no_role: bool = False
    having: tuple[Mapping, ...] = ()
    near: bool = False
    ports_at: tuple[str, ...] = ()
    added_when: When = None

    def pod_ports(self, port: str = "") -> tuple[Port, ...]:
        """The ports as numbers; `port` stands in for `{port}`, and what stays no number is left out."""
        return _read_ports(self.ports, port)

    @property
    def is_sent_to(self) -> bool:
        """Whether the local network comes in by a component that the input holds, as the condition says: one that makes
        load balancers which send to the pods themselves, whatever Service stands before them."""
        return self.near and isinstance(self.when, dict) and "component" in self.when


@lru_cache(maxsize=4096)  # asked several times of each edge of each workload
def _read_ports(ports: tuple[str, ...], port: str) -> tuple[Port, ...]:
    read = (parse_port(one.replace("{port}", port)) for one in ports)
    return tuple(one for one in read if one is not None)


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list; a single text is a list of one."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def purposes(edges: Iterable[Mapping]) -> Iterator[tuple[int, Mapping]]:
    """The edges of one entry, each with the number of the first that has the same `why`."""
    first: dict[str, int] = {}
    for number, edge in enumerate(edges):
        yield first.setdefault(text(edge.get("why")), number), edge


def read_edges(edges: Iterable[Mapping], owner: str, first: int = 0) -> tuple[Edge, ...]:
    """The edges of one list of an entry, as it sees them itself. `first`: where another list of it counts from."""
    return tuple(read_edge(one, owner, owner, first + number) for number, one in purposes(edges))


def read_edge(data: Mapping, owner: str, subject: str, number: int = 0) -> Edge:
    """An edge of `owner`'s file as `subject` sees it: turned round for another than the owner."""
    direction = "ingress" if "from" in data else "egress"
    peer = text(data.get("from") or data.get("to"))
    if subject != owner:
        direction = "egress" if direction == "ingress" else "ingress"
        peer = f"component:{owner}"
    return Edge(
        direction,
        peer,
        texts(data.get("ports")),
        text(data.get("why")),
        data.get("when"),
        flag(data.get("probe")),
        text(data.get("source")),
        owner,
        tuple(data["names"]) if isinstance(data.get("names"), list) else None,
        text(data.get("unnamed")),
        text(data.get("purpose")),
        flag(data.get("every")),
        flag(data.get("runtime")),
        text(data.get("by")),
        flag(data.get("fallback")),
        texts(data.get("part")),
        texts(data.get("of")),
        flag(data.get("seldom")),
        text(data.get("added")),
        number,
        flag(data.get("needsNoRole")),
        tuple(mappings(data.get("having"))),
        flag(data.get("near")),
        texts(data.get("portsAt")),
        data.get("addedIf"),
    )
