"""What an Argo CD ApplicationSet makes whose parameters nobody here knows: those of a plugin, of other clusters, of a
forge. Its template tells the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, mapping, mappings, with_texts
from cilium_policies.lean import Any

_FIXED = frozenset(("list", "selector", "template"))  # whose parameters stand in the object itself


def alone(spec: Mapping) -> Mapping | None:
    """The Application of a set whose parameters are not known, where it makes one at most: name, place and source hold
    no expression. Those elsewhere stay, as `${NAME}`: as what nothing sets does in a Flux repository."""
    template = mapping(spec.get("template"))
    told = telling(template)
    if spec.get("templatePatch") or not told[0] or any("{{" in one for one in told):
        return None
    left: Mapping = _left(template)
    return left


def not_fixed(spec: Mapping) -> Iterator[str]:
    """The kinds of its generators whose parameters stand elsewhere: `plugin`, `git`, `clusters`."""
    for generator in mappings(spec.get("generators")):
        yield from (kind for kind in generator if kind not in _FIXED)


def telling(application: Mapping) -> list[str]:
    """The fields without which nobody knows what an Application is: its name, and where its sources lie and go."""
    inside = mapping(application.get("spec"))
    sources = [mapping(inside.get("source")), *mappings(inside.get("sources"))]
    told = [mapping(application.get("metadata")).get("name"), *mapping(inside.get("destination")).values()]
    told += [one.get(key) for one in sources for key in ("repoURL", "chart", "path")]
    return ["" if one is None else str(one) for one in told]


def _left(value: Any) -> Any:
    return with_texts(value, lambda text: re.sub(r"\{\{([^{}]*)\}\}", _last_word, text))


def _last_word(match: re.Match[str]) -> str:
    words = re.findall(r"\w+", match[1])
    return f"${{{words[-1]}}}" if words else match[0]
