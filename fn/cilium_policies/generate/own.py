"""Policies as text, and what becomes of those that an earlier run left in the input."""

from __future__ import annotations

from cilium_policies.cilium.model import Policy
from cilium_policies.cilium.write import policy_text
from cilium_policies.kube.reading import Own
from cilium_policies.lean import NamedTuple


class Changes(NamedTuple):
    """By item number of the one source: own policies to drop and to replace; texts to append."""

    drop: set[int]
    replace: dict[int, bytes]
    append: list[bytes]


def changes(own: list[Own], policies: list[Policy], *, comments: bool) -> Changes:
    """Own policies are replaced where they stand, dropped where they no longer belong; new ones come last."""
    texts = {(one.kind, one.namespace, one.name): policy_text(one, comments=comments) for one in policies}
    drop: set[int] = set()
    replace: dict[int, bytes] = {}
    for found in own:
        policy = found.policy
        text = texts.pop((policy.kind, policy.namespace, policy.name), None)
        if text is None:
            drop.add(found.item)
        else:
            replace[found.item] = text
    return Changes(drop, replace, list(texts.values()))


def documents(policies: list[Policy]) -> bytes:
    """The policies alone, as one stream."""
    return b"".join(b"---\n" + policy_text(policy) for policy in policies)
