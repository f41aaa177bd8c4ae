"""Rules that look into the content of a connection: how the agent merges them, and what follows for names.

The agent keeps one filter for each port of each protocol and in it one policy for each peer selector: a
`Place` here. Allow rules that meet at a place are merged (v1.20.2:pkg/policy/rule.go mergePortProto).
"""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.cilium.model import Fqdn, ToPorts
from cilium_policies.evaluate.names import matches_name
from cilium_policies.evaluate.peers import EVERYBODY, Matcher
from cilium_policies.evaluate.ports import Span, entry_of
from cilium_policies.lean import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.evaluate.entries import Entry

_NOTHING = ToPorts()


class Place(NamedTuple):
    """One peer selector at one port."""

    peer: Matcher
    span: Span


def places_of(entries: Iterable[Entry]) -> dict[Place, list[ToPorts]]:
    """Where these entries meet, and with which toPorts entries."""
    found: dict[Place, list[ToPorts]] = {}
    for entry in entries:
        for span in entry.spans or ():
            listed = (entry_of(entry.rule, span) if entry.rule else None) or _NOTHING
            for peer in entry.peers or (EVERYBODY,):
                found.setdefault(Place(peer, span._replace(entry=0)), []).append(listed)
    return found


def learns(allow: list[Entry], deny: list[Entry], closed: bool, name: str) -> bool:
    """Whether a pod with these egress entries may look the name up through the agent's DNS proxy, which is
    how toFQDNs rules get their addresses.

    A rule without DNS names at the place of one with them makes it "*", a deny rule there ends it; and where
    no policy closes the direction every DNS rule is "*".
    """
    ended = places_of(deny)
    for place, listed in places_of(allow).items():
        names = [name for one in listed if one.l7 == "dns" for name in dns_names(one)]
        if not names or place in ended:
            continue
        if (
            not closed
            or any(one.l7 != "dns" for one in listed)
            or any(matches_name(one, name) for one in names)
        ):
            return True
    return False


def dns_names(listed: ToPorts) -> list[Fqdn]:
    """The names of a DNS rule."""
    given = [one for one in listed.rules["dns"] if isinstance(one, dict)]
    return [Fqdn(str(one.get("matchName") or ""), str(one.get("matchPattern") or "")) for one in given]


def uses_dns(entries: list[Entry]) -> bool:
    """Whether any of these entries sends DNS through the proxy."""
    return any(
        one.l7 == "dns" for entry in entries for one in (entry.rule.ports if entry.rule else None) or ()
    )


def _reads_layer_7(entries: list[Entry]) -> bool:
    """Asked for each direction of each pod."""
    for entry in entries:
        for one in (entry.rule.ports if entry.rule else None) or ():
            if one.l7:
                return True
    return False


def conflict(allow: list[Entry]) -> Place | None:
    """A place where rules meet that the agent may fail to merge: then it computes no policy for the pod."""
    if not _reads_layer_7(allow):
        return None
    for place, listed in places_of(allow).items():
        layers = {one.l7 for one in listed if one.l7}
        if len(layers) > 1:
            return place
    return None
