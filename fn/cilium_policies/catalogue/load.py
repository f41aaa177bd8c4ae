"""The catalogue as the program reads it: the compiled index, a user's definitions in it, look-ups."""

from __future__ import annotations

import os
from collections.abc import Iterable, MutableMapping

from cilium_policies.catalogue import files
from cilium_policies.catalogue.clouds import Cloud
from cilium_policies.catalogue.clouds import read as read_cloud
from cilium_policies.catalogue.flows import Edge, read_edge, texts
from cilium_policies.catalogue.model import CatalogueError, ChartEntry, Component, MadeBy
from cilium_policies.catalogue.packed import FIRST, Components, File, Index, Tables
from cilium_policies.kube.gateway_api import Proxy
from cilium_policies.kube.objects import flag, integer, text
from cilium_policies.lean import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cilium_policies.catalogue.injects import Injection

_BY_NAME = (
    "proxies",
    "clouds",
    "makes",
    "reads",
    "ignores",
    "redirects",
)  # tables of the index with a row for each entry that has one
# and those with a list of rows a key
_BY_KEY = (
    "charts",
    "kinds",
    "injects",
    "routes",
    "creates",
    "embeds",
    "copies",
    "writes",
    "adds",
    "tells",
    "documents",
)


class Catalogue:
    """Components with look-ups. `head` holds the tables of index.recognition, and the distributions and clouds as
    `platforms`. `text` is what index.assemble makes, or a file of it."""

    def __init__(self, text: bytes | File) -> None:
        index = Index(text)
        self.head: dict[str, Any] = Tables(index)
        self.components = Components(index)
        # label key → value → components with the labels of their match entries
        self.label_table: dict[str, MutableMapping[str, list[tuple[str, dict[str, str]]]]] = self.head[
            "labels"
        ]
        self.image_table: MutableMapping[str, list[tuple[str, str]]] = self.head["images"]
        self.shared: set[str] = set(self.head["shared"])
        # role → its components, each with the labels by which its pods are known wherever they run
        self.roles: dict[str, dict[str, dict[str, str]]] = self.head["roles"]
        self._edges: dict[str, tuple[Edge, ...]] = {}
        self.defined: frozenset[str] = frozenset()  # the user's own: what they say needs no further proof
        self._off_charts: dict[str, list[str]] = {}  # what the config leaves out, by chart and by group/Kind
        self._off_kinds: dict[str, list[tuple[str, MadeBy]]] = {}
        self._gone: set[str] = set()  # entries whose statements no longer count
        self._stated: dict[str, list[Any]] = {}  # what a user's entries state of others

    def get(self, name: str) -> Component | None:
        """The component of that name, or None."""
        return self.components.get(name)

    @property
    def proxies(self) -> dict[str, Proxy]:
        """How the proxies of Gateways differ from the Gateway API, by component."""
        return {name: _proxy(row) for name, row in self.head["proxies"].items()}

    @property
    def distributions(self) -> dict[str, Any]:
        """The mappings of all distributions by name, decoded when asked for."""
        distributions: dict[str, Any] = self.head["platforms"]["distribution"]
        return distributions

    @property
    def asked(self) -> dict[str, list[str]]:
        """What the entries look for in a cluster (catalogue.asked); of a user's own entries it is gathered anew."""
        if not self._gone:
            told: dict[str, list[str]] = self.head["asked"]
            return told
        from cilium_policies.catalogue.asked import asked

        return asked((one.data for one in self.components.values()), self.head["platforms"].values())

    def serving(self, ingress_class: str) -> list[str]:
        """The distributions that bring a controller of this Ingress class."""
        names: list[str] = self.head["serving"].get(ingress_class, [])
        return names

    @property
    def clouds(self) -> tuple[Cloud, ...]:
        """All clouds, decoded when asked for."""
        return tuple(map(read_cloud, self.head["platforms"]["cloud"].values()))

    def by_chart(self, chart: str) -> list[tuple[Component, ChartEntry]]:
        """The components whose pods a chart of that name makes, each with how."""
        found = self.head["charts"].get(chart, ())
        return [(self.components[name], self.components[name].charts[number]) for name, number in found]

    def created(self, chart: str) -> list[dict[str, Any]]:
        """The custom resources that a chart of that name writes from its values."""
        return [one for _, one in self.head["creates"].get(chart, ())]

    def version(self, chart: str, publisher: str) -> str:
        """The newest version of a publisher's chart whose pods were held against what is known of it, "" where none
        was."""
        return text(self.head["versions"].get(f"{chart}@{publisher}" if publisher else chart))

    def written(self, group: str, kind: str) -> list[dict[str, Any]]:
        """The Secrets and ConfigMaps that a controller writes for objects of that group and kind."""
        return [one for _, one in self.head["writes"].get(f"{group}/{kind}", ())]

    def made_by(self, group: str, kind: str) -> list[tuple[Component, MadeBy]]:
        """The components whose pods a controller makes from objects of that group and kind."""
        found = self.head["kinds"].get(f"{group}/{kind}", ())
        return [(self.components[name], self.components[name].made_by[number]) for name, number in found]

    def makes_copies(self, group: str, kind: str) -> bool:
        """Whether pods come of objects of that group and kind as copies of others."""
        return any(text(row.get("group")) == group for _, row in self.head["copies"].get(kind, ()))

    def left_out(self, chart: str) -> list[str]:
        """The components that a chart makes as well and that the config leaves out; none where the catalogue knows no
        other part of it: it is unknown as a whole then."""
        return self._off_charts.get(chart, []) if self.head["charts"].get(chart) else []

    def left_out_of(self, group: str, kind: str) -> list[tuple[str, MadeBy]]:
        """The same of objects of a group and kind, each with how; whether other parts are known or not."""
        return self._off_kinds.get(f"{group}/{kind}", [])

    def makes_no_pods(self, group: str, kind: str) -> bool:
        """Whether it is known that no pods come of objects of that group and kind."""
        idle = self.head["idle"]
        parts = group.split(".")
        names = [group, *("*." + ".".join(parts[first:]) for first in range(1, len(parts)))]
        return any(
            (known := idle.get(name)) is not None and (known == "*" or kind in known) for name in names
        )

    def injections(self, keys: Iterable[str]) -> list[Injection]:
        """What a pod or namespace that carries one of these labels or annotations may ask for."""
        from cilium_policies.catalogue.injects import read as read_injection  # few builds have a mesh

        rows = {(name, number) for key in keys for name, number in self.head["injects"].get(key, ())}
        return [
            read_injection(self.components[name].data["injects"][number], name, number)
            for name, number in sorted(rows)
        ]

    def edges_of(self, name: str) -> tuple[Edge, ...]:
        """All edges of a component seen from it: its own, and those that other entries state of it."""
        ready = self._edges.get(name)
        if ready is None:
            component = self.components[name]
            stated = [one for one in component.mirrored if one["owner"] not in self._gone]
            stated += self._stated.get(name, [])
            others = tuple(read_edge(one, one["owner"], name, one["number"]) for one in stated)
            ready = self._edges[name] = component.own_edges + others
        return ready

    def change(self, own: dict[str, Any], off: set[str]) -> None:
        """Puts a user's entries in (over those of the same name) and takes others out, before any look-up."""
        from cilium_policies.catalogue import index

        self._gone = off | set(own)
        self._note(off)
        tables = (self.head[name] for name in _BY_KEY)
        for table in (self.image_table, *tables):
            position = 1 if table is self.image_table else 0
            for key, rows in table.items():
                table[key] = [row for row in rows if row[position] not in self._gone]
        for values in self.label_table.values():
            for value, entries in values.items():
                values[value] = [one for one in entries if one[0] not in self._gone]
        self.shared -= self._gone
        for table in (self.head[kind] for kind in _BY_NAME):
            for name in self._gone & table.keys():
                del table[name]
        for players in self.roles.values():
            for name in self._gone & players.keys():
                del players[name]
        self._add(index.recognition(own))
        self.head["publishers"] = index.publishers(self.image_table)
        self._stated = index.mirrored(own)
        self.components.change(own, off)

    def _note(self, off: set[str]) -> None:
        """Keeps what made the pods of entries that are taken out."""
        for key, rows in self.head["charts"].items():
            if found := sorted({row[0] for row in rows} & off):
                self._off_charts[key] = found
        for key, rows in self.head["kinds"].items():
            if gone := [(name, number) for name, number in rows if name in off]:
                self._off_kinds[key] = [(name, self.components[name].made_by[at]) for name, at in gone]

    def _add(self, tables: dict[str, Any]) -> None:
        """Appends the look-up tables of more entries."""
        for key, values in tables["labels"].items():
            for value, entries in values.items():
                self.label_table.setdefault(key, {}).setdefault(value, []).extend(entries)
        for name in ("images", *_BY_KEY):
            for key, rows in tables[name].items():
                self.head[name].setdefault(key, []).extend(rows)
        for name in _BY_NAME:
            self.head[name].update(tables[name])
        for role, players in tables["roles"].items():
            self.roles.setdefault(role, {}).update(players)
        self.shared.update(tables["shared"])
        for group, names in tables["idle"].items():
            if self.head["idle"].setdefault(group, []) != "*":
                self.head["idle"][group] += names


def _proxy(row: dict[str, Any]) -> Proxy:
    return Proxy(
        text(row.get("controller")),
        text(row.get("owner")),
        text(row.get("ownerNamespace")),
        text(row.get("ownerClass")),
        integer(row.get("portShift")) or 0,
        text(row.get("namespace")),
        tuple(texts(row.get("classes"))),
        tuple(texts(row.get("policies"))),
        flag(row.get("unshifted")),
        integer(row.get("status")) or 0,
        text(row.get("service")) or "LoadBalancer",
    )


def load(define: Iterable[Any] = (), disable: Iterable[str] = ()) -> Catalogue:
    """The catalogue, with a user's definitions (an entry of the same name is replaced) and without the
    disabled components. Raises CatalogueError naming the entry, the path in it and the nearest valid word.
    """
    catalogue = Catalogue(_text())
    own, off = list(define), list(disable)
    if not own and not off:
        return catalogue
    return _merged(catalogue, own, off)


def _merged(catalogue: Catalogue, own: list[Any], off: list[str]) -> Catalogue:
    from cilium_policies.catalogue.check import problems, said
    from cilium_policies.document.spelling import meant, near

    for name in off:
        if name not in catalogue.components:
            cure = meant(near(name, catalogue.components)) or "cilium-policies components lists them"
            raise CatalogueError(f"spec.components.disable: {name!r} is not a component; {cure}")
    entries = {}
    for number, entry in enumerate(own):
        wrong = problems(entry)
        if wrong:
            raise CatalogueError(said(wrong[0], ("spec", "components", "define", number)))
        entries[entry["component"]] = entry
    catalogue.defined = frozenset(entries)
    catalogue.change(entries, {name for name in off if name not in entries})
    return catalogue


def _text() -> bytes | File:
    """The index; in a source tree made anew when a component file changed."""
    mark = b"" if files.INSTALLED else f'[{{"stamp":"{files.stamp(files.COMPONENTS)}"'.encode()
    try:
        file = File(os.open(files.INDEX, os.O_RDONLY))
        if file[0:FIRST].startswith(mark):
            return file
    except OSError:
        if files.INSTALLED:
            raise
    from cilium_policies.catalogue import index

    return index.renewed(files.INDEX, files.COMPONENTS)
