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
        ("(.name)", None),
        ("", None),
    ],
)
def test_an_expression(expression: str, wanted: object) -> None:
    assert evaluated(expression, PARAMS.get) == wanted
