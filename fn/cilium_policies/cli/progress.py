"""A line on a terminal that says what takes so long, and is gone afterwards; nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from types import TracebackType

PATIENCE = 0.7  # seconds before the first word
PAUSE = 0.2  # … and between two words


class Progress:
    """`with Progress() as told: told("reading 3 of 120 files")`. Calls cost next to nothing."""

    def __init__(self) -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._wrote = False

    def __enter__(self) -> Progress:
        return self

    def __call__(self, words: str, done: int = 0, of: int = 0) -> None:
        """Says `words`, with a bar where `of` is known."""
        now = time.monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + PAUSE
        self._wrote = True
        bar = ""
        if of:
            filled = 20 * done // of
            bar = f"[{'#' * filled}{'.' * (20 - filled)}] "
        sys.stderr.write(f"\r\x1b[K{bar}{words}")
        sys.stderr.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wrote:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
