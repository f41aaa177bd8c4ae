"""Whole `kustomize build`s with no function, `cat`, the peers and this function."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.builds import CACHE
from bench.measure import Run, run

CONFIG = """\
apiVersion: cilium-policies.fn/v1alpha1
kind: CiliumPolicies
metadata:
  name: policies
  annotations:
    config.kubernetes.io/function: |
      exec:
        path: {path}
"""


def candidates(kustomize: str, functions: dict[str, str], stream: Path) -> dict[str, Callable[[], Run]]:
    """A build of `stream` for each function (name to executable; "" for none)."""
    made: dict[str, Callable[[], Run]] = {}
    for number, (name, path) in enumerate(functions.items()):
        folder = CACHE / f"build-{stream.stem}-{number}"
        folder.mkdir(exist_ok=True)
        resources = folder / "resources.yaml"
        resources.unlink(missing_ok=True)
        os.link(stream, resources)
        text = "resources:\n- resources.yaml\n"
        if path:
            (folder / "function.yaml").write_text(CONFIG.format(path=path))
            text += "transformers:\n- function.yaml\n"
        (folder / "kustomization.yaml").write_text(text)
        command = [kustomize, "build", "--enable-alpha-plugins", "--enable-exec", str(folder)]
        made[name] = partial(run, command, os.devnull)
    return made
