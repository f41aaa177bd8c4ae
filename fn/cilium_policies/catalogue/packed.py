"""The compiled catalogue as it lies in its file: parts that are read and decoded when somebody asks for them.

A build shows a dozen of a thousand components, and each start pays for what it reads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping

from cilium_policies.catalogue.model import Component
from cilium_policies.lean import Any, decoded

FIRST = 200  # bytes in which the first line stands: the stamp, and where the head is


class File:
    """An open file of which pieces are read, as one reads them from bytes. Processes that are forked share it, and so
    no position in it is kept."""

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def __del__(self) -> None:
        os.close(self._number)

    def __getitem__(self, piece: slice) -> bytes:
        return os.pread(self._number, piece.stop - piece.start, piece.start)


class Index:
    """The parts of a compiled catalogue: of its bytes, or of its file."""

    def __init__(self, text: bytes | File) -> None:
        first = text[0:FIRST].partition(b"\n")[0]
        self._text = text
        self._start = len(first) + 1
        self.head = self.part(decoded(first[1:-1].decode())["head"])

    def part(self, place: list[int]) -> Any:
        """What stands at a place, decoded."""
        first, last = place
        return decoded(self._text[self._start + first : self._start + last].decode())


class Rows(MutableMapping[str, list[Any]]):
    """A table whose lists are one text each, and are taken apart when somebody asks for one."""

    def __init__(self, packed: dict[str, Any], of: Callable[[str], list[Any]]) -> None:
        self._packed = packed
        self._of = of

    def __getitem__(self, key: str) -> list[Any]:
        found = self._packed[key]
        if isinstance(found, str):
            found = self._packed[key] = self._of(found)
        return found  # type: ignore[no-any-return]

    def get(self, key: str, default: Any = ()) -> Any:
        """As of any mapping; most ask for what no entry has."""
        return self[key] if key in self._packed else default

    def __contains__(self, key: object) -> bool:
        return key in self._packed

    def __setitem__(self, key: str, rows: list[Any]) -> None:
        self._packed[key] = rows

    def __delitem__(self, key: str) -> None:
        del self._packed[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def place(text: str) -> list[int]:
    """`3 14`."""
    return [int(word) for word in text.split(" ")]


def pairs(text: str) -> list[Any]:
    """`grafana/loki loki`, and more of them."""
    words = iter(text.split(" "))
    return list(zip(words, words, strict=True))


def numbered(text: str) -> list[Any]:
    """`loki 0`, and more of them."""
    return [(name, int(number)) for name, number in pairs(text)]


def entries(text: str) -> list[Any]:
    """`loki app=loki role=reader`, and more of them: a component and the labels of its pods."""
    found = []
    for one in text.split("|"):
        name, *labels = one.split(" ")
        found.append((name, {key: value for key, _, value in (label.partition("=") for label in labels)}))
    return found


# Tables of many short rows, and how those of a key are taken apart; the others are as JSON has them. Of labels, a key's
# values are such a table.
PACKED: dict[str, Callable[[str], list[Any]]] = {"images": pairs, "charts": numbered, "kinds": numbered}


class Tables(dict[str, Any]):
    """The look-up tables of the index by name, each decoded when it is first asked for."""

    def __init__(self, index: Index) -> None:
        super().__init__()
        self._index = index

    def __missing__(self, name: str) -> Any:
        found = self._index.part(self._index.head["tables"][name])
        if name in PACKED:
            found = Rows(found, PACKED[name])
        elif name == "labels":
            found = {key: Rows(values, entries) for key, values in found.items()}
        self[name] = found
        return found


class Components(Mapping[str, Component]):
    """All components by name, decoded when asked for."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._places: dict[str, str] = index.head["places"]
        self._ready: dict[str, Component] = {}

    def __getitem__(self, name: str) -> Component:
        ready = self._ready.get(name)
        if ready is None:
            data = self._index.part(place(self._places[name]))
            ready = self._ready[name] = Component(data, data.pop("mirrored"))
        return ready

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def change(self, own: dict[str, Any], off: set[str]) -> None:
        """Puts a user's entries in (over those of the same name) and takes others out."""
        for name, entry in own.items():
            stated = self[name].mirrored if name in self else []
            self._ready[name] = Component(entry, stated)
            self._places[name] = ""
        for name in off:
            del self._places[name]
            self._ready.pop(name, None)
