"""What a sweep asks for again and again, worked out once a process: the catalogue, patterns, and the run on one build
that a dozen commands are asked about. What the commands answer is byte for byte the same (test_once.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from cilium_policies.catalogue import files, load
from cilium_policies.cli import options

_load, _run_on = load.load, options.run_on


@contextmanager
def once() -> Iterator[None]:
    """Until it ends, commands that name the same inputs and options share one run."""
    runs: dict[object, options.Run] = {}

    def run_on(named: Any, given: Any, *, allow_empty: bool = True, **_quicker: object) -> options.Run:
        key = (tuple(named), given, allow_empty)
        if key not in runs:
            runs[key] = _run_on(named, given, allow_empty=allow_empty)
        return runs[key]

    with one_catalogue(), patch.object(options, "run_on", run_on):
        yield


@contextmanager
def one_catalogue() -> Iterator[None]:
    """Who changes nothing of the catalogue gets the same one, and nobody looks whether its files changed."""

    def loaded(define: Any = (), disable: Any = ()) -> load.Catalogue:
        return _load(define, disable) if define or disable else _plain()

    _plain()
    # Python keeps 512 patterns, and twenty commands have more: each then compiles what the one before threw out.
    with (
        patch.object(load, "load", loaded),
        patch.object(files, "INSTALLED", True),
        patch.object(re, "_MAXCACHE", 100_000),
    ):
        yield


@cache
def _plain() -> load.Catalogue:
    return _load()
