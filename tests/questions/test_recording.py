"""What a recording is: flows by line, out of Loki, compressed, or counters of Prometheus."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from cilium_policies.document.finding import RefusedError
from cilium_policies.questions.audit import Audit
from cilium_policies.questions.recording import opened

from . import hubble

FLOW = hubble.line(hubble.pod("a", "web", []), hubble.pod("b", "db", []), 5432, by=[])
TEXT = FLOW.decode().rstrip()
STREAMS = {"status": "success", "data": {"resultType": "streams", "result": [
    {"stream": {"app": "cilium"}, "values": [["1764150000000000000", TEXT], ["1764150001000000000", TEXT]]},
]}}  # fmt: skip


@pytest.mark.parametrize(
    ("data", "flows"),
    [
        (FLOW * 3, 3),  # hubble observe -o json, the exporter's file, logcli -o raw
        (gzip.compress(FLOW * 3), 3),  # a file that the exporter has rotated
        (b"\n\n" + FLOW, 1),
        (b"2026-11-27T12:00:00.1Z stdout F " + FLOW, 1),  # a container's log
        (json.dumps({"labels": {}, "line": TEXT, "timestamp": "2026-11-27T12:00:00Z"}).encode(), 1),
        (json.dumps([{"line": TEXT, "timestamp": "1764150000000"}] * 2, indent=2).encode(), 2),  # Grafana
        (json.dumps(STREAMS).encode(), 2),  # Loki's HTTP API
        (json.dumps(STREAMS, indent=2).encode(), 2),
        (json.dumps(json.loads(FLOW), indent=1).encode(), 1),
    ],
)
def test_flows_are_found_in_every_form(data: bytes, flows: int) -> None:
    audit = Audit(None)
    audit.read(opened(io.BytesIO(data)).lines)
    assert audit.seen + audit.again == flows
    assert audit.odd == 0


@pytest.mark.parametrize(
    "data",
    [
        b"{\n",
        b"[\n1, 2",
        b'{"data": {"resultType": "scalar", "result": [1, "2"]}}',
        b'{"data": {"resultType": "matrix", "result": 3}}',
        b'{"data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1]]}]}}',
        b'{"data": {"resultType": "vector", "result": []}}',
        b"# HELP go_threads threads\ngo_threads 3\n",
        b'hubble_policy_verdicts_total{direction="egress"} x\n',
    ],
)
def test_what_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(RefusedError):
        opened(io.BytesIO(data))


def test_lines_come_while_they_are_written() -> None:
    """A stream of `--follow` has no end: the first flow must not wait for the second."""

    class Stream(io.BytesIO):
        def __next__(self) -> bytes:
            raise AssertionError("read ahead")

    lines = iter(opened(Stream(FLOW)).lines)
    assert next(lines) == FLOW
