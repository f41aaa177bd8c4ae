"""Any graph of Services, workloads and routes: what it implies passes Cilium's engine, everything else does not."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.function import Options, run
from hypothesis import HealthCheck, given, settings

from tests.engine.judge import Judge
from tests.evidence.drawn import Drawn, Flow, graphs

pytestmark = pytest.mark.judge
_ENTITIES = ("world", "remote-node", "kube-apiserver", "ingress")


def _policies(manifests: str) -> str:
    options = Options(overrides=(("mode", "enforce"),), only_policies=True)
    outcome = run([("graph.yaml", manifests.encode())], options)
    assert outcome.code == 0, outcome.stderr
    return outcome.stdout.decode()


def _every_flow(drawn: Drawn) -> set[Flow]:
    """Implied flows, and every other one between the graph's pods and entities on ports that occur in it."""
    asked = set(drawn.implied)
    for target, ports in drawn.pods.items():
        for number, protocol in (*ports, (9999, "TCP")):
            asked |= {
                (f"pod {source}", f"pod {target}", number, protocol)
                for source in drawn.pods
                if source != target
            }
            asked |= {(f"entity {entity}", f"pod {target}", number, protocol) for entity in _ENTITIES}
        if (
            "prometheus" not in target
        ):  # whom its operator's pods call beside their targets, the catalogue knows
            asked |= {
                (f"pod {target}", f"entity {entity}", 443, "TCP")
                for entity in ("world", "host", "remote-node")
            }
            asked.add((f"pod {target}", "entity kube-apiserver", 6443, "TCP"))
    return asked


def _end(word: str) -> dict[str, str]:
    kind, _, name = word.partition(" ")
    return {kind: name}


def _query(flow: Flow) -> dict[str, Any]:
    source, target, port, protocol = flow
    return {"from": _end(source), "to": _end(target), "port": port, "protocol": protocol}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=graphs())
def test_what_a_graph_implies_passes_and_nothing_else_does(drawn: Drawn, judge: Judge) -> None:
    flows = sorted(_every_flow(drawn))
    implied = drawn.implied | {
        # The API server runs on a node: its identity is remote-node as well.
        ("entity kube-apiserver", *rest)
        for source, *rest in drawn.implied
        if source == "entity remote-node"
    }
    policies = _policies(drawn.manifests)
    verdicts = judge.once(drawn.manifests + drawn.runtime, policies, [_query(flow) for flow in flows])
    wrong = [
        (flow, verdict)
        for flow, verdict in zip(flows, verdicts, strict=True)
        if verdict != ("allow" if flow in implied else "deny")
    ]
    assert wrong == []
