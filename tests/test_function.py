"""The whole function from bytes to bytes: what stands where, exit codes, and that a second run changes nothing."""

from __future__ import annotations

import pytest
from cilium_policies.function import Options, Outcome, run

from tests.support import deployment, namespace, service, stream

SHOP = (namespace("shop"), deployment("shop/web"), service("shop/web"))
LIST = """apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: Namespace
  metadata:
    name: shop
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}   # kept as it is
  spec:
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec: {containers: [{name: main, image: "a:1"}]}
"""
CONFIG = """functionConfig:
  apiVersion: cilium-policies.fn/v1alpha1
  kind: CiliumPolicies
  metadata: {name: x}
  spec:
"""


def answer(text: bytes | str, **options: object) -> Outcome:
    data = text.encode() if isinstance(text, str) else text
    return run([("stdin", data)], Options(**options))  # type: ignore[arg-type]


def test_a_stream_comes_back_whole_with_the_policies_behind_it() -> None:
    data = stream(*SHOP)
    outcome = answer(data)
    assert outcome.code == 0
    assert outcome.stdout.startswith(data)
    assert outcome.stdout[len(data) :].startswith(b"---\napiVersion: cilium.io/v2\n")
    assert outcome.stderr == [
        "cilium-policies: 1 namespace, 3 policies, audit; 2 directions unknown:"
        " cilium-policies list --uncovered FILE"
    ]


@pytest.mark.parametrize("data", [stream(*SHOP), LIST.encode()], ids=["stream", "resourcelist"])
def test_a_second_run_changes_nothing(data: bytes) -> None:
    once = answer(data)
    assert answer(once.stdout).stdout == once.stdout


def test_an_empty_list_still_gives_a_namespace_named_in_full_its_policies() -> None:
    empty = LIST[: LIST.index("items:")] + "items: []\n" + CONFIG
    named = answer(empty + "    namespaces: {include: [shop]}\n")
    assert (named.code, named.stdout.count(b"kind: CiliumNetworkPolicy")) == (0, 2)
    pattern = answer(empty + "    namespaces: {include: ['sh*']}\n")
    assert (pattern.code, pattern.stdout.count(b"kind: CiliumNetworkPolicy")) == (0, 0)


def test_switched_off_it_removes_its_own_policies_and_nothing_else() -> None:
    data = stream(*SHOP)
    with_policies = answer(data).stdout
    off = answer(with_policies, overrides=(("enabled", "false"),))
    assert off.stdout == data
    assert off.code == 0


def test_a_mode_change_replaces_policies_where_they_stand() -> None:
    soft = answer(LIST).stdout
    hard = answer(soft, overrides=(("mode", "enforce"),)).stdout
    assert b"enableDefaultDeny" in soft
    assert b"enableDefaultDeny" not in hard
    assert soft.count(b"kind: CiliumNetworkPolicy") == hard.count(b"kind: CiliumNetworkPolicy") == 3


def test_a_refused_config_gives_the_list_back_with_the_error_in_its_results() -> None:
    outcome = answer(LIST + CONFIG + "    mod: audit\n")
    assert outcome.code == 1
    assert b"# kept as it is" in outcome.stdout
    assert b"CiliumNetworkPolicy" not in outcome.stdout
    assert b'severity: "error"' in outcome.stdout
    assert len(outcome.stderr) == 1
    assert "mod" in outcome.stderr[0]
    assert "mode" in outcome.stderr[0]


def test_a_refused_stream_gives_nothing_on_stdout() -> None:
    outcome = answer(stream(*SHOP) + b"---\na: [1\n")
    assert (outcome.code, outcome.stdout, len(outcome.stderr)) == (1, b"", 1)


def test_a_workload_of_no_known_namespace_is_refused_with_the_cure() -> None:
    text = stream(deployment("shop/web")).replace(b"  namespace: shop\n", b"")
    outcome = answer(text)
    assert outcome.code == 1
    assert "--namespace" in outcome.stderr[0]
    placed = answer(text, overrides=(("namespaces.default", "shop"),))
    assert placed.code == 0
    assert b"namespace: shop" in placed.stdout


def test_only_policies_leaves_the_input_out() -> None:
    outcome = answer(stream(*SHOP), only_policies=True)
    assert outcome.stdout.startswith(b"---\napiVersion: cilium.io/v2\n")
    assert b"Deployment" not in outcome.stdout


def test_results_say_one_info_a_namespace_after_the_warnings() -> None:
    text = answer(LIST).stdout.decode()
    results = text[text.index("\nresults:") :]
    assert results.index('severity: "warning"') < results.index('severity: "info"')
    assert "shop: 3 policies, audit" in results


def test_check_passes_on_its_own_answer_and_fails_on_a_build_without_policies() -> None:
    checked = (("action", "check"),)
    bare = answer(stream(*SHOP), overrides=checked)
    assert bare.code == 1
    assert any("default-deny" in line for line in bare.stderr)
    assert bare.stdout == b""
    good = answer(answer(stream(*SHOP)).stdout, overrides=checked)
    assert (good.code, good.stdout) == (0, b"")
    assert good.stderr[-1].endswith("checked only, nothing generated")


def test_a_check_with_more_fields_compares() -> None:
    data = answer(stream(*SHOP)).stdout
    same = (("action", "check"), ("mode", "audit"))
    assert answer(data, overrides=same).code == 0
    other = answer(data, overrides=(("action", "check"), ("mode", "enforce")))
    assert other.code == 1
    assert any("not what would be generated" in line for line in other.stderr)
    by_hand = data.replace(b"k8s-app", b"k8s-apq")
    assert answer(by_hand, overrides=same).code == 1


def test_a_check_of_kustomizes_list_is_empty_only_when_it_passed() -> None:
    failing = LIST + CONFIG + "    action: check\n"
    outcome = answer(failing)
    assert outcome.code == 1
    assert b"kind: Deployment" in outcome.stdout
    passing = answer(LIST).stdout.decode() + CONFIG + "    action: check\n"
    outcome = answer(passing)
    assert (outcome.code, outcome.stdout) == (0, b"")


def test_a_moved_policy_is_found() -> None:
    data = answer(stream(*SHOP)).stdout
    moved = data.replace(
        b"  name: web\n  namespace: shop\n  labels:", b"  name: web\n  namespace: other\n  labels:"
    )
    outcome = answer(moved, overrides=(("action", "check"),))
    assert outcome.code == 1
    assert any("selects no pod" in line for line in outcome.stderr)


def test_generators_are_refused_with_the_right_place() -> None:
    config = "  apiVersion: cilium-policies.fn/v1alpha1\n  kind: CiliumPolicies\n  metadata: {name: x}\n"
    head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
    outcome = answer(head + "items:\n-" + config[1:] + "functionConfig:\n" + config)
    assert outcome.code == 1
    assert "transformers:" in outcome.stderr[0]


def test_a_namespace_with_two_names_is_refused() -> None:
    outcome = answer("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n  name: web2\n")
    assert (outcome.code, outcome.stdout) == (1, b"")
    assert "name" in outcome.stderr[0]
