"""What must hold for every input, however hostile."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from cilium_policies.document import events
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.source import Source
from cilium_policies.document.split import split
from cilium_policies.function import Options, Outcome, run

from tests.hostile.inputs import Case
from tests.hostile.once import one_catalogue

SECONDS = 10
PATIENCE = 120  # seconds of the clock
IDS = ("config.k8s.io/id", "internal.config.kubernetes.io/id")
LINE = re.compile(rb"[\r\n]+")
OWN = b"cilium-policies.fn/component"
Answer = TypeVar("Answer")


class Hang(Exception):
    """The input took too long."""


def limited() -> AbstractContextManager[None]:
    """Raises Hang after SECONDS of CPU: a busy machine is no fault of the input."""
    return _ended(signal.ITIMER_PROF, signal.SIGPROF, SECONDS, f"more than {SECONDS} s of CPU")


def waiting(seconds: int = PATIENCE) -> AbstractContextManager[None]:
    """Raises Hang where a build waits for what never comes."""
    return _ended(signal.ITIMER_REAL, signal.SIGALRM, seconds, f"waited for {seconds} s")


@contextmanager
def _ended(timer: int, sign: int, seconds: int, why: str) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Hang(why)

    before = signal.signal(sign, stop)
    signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(sign, before)


def each(check: Callable[[int], Answer], first: int, chunk: int, count: int) -> dict[int, Answer]:
    """What a check gives for each number of a chunk, none of them `count` or above; which one failed is said."""
    found: dict[int, Answer] = {}
    with one_catalogue():
        for number in range(first, min(first + chunk, count)):
            try:
                found[number] = check(number)
            except Exception as error:
                raise AssertionError(f"input {number}") from error
    return found


def check(case: Case) -> list[bytes]:
    """As `holds`, and in time."""
    with limited():
        return holds(case)


def holds(case: Case) -> list[bytes]:
    """Run the function on a case; the texts of the policies it made. Fails by AssertionError or any other error."""
    config = ("config.yaml", case.config) if case.config is not None else None
    outcome = run([("stdin", case.data)], Options(config, case.overrides))
    out = outcome.stdout
    assert outcome.code in (0, 1)
    assert all(line == " ".join(line.splitlines()) for line in outcome.stderr), outcome.stderr
    assert not [line for line in outcome.stderr if "a bug in this program" in line], outcome.stderr
    if outcome.code == 1:
        assert outcome.stderr
        refused(case.data, out)
        return []
    return passed(case.data, out, outcome)


def refused(data: bytes, out: bytes) -> None:
    """Nothing on a stream; nothing or the whole list, with an error among its results, on a ResourceList."""
    if not out:
        return
    source = split(data)
    assert source.form == "resourcelist"
    assert spans(out)[: len(source.items)] == spans(data)
    frame = split(out).frame
    assert frame.results
    text = out[slice(*frame.results)]
    body: Any = events.build(b"{%s}" % text if frame.flow else text, line=1, file="")
    results = body["results"]
    assert results[0]["severity"] == "error"
    assert results[0]["message"]


def passed(data: bytes, out: bytes, outcome: Outcome) -> list[bytes]:
    """Every item as it came, in order, and the policies after them."""
    assert outcome.stderr
    source = split(data)
    try:
        after = split(out)
    except RefusedError:
        kept_though_not_yaml(source, out)
        return []
    assert after.form == source.form or not source.items
    if OWN not in data:
        if source.form == "stream":
            assert out.startswith(data)
        elif not source.frame.flow and not source.frame.items_flow:
            results = source.frame.results or (0, 0)
            lines = iter(LINE.split(out))
            kept = LINE.split(data[: results[0]] + data[results[1] :])
            assert all(line in lines for line in kept if line.strip() and b"/id: '" not in line)
        before, now = ([strip_ids(span) for span in spans(text)] for text in (data, out))
        assert now[: len(before)] == before
    whole, again = parsed(data), parsed(out)
    if whole is not None:
        assert again is not None, "the answer is no YAML, the input was"
        assert again.get("functionConfig") == whole.get("functionConfig")
        assert others(again)[: len(others(whole))] == others(whole)
    old = set(spans(data))
    made = [item for item in after.items if item.kind.startswith("Cilium") and item.mentions(OWN)]
    return [item.text() for item in made if item.text().strip() not in old]


def kept_though_not_yaml(source: Source, out: bytes) -> None:
    """Text that is not YAML passes in an item that nobody reads. Once the own policies behind it are gone it is the
    last item, which is always read, as a cut-off input shows there: the answer may be refused, but holds every line.
    """
    texts = [item.text() for item in source.items]
    assert not all(map(readable, texts)), "the answer is refused, the input was YAML"
    lines = (line.strip(b" -") for line in LINE.split(out))  # an item's own dash is a blank in its text
    for text in texts:
        if OWN not in text:
            assert all(
                line.strip(b" -") in lines for line in LINE.split(strip_ids(text)) if line.strip(b" -")
            )


def readable(text: bytes) -> bool:
    """Whether libyaml reads an item."""
    try:
        events.build(text, line=1, file="")
    except (RefusedError, UnicodeDecodeError):
        return False
    return True


def spans(data: bytes) -> list[bytes]:
    """The items' own bytes."""
    return [item.text().strip() for item in split(data).items]


def strip_ids(span: bytes) -> bytes:
    """An item without the two id annotations that kustomize does not need back."""
    return b"\n".join(line for line in span.split(b"\n") if b"/id: '" not in line)


def parsed(data: bytes) -> dict[str, Any] | None:
    """The whole ResourceList by libyaml; None for a stream, and for what a full parse refuses."""
    try:
        value = events.build(data.removeprefix(b"\xef\xbb\xbf"), line=1, file="")
    except (RefusedError, UnicodeDecodeError):
        return None
    return value if isinstance(value, dict) and value.get("kind") == "ResourceList" else None


def others(whole: dict[str, Any]) -> list[Any]:
    """The items that are no policies of the program's, less the two ids among their annotations."""
    return [without_ids(one) for one in whole.get("items") or [] if OWN.decode() not in annotations(one)]


def annotations(one: Any) -> dict[str, Any]:
    """The annotations of an item; {} where there are none."""
    metadata = one.get("metadata") if isinstance(one, dict) else None
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def without_ids(one: Any) -> Any:
    """An item less the two ids among its annotations."""
    found = annotations(one)
    if not any(key in found for key in IDS):
        return one
    rest = {key: text for key, text in found.items() if key not in IDS}
    return {**one, "metadata": {**one["metadata"], "annotations": rest}}
