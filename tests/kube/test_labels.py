"""Labels that a policy may rely on."""

import pytest
from cilium_policies.kube.labels import is_identity, stable


@pytest.mark.parametrize(
    "key",
    [
        "app",
        "app.kubernetes.io/name",
        "batch.kubernetes.io/job-name",
        "gateway.networking.k8s.io/gateway-name",
        "k8s-app",
    ],
)
def test_identity_labels(key: str) -> None:
    assert is_identity(key)


@pytest.mark.parametrize(
    "key",
    [
        "pod-template-hash",
        "controller-revision-hash",
        "statefulset.kubernetes.io/pod-name",
        "kubernetes.io/arch",
        "k8s.io/thing",
        "topology.kubernetes.io/zone",
        "beta.kubernetes.io/os",
    ],
)
def test_labels_that_cilium_filters_out(key: str) -> None:
    assert not is_identity(key)


def test_stable_leaves_out_what_a_release_changes() -> None:
    labels = {
        "app": "a",
        "helm.sh/chart": "a-1.2.3",
        "app.kubernetes.io/version": "1.2.3",
        "app.kubernetes.io/managed-by": "Helm",
        "checksum/config": "abc",
        "pod-template-hash": "1234",
    }
    assert stable(labels) == {"app": "a"}
