"""A rule of ours beside a policy of the user's that denies by default opens something: that is said, by policy."""

from __future__ import annotations

import pytest

from tests.cli.test_bare import command
from tests.engine.judge import Judge

INPUT = """\
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: a}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c, image: e.com/api, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: a}
spec: {selector: {app: api}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: e.com/web, env: [{name: U, value: "http://api:8080"}]}]}
"""
MINE = """\
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: mine, namespace: a}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress: [{fromEndpoints: [{matchLabels: {app: other}}]}]
"""
SAID = "a/web => a/api 8080/TCP: CiliumNetworkPolicy/a/mine denies this ingress today"
FLOW = {"from": {"pod": "a/web"}, "to": {"pod": "a/api"}, "port": 8080}


def said(text: str, *arguments: str) -> str:
    return command("--only-policies", "-v", *arguments, stdin=text.encode()).stderr.decode()


def test_flows_that_one_policy_closes_are_one_line_and_all_are_counted() -> None:
    """A policy over a whole cluster closes hundreds of flows: a line for each hides all else that is said."""
    web = INPUT[INPUT.rindex("---") :]
    more = "".join(web.replace("web", f"web{number}") for number in range(6))
    told = said(INPUT + more + MINE)
    (line,) = [one for one in told.splitlines() if "denies this ingress today" in one]
    assert SAID in line
    named = [f"a/web{number} => a/api 8080/TCP" for number in range(4)]
    assert f"; and so for {', '.join(named)} and 2 more; to keep it denied" in line
    assert "; 7 flows that your own policies close will be open" in told.splitlines()[-1]


def test_what_audit_opens_is_said() -> None:
    told = said(INPUT + MINE)
    assert f"warning: stdin:28: {SAID}" in told
    assert "spec.namespaces.overrides.a.mode.ingress: off" in told
    assert "; 1 flow that your own policies close will be open" in told.splitlines()[-1]


def test_the_internet_is_called_so_and_not_by_an_address_of_it() -> None:
    text = INPUT.replace("e.com/web", "cloudflare/cloudflared:2025.8.0")
    mine = MINE.replace("app: api", "app: web").replace("ingress: [{from", "egress: [{to")
    told = said(text + mine)
    assert "a/web => internet 7844/" in told
    assert "CiliumNetworkPolicy/a/mine denies this egress today" in told
    assert "198.51.100" not in told


@pytest.mark.parametrize("mode", ["audit", "enforce"])
@pytest.mark.judge
def test_the_engine_opens_it_too(judge: Judge, mode: str) -> None:
    made = command("--only-policies", "--mode", mode, stdin=(INPUT + MINE).encode()).stdout.decode()
    assert judge.once(INPUT + MINE, "", [FLOW]) == ["deny"]
    assert judge.once(INPUT + MINE, made, [FLOW]) == ["allow"]


@pytest.mark.parametrize(
    "text",
    [
        INPUT,  # nobody closes it
        INPUT + MINE.replace("app: other", "app: web"),  # mine allows it
        INPUT
        + MINE.replace("ingress:", "enableDefaultDeny: {ingress: false}\n  ingress:"),  # mine closes nothing
        # a deny rule stays one, whatever else allows
        INPUT
        + MINE.replace(
            "ingress: [{fromEndpoints: [{matchLabels: {app: other}}]}]",
            "ingressDeny: [{fromEndpoints: [{}]}]",
        ),
    ],
)
def test_what_is_not_closed_or_stays_closed_is_not_said(text: str) -> None:
    assert "today" not in said(text)
    assert "will be open" not in said(text)


def test_a_direction_that_is_left_to_the_own_policy_stays_closed() -> None:
    assert SAID not in said(INPUT + MINE, "--set", "namespaces.overrides.a.mode.ingress=off")


def test_list_says_it_too() -> None:
    done = command("list", stdin=(INPUT + MINE).encode())
    assert "1 flow that your own policies close will be open" in done.stderr.decode()
    assert SAID in command("list", "-v", stdin=(INPUT + MINE).encode()).stderr.decode()
