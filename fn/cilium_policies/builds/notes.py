"""What is said of a build beside its failures: one line for all that the same is said of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cilium_policies.builds.addresses import path_shown, without_paths
from cilium_policies.builds.repository import clean
from cilium_policies.builds.sources import reference_of
from cilium_policies.builds.unit import Unit
from cilium_policies.kube.objects import text
from cilium_policies.lean import NamedTuple


class Note(NamedTuple):
    """What is said of `name`; `{}` in the text stands for `item`, a variable or a source of variables."""

    name: str
    text: str
    item: str = ""


def lines(notes: Iterable[Note]) -> list[str]:
    """A line for each text, with all the items that it is said of for the same names."""
    names: dict[tuple[str, str], list[str]] = {}
    for note in notes:
        names.setdefault((note.text, note.item), []).append(note.name)
    items: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (said, item), found in names.items():
        items.setdefault((said, tuple(found)), []).append(item)
    return [
        without_paths(f"{who(found)}: {said.replace('{}', ', '.join(these)) if any(these) else said}")
        for (said, found), these in items.items()
    ]


def who(names: Sequence[str]) -> str:
    """The first of these, and how many more there are."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _cluster(remote: Sequence[Unit]) -> str:
    """What builds those that one of another cluster's Kustomizations applies."""
    paths = list(dict.fromkeys(clean(text(unit.one.spec.get("path"))) for unit in remote))
    if not paths or not paths[0] or "$" in paths[0] or path_shown(paths[0]) != paths[0]:
        return ""
    return f"; --cluster {paths[0]} builds {'it' if len(paths) == 1 else 'the first'}"


def of_units(units: list[Unit]) -> list[Note]:
    """What is said of Flux Kustomizations."""
    cluster = _cluster([unit for unit in units if unit.remote])
    said = []
    for unit in units:
        if unit.remote:
            said.append(Note(unit.name, f"applies to another cluster (kubeConfig): left out{cluster}"))
        if unit.elsewhere:
            _, namespace, name = reference_of(unit.one)
            cure = f"--source {namespace}/{name}=DIR builds it from a folder"
            said.append(Note(unit.name, f"not built: {unit.elsewhere}; {cure}"))
        said += [Note(unit.name, "variables from {}: not in the repository", one) for one in unit.missing]
        said += [Note(unit.name, "nothing sets {}: left as written", one) for one in sorted(unit.unset)]
        hidden = "SOPS encrypts what {} is set to: left as written"
        said += [Note(unit.name, hidden, one) for one in sorted(unit.encrypted)]
        said += [Note(*one.split(": ", 1)) for one in unit.sets]
    return said
