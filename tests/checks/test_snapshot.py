"""What a policy of the input is known as."""

from __future__ import annotations

import pytest
from cilium_policies.checks.snapshot import known
from cilium_policies.kube.objects import Object


@pytest.mark.parametrize(("value", "refused"), [("${APP}", False), ("a b", True)])
def test_a_flux_variable_may_become_anything_also_below_a_key_with_dots(value: str, refused: bool) -> None:
    selector = {"matchLabels": {"app.kubernetes.io/name": value}}
    body = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {"endpointSelector": selector, "ingress": [{}]},
    }
    found = known(Object(body), version="1.20", typed=None)
    assert bool(found.refusals) is refused
    assert [one.path for one in found.refusals] == (
        ['spec.endpointSelector.matchLabels["app.kubernetes.io/name"]'] if refused else []
    )
