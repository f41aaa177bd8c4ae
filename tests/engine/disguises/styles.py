"""How the same objects are written."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.manifests import Cluster, Document, dump


def written(write: Callable[[list[Document]], list[Document]]) -> Callable[[Cluster], Cluster]:
    return lambda cluster: cluster._replace(
        builds=tuple(tuple(write(list(build))) for build in cluster.builds)
    )


def one_list(build: list[Document]) -> list[Document]:
    items = "".join(
        "- " + "\n  ".join(line for line in one.text.removeprefix("---\n").rstrip("\n").split("\n")) + "\n"
        for one in build
        if isinstance(one.value, dict) and one.value.get("kind") not in ("List",)
    )
    rest = [one for one in build if not isinstance(one.value, dict) or one.value.get("kind") == "List"]
    return [Document(f"apiVersion: v1\nkind: List\nitems:\n{items}", "List"), *rest]


def in_flow_style(build: list[Document]) -> list[Document]:
    return [
        Document(dump(one.value, flow=True), one.kind) if isinstance(one.value, dict) else one
        for one in build
    ]


_BESIDE = (
    "Ingress",
    "HTTPRoute",
    "GRPCRoute",
    "TLSRoute",
    "Gateway",
    "ServiceMonitor",
    "PodMonitor",
    "Probe",
)
_CORE = ("v1", "apps", "batch", "rbac.authorization.k8s.io", "policy", "autoscaling")


def in_several_builds(cluster: Cluster) -> Cluster:
    """The objects of one input in three builds, each of which sees the others in an inventory alone: pods and what they
    mount, what leads to them, and what operators and others read."""
    if len(cluster.builds) > 1:
        return cluster
    found: tuple[list[Document], ...] = ([], [], [])
    for one in cluster.builds[0]:
        group = str(one.value.get("apiVersion")).partition("/")[0] if isinstance(one.value, dict) else ""
        found[1 if one.kind in _BESIDE else 0 if group in _CORE else 2].append(one)
    return cluster._replace(builds=tuple(tuple(one) for one in found if one), separate=True)
