"""Manifests that can be rewritten: each document as text and as values, scalars as they were written.

What nobody changes keeps its text, and a plain scalar stays a plain one: a port that is a number, a text that YAML
would take for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from cilium_policies.document.split import split

Value = Any
Path_ = tuple[str | int, ...]
Change = Callable[[Path_, Value], Value]


class Plain(str):
    """A scalar without quotes."""

    __slots__ = ()


_BaseLoader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_BaseDumper: Any = getattr(yaml, "CBaseDumper", yaml.BaseDumper)


class _Loader(_BaseLoader):  # type: ignore[misc]
    pass


class _Dumper(_BaseDumper):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _scalar(loader: Any, node: Any) -> str | None:
    value = loader.construct_scalar(node)
    if not node.style and value in ("", "~", "null"):
        return None
    return str(value) if node.style else Plain(value)  # None or "" for a plain one


_TEXT = "tag:yaml.org,2002:str"
_Loader.add_constructor(_TEXT, _scalar)
_Dumper.add_representer(Plain, lambda dumper, value: dumper.represent_scalar(_TEXT, str(value), style=None))
_Dumper.add_representer(type(None), lambda dumper, value: dumper.represent_scalar(_TEXT, "null", style=None))
_Dumper.add_representer(
    str, lambda dumper, value: dumper.represent_scalar(_TEXT, value, style="|" if "\n" in value else '"')
)
_Dumper.add_representer(
    dict, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value.items())
)
_Dumper.add_representer(list, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value))


def load(text: str) -> Value:
    """The values of one document."""
    return yaml.load(text, Loader=_Loader)


def dump(value: Value, *, flow: bool = False) -> str:
    """One document, in block style or in flow style."""
    text: str = yaml.dump(value, Dumper=_Dumper, default_flow_style=flow, width=1 << 20, allow_unicode=True)
    return text


class Document:
    """One document of a build. Its values are read when somebody asks; of what defines a kind nobody does."""

    def __init__(self, text: str, kind: str, value: Value = None) -> None:
        """A document as it stands in a file, or (`value`) one that a disguise made."""
        self.text, self.kind, self._value, self._read = text, kind, value, value is not None

    @property
    def value(self) -> Value:
        """The object; None where it is none, or defines a kind."""
        if not self._read:
            self._read = True
            if self.kind and self.kind != "CustomResourceDefinition":
                self._value = load(self.text)
        return self._value

    def changed(self, value: Value) -> Document:
        """The same with other values."""
        return self if value is self._value else Document(dump(value), self.kind, value)


def documents(data: bytes) -> list[Document]:
    """The documents of a stream."""
    source = split(data)
    return [Document(item.text().decode(), item.kind) for item in source.items]


class Cluster(NamedTuple):
    """The builds of a case, the pods of run time, and the ends that its rows ask for."""

    builds: tuple[tuple[Document, ...], ...]
    runtime: tuple[Document, ...]
    rows: tuple[Mapping[str, Any], ...]
    config: Mapping[str, str] = {}  # more words of the config's `cluster`
    separate: bool = False  # each build is run alone, with the inventory of all of them

    def shown(self) -> Iterator[Value]:
        """Each object that the product is given."""
        for build in self.builds:
            yield from (one.value for one in build if isinstance(one.value, dict))

    def hidden(self) -> Iterator[Value]:
        """Each object of run time."""
        yield from (one.value for one in self.runtime if isinstance(one.value, dict))

    def mapped(self, change: Callable[[Value], Value], *, hidden: bool = True) -> Cluster:
        """The cluster with each object changed; `hidden`: those of run time as well."""

        def each(found: tuple[Document, ...]) -> tuple[Document, ...]:
            return tuple(
                one.changed(change(one.value)) if isinstance(one.value, dict) else one for one in found
            )

        builds = tuple(each(build) for build in self.builds)
        return self._replace(builds=builds, runtime=each(self.runtime) if hidden else self.runtime)

    def pods(self, rename: Callable[[str, str], tuple[str, str]]) -> Cluster:
        """The rows with other namespaces and names of pods."""

        def end(told: Value) -> Value:
            if not isinstance(told, dict):
                return told
            if "pod" in told:
                namespace, _, name = str(told["pod"]).partition("/")
                kind, slash, last = name.rpartition("/")
                space, name = rename(namespace, last)
                return {**told, "pod": f"{space}/{kind}{slash}{name}"}
            if "namespace" in told:
                return {**told, "namespace": rename(told["namespace"], "")[0]}
            return told

        rows = tuple({key: end(part) for key, part in row.items()} for row in self.rows)
        return self._replace(rows=rows)


def read(builds: tuple[Path, ...], runtime: Path, rows: tuple[Mapping[str, Any], ...]) -> Cluster:
    """The cluster of these files."""
    told = tuple(documents(runtime.read_bytes())) if runtime.exists() else ()
    return Cluster(tuple(tuple(documents(one.read_bytes())) for one in builds), told, rows)


def walk(value: Value, change: Change, path: Path_ = ()) -> Value:
    """The value with every mapping, list and scalar changed, from the leaves up; the same where nothing is."""
    if isinstance(value, dict):
        made = {key: walk(part, change, (*path, key)) for key, part in value.items()}
        if any(made[key] is not part for key, part in value.items()):
            value = made
    elif isinstance(value, list):
        listed = [walk(part, change, (*path, index)) for index, part in enumerate(value)]
        if any(one is not other for one, other in zip(listed, value, strict=True)):
            value = listed
    return change(path, value)
