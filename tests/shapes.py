"""Small clusters out of short forms, as the cases of `generate/silent_cuts/` write them.

`{ns: a}` is a Namespace; `{dep: a/w, …}` a Deployment whose pods carry `app: w` (`labels` replaces that, `kind` makes
it another kind, `annotations` are the pods', `spec` is merged into its own) with one container (`image`, `args`, `env`,
`ports`; `pod` is merged into the pod's spec); `{svc: a/w,
ports: {80: 8080}}` a Service before `app: w`. Whatever has none of these keys stands as it is.
"""

from __future__ import annotations

from typing import Any

import yaml

Shape = dict[str, Any]


def manifests(shapes: list[Shape]) -> list[str]:
    """One YAML document a shape."""
    return [yaml.safe_dump(_object(one), sort_keys=False) for one in shapes]


def _object(shape: Shape) -> Shape:
    kind = next((one for one in ("ns", "dep", "svc") if one in shape), "")
    namespace, _, name = str(shape.get(kind, "")).partition("/")
    if kind == "ns":
        metadata = {"name": namespace, "labels": shape.get("labels", {})}
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    if kind == "dep":
        return _workload(shape, namespace, name)
    return _service(shape, namespace, name) if kind == "svc" else shape


def _workload(shape: Shape, namespace: str, name: str) -> Shape:
    labels = shape.get("labels", {"app": name})
    container = {
        "name": "c",
        "image": shape.get("image", "registry.example.org/x:1"),
        "args": shape.get("args", []),
        "ports": [{"containerPort": port} for port in shape.get("ports", [])],
        "env": [{"name": key, "value": str(value)} for key, value in shape.get("env", {}).items()],
    }
    metadata = {"labels": labels, "annotations": shape.get("annotations", {})}
    template = {"metadata": metadata, "spec": {"containers": [container], **shape.get("pod", {})}}
    return {
        "apiVersion": "apps/v1",
        "kind": shape.get("kind", "Deployment"),
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **shape.get("spec", {})},
    }


def _service(shape: Shape, namespace: str, name: str) -> Shape:
    ports = [
        {"name": f"p{port}", "port": port, "targetPort": target} for port, target in shape["ports"].items()
    ]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"selector": {"app": name}, "ports": ports, **shape.get("spec", {})},
    }
