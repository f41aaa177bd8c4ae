"""Compile the program and what it imports into the bytecode folder that `-X pycache_prefix` names.

Slim Python images hold no bytecode of the standard library and a read-only root can keep none, so each
start would compile it again. The files are checked by nothing at run time (unchecked hash): they were
made from these very sources in the same build.
"""

import ast
import importlib
import py_compile
import sys
from pathlib import Path

BY_THE_INTERPRETER = {"encodings.utf_8_sig", "encodings.idna"}


def imported(source: Path) -> set[str]:
    """The absolute names that a file imports anywhere, functions included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def main(lib: Path) -> None:
    """Import what the program can import, then compile every source file that this loaded or that lies in `lib`."""
    sys.path.insert(0, str(lib))
    program = sorted((lib / "cilium_policies").rglob("*.py"))
    for name in sorted(BY_THE_INTERPRETER.union(*map(imported, program))):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as missing:  # an extra that the image leaves out
            print(f"bytecode: {name} needs {missing.name}", file=sys.stderr)
    loaded = {getattr(module, "__file__", None) for module in sys.modules.values()}
    sources = {Path(file) for file in loaded if file and file.endswith(".py")} | set(lib.rglob("*.py"))
    for source in sorted(sources):
        py_compile.compile(
            str(source),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


main(Path(sys.argv[1]))
