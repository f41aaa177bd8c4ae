"""Today's connections as expectations: `test --record`."""

from __future__ import annotations

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


def recorded(snapshot: Snapshot) -> str:
    """A PolicyTest of everything that passes, and of who alone may call each pod; sorted."""
    found = Connections(snapshot)
    rows = found_rows(found)
    lines: set[str] = set()
    for row in rows:
        source, target = _peer(row.source), _peer(row.target)
        for ports in _ports(row.open):
            if source and target and "*" not in (source, target):
                lines.add(f"  - {_quoted(f'{source} -> {_at(target, ports)} allow')}\n")
    for end in found.pods:
        callers = {found.party[one] for sources in found.into(end).values() for one in sources}
        callers |= {pair.source for pair in found.outside() if pair.target == found.party[end]}
        names = [_peer(party) for party in sorted(callers, key=str)]
        if all(names) and len(names) <= _MOST:
            lines.add(f"  - {_quoted(f'* -> {end} only from ' + (', '.join(names) or 'nobody'))}\n")
    return _HEAD + "".join(sorted(lines))


_ANY = (0, 65535)
_MOST = 12  # whom so many may call, everybody may


def _peer(party: Party) -> str:
    """An end as the short form writes it; "" for one that it cannot say."""
    match party.kind:
        case "pods":
            return f"{party.namespace}/*" if party.namespace else "*"
        case "entity":
            return party.name if party.name in ("world", "internet", *NODES[:3]) else ""
        case "cidr" if not party.excepts:
            return party.name
        case "workload" | "fqdn":
            return str(party)
        case "cidr" | "cidr-group" | "cloud" | "namespace" | "other":
            return ""


def _at(target: str, ports: str) -> str:
    if not ports:
        return target
    return f"[{target}]:{ports}" if ":" in target else f"{target}:{ports}"


def _ports(found: PortSet) -> list[str]:
    if found == EVERYTHING:
        return [""]
    spans = [(protocol, span) for protocol, every in found for span in every]
    if any(span == _ANY for _, span in spans):
        return []  # the short form has no word for them
    return [",".join(words(((protocol, (span,)),), short=True) for protocol, span in spans)]


def _quoted(text: str) -> str:
    return f'"{text}"' if text[0] in "*[" or ": " in text else text
