"""Compile the program and what it imports, for `run.py` to import from: all of it in one file.

Slim Python images hold no bytecode of the standard library and a read-only root can keep none, so each
start would compile it again. To look for two hundred modules in folders, and to open a file for each, would be an
eighth of a small build's time: so one file holds them all. What the interpreter itself imports before `run.py` lies in
the folder that `-X pycache_prefix` names. Nothing is checked against its source at run time (unchecked hash): it was
made from these very sources in the same build.
"""

# ruff: noqa: E402
import sys

# What no finder of ours can serve: the interpreter has it before a script begins. Of Python 3.10 `codecs` is among it.
AT_START = frozenset(sys.modules)

import ast
import importlib
import marshal
import py_compile
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

BY_THE_INTERPRETER = {"encodings.utf_8_sig", "encodings.idna"}
_HEAD = 16  # bytes before the code in a file of bytecode


def imported(source: Path) -> set[str]:
    """The absolute names that a file imports anywhere, functions included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def main(lib: Path, modules: Path) -> None:
    """Import what the program can import, then compile every source file that this loaded or that lies in `lib`."""
    sys.path.insert(0, str(lib))
    program = sorted((lib / "cilium_policies").rglob("*.py"))
    for name in sorted(BY_THE_INTERPRETER.union(*map(imported, program))):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as missing:  # an extra that the image leaves out
            print(f"bytecode: {name} needs {missing.name}", file=sys.stderr)
    specs = [spec for name, module in sys.modules.items() if (spec := spec_of(name, module))]
    sources = {spec.name: spec.origin for spec in specs if spec.origin and spec.origin.endswith(".py")}
    for source in lib.rglob("*.py"):
        place = source.relative_to(lib).with_suffix("")
        sources[".".join(place.parent.parts if place.name == "__init__" else place.parts)] = str(source)
    modules.write_bytes(written(sources))


def spec_of(name: str, module: ModuleType) -> ModuleSpec | None:
    """Where a module comes from; of `collections.abc`, which puts another in its own place, the file that does so."""
    spec: ModuleSpec | None = getattr(module, "__spec__", None)
    above = getattr(sys.modules.get(name.rpartition(".")[0]), "__path__", None)
    return PathFinder.find_spec(name, above) if above and spec and spec.name != name else spec


def written(sources: dict[str, str]) -> bytes:
    """Modules by name as one file: in four bytes the size of the index behind them, the index, their code. The index
    has of each its source, whether it is a package, where among the code its own begins, and how long that is."""
    index: dict[str, tuple[str, bool, int, int]] = {}
    whole = bytearray()
    for name, source in sorted(sources.items()):
        code = compiled(name, source)
        index[name] = (source, source.endswith("/__init__.py"), len(whole), len(code))
        whole += code
    head = marshal.dumps(index)
    return len(head).to_bytes(4, "little") + head + whole


def compiled(name: str, source: str) -> bytes:
    """The code of a module. Its own file of bytecode stays where the interpreter asks for it before `run.py` begins."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    place = Path(str(py_compile.compile(source, doraise=True, invalidation_mode=mode)))
    code = place.read_bytes()[_HEAD:]
    if name not in AT_START and name.partition(".")[0] != "encodings":
        place.unlink()
    return code


main(*map(Path, sys.argv[1:]))
