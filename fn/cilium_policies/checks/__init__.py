"""Faults of policies, judged by the engine in `evaluate/`: one small function each, listed in `checks.every`."""
