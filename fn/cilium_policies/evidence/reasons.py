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
        "needed",
        "calls-api",
        "calls-service",
        "calls-unseen-service",
        "calls-gateway",
        "calls-node-port",
        "calls-own-node",
        "calls-node",
        "calls-through-gateway",
        "calls-local-host",
        "calls-host",
        "names-host",
        "calls-private-host",
        "named-by-sentinel",
        "calls-cloud",
        "calls-cloud-privately",
        "cloud-identity",
        "fetches",
        "load-balancer",
        "mesh-tunnel",
        "called-by-configuration",
        "server-of-key",
        "brought-along",
        "through-gateway",
        "through-route",
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
    """A kind and the parts that its sentence names: ("calls-service", ("shop", "db"))."""

    kind: ReasonKind
    parts: tuple[str, ...] = ()


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
def stated(why: str, by: str) -> Reason:
    """In the words of whoever wrote the edge, the user's config or a file of the catalogue; where there are none,
    needed by that component or line."""
    why = visible(" ".join(why.split())).rstrip(".")
    return Reason("stated", (why,)) if why else Reason("needed", (by,))


def seen_by_server(reason: Reason) -> Reason:
    """The reason as the server's side has it: all clients that have its address have one."""
    return _CALLED if reason.kind in _ADDRESSES else reason
