"""Expressions drawn at random, read as Flux's own library reads them."""

from __future__ import annotations

import random

import pytest
from cilium_policies.builds.envsubst import SubstitutionError, substitute

from tests.tools import environment, run

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flux")]

KNOWN = {"A": "alpha/beta.gamma", "B": "", "C": "x y", "LONG": "aaabbbaaa"}
ARGUMENTS = ["a", "b", "/", "*", "a*", "*a", "x", "", "$$", "\\/", "1", "${A}", "${NONE:=d}", ".", "?", "p q"]
OPERATORS = [":=", ":-", "=", ":?", ":+", "#", "##", "%", "%%", "-"]
BROKEN = ["${A", "${}", "$${A}", "$A", "$$$${A}", "$$$", "}", "$"]


def expression(draw: random.Random) -> str:
    name, kind = draw.choice([*KNOWN, "NONE"]), draw.randrange(6)
    if kind == 0:
        return f"${{{name}{draw.choice(['', '^', '^^', ',', ',,'])}}}"
    if kind == 1:
        return f"${{{name}:{draw.choice(['0', '1', '-2', '9', 'x'])}{draw.choice(['', ':2', ':99', ':x'])}}}"
    if kind == 2:
        second = draw.choice(["", f"/{draw.choice(ARGUMENTS)}"])
        return f"${{{name}{draw.choice(['/', '//', '/#', '/%'])}{draw.choice(ARGUMENTS)}{second}}}"
    if kind == 3:
        return draw.choice([f"${{#{name}}}", *BROKEN])
    return f"${{{name}{draw.choice(OPERATORS)}{draw.choice(ARGUMENTS)}}}"


@pytest.mark.parametrize("seed", range(40))
def test_expressions_mean_what_they_mean_to_flux(seed: int) -> None:
    draw = random.Random(seed)
    line = "".join(draw.choice(["text ", expression(draw)]) for _ in range(3))
    clean = {key: value for key, value in environment().items() if key not in (*KNOWN, "NONE")}
    done = run(["flux", "envsubst"], stdin=f"{line}\n", env={**clean, **KNOWN})
    try:
        made, left = substitute(line, KNOWN)
    except SubstitutionError:
        assert done.returncode != 0, line
        return
    if left:
        assert left == {"NONE"}, line
    else:
        assert (done.returncode, done.stdout) == (0, f"{made}\n"), line
