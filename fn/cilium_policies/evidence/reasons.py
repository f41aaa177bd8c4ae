"""Why an edge is needed, as values; `evidence.words` has the sentence for each.

Rules are joined, kept apart and ordered by these values, never by the sentences.
"""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.document.visible import visible
from cilium_policies.lean import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.lean import Literal

    ReasonKind = Literal[
        "stated",
        "calls-api",
        "calls-service",
        "calls-unseen-service",
        "calls-gateway",
        "calls-node-port",
        "calls-own-node",
        "calls-node",
        "calls-talos",
        "calls-through-gateway",
        "calls-local-host",
        "calls-host",
        "names-host",
        "calls-private-host",
        "named-by-sentinel",
        "named-by-lookup",
        "calls-cloud",
        "calls-cloud-privately",
        "cloud-identity",
        "fetches",
        "own-client",
        "delivers-mail",
        "caches-images",
        "has-token",
        "checks-names",
        "load-balancer",
        "mesh-tunnel",
        "called-by-configuration",
        "server-of-key",
        "brought-along",
        "through-gateway",
        "through-route",
        "picks-among",
        "gateway-extension",
        "gateway-clients",
        "published",
        "published-by-proxy",
        "host-port",
        "webhook",
        "scrapes",
        "probes-target",
        "kubelet-probes",
        "members",
        "policy",
        "dns",
    ]


class Reason(NamedTuple):
    """A kind and the parts that its sentence names: ("calls-service", ("shop", "db")). These two tell reasons apart and
    order them; `words` are those of a file that says it in its own, the same for the same parts."""

    kind: ReasonKind
    parts: tuple[str, ...] = ()
    words: str = ""


CALLS_API = Reason("calls-api")
_CALLED = Reason("called-by-configuration")
# An address names the server; the server's own policy has no use for that.
_ADDRESSES: frozenset[ReasonKind] = frozenset(
    (
        "calls-service",
        "calls-unseen-service",
        "calls-gateway",
        "calls-node-port",
        "calls-own-node",
        "calls-node",
        "calls-through-gateway",
        "calls-local-host",
        "calls-host",
        "calls-private-host",
    )
)


@lru_cache(maxsize=4096)
def stated(why: str, by: str, number: int = 0) -> Reason:
    """What a component's entry or a line of the config (`by`) says an edge is for, in its words; `number` tells the
    purposes of one entry apart."""
    return Reason("stated", (by, f"{number:03}"), visible(" ".join(why.split())).rstrip("."))


def led_by(reason: Reason, word: str) -> Reason:
    """The reason, where another namespace's word (if there is one) leads a name that is called."""
    return reason._replace(parts=(reason.parts[0], word)) if word else reason


def leader(reason: Reason) -> str:
    """The namespace on whose word a name leads where it does, as `led_by` has it."""
    return reason.parts[1] if reason.kind in ("calls-host", "calls-node") and len(reason.parts) > 1 else ""


def seen_by_server(reason: Reason) -> Reason:
    """The reason as the server's side has it: all clients that have its address have one."""
    return _CALLED if reason.kind in _ADDRESSES else reason
