"""What a recording is: Hubble's lines, as they come or as a log store gives them back; or its metrics.

| form | from |
|---|---|
| a flow a line | `hubble observe -o json`, the exporter's files (rotated and compressed ones too), `logcli -o raw` |
| `{"line": "<a flow>", …}` a line | `logcli -o jsonl`, Grafana's download |
| one JSON object with `resultType: streams` | Loki's HTTP API |
| one with `resultType: matrix` or `vector` | Prometheus' HTTP API, a range query or an instant one |
| `# TYPE …`, `hubble_…{…} 3` | the text that Prometheus scrapes |
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Any, NamedTuple

from cilium_policies.document.finding import refused
from cilium_policies.questions.metrics import Metrics, exposed, queried

_GZIP = b"\x1f\x8b"
_EXPOSED = (b"# HELP ", b"# TYPE ", b"hubble_")
_PRETTY = (b"{", b"[", b"[{")  # the first line of a JSON text that goes over several, or of a list


class Recording(NamedTuple):
    """One of both: lines of flows, or counters."""

    lines: Iterable[bytes] = ()
    metrics: Metrics | None = None


def opened(stream: IO[bytes]) -> Recording:
    """What the stream holds, known by its first line; lines still come as they are written. Raises RefusedError."""
    lines = _lines(stream)
    first = next((line for line in lines if line.strip()), b"")
    if first.startswith(_EXPOSED):
        return Recording(metrics=exposed(chain([first], lines)))
    if first.strip().startswith(b"[{") or first.strip() in _PRETTY:
        return _document(b"".join(chain([first], lines)))
    if b'"resultType"' in first:
        return _document(first + b"".join(lines))
    return Recording(map(_unwrapped, chain([first], lines)))


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines, out of a compressed file too."""
    first = stream.readline()
    if not first.startswith(_GZIP):
        return chain([first], stream)
    # A compressed file has an end, and its lines are not those of the stream.
    return iter(gzip.GzipFile(fileobj=io.BytesIO(first + stream.read())))


def _document(text: bytes) -> Recording:
    try:
        body = json.loads(text)
        if isinstance(body, list):
            return Recording([_unwrapped(json.dumps(one).encode()) for one in body])
        if "resultType" not in body.get("data", {}):
            return Recording([json.dumps(body).encode()])
        if body["data"]["resultType"] != "streams":
            return Recording(metrics=queried(body["data"]))
        found = [line for one in body["data"]["result"] for _, line, *_ in one["values"]]
        return Recording([line.encode() for line in found])
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        reason = f"not the JSON of Hubble, Loki or Prometheus ({str(error)[:80]})"
        raise refused(reason, "write one flow a line: hubble observe -o json", file="flows") from None


def _unwrapped(line: bytes) -> bytes:
    """The flow in what a log store writes around it: an object with `line`, or a container log's time and stream."""
    if line.startswith(b'{"flow"'):
        return line
    start = line.find(b'{"flow"')
    if start > 0 and not line.lstrip().startswith(b"{"):
        return line[start:]
    if b'"line"' in line:
        return _inner(line)
    return line


def _inner(line: bytes) -> bytes:
    try:
        body: Any = json.loads(line)
        return body["line"].encode() if "flow" not in body else line
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return line
