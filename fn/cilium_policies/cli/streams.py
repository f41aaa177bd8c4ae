"""What goes out: bytes on stdout, lines on stderr, an exit code, and never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.document.finding import RefusedError, line_of
from cilium_policies.document.visible import visible

NAME = "cilium-policies"
DEBUG = "CILIUM_POLICIES_DEBUG"
_PORTION = 1 << 16  # bytes
_LONGEST = 4096  # characters of a word in a line: the longest path


def guarded(call: Callable[[], int]) -> int:
    """Runs a command; what it raises becomes one line on stderr and exit code 1."""
    try:
        return call()
    except RefusedError as refused:
        return fail(line_of(refused.finding), 1)
    except (Exception, RecursionError) as error:
        if os.environ.get(DEBUG):
            raise
        return fail(f"{_told(error)}", 1)


def fail(message: str, code: int) -> int:
    """Says why on stderr and returns the code."""
    say([f"{NAME}: {message}"])
    return code


def say(lines: Iterable[str]) -> None:
    """Lines on stderr; a closed stderr is no reason to fail."""
    text = visible("".join(f"{_readable(line)}\n" for line in lines))
    if not text:
        return
    try:
        stream = getattr(sys.stderr, "buffer", None)
        if stream is None:
            sys.stderr.write(text)
        else:
            sys.stderr.flush()
            stream.write(text.encode("utf-8", "backslashreplace"))
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass


def _readable(line: str) -> str:
    """A line whose words are cut that nobody would read to their end, as a name of seventy thousand letters is."""
    if len(line) <= _LONGEST:
        return line
    words = (f"{word[:100]}…" if len(word) > _LONGEST else word for word in line.split(" "))
    return " ".join(words)


def put(data: bytes) -> None:
    """Bytes on stdout, all of them. Raises OSError where they cannot be written."""
    put_pieces([data])


def put_text(text: str) -> None:
    """An answer for people on stdout: names in it come from the input, and none of them steers the terminal."""
    put(visible(text).encode("utf-8", "backslashreplace"))


def put_pieces(pieces: Iterable[bytes | memoryview]) -> None:
    """The same for a text in pieces, all of them ready."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "stdout is closed")
    try:
        sys.stdout.flush()
        for portion in _portions(pieces):
            sys.stdout.buffer.write(portion)
        sys.stdout.buffer.flush()
    except OSError:
        # What failed stays buffered, and the interpreter would fail once more with it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise


def _portions(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """The text in larger pieces: two or three objects fill stdout's buffer, and system calls cost more than a copy."""
    gathered: list[bytes | memoryview] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size <= _PORTION:
            gathered.append(piece)
            continue
        yield b"".join(gathered)
        gathered, size = [], 0
        yield piece  # never copied: all new policies may be one
    yield b"".join(gathered)


def verbose(asked: bool) -> bool:
    """Whether each warning is a line: asked for, or a person is looking."""
    return asked or (sys.stderr is not None and sys.stderr.isatty())


def _told(error: BaseException) -> str:
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{(error.strerror or str(error)).lower()}"
    if isinstance(error, MemoryError):
        return "out of memory"
    place = ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    # Without its words, which may be a value of the input's: that of a KeyError is the key.
    return f"internal error in {place}: {type(error).__name__}; please report it ({DEBUG}=1 shows more)"
