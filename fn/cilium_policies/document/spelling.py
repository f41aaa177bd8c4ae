"""The known words that a wrong one may have been meant as: the one place for every "did you mean"."""

from __future__ import annotations

from collections.abc import Iterable

_CLOSE = 0.6  # difflib's usual ratio


def near(wrong: str, known: Iterable[str], most: int = 1, *, ratio: float = _CLOSE) -> list[str]:
    """The nearest known words, the best first, whatever their capitals; [] where none is close."""
    import difflib  # only an error pays for it

    folded = {word.casefold(): word for word in known}
    return [folded[one] for one in difflib.get_close_matches(wrong.casefold(), list(folded), most, ratio)]


def meant(words: list[str]) -> str:
    """The question for words that `near` found; "" for none."""
    return f"did you mean {' or '.join(words)}?" if words else ""
