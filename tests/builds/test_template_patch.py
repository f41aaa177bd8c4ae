"""Selectors of generators, by Argo CD's documentation; patches are built in tests/e2e/test_build_argo_sets.py."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.builds.template_patch import selected

PARAMS = {"enabled": True, "env": "prod", "labels": {"tier": "web"}}


@pytest.mark.parametrize(
    ("selector", "kept"),
    [
        ({}, True),
        ({"matchLabels": {"env": "prod", "enabled": "true"}}, True),
        ({"matchLabels": {"env": "dev"}}, False),
        ({"matchLabels": {"labels.tier": "web"}}, True),
        ({"matchExpressions": [{"key": "env", "operator": "In", "values": ["dev", "prod"]}]}, True),
        ({"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["prod"]}]}, False),
        ({"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["prod"]}]}, True),
        ({"matchExpressions": [{"key": "none", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "none", "operator": "DoesNotExist"}]}, True),
    ],
)
def test_a_selector(selector: dict[str, Any], kept: bool) -> None:
    assert selected({"list": {}, "selector": selector}, PARAMS) is kept
