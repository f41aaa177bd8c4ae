"""Every regular expression of the program and of its data, with the ways in which it is applied."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cilium_policies

PACKAGE = Path(cilium_policies.__file__).parent
METHODS = ("match", "search", "fullmatch", "sub", "subn", "finditer", "findall", "split")
_CALLED = re.compile(rf"\b(\w+)\.({'|'.join(METHODS)})\b")


class Expression(NamedTuple):
    """`where` is for people; `method` as in `re`."""

    where: str
    pattern: re.Pattern
    method: str

    def apply(self, text: str) -> None:
        given = text.encode() if isinstance(self.pattern.pattern, bytes) else text
        nothing = b"" if isinstance(given, bytes) else ""
        if self.method in ("sub", "subn"):
            self.pattern.sub(nothing, given)
        elif self.method == "finditer":
            for _ in self.pattern.finditer(given):
                pass
        else:
            getattr(self.pattern, self.method)(given)


def expressions() -> list[Expression]:
    """All, each pattern and method once."""
    found: dict[tuple[object, int, str], Expression] = {}
    for one in (*_compiled(), *_literal(), *_of_data()):
        found.setdefault((one.pattern.pattern, one.pattern.flags, one.method), one)
    return list(found.values())


@cache
def _sources() -> dict[str, str]:
    return {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}


def _compiled() -> Iterator[Expression]:
    """What modules hold, in tables too; by the methods that are called on its name, a private one's in its module."""
    called: dict[tuple[str, str], set[str]] = {}
    for path, text in _sources().items():
        for name, method in _CALLED.findall(text):
            called.setdefault((path if name.startswith("_") else "", name), set()).add(method)
    for info in pkgutil.walk_packages([str(PACKAGE)], "cilium_policies."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        path = Path(str(module.__file__)).relative_to(PACKAGE).as_posix()
        for name, value in vars(module).items():
            for pattern in _inside(value):
                for method in sorted(called.get((path if name.startswith("_") else "", name), {"search"})):
                    yield Expression(f"{info.name}.{name}", pattern, method)


def _inside(value: object, depth: int = 4) -> Iterator[re.Pattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        for one in (*value, *value.values()):
            yield from _inside(one, depth - 1)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            yield from _inside(one, depth - 1)


def _literal() -> Iterator[Expression]:
    """`re.search("…", text)` and the like, where the expression stands in the call."""
    for name, text in _sources().items():
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.func.attr in METHODS  # what `compile` makes, modules hold
                and node.args
            ):
                if isinstance(node.args[0], ast.Name):
                    module, constant = _module(name), node.args[0].id
                    where, written = f"{module}.{constant}", _constant(module, constant)
                else:
                    where, written = f"{name}:{node.lineno}", _written(node.args[0])
                if written is not None:
                    yield Expression(where, re.compile(written), node.func.attr)


def _module(path: str) -> str:
    return "cilium_policies." + path.removesuffix(".py").replace("/", ".")


def _constant(module: str, name: str) -> str | bytes | None:
    """A module's text: an expression that few inputs need."""
    value = getattr(importlib.import_module(module), name, None)
    return value if isinstance(value, (str, bytes)) else None


def _written(node: ast.expr) -> str | bytes | None:
    """A constant; of an f-string the constant parts, with a word for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        return node.value
    if isinstance(node, ast.JoinedStr):
        text = "".join(one.value if isinstance(one, ast.Constant) else "word" for one in node.values)  # type: ignore[misc]
        try:
            re.compile(text)
        except re.error:
            return None
        return text
    return None


def _of_data() -> Iterator[Expression]:
    """Strings of the catalogue, its clouds and distributions that hold what only an expression holds."""
    import yaml

    for path in sorted((PACKAGE / "catalogue").rglob("*.yaml")):
        for document in yaml.load_all(path.read_text("utf-8"), yaml.CSafeLoader):
            for key, text in _strings(document):
                if re.search(r"[\\()\[|?+^$]", text):  # a name with * is none
                    try:
                        yield Expression(
                            path.name, re.compile(text), "fullmatch" if key == "env" else "search"
                        )
                    except re.error:
                        continue


def _strings(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Texts with the key that they stand under; what is for people is left out."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, one in value.items():
            if name not in ("why", "checked", "notes", "what", "cure", "description"):
                yield from _strings(one, str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one, key)
