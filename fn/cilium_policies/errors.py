"""The root of this program's exceptions: each ends in `Error`, and none of them is a fault of the program."""

from __future__ import annotations


class CiliumPoliciesError(Exception):
    """Something that is said to the user in one line, or decided where it is caught."""
