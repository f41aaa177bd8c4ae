"""What a change opens and closes: the connections of two snapshots, compared pair by pair and port by port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.portset import NOTHING, PortSet, difference, words
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.questions.connections import Connections, Pair, shared_names
from cilium_policies.questions.party import THE_INTERNET, Party
from cilium_policies.questions.values import ports
from cilium_policies.show.table import Cell, Table, columns

ALLOWED = "newly allowed"
DENIED = "newly denied"
FAIL_ON = ("new-allow-from-world", "new-internet", "new-cross-namespace", "new-deny", "any")


class Change(NamedTuple):
    """`ports` that are newly allowed, or newly denied, from `source` to `target`. `outside`: the source is
    neither a pod nor a node."""

    change: str
    source: Party
    target: Party
    ports: str
    outside: bool = False
    open: PortSet = ()  # the same ports as a value
    foreign: bool = False  # it rests on another namespace's word


class Difference(NamedTuple):
    """`added` and `removed` are pods that stand on one side alone. What an added pod may do is newly allowed;
    of a removed one nothing is said."""

    changes: list[Change]
    added: list[str]
    removed: list[str]


Pairs = frozenset[tuple[Party, Party]]


def diff(before: Snapshot, after: Snapshot, foreign: Pairs = frozenset()) -> Difference:
    """Every connection that one snapshot allows and the other does not. `foreign`: the pairs of ends that rest on
    another namespace's word afterwards."""
    shared = shared_names(before) | shared_names(after)
    old, new = Connections(before, shared), Connections(after, shared)
    were, are = ({str(found.party[end]) for end in found.pods} for found in (old, new))
    groups: Groups = {}
    _between(old, new, groups, foreign)
    _outside(old, new, groups)
    pods = {new.party[end] for end in new.pods}
    changes = sorted(_joined(groups, pods), key=_in_words)
    return Difference(changes, sorted(are - were), sorted(were - are))


def _in_words(one: Change) -> tuple[object, ...]:
    return one.change, str(one.source), str(one.target), *one[3:]


Groups = dict[Change, set[Party]]  # a change without its source, to the sources that it holds for
_NOBODY = Party("other")  # in the place of the end that a group leaves open


def _between(old: Connections, new: Connections, groups: Groups, foreign: Pairs) -> None:
    befores = {party: end for end, party in old.party.items()}
    known = set(new.party.values())
    for end in new.reach.ends:
        target = new.party[end]
        then = _sources(old, befores[target]) if target in befores else {}
        now = _sources(new, end)
        if now == then:
            continue
        for source in now.keys() | (then.keys() & known):
            if now.get(source) != then.get(source):
                moved = (then.get(source, NOTHING), now.get(source, NOTHING))
                _add(groups, source, target, *moved, False, (source.by_name, target.by_name) in foreign)


def _sources(found: Connections, target: Endpoint) -> dict[Party, PortSet]:
    return {found.party[source]: ports for ports, sources in found.into(target).items() for source in sources}


def _outside(old: Connections, new: Connections, groups: Groups) -> None:
    now, then = _by_pair(new.outside()), _by_pair(old.outside())
    pods = set(new.party.values())
    for source, target in now.keys() | then.keys():
        if source in pods or target in pods:
            ports = (then.get((source, target), NOTHING), now.get((source, target), NOTHING))
            _add(groups, source, target, *ports, target in pods)


def _by_pair(pairs: Iterable[Pair]) -> dict[tuple[Party, Party], PortSet]:
    return {(one.source, one.target): one.ports for one in pairs}


def _add(
    groups: Groups,
    source: Party,
    target: Party,
    then: PortSet,
    now: PortSet,
    outside: bool,
    foreign: bool = False,
) -> None:
    for change, moved in ((ALLOWED, difference(now, then)), (DENIED, difference(then, now))):
        if moved:
            marked = foreign and change == ALLOWED
            key = Change(change, _NOBODY, target, words(moved), outside, moved, marked)
            groups.setdefault(key, set()).add(source)


def _joined(groups: Groups, pods: set[Party]) -> Iterator[Change]:
    """Changes with sources, then targets, put together where (nearly) every pod has the same one."""
    by_source: Groups = {}
    for key, sources in groups.items():
        for source in _together(sources, key.target, pods):
            by_source.setdefault(key._replace(source=source, target=_NOBODY), set()).add(key.target)
    for key, targets in by_source.items():
        for target in _together(targets, key.source, pods):
            yield key._replace(target=target)


def _together(ends: set[Party], other: Party, pods: set[Party]) -> set[Party]:
    missing = pods - ends - {other}
    if len(pods) < 3 or len(missing) > 3 or len(missing) * 4 > len(ends):
        return ends
    return {
        Party("pods", excepts=tuple(sorted(f"{one.namespace}/{one.name}" for one in missing))),
        *(ends - pods),
    }


def fails(found: Difference, conditions: Iterable[str]) -> list[Change]:
    """The changes that one of FAIL_ON forbids."""
    wanted = set(conditions)
    return [one for one in found.changes if "any" in wanted or wanted & _sorts(one)]


def _sorts(one: Change) -> set[str]:
    """The words of FAIL_ON, `any` aside, that hold for a change."""
    if one.change == DENIED:
        return {"new-deny"}
    found = set()
    if one.outside or one.source == THE_INTERNET:
        found.add("new-allow-from-world")
    if one.target.is_public:
        found.add("new-internet")
    if one.foreign:
        found.add("new-cross-namespace")
    return found


def values_of(found: Difference) -> list[dict[str, Any]]:
    """The changes as objects for programs."""
    return [
        {
            "change": one.change,
            "from": str(one.source),
            "to": str(one.target),
            "ports": ports(one.open),
            "outside": one.outside,
            "foreign": one.foreign,
        }
        for one in found.changes
    ]


def table(found: Difference, title: str = "") -> Table:
    """One row a change, what is newly allowed first."""
    marked = any(one.foreign for one in found.changes)
    said = [("another namespace's word",) if one.foreign else ("",) for one in found.changes]
    rows: list[tuple[Cell, ...]] = [
        (one.change, str(one.source), str(one.target), one.ports, *(mark if marked else ()))
        for one, mark in zip(found.changes, said, strict=True)
    ]
    heads = columns("change", "from", "to", "ports", *(["rests on"] if marked else []))
    return Table(title, heads, rows, "no connection changes")
