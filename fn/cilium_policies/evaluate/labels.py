"""The labels of an identity: which labels of a pod, its namespace and its service account Cilium counts."""

from __future__ import annotations

import re

LabelSet = dict[str, tuple[str, str]]  # key: (source, value)

POD_NAMESPACE = "io.kubernetes.pod.namespace"
NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels"
SERVICE_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
CLUSTER = "io.cilium.k8s.policy.cluster"
RESERVED = "reserved"

# v1.20.2:pkg/labelsfilter/filter.go: patterns that match at a key's start; "!" leaves the label out.
_DEFAULT = (
    r"reserved:.*",
    r"io\.kubernetes\.pod\.namespace",
    r"io\.cilium\.k8s\.namespace\.labels",
    r"app\.kubernetes\.io",
    r"io\.cilium\.k8s\.policy\.cluster",
    r"io\.cilium\.k8s\.policy\.serviceaccount",
    r"!io\.kubernetes",
    r"!kubernetes\.io",
    r"!statefulset\.kubernetes\.io/pod-name",
    r"!apps\.kubernetes\.io/pod-index",
    r"!batch\.kubernetes\.io/job-completion-index",
    r"!batch\.kubernetes\.io/controller-uid",
    r"!.*beta\.kubernetes\.io",
    r"!k8s\.io",
    r"!pod-template-generation",
    r"!pod-template-hash",
    r"!controller-revision-hash",
    r"!controller-uid",
    r"!annotation.*",
    r"!etcd_node",
    r"!topology\.kubernetes\.io",
)


class LabelFilter:
    """The agent's identity label filter: its defaults, and the entries of its `labels` setting after them."""

    __slots__ = ("_known", "_patterns", "_whitelist")

    def __init__(self, extra: tuple[str, ...] = ()) -> None:
        """Raises re.error for an entry that is no regular expression."""
        self._patterns = [_pattern(entry) for entry in (*_DEFAULT, *extra) if entry]
        # The defaults include some keys and yet keep the others; an entry of the setting that includes ends that.
        self._whitelist = any(not _pattern(entry)[1] for entry in extra if entry)
        self._known: dict[str, bool] = {}

    def keeps(self, key: str) -> bool:
        """Whether a Kubernetes label with this key is part of the identity."""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._decide(key)
        return known

    def _decide(self, key: str) -> bool:
        included = ignored = 0
        for source, ignore, pattern in self._patterns:
            if source not in ("", "k8s"):
                continue
            found = pattern.match(key)
            if found is None:
                continue
            length = found.end()
            if not ignore:
                included = max(included, length)
            elif ignored == 0 or length < ignored:
                ignored = length
        return (not self._whitelist and ignored == 0) or included > ignored


def _pattern(entry: str) -> tuple[str, bool, re.Pattern[str]]:
    source, colon, text = entry.partition(":")
    if not colon:
        source, text = "", entry
    ignore = text.startswith("!")
    return source, ignore, re.compile(text[1:] if ignore else text)


def pod_labels(
    labels: dict[str, str],
    namespace: str,
    namespace_labels: dict[str, str],
    service_account: str,
    cluster: str,
    keep: LabelFilter,
) -> LabelSet:
    """The identity labels of a pod (v1.20.2:pkg/k8s/utils/utils.go SanitizePodLabels, then the filter)."""
    given = {key: value for key, value in labels.items() if not key.startswith("io.cilium.k8s")}
    for key, value in namespace_labels.items():
        given[f"{NAMESPACE_LABELS}.{key}"] = value
    given[f"{NAMESPACE_LABELS}.kubernetes.io/metadata.name"] = namespace
    given[POD_NAMESPACE] = namespace
    given[SERVICE_ACCOUNT] = service_account or "default"
    given[CLUSTER] = cluster
    return {key: ("k8s", value) for key, value in given.items() if keep.keeps(key)}


def reserved(*names: str) -> LabelSet:
    """The labels of a reserved identity."""
    return dict.fromkeys(names, (RESERVED, ""))
