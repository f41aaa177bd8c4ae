"""Cilium's own policy engine as the judge of what this project emits (see judge.py)."""
