"""The judge of linear time: a busy machine only adds, the square stays the square."""

from __future__ import annotations

import random

import pytest

from tests.hostile.growth import assert_in_proportion

SIZES = (0, 1000, 3000)


def test_noise_that_only_adds_is_no_fault() -> None:
    for seed in range(50):
        draw = random.Random(seed)
        assert_in_proportion(
            lambda size, draw=draw: 0.2 + size / 1000 * (1 if draw.random() < 0.7 else 3), SIZES, 0.5, 5.5
        )


def test_the_square_is_one_with_noise_too() -> None:
    draw = random.Random(1)
    with pytest.raises(AssertionError, match="then 9"):
        assert_in_proportion(lambda size: (size / 1000) ** 2 * (1 + draw.random() / 10), SIZES, 0.5, 5.5)


def test_what_is_over_in_no_time_is_asked_once() -> None:
    asked: list[int] = []
    assert_in_proportion(lambda size: len(asked) * 0.0 + (asked.append(size) or 0.1), SIZES, 0.5, 5.5)
    assert asked == [3000]
