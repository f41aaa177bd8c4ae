"""Hosts that send their clients on to others (`hosts.yaml`)."""

from __future__ import annotations

import os

ANYWHERE = "anywhere"  # stands where a host's mirrors are many, and change

_REDIRECTS: dict[str, tuple[str, ...]] = {}


def redirects() -> dict[str, tuple[str, ...]]:
    """Where registries, forges and download servers send their clients on to, by host; read once."""
    if not _REDIRECTS:
        import yaml

        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "hosts.yaml"), "rb") as file:
            table = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        _REDIRECTS.update(
            {host: (names,) if isinstance(names, str) else tuple(names) for host, names in table.items()}
        )
    return _REDIRECTS


def is_mirrored(host: str) -> bool:
    """Whether a host sends its clients on to mirrors of which nobody keeps a list."""
    return ANYWHERE in redirects().get(host, ())
