"""What the evaluation answers: a verdict for each direction, and who gave it."""

from __future__ import annotations

from cilium_policies.evaluate.entries import RuleRef
from cilium_policies.lean import NamedTuple

ALLOW_RULE = "rule"  # a rule allows it
DENY_RULE = "deny rule"  # a rule denies it
DEFAULT_DENY = "default deny"  # no rule allows it, and a policy closes the direction
OPEN = "no default deny"  # no policy closes the direction
LOCALHOST = "allow-localhost"  # the own node may always come in
UNMANAGED = "not managed"  # a node, an address: Cilium enforces nothing at this end
REFUSED = "conflict"  # the rules of this end cannot be combined: the agent keeps its former state

# The only reasons for a verdict that is not known.
UNKNOWN_NAME = "the address may belong to a name that a toFQDNs rule allows"
UNKNOWN_SERVICE = "a toServices rule names a Service that the input does not show"
UNKNOWN_CLOUD = "toGroups names addresses that only the cloud's API knows"
UNKNOWN_CONFLICT = "rules with different L7 protocols or TLS settings meet at one port"
UNKNOWNS = (UNKNOWN_NAME, UNKNOWN_SERVICE, UNKNOWN_CLOUD, UNKNOWN_CONFLICT)


class Decision(NamedTuple):
    """One end's answer. `allowed` None: not known, and `note` (one of UNKNOWNS) says why.

    `rules` are those that allow or deny it, the narrowest first; for a default deny, those that switched it on.
    `l7`: "dns", "http", "tls" or "other" where a proxy looks at the content and may still refuse a request.
    """

    allowed: bool | None
    reason: str
    rules: tuple[RuleRef, ...] = ()
    l7: str = ""
    note: str = ""

    @property
    def covered(self) -> bool:
        """Whether Hubble attributes the flow to a named policy (in audit: enforcement would let it pass)."""
        return self.reason == ALLOW_RULE


class Verdict(NamedTuple):
    """Both ends' answers. Egress is the sender's, ingress the receiver's."""

    allowed: bool | None
    egress: Decision
    ingress: Decision


def both(egress: Decision, ingress: Decision) -> Verdict:
    """The verdict of two answers: one refusal refuses, whatever the other end does not know."""
    answers = (egress.allowed, ingress.allowed)
    allowed = False if False in answers else None if None in answers else True
    return Verdict(allowed, egress, ingress)
