"""ConfigMaps that no pod mounts: a sidecar finds them by label and writes them where the program reads them."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, Object, mapping, mappings, strings, text
from cilium_policies.kube.pods import containers, pod_template
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload

# The environment of kiwigrid's k8s-sidecar, which Grafana's, Loki's and many other charts run.
_LABEL, _VALUE, _NAMESPACES, _FOLDER = "LABEL", "LABEL_VALUE", "NAMESPACE", "FOLDER"


class Collected:
    """ConfigMaps of one cluster by the labels they carry."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._labelled: dict[str, list[Object]] | None = None

    def of(self, workload: Workload) -> tuple[Text, ...]:
        """The texts that the sidecars of a workload collect."""
        template = pod_template(workload.source) if workload.source is not None else None
        found: dict[Text, None] = {}
        for container in containers(mapping(mapping(template).get("spec"))):
            env = {
                text(entry.get("name")): text(entry.get("value")) for entry in mappings(container.get("env"))
            }
            if env.get(_LABEL) and _FOLDER in env:
                found.update(dict.fromkeys(self._texts(env, workload.namespace)))
        return tuple(found)

    def _texts(self, env: Mapping, namespace: str) -> Iterator[Text]:
        spaces = {name.strip() for name in env.get(_NAMESPACES, "").split(",")} - {""} or {namespace}
        for one in self._by_label(env[_LABEL]):
            wanted = env.get(_VALUE) or one.labels[env[_LABEL]]
            if one.labels[env[_LABEL]] == wanted and ("ALL" in spaces or one.namespace in spaces):
                for key, value in strings(one.body.get("data")).items():
                    yield Text(f"{one} {key}", key, value)

    def _by_label(self, label: str) -> list[Object]:
        if self._labelled is None:
            self._labelled = {}
            for one in self._cluster.inventory.of("ConfigMap"):
                for key in one.labels:
                    self._labelled.setdefault(key, []).append(one)
        return self._labelled.get(label, [])
