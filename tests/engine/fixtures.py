"""pytest fixtures for tests that ask the judge or read the corpus; tests/conftest.py imports them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.build import NoGoError
from tests.engine.crds import crd_directories
from tests.engine.judge import Judge
from tests.tools import ROOT, absent

_NO_CORPUS = "no corpus: set CILIUM_POLICIES_CORPUS to its folder"


def corpus_directory() -> Path | None:
    """`$CILIUM_POLICIES_CORPUS`, or `../shared/corpus` beside the checkout; None when there is neither."""
    given = os.environ.get("CILIUM_POLICIES_CORPUS")
    found = Path(given) if given else ROOT.parent / "shared" / "corpus"
    return found if found.is_dir() else None


def asked_corpus(given: Path | None = None) -> Path | None:
    """The folder that a command line gives, else the usual one; None, and a line that says how to name one, when there
    is neither."""
    found = given or corpus_directory()
    if found is None:
        print(_NO_CORPUS, file=sys.stderr)
    return found


def engine_cases_directory() -> Path:
    """`$CILIUM_POLICIES_ENGINE_CASES`, or `../shared/engine-cases` beside the checkout, there or not."""
    return Path(os.environ.get("CILIUM_POLICIES_ENGINE_CASES") or ROOT.parent / "shared" / "engine-cases")


def required_corpus() -> Path:
    """The folder of real clusters; without it the test skips with a line, or fails in CI."""
    found = corpus_directory()
    if found is None:
        absent(_NO_CORPUS)
        raise FileNotFoundError
    return found


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """Cilium's policy engine, built on first use; skips without Go."""
    try:
        running = Judge()
    except NoGoError as error:
        absent(str(error))
        raise
    with running:
        yield running


@pytest.fixture(scope="session")
def crds() -> dict[str, Path]:
    """The policy CRDs of each supported Cilium minor: version to folder; skips without Go."""
    try:
        return crd_directories()
    except NoGoError as error:
        absent(str(error))
        raise


@pytest.fixture(scope="session")
def corpus() -> Path:
    """See `required_corpus`."""
    return required_corpus()
