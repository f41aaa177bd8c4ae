"""What the disguises look at: pods, containers, texts."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from tests.engine.manifests import Path_, Value, walk

WORKLOADS = (
    "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet", "DeploymentConfig",
)  # fmt: skip
# Where words are that name no object
UNMEANT = ("labels", "matchLabels", "selector", "annotations")
# Namespaces that are a platform's
FIXED = re.compile(r"kube-.*|default|flux-system|openshift.*|gmp-.*|gke-.*|cilium-.*|istio-system|\$.*")


def metadata_of(one: Value) -> dict[str, Any]:
    found = one.get("metadata") if isinstance(one, dict) else None
    return found if isinstance(found, dict) else {}


def name_of(one: Value) -> str:
    return str(metadata_of(one).get("name") or "")


def namespace_of(one: Value) -> str:
    return str(metadata_of(one).get("namespace") or "default")


def mapping(value: Value, *path: str) -> dict[str, Any]:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def template(one: Value) -> tuple[str, ...] | None:
    """Where the pod's spec stands; None for what holds no pods."""
    if one.get("kind") not in WORKLOADS or not isinstance(one.get("spec"), dict):
        return None
    if one["kind"] == "Pod":
        return ("spec",)
    if one["kind"] == "CronJob":
        return ("spec", "jobTemplate", "spec", "template", "spec")
    return ("spec", "template", "spec")


def put(value: Value, path: tuple[str, ...], part: Value) -> Value:
    """The value with another part at this path."""
    if not path:
        return part
    return {**value, path[0]: put(value.get(path[0]) or {}, path[1:], part)}


def containers(change: Callable[[Value, Value], Value]) -> Callable[[Value], Value]:
    """Each container of a workload changed; `change` is given the container and the pod's spec."""

    def each(one: Value) -> Value:
        path = template(one)
        spec = mapping(one, *path) if path else {}
        made = dict(spec)
        for key in ("containers", "initContainers"):
            if isinstance(spec.get(key), list):
                made[key] = [change(part, spec) if isinstance(part, dict) else part for part in spec[key]]
        if path and any(
            one is not other
            for key in ("containers", "initContainers")
            for one, other in zip(made.get(key) or (), spec.get(key) or (), strict=True)
        ):
            return put(one, path, made)
        return one

    return each


def texts(change: Callable[[str], str]) -> Callable[[Value], Value]:
    """Each text of an object changed, keys apart; of a Secret those behind base64."""

    def each(one: Value) -> Value:
        secret = one.get("kind") == "Secret"

        def leaf(path: Path_, value: Value) -> Value:
            if not isinstance(value, str):
                return value
            if secret and path[:1] == ("data",):
                try:
                    text = base64.b64decode("".join(value.split()), validate=True).decode()
                except (binascii.Error, UnicodeDecodeError, ValueError):
                    return value
                made = change(text)
                return value if made == text else base64.b64encode(made.encode()).decode()
            made = change(value)
            return value if made == value else made

        return walk(one, leaf)

    return each
