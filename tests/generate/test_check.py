"""`check`: what a built stream lacks, or has otherwise than the function would make it."""

from __future__ import annotations

import textwrap

import pytest
from cilium_policies.function import Options, Outcome, run

from tests.support import deployment, namespace, stream

TREE = (
    namespace("shop"),
    namespace("data"),
    deployment("shop/web"),
    deployment("shop/api"),
    deployment("data/db"),
)


def answer(data: bytes | str, **fields: str) -> Outcome:
    pairs = tuple((key.replace("__", "."), value) for key, value in fields.items())
    return run([("stdin", data.encode() if isinstance(data, str) else data)], Options(overrides=pairs))


def built(**fields: str) -> str:
    return answer(stream(*TREE), mode="enforce", **fields).stdout.decode()


def document(text: str, kind: str, name: str) -> str:
    [found] = [
        one for one in text.split("---\n") if f"kind: {kind}\n" in one and f"\n  name: {name}\n" in one
    ]
    return found


def found(data: str, **fields: str) -> list[str]:
    outcome = answer(data, action="check", **fields)
    *lines, last = outcome.stderr
    assert last.endswith("checked only, nothing generated")
    assert outcome.code == (1 if lines else 0)
    assert outcome.stdout == b""
    return lines


@pytest.mark.parametrize("fields", [{}, {"mode": "enforce"}], ids=["presence", "compared"])
def test_what_the_function_made_passes(fields: dict[str, str]) -> None:
    assert found(built(), **fields) == []


def test_nothing_made_is_found() -> None:
    lines = found(stream(*TREE).decode())
    assert sum("has no default-deny: it is open" in line for line in lines) == 2
    assert sum("is selected by no policy of this program" in line for line in lines) == 3
    assert sum("--enable-exec" in line for line in lines) == 5, "the usual reason of a build without any"


def test_a_build_of_flux_without_them_lists_none() -> None:
    """The usual reason there: the files are written, and no kustomization lists them."""
    head = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    flux = f"{head}metadata: {{name: apps, namespace: flux-system}}\n"
    lines = found(f"{stream(*TREE).decode()}---\n{flux}spec: {{path: ./apps}}\n")
    assert sum("list each ks.yaml where Flux reads" in line for line in lines) == 5
    assert not any("--enable-exec" in line for line in lines)


def test_a_missing_policy() -> None:
    text = built()
    without = text.replace("---\n" + document(text, "CiliumNetworkPolicy", "web"), "")
    assert ["Deployment shop/web" in line for line in found(without)] == [True]
    assert any("CiliumNetworkPolicy shop/web is missing" in line for line in found(without, mode="enforce"))


def test_a_policy_that_an_outer_layer_moved() -> None:
    text = built()
    policy = document(text, "CiliumNetworkPolicy", "web")
    lines = found(text.replace(policy, policy.replace("namespace: shop", "namespace: data")))
    assert any("data/web selects no pod of its namespace: it moved" in line for line in lines)


def test_a_change_by_hand_and_another_mode() -> None:
    text = built()
    policy = document(text, "CiliumNetworkPolicy", "web")
    [line] = found(text.replace(policy, policy.replace("- {}", "- fromEntities: [all]", 1)), mode="enforce")
    assert "shop/web is not what would be generated" in line
    assert "stdin:" in line
    assert len(found(text, mode="audit")) == text.count("kind: CiliumNetworkPolicy")


def test_a_policy_whose_workload_is_gone() -> None:
    text = built()
    lines = found(text.replace(document(text, "Deployment", "api") + "---\n", ""), mode="enforce")
    assert any("CiliumNetworkPolicy shop/api is stale" in line for line in lines)


def test_a_cluster_wide_policy_with_a_namespace() -> None:
    text = built(clusterWide="true")
    head = "kind: CiliumClusterwideNetworkPolicy\nmetadata:\n"
    assert found(text) == []
    lines = found(text.replace(head, head + "  namespace: outer\n"))
    assert len(lines) == 2
    assert all("has the namespace outer" in line for line in lines)


def test_policies_inside_a_list_count() -> None:
    policies = [one for one in built().split("---\n") if "kind: CiliumNetworkPolicy" in one]
    items = "".join("- " + textwrap.indent(one, "  ")[2:] for one in policies)
    listed = stream(*TREE).decode() + "---\napiVersion: v1\nkind: List\nitems:\n" + items
    assert found(listed, mode="enforce") == []


def test_switched_off_its_policies_should_be_gone() -> None:
    assert found(stream(*TREE).decode(), enabled="false") == []
    lines = found(built(), enabled="false")
    assert len(lines) == built().count("kind: CiliumNetworkPolicy")
    assert all("is stale" in line for line in lines)


def test_labels_of_outer_layers_are_no_change() -> None:
    text = built().replace("managed-by: cilium-policies", "managed-by: Helm")
    assert found(text, mode="enforce") == []


OPEN = """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: default-deny, namespace: b, annotations: {cilium-policies.fn/component: default-deny}}
spec: {endpointSelector: {}, ingress: [{fromEntities: [all]}], egress: [{toEntities: [all]}]}
"""


def test_a_default_deny_by_name_alone_is_none() -> None:
    [line] = found(f"{namespace('b')}---\n{OPEN}")
    assert "b/default-deny is called default-deny but lets something through" in line


def test_a_namespace_for_tools_alone_is_said_in_a_stream_and_not_in_a_list() -> None:
    local = """apiVersion: v1
kind: Namespace
metadata: {name: a, annotations: {config.kubernetes.io/local-config: "true"}}
"""
    options = Options(overrides=(("mode", "enforce"),), verbose=True)
    said = run([("stdin", f"{local}---\n{namespace('b')}".encode())], options)
    assert any("Namespace a says that it is for tools alone" in line for line in said.stderr)
    assert b"namespace: a" not in said.stdout
    items = textwrap.indent(local, "  ").replace("  apiVersion", "- apiVersion", 1)
    listed = f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}"
    assert not any("for tools alone" in line for line in run([("stdin", listed.encode())], options).stderr)
