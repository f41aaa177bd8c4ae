"""Three times the text takes three times the CPU, whatever it is full of and wherever it stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.hostile.growth import assert_in_proportion
from tests.hostile.sizes import COMMANDS, seconds

PIECES = ["a:1 ", "http://a:1/b@ ", "https://", "a.svc ", "a=b ", "host: a\n", "- http://a\n", "a.", "{{", "$(", "[",
          "${a}", "--a=b:1\n", "port: 1\nhost: b\n", ",a:1", "//@", "host=a port=1 ", '"a":"b",',
          "a", " ", "\n", "\n ", "${", "smtp", "smtp_host\n", "s3 ", "[a]\n", "=", "http://",
          "{{ .Values.a }} ", "http://a:1 b@", "a:1|x@", 'a: "b:1"\n']  # fmt: skip
SIZES = (1, 60_000, 180_000)  # signs


def run(command: list[str], piece: str) -> Callable[[int], float]:
    """CPU by the number of signs of a text that is full of the piece."""
    return lambda size: seconds(command, piece * (size // len(piece)) or "x")


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_three_times_the_text_takes_three_times_the_time(piece: str) -> None:
    assert_in_proportion(run(["--only-policies"], piece), SIZES, no_time=0.5, factor=5.5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "piece"),
    [
        *(
            (name, piece)
            for name in COMMANDS
            if name != "function"
            for piece in ("http://a:1/b@ ", "smtp_host\n")
        ),
        ("inventory", "host: a\n"),
    ],
)
def test_each_question_takes_time_in_proportion(name: str, piece: str) -> None:
    assert_in_proportion(run(COMMANDS[name], piece), SIZES, no_time=0.7, factor=5.5)
