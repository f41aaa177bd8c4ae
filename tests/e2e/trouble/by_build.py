"""What `build` and questions about a repository say, each text as docs/troubleshooting.md explains it."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.builds import deployment, home, laid, two_clusters
from tests.e2e.trouble import Case, seen
from tests.tools import environment, run


def build(files: dict[str, str], tmp: Path) -> str:
    return seen(["cilium-policies", "build", laid(tmp, files)], 1)


def not_built(tmp: Path) -> str:
    return seen(["cilium-policies", "report", laid(tmp, home())], 1)


def several_clusters(tmp: Path) -> str:
    return build(two_clusters(), tmp)


def one_fails(tmp: Path) -> str:
    return build(home() | {"kubernetes/apps/media/web/app/service.yaml": "kind: Service\n"}, tmp)


def bad_expression(tmp: Path) -> str:
    broken = {"kubernetes/apps/media/web/app/deployment.yaml": deployment("web", env="A=${B/c")}
    return build(home() | broken, tmp)


def no_tool(tmp: Path) -> str:
    program = laid(
        tmp / "bin", {"cilium-policies": f"#!{sys.executable}\nfrom cilium_policies.cli import program\n"}
    )
    program = program / "cilium-policies"
    program.write_text(program.read_text() + "program()\n")
    program.chmod(0o755)
    done = run(
        [program, "build", laid(tmp / "repository", home())], env=environment(PATH=str(program.parent))
    )
    assert done.returncode == 1
    return done.stderr


def nothing(tmp: Path) -> str:
    return build({"web.yaml": deployment("web")}, tmp)


CASES: dict[str, Case] = {
    "is not built: …; cilium-policies build": not_built,
    "this repository holds 2 clusters; name one: --cluster": several_clusters,
    "not built, so nothing is printed; --partial prints the rest": one_fails,
    "Flux cannot read the expression": bad_expression,
    "neither kustomize nor kubectl is in PATH": no_tool,
    "nothing to build in": nothing,
}
