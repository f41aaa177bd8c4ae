"""What a user reads of a mistake: in the words that the user wrote."""

from __future__ import annotations

import pytest

from ..support import deployment, namespace, stream
from .within import within

INPUT = stream(namespace("shop"), deployment("shop/web"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "mode=off"), "cilium-policies: --set mode=off: unknown value 'off'"),
        (("-n", "Bad_Name"), "cilium-policies: -n Bad_Name: 'Bad_Name' does not have the form"),
        (("--set", "namespaces.default=Bad_Name"), "cilium-policies: --set namespaces.default=Bad_Name: "),
    ],
)
def test_an_option_is_named_as_it_was_written(words: tuple[str, ...], said: str) -> None:
    for command in ((), ("list",)):
        done = within(*command, *words, stdin=INPUT)
        assert done.returncode == 1
        assert done.stderr.decode().startswith(said)


def test_what_is_no_inventory_is_named_so(tmp_path: pytest.TempPathFactory) -> None:
    file = f"{tmp_path}/shop.yaml"
    with open(file, "wb") as out:
        out.write(INPUT)
    done = within("list", "--inventory", file, stdin=INPUT)
    assert f"{file} is not a ClusterInventory; make one with" in done.stderr.decode()


def test_the_inventory_of_another_cluster_is_said_always(tmp_path: pytest.TempPathFactory) -> None:
    file = f"{tmp_path}/inventory.yaml"
    with open(file, "wb") as out:
        out.write(within("inventory", stdin=stream(namespace("other"), deployment("other/x"))).stdout)
    done = within("--only-policies", "--inventory", file, stdin=INPUT)
    assert b"regenerate the inventory" in done.stderr


def test_a_result_does_not_name_its_field_twice() -> None:
    build = b"""\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: cilium-policies.fn/v1alpha1
  kind: CiliumPolicies
  metadata: {name: c}
  spec: {Mode: enforce}
items: []
"""
    text = within(stdin=build).stdout.decode()
    assert """- message: "unknown field 'Mode'; did you mean mode?\"""" in text
    assert 'path: "spec.Mode"' in text


def test_help_is_a_word_too() -> None:
    assert within("help").stdout == within("--help").stdout
    assert within("help", "list").stdout == within("list", "--help").stdout


def test_a_listener_above_all_ports_is_the_inputs_fault() -> None:
    gateway = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g, namespace: shop}
spec: {gatewayClassName: envoy, listeners: [{name: http, port: 70000, protocol: HTTP}]}
"""
    done = within("--only-policies", stdin=stream(namespace("shop"), gateway))

    assert done.returncode == 1
    assert done.stderr.decode() == (
        "cilium-policies: stdin:11: Gateway shop/g has a listener on port 70000, and the API server takes none such;"
        " ports go from 1 to 65535\n"
    )
