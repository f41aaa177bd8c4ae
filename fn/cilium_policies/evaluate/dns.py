"""Whether a pod can learn the addresses of a name: only what it looks up through the agent's DNS proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cilium_policies.cilium.model import Fqdn
from cilium_policies.evaluate.names import matches_name
from cilium_policies.evaluate.peers import Matcher
from cilium_policies.evaluate.ports import Span, entry_of

if TYPE_CHECKING:
    from cilium_policies.evaluate.entries import Entry
    from cilium_policies.evaluate.world import Side

Place = tuple[Matcher | None, Span]  # one peer selector at one port: where the agent merges rules


def learns(egress: Side, name: str) -> bool:
    """Whether some DNS rule among these entries lets the name be looked up.

    The agent merges the rules for the same selector and port: a rule without DNS names beside one with them
    makes it "*", a deny rule there ends it; and where no policy closes the direction every DNS rule is "*".
    """
    wanted: dict[Place, list[Fqdn]] = {}
    plain: set[Place] = set()
    for entry in egress.allow:
        for place, names in _places(entry):
            if names is None:
                plain.add(place)
            else:
                wanted.setdefault(place, []).extend(names)
    ended = {place for entry in egress.deny for place, _ in _places(entry)}
    for place, names in wanted.items():
        if place in ended:
            continue
        if not egress.closed or place in plain or any(matches_name(one, name) for one in names):
            return True
    return False


def learns_any(egress: Side) -> bool:
    """Whether the pod looks up any name through the proxy."""
    return any(names is not None for entry in egress.allow for _, names in _places(entry))


def _places(entry: Entry) -> list[tuple[Place, list[Fqdn] | None]]:
    found: list[tuple[Place, list[Fqdn] | None]] = []
    for span in entry.spans or ():
        listed = entry_of(entry.rule, span) if entry.rule else None
        names = None
        if listed is not None and listed.l7 == "dns":
            given = [one for one in listed.rules["dns"] if isinstance(one, dict)]
            names = [
                Fqdn(str(one.get("matchName") or ""), str(one.get("matchPattern") or "")) for one in given
            ]
        found += [((peer, span._replace(entry=0)), names) for peer in entry.peers or (None,)]
    return found
