"""Manifests out of short forms, for tests that need a cluster in a few lines of YAML.

`{ns: a}` is a Namespace; `{dep: a/w, …}` a Deployment whose pods carry `app: w` (`labels` replaces that, `kind` makes
it another kind) with one container (`image`, `args`, `env`, `ports`; `pod` is merged into the pod's spec);
`{svc: a/w, ports: {80: 8080}}` a Service before `app: w`. Any other mapping is a manifest already.
"""

from __future__ import annotations

from typing import Any

import yaml


def manifests(text: str) -> bytes:
    """The YAML stream of a list in short form."""
    return "".join(
        "---\n" + yaml.safe_dump(_full(one), sort_keys=False) for one in yaml.safe_load(text)
    ).encode()


def _full(one: dict[str, Any]) -> dict[str, Any]:
    kind = next((kind for kind in ("ns", "dep", "svc") if kind in one), "")
    if not kind:
        return one
    namespace, _, name = one[kind].partition("/")
    if kind == "ns":
        metadata = {"name": namespace, "labels": one.get("labels", {})}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    return _workload(one, namespace, name) if kind == "dep" else _service(one, namespace, name)


def _workload(one: dict[str, Any], namespace: str, name: str) -> dict[str, Any]:
    labels = one.get("labels", {"app": name})
    container = {
        "name": "c",
        "image": one.get("image", "example.org/x:1"),
        "args": one.get("args", []),
        "ports": [{"containerPort": port} for port in one.get("ports", [])],
        "env": [{"name": key, "value": value} for key, value in one.get("env", {}).items()],
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], **one.get("pod", {})}}
    return {
        "apiVersion": "apps/v1",
        "kind": one.get("kind", "Deployment"),
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def _service(one: dict[str, Any], namespace: str, name: str) -> dict[str, Any]:
    ports = [
        {"name": f"p{port}", "port": port, "targetPort": target}
        for port, target in one.get("ports", {}).items()
    ]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"selector": {"app": name}, "ports": ports, **one.get("spec", {})},
    }
