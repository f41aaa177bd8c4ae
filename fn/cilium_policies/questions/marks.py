"""What a careful reader of a connection looks at first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.evidence.edge import Edge, workload_of
from cilium_policies.generate.foreign import word_of


def shared_texts(edges: Iterable[Edge]) -> set[int]:
    """The ConfigMaps and Secrets (their identity) that several workloads read: an address there is evidence that one of
    them calls it, and weak evidence that this one does."""
    readers: dict[int, set[int]] = {}
    for edge in edges:
        text = edge.evidence.text
        if edge.origin == "address" and text is not None and text.kind == "entry" and text.source is not None:
            readers.setdefault(id(text.source), set()).add(id(edge.client))
    return {one for one, found in readers.items() if len(found) > 1}


def marks(edges: Iterable[Edge], shared: set[int]) -> tuple[str, ...]:
    """What a careful reader looks at first: needs on another namespace's word, or an image's name alone."""
    return tuple(dict.fromkeys([mark for edge in edges for mark in _marks_of(edge, shared)]))


def _marks_of(edge: Edge, shared: set[int]) -> Iterator[str]:
    evidence = edge.evidence
    text = evidence.text
    if text is not None and id(text.source) in shared:
        yield "from configuration that several workloads share"
    if edge.foreign and edge.origin == "monitor" and edge.source.kind == "labels":
        yield "on labels that pods of another namespace bear"  # the usual scrapers', where the input shows none
    elif edge.foreign:
        yield f"on the word of namespace {word_of(edge)}"
    for peer in (edge.source, edge.target) if evidence.component else ():
        workload = workload_of(peer)
        if workload is not None and workload.component and not workload.by_label:
            yield "known by image"
