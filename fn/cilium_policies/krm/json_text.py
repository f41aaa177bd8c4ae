"""Plain values as JSON, for a ResourceList that is JSON."""

from __future__ import annotations

import json

from cilium_policies.lean import Any


def dump(value: Any) -> bytes:
    """Any plain value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
