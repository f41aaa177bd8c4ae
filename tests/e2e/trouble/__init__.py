"""How to run into each error of docs/troubleshooting.md: heading text to a call that returns what a user sees.

In a heading `…` stands for what differs from case to case.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.tools import environment, require, run

Case = Callable[[Path], str]

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n"
CONFIG = """\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
metadata:
  name: cilium-policies
  annotations:
    config.kubernetes.io/function: |
      {function}
"""
EXEC = "exec: {path: cilium-policies}"


def kustomization(folder: Path, function: str = EXEC, spec: str = "", field: str = "transformers") -> Path:
    """A kustomization with one Namespace and the function as `function` says."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ns.yaml").write_text(NAMESPACE)
    (folder / "fn.yaml").write_text(CONFIG.format(function=function) + spec)
    (folder / "kustomization.yaml").write_text(f"resources: [ns.yaml]\n{field}: [fn.yaml]\n")
    return folder


def seen(command: list[str | Path], code: int, *, stdin: str = "", **env: str) -> str:
    """What the command prints on stdout and stderr together; it has to exit with `code`."""
    done = run(command, stdin=stdin, env=environment(**env))
    assert done.returncode == code, f"exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def build(folder: Path, code: int = 1, **env: str) -> str:
    """A kustomize build with both flags."""
    require("kustomize")
    return seen(["kustomize", "build", "--enable-alpha-plugins", "--enable-exec", folder], code, **env)
