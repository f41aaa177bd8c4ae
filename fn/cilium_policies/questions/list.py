"""Who may talk to whom: every connection, one end's, by namespace, and what the outside reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.document.finding import refused
from cilium_policies.document.spelling import meant, near
from cilium_policies.evaluate.portset import (
    EVERYTHING,
    NOTHING,
    PortSet,
    intersection,
    port_set,
    union,
    words,
)
from cilium_policies.lean import NamedTuple
from cilium_policies.questions.connections import Connections
from cilium_policies.questions.ends import port as port_of
from cilium_policies.questions.party import SHOWN, Party
from cilium_policies.show.table import Cell, Table, columns

_OTHERS = Party("other", "other addresses")


class Connection(NamedTuple):
    """One row: `source` may open `ports` to `target`."""

    source: Party
    target: Party
    ports: str
    open: PortSet = ()  # the same ports as a value

    def __str__(self) -> str:
        return f"{self.source} => {self.target} : {self.ports}"


def connections(snapshot: Snapshot, focus: str = "", *, apart: bool = False) -> list[Connection]:
    """Every connection, ends that share an answer put together; with `focus` (NS/NAME or NS) only its own, and there
    or with `apart` every end by itself.

    Raises RefusedError for a focus that the input does not show.
    """
    found = Connections(snapshot)
    _check_focus(found, focus)
    rows = found_rows(found)
    if focus or apart:
        rows = _sorted({one for one in _apart(found, rows) if not focus or _concerns(one, focus)})
    return rows


def filtered(rows: list[Connection], source: str, target: str, port: str) -> list[Connection]:
    """Rows whose ends match the patterns ("" for any; `media` means `media/*` too) and that open the port, which is
    then all that they show. Raises RefusedError for a port that is none."""
    wanted = EVERYTHING
    if port:
        asked = port_of(port)
        wanted = port_set([(asked.protocol, asked.number, asked.number)])
    found = []
    for one in rows:
        ports = intersection(one.open, wanted)
        if ports and _fits(one.source, source) and _fits(one.target, target):
            found.append(one._replace(ports=words(ports), open=ports))
    return found


def _fits(party: Party, pattern: str) -> bool:
    names = (str(party), str(party.by_name))
    return not pattern or any(fnmatchcase(one, pattern) or one.startswith(f"{pattern}/") for one in names)


def found_rows(found: Connections) -> list[Connection]:
    """Every connection, sorted, ends that share an answer put together."""
    return _sorted({*_joined(found), *_outside(found)})


def _sorted(rows: Iterable[Connection]) -> list[Connection]:
    """Rows in the order that people look for them: by what is shown of them."""
    return sorted(rows, key=lambda one: (str(one.source), str(one.target), one.ports, one.open))


def by_namespace(snapshot: Snapshot) -> list[Connection]:
    """The same between namespaces: the ports that any pod of one may open to any pod of the other."""
    found = Connections(snapshot)
    seen: dict[tuple[Party, Party], PortSet] = {}
    for one in (*found.pairs(), *found.outside()):
        ends = (_space(one.source), _space(one.target))
        seen[ends] = union(seen.get(ends, NOTHING), one.ports)
    return _sorted(Connection(*ends, _shortened(ports), ports) for ends, ports in seen.items())


def _space(party: Party) -> Party:
    if party.kind == "workload":
        return Party("namespace", party.namespace)
    return party if party.kind == "entity" else _OTHERS


def exposure(snapshot: Snapshot) -> list[Connection]:
    """What the world may open to pods, and what pods may open to the outside."""
    found = Connections(snapshot)
    return _sorted(set(_outside(found)))


def _outside(found: Connections) -> Iterator[Connection]:
    for source, target, ports in found.outside():
        yield Connection(source, target, words(ports), ports)


def table(rows: list[Connection], title: str = "Connections that the policies allow") -> Table:
    """Rows for people and programs."""
    cells: list[tuple[Cell, ...]] = [(str(one.source), str(one.target), one.ports) for one in rows]
    return Table(title, columns("from", "to", "ports"), cells, "no connection")


def matrix(rows: list[Connection]) -> Table:
    """Rows of `by_namespace` as a matrix: one row a source, one column a target."""
    targets = sorted({one.target for one in rows}, key=str)
    cells = {(one.source, one.target): one.ports for one in rows}
    lines: list[tuple[Cell, ...]] = [
        (str(source), *(cells.get((source, target), "") for target in targets))
        for source in sorted({one.source for one in rows}, key=str)
    ]
    return Table("Ports between namespaces", columns("from", *map(str, targets)), lines, "no connection")


def _check_focus(found: Connections, focus: str) -> None:
    names = {str(one) for end in found.pods for one in (found.party[end], found.party[end].by_name)}
    if focus and focus not in names and focus not in {end.namespace for end in found.pods}:
        close = near(focus, sorted(names | {end.namespace for end in found.pods}), 3, ratio=0.5)
        cure = meant(close) or "write NAMESPACE or NAMESPACE/WORKLOAD"
        raise refused(f"no pod {focus} in the input", cure)


def _concerns(one: Connection, focus: str) -> bool:
    pods = [end for end in (one.source, one.target) if end.kind == "workload"]
    return any(focus in (end.namespace, str(end), str(end.by_name)) for end in pods)


def _joined(found: Connections) -> list[Connection]:
    """Pairs with sources, then targets, put together where they are all pods, or all of one namespace."""
    crowd = _Crowd(found)
    by_source: dict[tuple[Party, PortSet], list[Party]] = {}
    for end in found.reach.ends:
        target = found.party[end]
        for ports, sources in found.into(end).items():
            for party in crowd.together({found.party[one] for one in sources}, target, ports, ingress=True):
                by_source.setdefault((party, ports), []).append(target)
    rows = []
    for (source, ports), targets in by_source.items():
        rows += [
            Connection(source, target, words(ports), ports)
            for target in crowd.together(set(targets), source, ports, ingress=False)
        ]
    return rows


class _Crowd:
    """All pods and their namespaces, to say "every pod" where a set of ends is complete."""

    def __init__(self, found: Connections) -> None:
        self._snapshot = found.snapshot
        self._pods = {found.party[end]: end for end in found.pods}
        self._sizes = Counter(party.namespace for party in self._pods)

    def together(self, ends: set[Party], other: Party, ports: PortSet, *, ingress: bool) -> list[Party]:
        """Ends with every pod, or every pod of a namespace, for those that are complete; an end never needs itself.
        `ingress`: they are those that `other` lets in, else those that it may call."""
        if len(ends) == 1 and len(self._pods) > 2:
            return list(ends)  # as most: one pod is never all of several
        own = other.namespace if other in self._pods else None
        pods = ends & self._pods.keys()
        if len(self._pods) > 2 and len(pods - {other}) == len(self._pods) - (own is not None):
            name = self._name(other, self._sizes, ports, ingress)
            return [Party("pods", name), *(ends - pods)]
        seen = Counter(party.namespace for party in pods if party != other)
        whole = {
            space
            for space, count in seen.items()
            if count > 1 and count == self._sizes[space] - (space == own)
        }
        rest = (party for party in ends if party not in pods or party.namespace not in whole)
        crowds = (Party("pods", self._name(other, [space], ports, ingress), space) for space in whole)
        return [*crowds, *rest]

    def _name(self, other: Party, spaces: Iterable[str], ports: PortSet, ingress: bool) -> str:
        """SHOWN where the rules of `other` would not take a pod without labels: they name those that there are."""
        end = self._pods.get(other)
        if end is None:
            return ""
        protocol, spans = ports[0]
        taken = (
            self._snapshot.repository.decide(end, one, spans[0][0], protocol, ingress=ingress).allowed
            for one in map(self._snapshot.stranger, spaces)
        )
        return SHOWN if any(answer is False for answer in taken) else ""


def _apart(found: Connections, rows: list[Connection]) -> list[Connection]:
    """Rows with "every pod …" taken apart again: a focus wants its own pods."""
    pods = [found.party[end] for end in found.pods]

    def members(party: Party) -> list[Party]:
        if party.kind != "pods":
            return [party]
        return [one for one in pods if party.namespace in ("", one.namespace)]

    apart = []
    for one in rows:
        apart += [
            one._replace(source=source, target=target)
            for source in members(one.source)
            for target in members(one.target)
            if source != target
        ]
    return apart


def _shortened(ports: PortSet) -> str:
    shown = [words(((protocol, (span,)),)) for protocol, spans in ports for span in spans]
    if ports == EVERYTHING:
        return "any port"
    return ", ".join(shown[:6]) + (f" and {len(shown) - 6} more" if len(shown) > 6 else "")
