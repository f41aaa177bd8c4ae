"""Under enforcement: everybody to every port of everybody, as the engine says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.engine.corpus import Row
from tests.live import compare
from tests.live.ask import Answer, Check, Live
from tests.live.given import Given, given, known
from tests.live.plan import planned
from tests.live.running import Running

NAME = "pairs"
_CASES = ("shop", "seed-cluster")
_AT_ONCE = 200  # most of them wait for an answer that does not come
_SOURCES = ("host", "remote-node", "kube-apiserver", "world")
_TARGETS: tuple[tuple[dict[str, Any], int], ...] = (
    ({"entity": "host"}, 10250),
    ({"entity": "remote-node"}, 10250),
    ({"entity": "kube-apiserver"}, 6443),
    ({"entity": "world"}, 443),
)
_NOBODYS = 4444  # a port that no pod names


def ask(live: Live) -> Answer:
    """The workloads that the case's table speaks of, nodes, the API server and the world."""
    check = Check(NAME, f"every pod to every port of every pod in enforce: {', '.join(_CASES)}")
    for case in known():
        if case.name in _CASES:
            _ask(live, check, given(case))
    return check.answer()


def _ask(live: Live, check: Check, found: Given) -> None:
    engine = compare.Engine(live.judge, found)
    with Running(live.cluster, found) as running:
        running.apply(found.policies["enforce"])
        running.connections, _ = planned([*_rows(running)], running.pods)
        running.listen()
        verdicts = engine.verdicts("enforce", running.connections)
        tried = running.connect_as([one.allowed for one in verdicts], at_once=_AT_ONCE)
    check.all(len(tried), compare.unlike_engine("enforce", tried, verdicts))
    passed = sum(one.attempt.passed for one in tried)
    check.notes.append(f"{found.name}: {passed:,} of {len(tried):,} pass")


def _rows(running: Running) -> Iterator[Row]:
    pods = [name for name, replicas in running.pods.items() if not replicas[0].host_network]
    sources = [*({"pod": name} for name in pods), *({"entity": name} for name in _SOURCES)]
    targets = [*_TARGETS, *(({"pod": name}, _NOBODYS) for name in pods)]
    for name in pods:
        for port, protocol in sorted({*running.pod(name).ports()}):
            targets.append(({"pod": name, "protocol": protocol}, port))
    for source in sources:
        for end, port in targets:
            target = dict(end)
            protocol = target.pop("protocol", "TCP")
            from_pod = "pod" in source
            if source != target and (from_pod or "pod" in target):
                query = {"from": source, "to": target, "port": port, "protocol": protocol}
                yield Row(0, query, "", False, "", "")
