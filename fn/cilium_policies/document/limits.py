"""What a parsed document may hold, whichever reader makes it."""

from __future__ import annotations

from cilium_policies.lean import Any

Value = None | str | list[Any] | dict[str, Any]
Path = tuple[str | int, ...]  # keys and places in lists, from the document down to a value

MAX_DEPTH = 256  # consumers recurse; the deepest Kubernetes objects stay below 60
ALIASED_NODES = 10_000  # nodes that aliases may add to a document, beside …
ALIASED_SHARE = 20  # … this many for each node that is written out

NULLS = frozenset(("", "~", "null", "Null", "NULL"))  # YAML 1.2's plain nulls
