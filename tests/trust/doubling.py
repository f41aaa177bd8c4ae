"""A cluster twice in one input: every namespace has a double with its own databases, and both sets run side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

SUFFIX = "-two"
SHARED = ("kube-system", "kube-public", "kube-node-lease", "default")
_SCOPED = (
    "ClusterRole",
    "ClusterRoleBinding",
    "IngressClass",
    "GatewayClass",
    "ClusterSecretStore",
    "ClusterIssuer",
)
_CLASSES = ("gatewayClassName", "ingressClassName")
_SPACES = ("namespace", "targetNamespace", "kubernetes.io/metadata.name", "k8s:io.kubernetes.pod.namespace")
_LISTS = ("matchNames", "namespaces", "watchNamespaces", "namespaceSelector")


def doubled(texts: Iterable[str]) -> list[str]:
    """The texts and their doubles; what no namespace holds is doubled by name where it is somebody's own."""
    found = list(texts)
    bodies = [one for text in found for one in yaml.load_all(text, Loader=yaml.CBaseLoader) if one]
    spaces = {_place(one) for one in bodies} - {"", *SHARED}
    twins = [_twin(one, spaces) for one in bodies]
    return [*found, yaml.dump_all([one for one in twins if one], Dumper=yaml.CSafeDumper, sort_keys=False)]


def _place(one: dict[str, Any]) -> str:
    metadata = one.get("metadata") or {}
    return metadata.get("name", "") if one.get("kind") == "Namespace" else metadata.get("namespace", "")


def _twin(one: dict[str, Any], spaces: set[str]) -> dict[str, Any] | None:
    scoped = one.get("kind") in _SCOPED
    if not scoped and _place(one) not in spaces:
        return None
    named = re.compile(
        rf"(?<=[\w-]\.)({'|'.join(sorted(spaces, key=len, reverse=True))})(?=\.svc\b|[:/\s\"',;]|$)"
    )
    copy = _renamed(one, spaces, named)
    if scoped or one.get("kind") == "Namespace":
        copy["metadata"]["name"] = one["metadata"]["name"] + SUFFIX
    if "roleRef" in one and one["roleRef"].get("kind") == "ClusterRole":
        copy["roleRef"]["name"] = one["roleRef"]["name"] + SUFFIX
    return copy


def _renamed(value: Any, spaces: set[str], named: re.Pattern[str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _renamed(member, spaces, named, name) for name, member in value.items()}
    if isinstance(value, list):
        return [_renamed(member, spaces, named, key) for member in value]
    if not isinstance(value, str):
        return value
    if key in _CLASSES or (key in (*_SPACES, *_LISTS) and value in spaces):
        return value + SUFFIX
    return named.sub(rf"\1{SUFFIX}", value)
