"""A policy of the user's that enforces already: what the soft rules open beside it, and whether that was said."""

from __future__ import annotations

import subprocess

from tests.live.ask import Answer, Check, Live
from tests.live.compare import cut_by_audit, opened_by_audit
from tests.live.given import given, shop
from tests.live.running import Running
from tests.tools import environment

NAME = "beside"
_CLOSED = "shop/web -> shop/api 8081/TCP"
# Only somebody who is not there may call the api: what the manifests need is closed.
_MINE = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: mine, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app.kubernetes.io/name: api}}
  ingress: [{fromEndpoints: [{matchLabels: {app: other}}]}]
"""


def ask(live: Live) -> Answer:
    """examples/shop with one more policy: audit cuts nothing, and opens the one flow that the run names."""
    check = Check(
        NAME, "what audit allows beside one of the user's policies, and what the function says about it"
    )
    mine = live.out / "mine.yaml"
    mine.write_text(_MINE, encoding="utf-8")
    case = shop()
    case = case._replace(builds=(*case.builds, mine), name=NAME)
    found = given(case)
    with Running(live.cluster, found) as running:
        running.apply(found.policies["own"])
        own = running.connect_as([_CLOSED not in one.row.text() for one in running.connections])
        running.apply(found.policies["audit"])
        audit = running.connect_as([True] * len(own))
    check.all(len(own), cut_by_audit(own, audit))
    opened = opened_by_audit(own, audit)
    check.that(f"audit opens web to api, and nothing else: {opened}", [one[3:] for one in opened] ==
               [_CLOSED])  # fmt: skip
    done = subprocess.run(["cilium-policies", "--only-policies", "-v", *map(str, case.builds)], env=environment(),
                          capture_output=True, text=True, check=True)  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "closes this" in line]
    check.that(f"the run names it, and nothing else: {said}",
               len(said) == 1 and "shop/web => shop/api 8081/TCP" in said[0])  # fmt: skip
    return check.answer()
