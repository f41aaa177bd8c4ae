"""Objects of every kind that the corpus, the examples and the seeds show, each place in them once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.hostile import seeds
from tests.hostile.inputs import _Loader

ROOT = Path(__file__).parents[2]


def objects() -> Iterator[dict[str, Any]]:
    """All of them: of the corpus where it is at hand."""
    corpus = ROOT.parent / "shared" / "corpus"
    files = [*corpus.glob("*/input.yaml"), *(ROOT / "examples").glob("*/*.yaml")]
    texts = [*seeds.documents(), *(path.read_text("utf-8") for path in sorted(files))]
    for text in texts:
        try:
            documents = list(yaml.load_all(text, Loader=_Loader))
        except yaml.YAMLError:
            continue  # a template
        for one in documents:
            yield from _members(one)


def _members(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        for one in body["items"]:
            yield from _members(one)
    elif (
        isinstance(body, dict)
        and isinstance(body.get("kind"), str)
        and isinstance(body.get("metadata"), dict)
    ):
        yield body


def by_place(
    found: Iterable[dict[str, Any]], places: Callable[[dict[str, Any]], Iterable[tuple[str | int, ...]]]
) -> dict[tuple[object, ...], tuple[dict[str, Any], tuple[str | int, ...]]]:
    """The first object that has a place of this shape (kind, and path with all positions alike), and the place."""
    kept: dict[tuple[object, ...], tuple[dict[str, Any], tuple[str | int, ...]]] = {}
    for one in found:
        for path in places(one):
            shape = ("#" if isinstance(step, int) else step for step in path)
            kept.setdefault((one["kind"], *shape), (one, path))
    return kept
