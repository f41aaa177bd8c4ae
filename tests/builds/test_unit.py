"""What of a Flux Kustomization goes to kustomize."""

from __future__ import annotations

from cilium_policies.builds.unit import Unit, handed
from cilium_policies.kube.objects import Object


def test_a_first_kustomization_hands_over_what_it_says() -> None:
    """No build has printed it, so its text is not there to be read; a rocket is no letter of the first 65536."""
    spec = {"path": "./apps", "patches": [{"patch": "# \N{ROCKET}\nkind: Deployment"}]}
    assert handed(Unit(Object({"kind": "Kustomization", "spec": spec}))) == spec
