"""`namespaces.uncovered`: what nobody knows is not cut under enforcement, unless a policy of the user's cuts it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from tests.engine.corpus import rows
from tests.engine.product import Product
from tests.live import compare
from tests.live.ask import Answer, Check, Live, tried_in
from tests.live.given import CASES, given, shop
from tests.live.running import Running
from tests.tools import environment

NAME = "uncovered"
_FOLDER = CASES / NAME


def ask(live: Live) -> Answer:
    """examples/shop with two workloads of which little is known, and all that is known of the others."""
    check = Check(
        NAME,
        "audit-guessed beside enforce, with allow-dns and allow-kube-apiserver, and with one of the user's policies",
    )
    case = shop()
    case = case._replace(
        name=NAME,
        builds=(*case.builds, _FOLDER / "dark.yaml"),
        rows=(*case.rows, *rows(_FOLDER / "flows.yaml")),
    )
    command = [*Product().command, "--config", str(_FOLDER / "config.yaml")]
    found = given(case, Product(command))
    engine = compare.Engine(live.judge, found)
    with Running(live.cluster, found) as running:
        for mode in ("own", "enforce"):
            tried = tried_in(mode, running, engine, check)
        check.all(len(tried), compare.unlike_table(tried))
    said = _said([*command, "--only-policies", "--mode", "enforce", "-v", *map(str, case.builds)])
    told = [line for line in said if "stays in audit, but CiliumNetworkPolicy/shop/mine enforces it" in line]
    check.that(f"the run says of both directions that the policy enforces them: {told}",
               [way for way in ("ingress", "egress") for line in told if f"{way} of Deployment shop/closed" in line]
               == ["ingress", "egress"])  # fmt: skip
    return check.answer()


def _said(command: Sequence[str]) -> list[str]:
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    return done.stderr.splitlines()
