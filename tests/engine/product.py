"""Where the policies come from: the product run as a user runs it, or a stand-in to compare it with."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.engine.corpus import Case, cluster_text, variables, workloads
from tests.engine.substitute import substitute
from tests.tools import CACHE

CONFIGS = Path(__file__).resolve().parent / "configs"


class ProductError(RuntimeError):
    """The product gave no policies; the message is its first line on stderr."""


class Variant(NamedTuple):
    """One way to run the product on a case."""

    name: str  # "" is the plain way of the case's kind
    config: Path | None = None
    separate: bool = False  # one run for each build of a tree
    inventory: bool = False  # with the inventory of the whole tree


def variants(case: Case, separate: bool) -> list[Variant]:
    """The ways that this case is scored; `separate` adds one run for each build of a tree."""
    config = CONFIGS / f"{case.name}.yaml"
    own = case.folder / "config.yaml"  # what the cluster's operator says besides the mode
    found = [Variant("", config=own if own.exists() else None)]
    if config.exists():
        found.append(Variant("config", config=config))
    if case.kind == "app" and case.tree is not None:
        found.append(Variant("inventory", inventory=True))
    if case.kind == "tree" and separate:
        found.append(Variant("builds alone", separate=True))
        found.append(Variant("builds with inventory", separate=True, inventory=True))
    return found


class Product:
    """The command under test. Only `--only-policies` and `inventory` are used."""

    def __init__(self, command: Sequence[str] | None = None) -> None:
        """The command; by default the installed one of this Python, or the one on the PATH."""
        beside = Path(sys.executable).with_name("cilium-policies")
        found = str(beside) if beside.exists() else shutil.which("cilium-policies") or "cilium-policies"
        self.command = list(command or [found])

    def policies(self, case: Case, mode: str, variant: Variant, more: Sequence[str] = ()) -> str:
        """The policies of one case as a stream, variables filled; `more`: options. Raises ProductError."""
        common = ["--only-policies", "--mode", mode, *more]
        if variant.config is not None:
            common += ["--config", str(variant.config)]
        if variant.inventory:
            common += ["--inventory", str(self._inventory(case))]
        if case.kind == "tree" and not variant.separate:
            return substitute(self._run([*common, *map(str, case.builds)]))
        filled = variables(case)

        def one(build: Path) -> str:
            return substitute(self._run([*common, str(build)]), filled[build])

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return "\n---\n".join(pool.map(one, case.builds))

    def uncovered(self, case: Case, mode: str, variant: Variant) -> list[str]:
        """What it says of flows that it does not know, one JSON answer a run. Raises ProductError."""
        common = ["list", "--uncovered", "-o", "json", "--mode", mode]
        if variant.config is not None:
            common += ["--config", str(variant.config)]
        if variant.inventory:
            common += ["--inventory", str(self._inventory(case))]
        if case.kind == "tree" and not variant.separate:
            return [self._run([*common, *map(str, case.builds)])]
        return [self._run([*common, str(build)]) for build in case.builds]

    def _inventory(self, case: Case) -> Path:
        """A file with the inventory of the case's tree, made anew for each run of the score."""
        tree = case.tree or case.folder
        builds = [tree / "input.yaml", *sorted((tree / "apps").rglob("*.yaml"))]
        target = CACHE / "score" / f"{tree.name}-{os.getpid()}.yaml"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self._run(["inventory", *map(str, builds)]), encoding="utf-8")
        return target

    def forget(self) -> None:
        """Remove the inventories of this run."""
        for path in (CACHE / "score").glob(f"*-{os.getpid()}.yaml"):
            path.unlink()

    def _run(self, arguments: Iterable[str]) -> str:
        try:
            done = subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise ProductError(f"no such command: {error.filename}") from error
        if done.returncode != 0:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no word on stderr"]
            text = lines[-1] if lines[0].startswith("Traceback") else lines[0]
            raise ProductError(f"exit {done.returncode}: {text}")
        return done.stdout

    def describe(self) -> str:
        """How a reader would run the same."""
        return shlex.join([Path(self.command[0]).name, *self.command[1:]])


class Nothing(Product):
    """No generated policy at all: what passes in the cluster as it is."""

    def uncovered(self, case: Case, mode: str, variant: Variant) -> list[str]:
        return []

    def policies(self, case: Case, mode: str, variant: Variant, more: Sequence[str] = ()) -> str:
        return ""

    def describe(self) -> str:
        return "nothing at all"


class DefaultDeny(Product):
    """A default deny in each namespace that has pods, and not a single allow."""

    def uncovered(self, case: Case, mode: str, variant: Variant) -> list[str]:
        return []

    def policies(self, case: Case, mode: str, variant: Variant, more: Sequence[str] = ()) -> str:
        namespaces = {namespace for namespace, _ in workloads(cluster_text(case))}
        soft = ", enableDefaultDeny: {ingress: false, egress: false}" if mode == "audit" else ""
        return "".join(
            "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
            f"metadata: {{name: default-deny, namespace: {name}}}\n"
            f"spec: {{endpointSelector: {{}}, ingress: [{{}}], egress: [{{}}]{soft}}}\n"
            for name in sorted(namespaces)
        )

    def describe(self) -> str:
        return "default deny alone"


class Given(Product):
    """The policies of one file, whatever the case."""

    def __init__(self, path: Path) -> None:
        """Read the policies from path."""
        super().__init__()
        self._path = path

    def uncovered(self, case: Case, mode: str, variant: Variant) -> list[str]:
        return []

    def policies(self, case: Case, mode: str, variant: Variant, more: Sequence[str] = ()) -> str:
        return substitute(self._path.read_text(encoding="utf-8"))

    def describe(self) -> str:
        return self._path.name
