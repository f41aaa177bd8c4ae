"""Flux's expressions, by what bash and the library's own documentation say of them."""

from __future__ import annotations

import pytest
from cilium_policies.builds.envsubst import SubstitutionError, substitute

KNOWN = {"NAME": "radarr", "FILE": "a/b/c.tar.gz", "EMPTY": "", "WORD": "hELLO"}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("no variable, $5 and $(sub)", "no variable, $5 and $(sub)"),
        ("${NAME}", "radarr"),
        ("a ${NAME} b ${NAME} c", "a radarr b radarr c"),
        ("$${NAME} costs $$5", "${NAME} costs $5"),
        ("$$$${NAME}", "$${NAME}"),
        ("$$${NAME}", "$radarr"),
        ("${NAME:=other}", "radarr"),
        ("${NONE:=other}", "other"),
        ("${NONE:-other}", "other"),
        ("${NONE=other}", "other"),
        ("${EMPTY:=other}", "other"),
        ("${EMPTY}", ""),
        ("${NONE:=}", ""),
        ("${NONE:=a-${NAME}-b}", "a-radarr-b"),
        ("${NONE:=${ALSO:=deep}}", "deep"),
        ("${#NAME}", "6"),
        ("${WORD^}", "HELLO"),
        ("${WORD,,}", "hello"),
        ("${NAME^^}", "RADARR"),
        ("${NAME:1}", "adarr"),
        ("${NAME:1:2}", "ad"),
        ("${NAME:-2}", "radarr"),
        ("${NAME:0:99}", "radarr"),
        ("${NAME:" + "9" * 5000 + "}", "radarr"),
        ("${NAME/r/R}", "Radarr"),
        ("${NAME//r/R}", "RadaRR"),
        ("${NAME//r/}", "ada"),
        ("${NAME/#rad/mad}", "madarr"),
        ("${NAME/%rr/ss}", "radass"),
        ("${FILE#*/}", "b/c.tar.gz"),
        ("${FILE##*/}", "c.tar.gz"),
        ("${FILE%.*}", "a/b/c.tar"),
        ("${FILE%%.*}", "a/b/c"),
    ],
)
def test_expressions(text: str, made: str) -> None:
    assert substitute(text, KNOWN) == (made, set())


@pytest.mark.parametrize("text", ["${NONE}", "x-${NONE^^}-y", "${NONE/a/b}", "${#NONE}"])
def test_what_nothing_sets_stays_and_is_named(text: str) -> None:
    assert substitute(text, KNOWN) == (text, {"NONE"})


def test_what_an_encrypted_secret_sets_stays_default_or_not() -> None:
    assert substitute("${NONE} ${NONE:=default}", KNOWN, {"NONE"}) == (
        "${NONE} ${NONE:=default}",
        {"NONE"},
    )


@pytest.mark.parametrize("text", ["${NAME", "${}", "${a.b}", "${NAME-x}", "${ NAME }", "${NONE:=x"])
def test_what_flux_cannot_read_is_refused_with_the_expression(text: str) -> None:
    with pytest.raises(SubstitutionError, match="Flux cannot read the expression"):
        substitute(f"before {text}", KNOWN)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("stringData:\n  pass.word: x${tiger\n", "of pass.word;"),
        ("data:\n  a: |\n    x\n    ${tiger\n", "in line 4 of the object;"),
        ("args:\n- url: ${tiger\n", "of url;"),
    ],
)
def test_what_stands_in_an_expression_is_not_repeated(text: str, place: str) -> None:
    with pytest.raises(SubstitutionError) as caught:
        substitute(text, {})
    assert f"expression {place}" in str(caught.value)
    assert "tiger" not in str(caught.value)
