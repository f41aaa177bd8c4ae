"""Variables out of an object that a later build makes, a child of its reader most often: while a cluster comes up they
are not there, and on a running one they are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cilium_policies.builds import variables
from cilium_policies.builds.unit import Unit

_ASKED = rb"\$\{#?([A-Za-z_]\w*)(=|:[=\-?+])?"  # compiled where a document asks for one


def asked(printed: Iterable[bytes], known: variables.Variables) -> dict[str, bool]:
    """The variables that documents ask for and nothing sets so far; whether one took the default in its place."""
    made: dict[str, bool] = {}
    for document in printed:
        for name, default in re.findall(_ASKED, document) if b"$" in document else ():
            made[name.decode()] = bool(default) or made.get(name.decode(), False)
    return {name: it for name, it in made.items() if not (name in known.values or name in known.hidden)}


def came_late(units: Iterable[Unit], pool: variables.Pool) -> bool:
    """Whether a Kustomization asks for a variable that was set after its turn, so that another build of it would make
    something else: of what nobody here can read, an expression in place of its default. What it misses now is noted
    in each."""
    found = False
    for unit in units:
        if unit.missing:
            known = variables.of(unit.one, pool)
            unit.missing = known.missing
            unit.encrypted |= unit.unset & known.hidden
            unit.unset -= known.hidden
            defaults = known.hidden.intersection(name for name, it in unit.asks.items() if it)
            found = found or bool(defaults) or not unit.asks.keys().isdisjoint(known.values)
    return found
