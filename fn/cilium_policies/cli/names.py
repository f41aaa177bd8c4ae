"""The commands, in the order in which people see them."""

from __future__ import annotations

COMMANDS = (
    "build",
    "write",
    "check",
    "inventory",
    "rollout",
    "list",
    "explain",
    "diff",
    "lint",
    "test",
    "audit",
    "report",
    "break-glass",
    "components",
    "completion",
)
COMPLETE = "_CILIUM_POLICIES_COMPLETE"  # click's own name for "the shell asks for completions"
