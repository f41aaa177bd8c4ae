"""What Flux says to a kustomization that names the function, and what `flux envsubst` does to long lines."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.trouble import NAMESPACE, Case, kustomization, seen

KS = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: web
  namespace: flux-system
spec:
  interval: 1h
  path: ./
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
"""


def function_in_the_tree(tmp: Path) -> str:
    kustomization(tmp / "app")
    (tmp / "ks.yaml").write_text(KS)
    command = ["flux", "build", "kustomization", "web", "--path", tmp / "app"]
    return seen([*command, "--kustomization-file", tmp / "ks.yaml", "--dry-run"], 1)


def long_line(tmp: Path) -> str:
    stream = (
        f"{NAMESPACE}---\napiVersion: v1\nkind: ConfigMap\ndata:\n  long: {'x' * 70000}\n---\n{NAMESPACE}"
    )
    assert seen(["flux", "envsubst"], 0, stdin=stream).count("kind: Namespace") == 1
    return "Objects are missing after `flux envsubst`"


def unset_variable(tmp: Path) -> str:
    return seen(["flux", "envsubst", "--strict"], 1, stdin="name: ${NOPE}\n")


CASES: dict[str, Case] = {
    "kustomize build failed: external plugins disabled; unable to load external plugin 'CiliumPolicies'": (
        function_in_the_tree
    ),
    "Objects are missing after `flux envsubst`": long_line,
    'variable not set (strict mode): "NOPE"': unset_variable,
}
