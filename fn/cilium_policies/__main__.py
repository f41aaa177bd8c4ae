"""`python -m cilium_policies`: the same as the command `cilium-policies`."""

from __future__ import annotations

from cilium_policies.cli import program

if __name__ == "__main__":
    program()
