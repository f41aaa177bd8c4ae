"""Rules of the user's that admit more than anything in the manifests needs: told by strangers, whom nobody named."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.checks.snapshot import SOMEWHERE, Snapshot
from cilium_policies.checks.violation import Linted, Part, Violation
from cilium_policies.document.finding import INFO
from cilium_policies.evaluate.endpoint import Endpoint, address
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.peers import EVERYBODY
from cilium_policies.evaluate.selectors import holds

_NOBODYS = "no-such-namespace"
_SOME = ((443, "TCP"), (5432, "TCP"), (40000, "UDP"))  # what a rule without ports is asked for
_CURE = "name those that are meant; where all of them are, this may stay"


def admits(one: Linted) -> Iterator[Violation]:
    """A rule lets pods in, or out to pods or addresses, that no policy of this program admits: nothing needs it."""
    if one.known.own or not any(known.own and not known.refusals for known in one.snapshot.known):
        return
    for part in one.parts():
        if part.deny or part.entry is None or part.entry.idle or part.rule.fqdns:
            continue
        found = next(filter(None, (_found(one, part, end) for end in one.selected(part.entry))), None)
        if found:
            yield Violation(part.path, found, _CURE, INFO)


def _found(one: Linted, part: Part, end: Endpoint) -> str:
    entry = part.entry
    if entry is None or entry.peers is None:
        return ""
    own = [other for other in _own(one.snapshot, entry) if holds(other.subject, end)]
    if not own:
        return ""  # of these pods this program says nothing
    for words, who in _strangers(one.snapshot, end):
        meant = EVERYBODY in entry.peers or any(
            peer.matches(who, one.snapshot.repository.groups) for peer in entry.peers
        )
        ports = [port for port in _ports(one.snapshot, end, entry) if entry.speaks_of(*port, {})]
        extra = [port for port in ports if not _admitted(one.snapshot, own, who, port)] if meant else []
        if extra:
            on = ", ".join(f"{number}/{protocol}" for number, protocol in extra)
            told = f"{words} into {end}" if part.ingress else f"{end} out to {words}"
            return f"lets {told} on {on}, and no generated policy does: nothing in the manifests needs it"
    return ""


def _own(snapshot: Snapshot, entry: Entry) -> list[Entry]:
    """The rules of this program's policies in the same direction."""
    return [
        other
        for other in snapshot.beside(entry)
        if snapshot.known_of(other.ref.policy).own and not other.deny
    ]


def _admitted(snapshot: Snapshot, own: list[Entry], who: Endpoint, port: tuple[int, str]) -> bool:
    groups = snapshot.repository.groups
    return any(
        other.peers is not None
        and (other.spans is not None or other.peers)
        and (not other.peers or any(peer.matches(who, groups) for peer in other.peers))
        and other.speaks_of(*port, {})
        for other in own
    )


def _strangers(snapshot: Snapshot, end: Endpoint) -> Iterator[tuple[str, Endpoint]]:
    yield "an address outside", snapshot.repository.place(address(SOMEWHERE, snapshot.options))
    yield "any pod of the cluster", snapshot.stranger(_NOBODYS)
    yield "any pod of its namespace", snapshot.stranger(end.namespace)


def _ports(snapshot: Snapshot, end: Endpoint, entry: Entry) -> list[tuple[int, str]]:
    """The ports that the pods declare, for a rule that lets in; else the first of each range that it has."""
    if entry.spans is not None:
        return [(span.low, span.protocol) for span in entry.spans if not span.name]
    declared = snapshot.workloads[end].ports if entry.ingress and end in snapshot.workloads else ()
    return [(port.number, port.protocol) for port in declared if port.number] or list(_SOME)
