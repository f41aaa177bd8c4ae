"""Where the config stands, what overrides it, and what it says of the cluster."""

from __future__ import annotations

import pytest
from cilium_policies.config.model import ClusterConfig, Config
from cilium_policies.config.settings import api_ports, config_of, settings
from cilium_policies.document.finding import Refused
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
    with pytest.raises(Refused) as raised:
        config(LIST + text.replace("mode: enforce", "mod: enforce"))
    found = raised.value.finding
    assert (found.file or "stdin", found.line, found.path) == (file, line, "spec.mod")


def test_api_ports_are_said_or_those_of_the_distribution() -> None:
    assert api_ports(Config()) == (443, 6443)
    assert api_ports(Config(cluster=ClusterConfig(distribution="microk8s"))) == (16443,)
    assert api_ports(Config(cluster=ClusterConfig(distribution="talos", api_ports=(7443,)))) == (7443,)


def test_a_distribution_is_told_by_an_object_that_only_it_has() -> None:
    talos = Object({"apiVersion": "x/v1", "kind": "TalosUpgrade", "metadata": {"name": "t"}})
    found = settings(Config(), Inventory([talos]))
    assert (found.distribution, found.api_ports) == ("talos", (6443,))
    said = settings(Config(cluster=ClusterConfig(distribution="eks")), Inventory([talos]))
    assert (said.distribution, said.api_ports) == ("eks", (443,))
