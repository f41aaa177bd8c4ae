"""What is said of a build beside its failures: one line for all that the same is said of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cilium_policies.builds.unit import Unit
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
    for (text, item), found in names.items():
        items.setdefault((text, tuple(found)), []).append(item)
    return [
        f"{who(found)}: {text.replace('{}', ', '.join(these)) if any(these) else text}"
        for (text, found), these in items.items()
    ]


def who(names: Sequence[str]) -> str:
    """The first of these, and how many more there are."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def of_units(units: list[Unit]) -> list[Note]:
    """What is said of Flux Kustomizations."""
    said = []
    for unit in units:
        if unit.remote:
            said.append(Note(unit.name, "applies to another cluster (kubeConfig): left out"))
        if unit.elsewhere:
            cure = "--source NAME=DIR builds it from a folder"
            said.append(Note(unit.name, f"not built: {unit.elsewhere}; {cure}"))
        said += [Note(unit.name, "variables from {}: not in the repository", one) for one in unit.missing]
        said += [Note(unit.name, "nothing sets {}: left as written", one) for one in sorted(unit.unset)]
        hidden = "SOPS encrypts what {} is set to: left as written"
        said += [Note(unit.name, hidden, one) for one in sorted(unit.encrypted)]
        said += [Note(*one.split(": ", 1)) for one in unit.sets]
    return said
