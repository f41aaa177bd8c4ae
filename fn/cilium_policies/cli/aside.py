"""Work that goes on in a process beside this one, for answers that take long enough to be noticed."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from mmap import ACCESS_READ, mmap

from cilium_policies.lean import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from typing import IO

T = TypeVar("T")
# Yields answers; what it is given waits for the next thing that it is told.
Work = Callable[[Callable[[], Any]], Iterator[Any]]


def aside(make: Callable[[], T]) -> Callable[[], T]:
    """Begins `make` in a copy of this process; what comes back waits for its value, and is to be called once. The same
    holds as for the answers of `InTurn`."""

    def work(_: Callable[[], Any]) -> Iterator[T]:
        yield make()

    turns = InTurn(work)

    def value() -> T:
        answer: T = turns.next()
        turns.end()
        return answer

    return value


class InTurn:
    """The answers of `work` one after another (text, numbers, tuples, lists and dicts of such), from a copy of this
    process that begins at once and waits for nothing but what it asks to be told.

    Where there is no second core, no copy or no place for what it makes, an answer is worked out when it is asked for;
    so it is, for what that raises, where the copy failed. `work` must write nothing.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._told: list[Any] = []
        self._had = 0
        self._here: Iterator[Any] | None = None
        self._copy = _begun(work) if is_worthwhile() else None

    def tell(self, value: Any) -> None:
        """Says what the work asks for, before the answer that needs it is asked for."""
        self._told.append(value)
        if self._copy is not None:
            self._copy.told.put(value)

    def next(self) -> Any:
        """The next answer."""
        if self._copy is not None:
            try:
                answer = self._copy.answers.take()
            except EOFError:
                self.end()
            else:
                self._had += 1
                return answer
        if self._here is None:
            told = iter(self._told)  # of a list: it goes on with what is told later
            self._here = self._work(lambda: next(told))
            for _ in range(self._had):
                next(self._here)
        return next(self._here)

    def end(self) -> None:
        """Waits for the end of the copy: it has no more to say."""
        if self._copy is not None:
            self._copy.answers.close()
            self._copy.told.close()
            os.waitpid(self._copy.process, 0)
            self._copy = None


class _Channel:
    """From one process to another. What is said lies in a file of no name, and a pipe says how much that is: a pipe
    alone holds so little that who speaks would wait for who listens."""

    def __init__(self) -> None:
        self._file = _shared()
        try:
            self._ears, self._mouth = os.pipe()
        except OSError:
            self._file.close()
            raise
        self._at = 0

    def put(self, value: Any) -> None:
        said = marshal.dumps(value)
        self._file.write(said)
        self._file.flush()
        os.write(self._mouth, len(said).to_bytes(8, "little"))

    def take(self) -> Any:
        """Raises EOFError where nobody is there who could say something."""
        size = os.read(self._ears, 8)
        if not size:
            raise EOFError
        begin, self._at = self._at, self._at + int.from_bytes(size, "little")
        # megabytes, which to read would copy once more
        with (
            mmap(self._file.fileno(), 0, access=ACCESS_READ) as everything,
            memoryview(everything) as text,
            text[begin : self._at] as said,
        ):
            return marshal.loads(said)

    def listen(self) -> None:
        """This process does not speak here, and hears when who does has ended."""
        os.close(self._mouth)
        self._mouth = -1

    def close(self) -> None:
        self._file.close()
        for end in (self._ears, self._mouth):
            with suppress(OSError):
                os.close(end)


class _Copy(NamedTuple):
    process: int
    answers: _Channel
    told: _Channel


def _begun(work: Work) -> _Copy | None:
    channels: list[_Channel] = []
    try:
        channels += (_Channel(), _Channel())
        child = os.fork()
    except OSError:
        for one in channels:
            one.close()
        return None
    answers, told = channels
    if not child:
        told.listen()
        _live(work, answers, told)
    answers.listen()  # `told` keeps its ears here as well: what nobody hears would end this process
    return _Copy(child, answers, told)


def _shared() -> IO[bytes]:
    """A file of no name."""
    if hasattr(os, "memfd_create"):
        with suppress(OSError):
            return open(os.memfd_create("aside"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def is_worthwhile() -> bool:
    """Whether another process could work at the same time."""
    return _cores() > 1


def _cores() -> int:
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _live(work: Work, answers: _Channel, told: _Channel) -> None:
    """The copy's whole life: it ends without what an end of the program would flush or clean up."""
    try:
        for one in work(told.take):
            answers.put(one)
        os._exit(0)
    finally:
        os._exit(1)
