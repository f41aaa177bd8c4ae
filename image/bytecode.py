"""Compile the program and what it imports into the bytecode folder that `-X pycache_prefix` names.

Slim Python images hold no bytecode of the standard library and a read-only root can keep none, so each
start would compile it again. The files are checked by nothing at run time (unchecked hash): they were
made from these very sources in the same build.
"""

import importlib
import importlib.util
import py_compile
import sys
from pathlib import Path

USED = ("yaml", "json", "re", "encodings.idna", "encodings.utf_8_sig", "runpy")


def program_modules(lib: Path) -> list[str]:
    """Dotted names of every module of the program, packages included."""
    paths = sorted((lib / "cilium_policies").rglob("*.py"))
    names = [".".join(p.relative_to(lib).with_suffix("").parts) for p in paths]
    return [name.removesuffix(".__init__") for name in names]


def main(lib: Path) -> None:
    """Import all of the program, then compile every source file that this loaded or that lies in `lib`."""
    sys.path.insert(0, str(lib))
    for name in (*USED, "click", *program_modules(lib)):
        if not name.endswith("__main__"):
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as missing:  # an extra that the image leaves out
                print(f"bytecode: {name} needs {missing.name}", file=sys.stderr)
    loaded = {getattr(m, "__file__", None) for m in sys.modules.values()}
    sources = {Path(f) for f in loaded if f and f.endswith(".py")} | set(lib.rglob("*.py"))
    for source in sorted(sources):
        py_compile.compile(
            str(source),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


main(Path(sys.argv[1]))
