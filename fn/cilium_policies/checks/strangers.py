"""Rules of the user's that admit more than anything in the manifests needs: told by strangers, whom nobody named."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.checks.violation import Linted, Violation
from cilium_policies.document.finding import INFO
from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.entries import Entry

_NOBODYS = "no-such-namespace"
_SOME = ((443, "TCP"), (5432, "TCP"), (40000, "UDP"))  # what a rule without ports is asked for
_CURE = "name those that are meant; where all of them are, this may stay"


def admits(one: Linted) -> Iterator[Violation]:
    """A rule lets pods in, or out to pods or addresses, that no policy of this program admits: nothing needs it."""
    if one.known.own:
        return
    for part in one.parts():
        if part.deny or part.entry is None or part.entry.idle or part.rule.fqdns or not part.entry.peers:
            continue
        each = (_found(one.snapshot, part.entry, end) for end in one.selected(part.entry))
        found = next(filter(None, each), None)
        if found:
            yield Violation(part.path, found, _CURE, INFO)


def _found(snapshot: Snapshot, entry: Entry, end: Endpoint) -> str:
    names = snapshot.repository.names
    meant = [(words, who) for words, who in _strangers(snapshot, end) if names(entry, who)]
    own = _own(snapshot, entry, end) if meant else []
    if not own:
        return ""  # the rule names others, or of these pods this program says nothing
    ports = [port for port in _ports(snapshot, end, entry) if entry.speaks_of(*port, {})]
    for words, who in meant:
        admitting = [other for other in own if names(other, who)]
        extra = [port for port in ports if not any(other.speaks_of(*port, {}) for other in admitting)]
        if extra:
            on = ", ".join(f"{number}/{protocol}" for number, protocol in extra)
            told = f"{words} into {end}" if entry.ingress else f"{end} out to {words}"
            return f"lets {told} on {on}, and no generated policy does: nothing in the manifests needs it"
    return ""


def _own(snapshot: Snapshot, entry: Entry, end: Endpoint) -> list[Entry]:
    """The rules of this program's policies in the same direction of these pods; the cluster-wide ones alone beside a
    rule that is so itself."""
    side = snapshot.repository.sides(end)[entry.ingress]
    return [
        other
        for other in (*side.allow, *side.idle)
        if snapshot.known_of(other.ref.policy).own
        and (other.namespace() is None or entry.namespace() is not None)
    ]


def _strangers(snapshot: Snapshot, end: Endpoint) -> Iterator[tuple[str, Endpoint]]:
    yield "an address outside", snapshot.outsider
    yield "any pod of the cluster", snapshot.stranger(_NOBODYS)
    yield "any pod of its namespace", snapshot.stranger(end.namespace)


def _ports(snapshot: Snapshot, end: Endpoint, entry: Entry) -> list[tuple[int, str]]:
    """The ports that the pods declare, for a rule that lets in; else the first of each range that it has."""
    if entry.spans is not None:
        return [(span.low, span.protocol) for span in entry.spans if not span.name]
    declared = snapshot.workloads[end].ports if entry.ingress and end in snapshot.workloads else ()
    return [(port.number, port.protocol) for port in declared if port.number] or list(_SOME)
