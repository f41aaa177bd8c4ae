"""Today's connections as expectations: `test --record`."""

from __future__ import annotations

from cilium_policies.checks.situation import Situation
from cilium_policies.evaluate.portset import EVERYTHING, PortSet, words
from cilium_policies.questions.connections import NODES, Connections, Party
from cilium_policies.questions.expected import API_VERSION, KIND
from cilium_policies.questions.list import EVERY_POD, found_rows

_HEAD = f"""\
# What the policies decide today, as `cilium-policies test` asks it: an entry that fails is a change. Keep the
# entries that you mean, and delete those that only happen to be so.
apiVersion: {API_VERSION}
kind: {KIND}
tests:
"""


def recorded(situation: Situation) -> str:
    """A PolicyTest of everything that passes, and of who alone may call each pod; sorted."""
    found = Connections(situation)
    rows = found_rows(found)
    parties = found.parties
    lines: set[str] = set()
    for row in rows:
        source, target = _peer(row.source, parties), _peer(row.target, parties)
        for ports in _ports(row.open):
            if source and target and "*" not in (source, target):
                lines.add(f"  - {_quoted(f'{source} -> {_at(target, ports)} allow')}\n")
    for end in found.pods:
        callers = {str(one) for ports, sources in found.into(end).items() for one in sources}
        outside = {pair.source for pair in found.outside() if pair.target == str(end)}
        names = [_peer(name, parties) for name in sorted(callers | outside)]
        if all(names) and len(names) <= _MOST:
            lines.add(f"  - {_quoted(f'* -> {end} only from ' + (', '.join(names) or 'nobody'))}\n")
    return _HEAD + "".join(sorted(lines))


_MOST = 12  # whom so many may call, everybody may


def _peer(name: str, parties: dict[str, Party]) -> str:
    """An end as the short form writes it; "" for one that it cannot say."""
    if name.startswith(f"{EVERY_POD} of "):
        return f"{name.removeprefix(f'{EVERY_POD} of ')}/*"
    if name == EVERY_POD:
        return "*"
    party = parties.get(name, Party("other", name))
    if party.kind == "entity":
        return party.name if party.name in ("world", "internet", *NODES[:3]) else ""
    if party.kind in ("workload", "fqdn"):
        return name
    return party.name if party.kind == "cidr" and not party.excepts else ""


def _at(target: str, ports: str) -> str:
    if not ports:
        return target
    return f"[{target}]:{ports}" if ":" in target else f"{target}:{ports}"


def _ports(found: PortSet) -> list[str]:
    if found == EVERYTHING:
        return [""]
    names = words(found)
    return [] if "any " in names else [names.replace("/TCP", "").replace(", ", ",")]


def _quoted(text: str) -> str:
    return f'"{text}"' if text[0] in "*[" or ": " in text else text
