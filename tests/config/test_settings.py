"""Where the config stands, what overrides it, and what it says of the cluster."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.config.model import ClusterConfig, Config
from cilium_policies.config.settings import Settings, config_of, settings
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.split import split
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Object

LIST = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n"
OWN = """functionConfig:
  apiVersion: cilium-policies.fn/v1alpha1
  kind: CiliumPolicies
  metadata:
    name: x
  spec:
    mode: enforce
"""
AS_KPT_SENDS_IT = OWN.replace(
    "    name: x\n",
    "    name: x\n    annotations:\n      config.kubernetes.io/path: 'fn/config.yaml'\n"
    "      internal.config.kubernetes.io/path: 'fn/config.yaml'\n",
)
MAP = "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {mode: enforce}}\n"


def config(text: str, given: bytes | None = None, *overrides: tuple[str, str]) -> Config:
    return config_of([split(text.encode())], ("given.yaml", given) if given else None, overrides)


@pytest.mark.parametrize("text", ["", "functionConfig: {}\n", "functionConfig:\n"])
def test_no_config_is_all_defaults(text: str) -> None:
    assert config(LIST + text) == Config()


@pytest.mark.parametrize("text", [OWN, MAP], ids=["own kind", "ConfigMap"])
def test_the_config_of_a_resource_list(text: str) -> None:
    assert config(LIST + text).mode == "enforce"


def test_a_file_of_the_command_line_comes_before_it_and_set_before_both() -> None:
    file = b"apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nspec: {mode: audit}\n"
    assert config(LIST + OWN, file).mode == "audit"
    assert config(LIST + OWN, file, ("mode", "enforce")).mode == "enforce"


@pytest.mark.parametrize(
    ("text", "file", "line"), [(OWN, "stdin", 10), (AS_KPT_SENDS_IT, "fn/config.yaml", 6)]
)
def test_an_error_names_the_users_own_file_and_line(text: str, file: str, line: int) -> None:
    with pytest.raises(RefusedError) as raised:
        config(LIST + text.replace("mode: enforce", "mod: enforce"))
    found = raised.value.finding
    assert (found.file or "stdin", found.line, found.path) == (file, line, "spec.mod")


def told(*objects: dict[str, Any], **cluster: Any) -> Settings:
    """Settings of a config and an input."""
    inventory = Inventory([Object({"apiVersion": "v1", **one}) for one in objects])
    return settings(Config(cluster=ClusterConfig(**cluster)), inventory, load())


def test_api_ports_are_said_or_those_of_the_distribution() -> None:
    assert told().api_ports == (443, 6443)
    assert told(distribution="microk8s").api_ports == (16443,)
    assert told(distribution="talos", api_ports=(7443,)).api_ports == (7443,)


TALOS = {"apiVersion": "x/v1", "kind": "TalosUpgrade", "metadata": {"name": "t"}}


def chart_config(name: str) -> dict[str, Any]:
    return {"apiVersion": "helm.cattle.io/v1", "kind": "HelmChartConfig", "metadata": {"name": name}}


def account(key: str) -> dict[str, Any]:
    return {"kind": "ServiceAccount", "metadata": {"name": "a", "namespace": "b", "annotations": {key: "x"}}}


def node_selector(key: str) -> dict[str, Any]:
    template = {"spec": {"nodeSelector": {key: "x"}}}
    return {"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": template}}


@pytest.mark.parametrize(
    ("one", "name", "ports"),
    [
        (TALOS, "talos", (6443,)),
        (chart_config("traefik"), "k3s", (6443,)),
        (chart_config("rke2-cilium"), "rke2", (6443,)),
        (
            {"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": {"name": "a"}},
            "openshift",
            (6443,),
        ),
        (
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "provisioner": "ebs.csi.eks.amazonaws.com",
            },
            "eks",
            (443,),
        ),
        # the same annotations and labels can stand on clusters that are made otherwise: the ports stay the usual
        (account("eks.amazonaws.com/role-arn"), "eks", (443, 6443)),
        (account("iam.gke.io/gcp-service-account"), "gke", (443, 6443)),
        (node_selector("cloud.google.com/gke-nodepool"), "gke", (443, 6443)),
        (node_selector("kubernetes.azure.com/mode"), "aks", (443, 6443)),
        (account("example.com/role"), "", (443, 6443)),
        (
            {"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "eks.amazonaws.com/role-arn"}},
            "",
            (443, 6443),
        ),
    ],
)
def test_a_distribution_is_told_by_what_only_it_has(
    one: dict[str, Any], name: str, ports: tuple[int, ...]
) -> None:
    found = told(one)
    assert (found.distribution, found.api_ports) == (name, ports)
    assert found.common_api_ports == (443, 6443)  # allow-dns-server is the same in builds without that object


def test_of_two_distributions_none_is_taken() -> None:
    assert told(TALOS, chart_config("rke2-cilium")).distribution == ""


def placed(one: dict[str, Any], namespace: str) -> dict[str, Any]:
    return {**one, "metadata": {"name": "a", **one.get("metadata", {}), "namespace": namespace}}


ROUTE = {"apiVersion": "route.openshift.io/v1", "kind": "Route"}
PLAIN = {"apiVersion": "v1", "kind": "ConfigMap"}


def test_what_one_namespace_alone_tells_takes_nothing_from_the_others() -> None:
    """Anybody may write such an object in his own: the usual ports and the usual DNS stay beside what it tells."""
    found = told(placed(ROUTE, "evil"), placed(PLAIN, "shop"))
    assert (found.distribution, found.api_ports) == ("openshift", (443, 6443))
    assert (found.platform.dns_namespace, found.perhaps.dns_namespace) == ("", "openshift-dns")
    for more in (
        placed(ROUTE, "shop"),
        placed(ROUTE, "openshift-monitoring"),
    ):  # another's word, the platform's
        sure = told(placed(ROUTE, "evil"), more, placed(PLAIN, "shop"))
        assert (sure.platform.dns_namespace, sure.perhaps.name) == ("openshift-dns", "")
    alone = told(placed(ROUTE, "shop"), placed(PLAIN, "shop"))  # a build of one namespace
    assert (alone.platform.dns_namespace, alone.perhaps.name) == ("openshift-dns", "")
    two = told(placed(ROUTE, "evil"), placed(PLAIN, "shop"), TALOS)  # the other is the platform's word
    assert (two.distribution, two.perhaps.name) == ("talos", "")


def test_what_the_config_says_comes_first() -> None:
    said = told(TALOS, distribution="eks")
    assert (said.distribution, said.api_ports, said.common_api_ports) == ("eks", (443,), (443,))


def test_an_unknown_distribution_is_an_error_with_the_nearest() -> None:
    text = LIST + OWN.replace("mode: enforce", "cluster: {distribution: opneshift}")
    with pytest.raises(RefusedError) as raised:
        config(text)
    found = raised.value.finding
    assert found.message.endswith("'opneshift' is not a known distribution")
    assert found.cure.startswith("did you mean openshift? write one of ")
    assert (found.line, found.path) == (10, "spec.cluster.distribution")
