"""No secret of an address in the place of any text of a repository leaves by what `build` says: of every twentieth
here, of all by `python -m tests.hostile.sown_trees`."""

from __future__ import annotations

import pytest

from tests.hostile.sown_trees import leaks, texts

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("builders")]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(0, len(texts()), 20))
def test_no_secret_of_an_address_leaves(number: int) -> None:
    assert leaks(number) == ""


def test_there_are_texts_of_every_repository() -> None:
    assert {number for number, *_ in texts()} >= {0, 1, 2, 3, 4, 5, 6}
