"""Why a policy does not work."""

from __future__ import annotations

from cilium_policies.lean import NamedTuple


class Refusal(NamedTuple):
    """Why a policy does not work: where (field path), what, what to do, and who refuses it.

    `by` is "schema" (the API server: `kubectl apply` fails) or "agent" (the API server takes the object, the
    agent enforces nothing of it).
    """

    path: str
    message: str
    cure: str
    by: str
