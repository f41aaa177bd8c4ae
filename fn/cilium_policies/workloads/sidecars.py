"""Configuration that a sidecar finds by label and writes where the program reads it: kiwigrid's k8s-sidecar, which the
charts of Grafana, Loki, Jenkins and many others run; and what an injected agent writes by a template (Vault's)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cilium_policies.catalogue.flows import Edge
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.catalogue.model import Component
from cilium_policies.kube.access_rules import EVERYWHERE, Bindings
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, mapping, mappings, strings, text
from cilium_policies.kube.pods import containers, pod_template
from cilium_policies.workloads.model import Text, Workload

_LABEL, _VALUE, _NAMESPACES, _FOLDER = "LABEL", "LABEL_VALUE", "NAMESPACE", "FOLDER"
_SAYS_FOLDER = ("folder=",)  # of a sidecar's variable, in a workload's texts
_HOOKS = ("/backupcommand", ".io/command")  # `k8up.io/backupcommand`, `pre.hook.backup.velero.io/command`
_INJECTED = "/agent-inject-template-"
_OUTSIDE = ("internet", "world", "fqdn", "cidr")


def injected(one: Object, annotations: dict[str, str]) -> Iterator[Text]:
    """Files that an injected agent writes for the program, by the templates in the pods' annotations, and commands that
    a backup runs in the pods: as a shell takes them, or as a list in JSON."""
    for key, value in annotations.items():
        if key.endswith(_HOOKS):
            yield Text("args", "", value.strip(' []"').replace('","', "\n").replace('", "', "\n"))
        _, agent, name = key.partition(_INJECTED)
        if agent:
            yield Text("entry", name, value, one, key)


def untunnelled(workload: Workload, component: Component, catalogue: Catalogue) -> Iterator[Edge]:
    """A component's edges in this pod: beside a VPN's side-car those that lead outside are the tunnel's alone."""
    tunnel = False
    if workload.sidecars and not component.tunnels:
        run = map(catalogue.get, filter(None, (workload.component, *workload.sidecars)))
        tunnel = any(one is not None and one.tunnels for one in run)
    for edge in component.own_edges:
        outward = edge.direction == "egress" and edge.peer.partition(":")[0] in _OUTSIDE
        if not (tunnel and outward):
            yield edge


class Sidecars:
    """The ConfigMaps of one cluster, by their labels; looked through when the first sidecar turns up."""

    def __init__(self, inventory: Inventory, bindings: Callable[[], Bindings]) -> None:
        self._inventory = inventory
        self._bindings = bindings
        self._labelled: dict[str, list[Object]] | None = None

    def of(self, workload: Workload) -> Iterator[Text]:
        """The texts that the sidecars of a rendered workload collect."""
        if not workload.may_say(_SAYS_FOLDER):
            return
        template = pod_template(workload.source) if workload.source is not None else None
        for container in containers(mapping(mapping(template).get("spec"))):
            entries = mappings(container.get("env"))
            if _FOLDER not in [entry.get("name") for entry in entries]:
                continue
            env = {text(entry.get("name")): text(entry.get("value")) for entry in entries}
            if env.get(_LABEL):
                yield from self._texts(env, workload)

    def _texts(self, env: Mapping, workload: Workload) -> Iterator[Text]:
        """What one finds, in other namespaces only what its role lets it read: anybody may set its variables."""
        own, account = workload.namespace, workload.service_account
        spaces = {name.strip() for name in env.get(_NAMESPACES, "").split(",")} - {""} or {own}
        reach = {own} if spaces == {own} else {own, *self._bindings().reach(own, account, "", "configmaps")}
        for one in self._by_label(env[_LABEL]):
            wanted = env.get(_VALUE) or one.labels[env[_LABEL]]
            chosen = one.labels[env[_LABEL]] == wanted and ("ALL" in spaces or one.namespace in spaces)
            if chosen and reach & {EVERYWHERE, one.namespace}:
                for key, value in strings(one.body.get("data")).items():
                    yield Text("entry", key, value, one, key)

    def _by_label(self, label: str) -> list[Object]:
        if self._labelled is None:
            self._labelled = {}
            for one in self._inventory.of("ConfigMap"):
                for key in one.labels:
                    self._labelled.setdefault(key, []).append(one)
        return self._labelled.get(label, [])
