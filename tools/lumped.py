"""`python -m tools.lumped`: entries whose labels tell several roles, with their edges that name none. It should print
nothing, and a test says so.

What belongs to one role says so by `part`, and by `of` at the other end; an edge that somebody looked at, and that all
roles have (Loki's pods speak to each other), by `part: ["*"]`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.load import Catalogue, load
from cilium_policies.catalogue.model import Component

_USUAL = ("app.kubernetes.io/component", "component")
_STATED_ELSEWHERE = ("dns", "none", "scraper")


def roles(component: Component) -> list[str]:
    """The roles that the labels of an entry tell, in its own order."""
    keys = component.part_labels or _USUAL
    sets = [
        *component.match,
        *(one.labels for one in component.charts),
        *(one.labels for one in component.made_by),
    ]
    told = (labels[key] for labels in sets for key in keys if key in labels)
    return list(dict.fromkeys(one for one in told if not set(one) & set("*{")))


def lumped(catalogue: Catalogue) -> Iterator[tuple[str, list[str], list[str]]]:
    """Name, roles, and the edges without a role, of each entry that has more than one role."""
    for name in sorted(catalogue.components):
        component = catalogue.components[name]
        found = roles(component)
        free = [
            f"{one.direction} {one.peer} {' '.join(one.ports)}".strip()
            for one in component.own_edges
            if not (one.part or one.of or one.probe) and one.peer not in _STATED_ELSEWHERE
            if one.when not in ("evidence", "asked")
        ]
        if len(found) > 1 and free:
            yield name, found, free


def main() -> None:
    """Prints a block an entry."""
    for name, found, free in lumped(load()):
        print(f"{name}: {', '.join(found)}")
        for one in free:
            print(f"  {one}")


if __name__ == "__main__":
    main()
