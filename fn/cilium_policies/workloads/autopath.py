"""Whether the cluster's DNS answers a name with a search suffix: CoreDNS' plugin `autopath`.

A pod asks for `api.example.org.media.svc.cluster.local` first, as its search list says. With `autopath @kubernetes`
CoreDNS answers that question with the address of `api.example.org`, so Cilium's DNS proxy never sees the plain name,
and only a rule that has the long one matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cilium_policies.kube.objects import Object, at, mappings, strings
from cilium_policies.workloads.cluster import Cluster

PLUGIN = r"(?m)^[ \t]*(?:autopath|rewrite|name)\s.*$"  # a Corefile's lines, which an inventory keeps


@lru_cache(maxsize=2)
def autopath(cluster: Cluster) -> Object | None:
    """The object that switches it on: a Corefile, wherever it stands, or the values of a release."""
    for one in corefiles(cluster):
        if any(map(_has, strings(one.body.get("data")).values())):
            return one
    for release in cluster.inventory.of("HelmRelease"):
        for server in mappings(at(release.spec, "values", "servers")):
            if any(plugin.get("name") == "autopath" for plugin in mappings(server.get("plugins"))):
                return release
    for workload in cluster.playing("dns"):
        if workload.source is not None and any(_has(one.value) for one in workload.texts):
            return workload.source
    return None


def corefiles(cluster: Cluster) -> Iterator[Object]:
    """ConfigMaps that hold a Corefile, or a part of one: by their names, as reading every ConfigMap would take long;
    k3s reads coredns-custom as well."""
    return (one for one in cluster.inventory.of("ConfigMap") if "coredns" in one.name)


def search_suffix(cluster: Cluster, namespace: str) -> str:
    """What CoreDNS answers names of this namespace's pods with; "" without the plugin."""
    return f"{namespace}.svc.{cluster.settings.domain}" if autopath(cluster) is not None else ""


def _has(text: str) -> bool:
    return "autopath" in text and any(line.split()[:1] == ["autopath"] for line in text.splitlines())
