"""The answer: the input's bytes with a few cuts and insertions, and nothing else changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from operator import itemgetter

from cilium_policies.document.finding import Finding, refused
from cilium_policies.document.source import RESOURCE_LIST, STREAM, Source
from cilium_policies.krm.edit import Edit, New, Writer


def pieces(
    source: Source,
    *,
    drop: Set[int] = frozenset(),
    replace: Mapping[int, Writer] | None = None,
    append: Sequence[Writer] = (),
    results: Sequence[Finding] = (),
    drop_ids: bool = False,
) -> Pieces:
    """The answer in slices of the input and inserted texts.

    `drop` and `replace` name items by index; `replace` and `append` hold what writes the policies. A replaced
    policy keeps the tools' annotations of the old one (kpt's path and index). `results` become the ResourceList's
    `results`, a stream has none. `drop_ids`
    leaves out the two id annotations where no item has a path annotation (kustomize).

    Raises RefusedError where policies would have to be appended to a JSON stream.
    """
    new: dict[int, New] = {}
    if replace:
        from cilium_policies.krm.kept import tool_annotations

        new = {index: New(one, tool_annotations(source.items[index])) for index, one in replace.items()}
    edits = _edits(source, drop, new, [New(one) for one in append], results)
    if drop_ids and source.form == RESOURCE_LIST:
        from cilium_policies.krm import ids

        edits += ids.cuts(source, {*drop, *new})
    return Pieces(source.data, edits)


def _edits(
    source: Source, drop: Set[int], new: dict[int, New], append: Sequence[New], results: Sequence[Finding]
) -> list[Edit]:
    """The edits in the terms of the input's form; a run imports that form's module alone."""
    if source.form == STREAM:
        from cilium_policies.krm import stream

        return stream.edits(source, drop, new, append)
    if source.form == RESOURCE_LIST and not source.frame.flow:
        from cilium_policies.krm import block

        return block.edits(source, drop, new, append, results)
    from cilium_policies.krm import flow

    if source.form == RESOURCE_LIST:
        return flow.edits(source, drop, new, append, results)
    if append:
        raise refused(
            "policies cannot be appended to a JSON stream",
            "use --only-policies, or hand in YAML documents separated by ---",
            file=source.file,
        )
    return flow.stream_edits(source, drop, new)


class Pieces:
    """The text that edits make of `data`, in slices: any number of times."""

    __slots__ = ("_data", "_edits")

    def __init__(self, data: bytes, edits: list[Edit]) -> None:
        self._data = data
        self._edits = sorted(edits, key=itemgetter(0, 1))

    def __iter__(self) -> Iterator[memoryview | bytes]:
        view = memoryview(self._data)
        at = 0
        for start, end, text in self._edits:
            if at < start:
                yield view[at:start]
            if text:
                yield text
            at = max(at, end)  # two cuts may share a separator
        if at < len(self._data):
            yield view[at:]
