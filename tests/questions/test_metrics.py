"""`hubble_policy_verdicts_total`: what counters tell of enforcement, and what they cannot."""

from __future__ import annotations

import io
import json
from typing import Any

from cilium_policies.cilium.read import read_policy
from cilium_policies.document.parse import load
from cilium_policies.evaluate.repository import PolicyRepository
from cilium_policies.questions.metrics import CUT, DROPPED, UNKNOWN, Metrics
from cilium_policies.questions.recording import opened

HOUR = 3600
START = 1_764_150_000  # 2025-11-26 09:40:00
NAMES = {
    "source": "shop/web",
    "destination": "data/db",
    "source_namespace": "shop",
    "destination_namespace": "data",
}


def series(
    direction: str, match: str, action: str, *values: tuple[int, int], **labels: str
) -> dict[str, Any]:
    """One counter; values are (hours after the start, count)."""
    metric = {
        "__name__": "hubble_policy_verdicts_total",
        "direction": direction,
        "match": match,
        "action": action,
    }
    samples = [[START + hour * HOUR, str(value)] for hour, value in values]
    return {"metric": {**metric, **NAMES, **labels}, "values": samples}


def lost(*values: tuple[int, int], source: str = "perf_event_ring_buffer") -> dict[str, Any]:
    metric = {"__name__": "hubble_lost_events_total", "source": source}
    return {"metric": metric, "values": [[START + hour * HOUR, str(value)] for hour, value in values]}


def matrix(*found: dict[str, Any]) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": found}}).encode()


def read(data: bytes) -> Metrics:
    metrics = opened(io.BytesIO(data)).metrics
    assert metrics is not None
    return metrics


def test_a_range_counts_what_grew_in_it() -> None:
    """A counter that was there before has its past; one that appears, or falls as its agent starts anew, has not."""
    metrics = read(
        matrix(
            series("egress", "l3-l4", "forwarded", (0, 40), (1, 40), (2, 42)),
            series("egress", "all", "forwarded", (0, 7), (1, 7), (2, 7), destination="reserved:world"),
            series("ingress", "all", "forwarded", (2, 1)),
            series("ingress", "none", "dropped", (0, 5), (1, 2), (2, 3)),
        )
    )
    assert [(row[0], row[1], row[2], row[4], row[5], row[6], row[7]) for row in metrics.cut(None).rows] == [
        ("ingress", "shop/web", "data/db", 3, "2025-11-26 10:40:00", "2025-11-26 11:40:00", DROPPED),
        ("ingress", "shop/web", "data/db", 1, "2025-11-26 11:40:00", "2025-11-26 11:40:00", CUT),
    ]
    assert sum(row.verdicts for row in metrics.rows) == 6


def test_what_the_ring_loses_the_counters_do_not() -> None:
    good = series("egress", "l3-l4", "forwarded", (0, 1), (1, 2))
    assert read(matrix(good)).lost is None
    assert read(matrix(good, lost((0, 3), (1, 3)))).lost == 0
    assert read(matrix(good, lost((0, 3), (1, 5)))).lost == 2
    assert read(matrix(good, lost((0, 3), (1, 5), source="hubble_ring_buffer"))).lost == 0


def test_a_text_exposition_has_no_times() -> None:
    metrics = read(
        b"# HELP hubble_policy_verdicts_total Total number of Cilium network policy verdicts\n"
        b"# TYPE hubble_policy_verdicts_total counter\n"
        b'hubble_policy_verdicts_total{action="forwarded",destination="",destination_namespace="",direction="egress",'
        b'match="all",source="a/say \\"hi\\"",source_namespace="a"} 3\n'
        b'hubble_lost_events_total{source="perf_event_ring_buffer"} 0\n'
        b"go_threads 9\n"
    )
    assert [row[:8] for row in metrics.cut(None).rows] == [
        ("egress", 'a/say "hi"', "not said", "", 3, "", "", CUT)
    ]
    assert (metrics.timed, metrics.lost, metrics.namespaced) == (False, 0, True)


def test_an_own_rule_that_allows_everything_makes_the_counter_mean_nothing() -> None:
    """Cilium counts what `fromEntities: [all]` lets in like what no rule covers."""
    world = PolicyRepository(
        [
            policy
            for text in (
                "{name: open, namespace: data}, spec: {endpointSelector: {}, ingress: [{fromEntities: [all]}]}",
                "{name: http, namespace: shop}, spec: {endpointSelector: {}, egress: [{toEntities: [all], "
                "toPorts: [{ports: [{port: '80'}]}]}]}",
            )
            if (policy := read_policy(load(f"{{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {text}}}"
                                           .encode()), "x")[0])
        ]
    )  # fmt: skip
    metrics = read(
        matrix(
            series("ingress", "all", "forwarded", (0, 1), (1, 2)),
            series("egress", "all", "forwarded", (0, 1), (1, 2)),
        )
    )
    assert {(row[0], row[7]) for row in metrics.cut(world).rows} == {("ingress", UNKNOWN), ("egress", CUT)}
    why = next(str(row[8]) for row in metrics.cut(world).rows if row[0] == "ingress")
    assert (
        why
        == "CiliumNetworkPolicy/data/open spec.ingress[0] allows everything there, which is counted the same"
    )
