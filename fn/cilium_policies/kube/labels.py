"""Which pod labels a policy may select by: those that are part of Cilium's identity and do not change."""

from __future__ import annotations

# Cilium leaves these out of identities: a selector on them matches nothing
# (cilium/cilium@v1.20.2:pkg/labelsfilter/filter.go).
_NO_IDENTITY_PREFIXES = (
    "io.kubernetes",
    "kubernetes.io",
    "k8s.io",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "topology.kubernetes.io",
    "pod-template-generation",
    "pod-template-hash",
    "controller-revision-hash",
    "controller-uid",
    "annotation",
    "etcd_node",
)
# These are identity labels, but change with a release, a revision or a run.
_VOLATILE = {
    "helm.sh/chart",
    "chart",
    "heritage",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "helm.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/namespace",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "job-name",
    "version",
    "release-revision",
}

NAMESPACE = "io.kubernetes.pod.namespace"
NAMESPACE_NAME = "kubernetes.io/metadata.name"  # which the API server writes on each Namespace
SERVICE_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
INSTANCE = "app.kubernetes.io/instance"
RELEASE_NAME = "meta.helm.sh/release-name"  # an annotation that Helm writes on every object it installs
JOB_NAME = "batch.kubernetes.io/job-name"
ANY = "*"  # the value of a label that a program or a controller sets anew on each of its pods


def unprefixed(key: str) -> str:
    """A selector's key without the source that it may name: policies write `k8s:app` or `any:app` for the label app."""
    return key[4:] if key.startswith(("k8s:", "any:")) else key


def is_identity(key: str) -> bool:
    """Whether Cilium's default label filter keeps this pod label in the identity."""
    if key.startswith("io.kubernetes.pod.namespace"):
        return True
    return not key.startswith(_NO_IDENTITY_PREFIXES) and "beta.kubernetes.io" not in key


def stable(labels: dict[str, str]) -> dict[str, str]:
    """The labels of a pod template that a policy can rely on from one release to the next."""
    return {
        key: value
        for key, value in labels.items()
        if key not in _VOLATILE
        and is_identity(key)
        and not key.startswith(("checksum/", "kustomize.toolkit."))
    }
