"""Policies as text, and what becomes of those that an earlier run left in the input."""

from __future__ import annotations

from collections.abc import Mapping

from cilium_policies.cilium.model import Policy
from cilium_policies.cilium.objects import policy_object
from cilium_policies.cilium.write import policy_text
from cilium_policies.kube.reading import Own
from cilium_policies.lean import NamedTuple


class Written(NamedTuple):
    """A policy on its way into a text (krm.edit.Writer)."""

    policy: Policy
    comments: bool

    def yaml(self, kept: Mapping[str, str]) -> bytes:
        return policy_text(self._with(kept), comments=self.comments)

    def json(self, kept: Mapping[str, str]) -> bytes:
        from cilium_policies.krm.json_text import dump  # few inputs are JSON

        return dump(policy_object(self._with(kept)))

    def _with(self, kept: Mapping[str, str]) -> Policy:
        one = self.policy
        return one._replace(annotations={**one.annotations, **kept}) if kept else one


class Changes(NamedTuple):
    """By item number of the one source: own policies to drop and to replace; those to append."""

    drop: set[int]
    replace: dict[int, Written]
    append: list[Written]


def changes(own: list[Own], policies: list[Policy], *, comments: bool) -> Changes:
    """Own policies are replaced where they stand, dropped where they no longer belong; new ones come last."""
    new = {(one.kind, one.namespace, one.name): Written(one, comments) for one in policies}
    drop: set[int] = set()
    replace: dict[int, Written] = {}
    for found in own:
        policy = found.policy
        written = new.pop((policy.kind, policy.namespace, policy.name), None)
        if written is None:
            drop.add(found.item)
        else:
            replace[found.item] = written
    return Changes(drop, replace, list(new.values()))


def documents(policies: list[Policy]) -> bytes:
    """The policies alone, as one stream."""
    return b"".join(b"---\n" + policy_text(policy) for policy in policies)
