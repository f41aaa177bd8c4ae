"""Functions of Go's templates in ApplicationSets; results worked out from sprig's and Argo CD's documentation."""

from __future__ import annotations

import pytest
from cilium_policies.builds.expressions import evaluated

PARAMS = {"path.basename": "Media_App-conf", "name": "a", "number": 3}


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ('regexReplaceAll "-conf$" .path.basename ""', "Media_App"),
        ('regexReplaceAll "^(\\\\w+)-(\\\\w+)$" .path.basename "${2}-$1"', "conf-Media_App"),
        ('.path.basename | trimSuffix "-conf" | lower', "media_app"),
        ("normalize .path.basename", "media-app-conf"),
        ('replace "_" "." .path.basename', "Media.App-conf"),
        ('.name | default "b"', "a"),
        ("trunc 5 .path.basename", "Media"),
        ("trunc -4 .path.basename", "conf"),
        ("`raw`", "raw"),
        (".number", 3),
        (".missing | lower", None),
        ("unknown .name", None),
        ("lower .name .name", None),
        ("if .name", None),
        ('regexReplaceAll "(" .name ""', None),
        ('regexReplaceAll "(?=x)" .name ""', None),  # not in Go
        ("(.name)", "a"),
        ("(.name", None),
        (".name)", None),
        ('default "b" .missing', "b"),
        ('dig "number" "0" .', 3),
        ('dig "missing" "x" "0" .', "0"),
        ('dig "name" "x" "0" .', None),  # a text has no fields
        ('printf "%s=%s" "Apply" (dig "missing" "false" . | toString)', "Apply=false"),
        ('printf "%5.2f" .number', None),
        ('ternary "yes" "no" (eq .name "a")', "yes"),
        ('coalesce .missing "" .name', "a"),
        ("lower (dig .missing .name .)", None),
        (".", None),
        ("", None),
    ],
)
def test_an_expression(expression: str, wanted: object) -> None:
    assert evaluated(expression, lambda path: PARAMS.get(path) if path else PARAMS) == wanted


@pytest.mark.parametrize(
    "form",
    [
        "(a+)+$",
        "(?x)(a+) +$",
        "(a+)(?#)+$",
        "(a|a)*$",
        "(a|a)" * 30 + "$",
        "a?" * 30 + "a" * 30,
        ".*" * 20 + "b",
        "a{99999999999999}",
        "(" * 900 + ")" * 900,
        "[a" * 900,
    ],
)
def test_an_expression_that_takes_python_for_ever_is_not_tried(form: str) -> None:
    assert evaluated(f'regexReplaceAll `{form}` .name ""', {"name": "a" * 29 + "!"}.get) is None


def test_a_few_choices_in_a_long_text_are_not_tried() -> None:
    expression = "regexReplaceAll `.*.*.*b` .name `x`"
    assert evaluated(expression, {"name": "a" * 5_000}.get) is None
    assert evaluated(expression, {"name": "a" * 50 + "b"}.get) == "x"
