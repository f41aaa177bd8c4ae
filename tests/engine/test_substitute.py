"""`${…}` as Flux fills it."""

from __future__ import annotations

import pytest

from tests.engine.substitute import substitute


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("a ${NAME} b", "a known b"),
        ("${OTHER_ONE}", "other-one"),
        ("${OTHER:=5Gi}", "5Gi"),
        ("${NAME:=5Gi}", "known"),
        ("${EMPTY:=5Gi}-${EMPTY=6Gi}", "5Gi-"),
        ("${OTHER:-${NAME}}-x", "known-x"),
        ("${OTHER:-${ANOTHER}}", "another"),
        ("${DOTTED/./-}", "a-b.c"),
        ("${DOTTED//./-}", "a-b-c"),
        ("echo $${NAME} $NAME", "echo ${NAME} $NAME"),
        ("${1} ${", "${1} ${"),
        ("open ${NAME\nnext ${NAME}", "open ${NAME\nnext known"),
        ("{a: ${NAME}}", "{a: known}"),
    ],
)
def test_substitute(text: str, filled: str) -> None:
    assert substitute(text, {"NAME": "known", "EMPTY": "", "DOTTED": "a.b.c"}) == filled


def test_a_stand_in_is_a_valid_label() -> None:
    assert substitute("${KOPIUR_MOVER_UID}") == "kopiur-mover-uid"
