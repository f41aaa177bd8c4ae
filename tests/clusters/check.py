"""What a careful reader would find wrong in a cluster's truth before anybody is judged by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.engine.corpus import Row, rows, workloads

_ENTITIES = {"host", "remote-node", "kube-apiserver", "ingress", "world"}


def faults(folder: Path) -> Iterator[str]:
    """One line a fault: rows without a source, ends that no manifest has, flows that stand twice."""
    owners = set(_owners(folder))
    seen: dict[str, int] = {}
    for row in rows(folder / "flows.yaml"):
        if not row.source or not row.why:
            yield f"{row.text()}: no source or no why"
        if row.expect not in ("allow", "deny"):
            yield f"{row.text()}: expect is allow or deny"
        yield from _ends(row, owners)
        first = seen.setdefault(row.text().partition(": ")[2], row.number)
        if first != row.number:
            yield f"{row.text()}: stands in row {first} too"


def _ends(row: Row, owners: set[str]) -> Iterator[str]:
    for end in ("from", "to"):
        (word, value), *more = row.query[end].items()
        known_at = (
            end == "to" and word == "fqdn" and [key for key, _ in more] == ["cidr"]
        )  # a name and its address
        if (more and not known_at) or word not in ("pod", "entity", "cidr", "fqdn"):
            yield f"{row.text()}: {end} is one of pod, entity, cidr, fqdn"
        elif word == "entity" and value not in _ENTITIES:
            yield f"{row.text()}: {value} is none of {', '.join(sorted(_ENTITIES))}"
        elif word == "pod" and _plain(value) not in owners:
            yield f"{row.text()}: no workload {value} in input.yaml or runtime.yaml"


def _plain(value: str) -> str:
    """`namespace/name` of an end that names the kind as well, as several workloads may be called alike."""
    namespace, *_, name = value.split("/")
    return f"{namespace}/{name}"


def _owners(folder: Path) -> Iterator[str]:
    """Each pod and each object that holds a pod template, as `namespace/name`."""
    for name in ("input.yaml", "runtime.yaml"):
        path = folder / name
        if path.exists():
            yield from map("/".join, workloads(path.read_text(encoding="utf-8")))
