"""The config of a run: where it stands, what the command line overrides, and what it says of the cluster."""

from __future__ import annotations

from typing import Any

from cilium_policies.document import parse
from cilium_policies.document.source import Source
from cilium_policies.generate.config import Config, read
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import at, mapping, text
from cilium_policies.workloads.cluster import Settings

Overrides = tuple[tuple[str, str], ...]
# Where the API server's pods or processes listen (facts: kube-apiserver); a Service port is of no use to a policy.
_API_PORTS = {
    "talos": (6443,),
    "k3s": (6443,),
    "rke2": (6443,),
    "kubeadm": (6443,),
    "kind": (6443,),
    "microk8s": (16443,),
    "eks": (443,),
    "gke": (443,),
    "aks": (443,),
}
_USUAL_API_PORTS = (443, 6443)


def config_of(sources: list[Source], given: tuple[str, bytes] | None, overrides: Overrides) -> Config:
    """The config in a ResourceList, else the file of the command line, else all defaults.

    Raises Refused where it is none, or says what cannot be meant.
    """
    if given is not None:
        body, lines = parse.load_with_lines(given[1], file=given[0])
        return read(body, lines, file=given[0], overrides=overrides)
    for source in sources:
        item = source.function_config
        if item is not None:
            body, lines = parse.load_with_lines(item.text(), line=item.line, file=source.file)
            return read(body, lines, file=_file(mapping(body), source.file), overrides=overrides)
    return read(None, overrides=overrides)


def _file(body: dict[str, Any], fallback: str) -> str:
    """The user's own file, where kpt says which it is."""
    annotations = mapping(at(body, "metadata", "annotations"))
    for key in ("internal.config.kubernetes.io/path", "config.kubernetes.io/path"):
        if path := text(annotations.get(key)):
            return path
    return fallback


def settings(config: Config, inventory: Inventory) -> Settings:
    """What the layers above need to know of the cluster: said, else derived from the input, else the usual."""
    said = config.cluster
    distribution = said.distribution or _distribution(inventory)
    ports = api_ports(config, distribution)
    return Settings(
        said.domain,
        distribution,
        said.cilium_version,
        ports,
        said.node_cidrs,
        said.fqdn,
        said.probe_rules,
        said.identity_labels,
    )


def api_ports(config: Config, distribution: str = "") -> tuple[int, ...]:
    """Where the API server listens: said, else by the distribution that the config or the caller names."""
    said = config.cluster
    return said.api_ports or _API_PORTS.get(said.distribution or distribution, _USUAL_API_PORTS)


# Objects that only one distribution has; nothing that can be installed anywhere is listed here.
_TELLING = {
    "TalosUpgrade": "talos",
    "HelmChartConfig": "k3s",
}


def _distribution(inventory: Inventory) -> str:
    return next((name for kind, name in _TELLING.items() if inventory.of(kind)), "")
