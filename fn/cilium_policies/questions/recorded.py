"""Today's connections as expectations: `test --record`."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.checks.snapshot import Snapshot
from cilium_policies.evaluate.portset import EVERYTHING, PortSet, words
from cilium_policies.questions.connections import NODES, Connections
from cilium_policies.questions.expected import API_VERSION, KIND
from cilium_policies.questions.list import found_rows
from cilium_policies.questions.party import Party

_HEAD = f"""\
# What the policies decide today, as `cilium-policies test` asks it: an entry that fails is a change. Keep the
# entries that you mean, and delete those that only happen to be so.
apiVersion: {API_VERSION}
kind: {KIND}
tests:
"""


Span = tuple[str, tuple[int, int]]  # protocol, first and last port


def recorded(snapshot: Snapshot) -> str:
    """A PolicyTest of everything that passes, and of who alone may call each pod; sorted."""
    found = Connections(snapshot)
    lines = {
        f"{_peer(source)} -> {_at(_peer(target), _ports(spans))} allow"
        for source, target, spans in allowed(found)
    }
    for target, callers in only(found):
        names = ", ".join(sorted(map(_peer, callers))) or "nobody"
        lines.add(f"* -> {_peer(target)} only from {names}")
    return _HEAD + "".join(sorted(f"  - {_quoted(line)}\n" for line in lines))


_ANY = (0, 65535)
_MOST = 12  # whom so many may call, everybody may


def allowed(found: Connections) -> Iterator[tuple[Party, Party, tuple[Span, ...]]]:
    """What passes, as far as the short form can say it; no spans: on every port."""
    for row in found_rows(found):
        if all(_is_sayable(one) and not _is_everybody(one) for one in (row.source, row.target)):
            for spans in _spans(row.open):
                yield row.source, row.target, spans


def only(found: Connections) -> Iterator[tuple[Party, frozenset[Party]]]:
    """Each pod with everybody who may call it, where they are few and the short form can name them."""
    outside: dict[Party, set[Party]] = {}
    for pair in found.outside():
        outside.setdefault(pair.target, set()).add(pair.source)
    for end in found.pods:
        target = found.party[end]
        callers = {found.party[one] for sources in found.into(end).values() for one in sources}
        callers |= outside.get(target, set())
        if len(callers) <= _MOST and all(map(_is_sayable, callers)):
            yield target, frozenset(callers)


def _is_sayable(party: Party) -> bool:
    match party.kind:
        case "entity":
            return party.name in ("world", "internet", *NODES[:3])
        case "cidr":
            return not party.excepts
        case "workload" | "fqdn" | "pods":
            return True
        case "cidr-group" | "cloud" | "namespace" | "other":
            return False


def _is_everybody(party: Party) -> bool:
    return party.kind == "pods" and not party.namespace


def _peer(party: Party) -> str:
    """An end as the short form writes it."""
    if party.kind == "pods":
        return f"{party.namespace}/*" if party.namespace else "*"
    return party.name if party.kind in ("entity", "cidr") else str(party)


def _at(target: str, ports: str) -> str:
    if not ports:
        return target
    return f"[{target}]:{ports}" if ":" in target else f"{target}:{ports}"


def _spans(found: PortSet) -> list[tuple[Span, ...]]:
    if found == EVERYTHING:
        return [()]
    spans = tuple((protocol, span) for protocol, every in found for span in every)
    return [] if any(span == _ANY for _, span in spans) else [spans]  # the short form has no word for them


def _ports(spans: tuple[Span, ...]) -> str:
    return ",".join(words(((protocol, (span,)),), short=True) for protocol, span in spans)


def _quoted(text: str) -> str:
    return f'"{text}"' if text[0] in "*[" or ": " in text else text
