"""Variables out of an object that a later build makes, a child of its reader most often: while a cluster comes up they
are not there, and on a running one they are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cilium_policies.builds import variables
from cilium_policies.builds.unit import Unit

_NAME = re.compile(rb"\$\{#?([A-Za-z_]\w*)")


def asked(printed: Iterable[bytes], known: variables.Variables) -> set[str]:
    """The variables that documents ask for and nothing sets so far."""
    names = {found.decode() for one in printed if b"$" in one for found in _NAME.findall(one)}
    return names - known.values.keys() - known.hidden


def came_late(units: Iterable[Unit], pool: variables.Pool) -> bool:
    """Whether a Kustomization asks for a variable that was set after its turn. What it misses now is noted in each."""
    found = False
    for unit in units:
        if unit.missing:
            known = variables.of(unit.one, pool)
            unit.missing = known.missing
            unit.encrypted |= unit.unset & known.hidden
            unit.unset -= known.hidden
            found = found or not unit.asks.isdisjoint(known.values)
    return found
