"""What a plain build imports and compiles before it writes its answer: that is paid at every build, and grows by a
module, a pattern and a record's field at a time.

No clock is asked. Who goes over a number imports where the module is needed, or compiles where the pattern is used
(`re.search(_PATTERN, value)` behind a sign that spares most texts the search), or raises it knowingly: a module costs
some 0.15 ms, a pattern 0.1 ms.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench import inputs

MODULES, PATTERNS = 201, 43
# What a config, an address of a usual kind and the writing of policies do without.
NEVER = {
    "ipaddress", "queue", "random", "shutil", "tempfile", "typing", "yaml",
    "cilium_policies.generate.config_peers", "cilium_policies.generate.spec_allow",
    "cilium_policies.generate.spec_deny", "cilium_policies.evidence.inference_pools",
    "cilium_policies.evidence.radius", "cilium_policies.cilium.validity", "cilium_policies.catalogue.check",
}  # fmt: skip
SCRIPT = """
import json, sys
import re._compiler as compiler
patterns, compiled = [], compiler.compile
def counted(pattern, flags=0):
    frame = sys._getframe(1)
    while frame.f_globals["__name__"].partition(".")[0] == "re":
        frame = frame.f_back
    # what the standard library compiles when it is imported (fnmatch from 3.14 on) is not ours
    if frame.f_code.co_name != "<module>" or frame.f_globals["__name__"].startswith("cilium_policies"):
        patterns.append(str(pattern))
    return compiled(pattern, flags)
compiler.compile = counted
sys.argv = ["cilium-policies"]
from cilium_policies.cli import main
code = main()
records = sys.modules["cilium_policies.lean"]._new.cache_info().currsize
sys.stderr.write("\\n" + json.dumps([sorted(sys.modules), patterns, records]))
sys.exit(code)
"""


@pytest.fixture(scope="module")
def paid() -> tuple[list[str], list[str], int]:
    """Modules and patterns of a build of 40 usual objects, and how many sizes of records it compiles."""
    script = f"import sys; sys.path[:] = {sys.path!r}\n{SCRIPT}"
    run = [sys.executable, "-S", "-c", script]
    for _ in range(2):  # the first may have to compile the catalogue of this work tree
        done = subprocess.run(run, input=inputs.resource_list(40), capture_output=True, check=True)
    modules, patterns, records = json.loads(done.stderr.decode().rpartition("\n")[2])
    return modules, patterns, records


def test_a_plain_build_imports_few_modules(paid: tuple[list[str], list[str], int]) -> None:
    own = [name for name in paid[0] if name.startswith("cilium_policies")]
    assert len(own) <= MODULES, "\n".join(own)
    assert NEVER.isdisjoint(paid[0])


def test_a_plain_build_compiles_few_patterns(paid: tuple[list[str], list[str], int]) -> None:
    assert len(paid[1]) <= PATTERNS, "\n".join(paid[1])


def test_a_plain_build_compiles_no_record(paid: tuple[list[str], list[str], int]) -> None:
    assert paid[2] == 0, "a record has another number of fields: see _NEW in lean.py"
