"""Break glass: one policy opens a namespace, and nothing forgets that it does."""

from __future__ import annotations

import re

import pytest
import yaml
from cilium_policies.generate.break_glass import policy

from ..cli.within import within
from ..engine.judge import Judge
from ..support import deployment, namespace, stream

SHOP = stream(
    namespace("shop"),
    deployment("shop/web"),
    deployment("shop/db", port=5432),
    namespace("b"),
    deployment("b/c"),
)
UNTIL = 1_795_807_800.0  # 2026-11-27T19:30:00Z
GLASS = policy("shop", UNTIL)
BROKEN = SHOP + b"---\n" + GLASS.encode()


def test_it_is_one_soft_policy_that_opens_both_directions() -> None:
    made = yaml.safe_load(GLASS)
    assert made["metadata"] == {
        "name": "break-glass-until-20261127t1930z",
        "namespace": "shop",
        "annotations": {"cilium-policies.fn/break-glass": "2026-11-27T19:30:00Z"},
    }
    spec = made["spec"]
    assert spec["endpointSelector"] == {}
    assert spec["enableDefaultDeny"] == {"ingress": False, "egress": False}
    assert spec["ingress"] == [{"fromEntities": ["all"]}]
    assert spec["egress"] == [{"toEntities": ["all"]}]
    assert "# " in GLASS
    assert "kubectl -n shop delete ciliumnetworkpolicy break-glass-until-20261127t1930z" in GLASS


def test_the_command_prints_it() -> None:
    done = within("break-glass", "shop", "--for", "30m")
    assert done.returncode == 0
    assert re.search(rb"name: break-glass-until-\d{8}t\d{4}z", done.stdout)
    assert within("break-glass", "Shop_1").returncode == 1
    assert within("break-glass", "shop", "--for", "soon").returncode == 2


def test_nothing_is_planned_by_it_and_it_passes_through() -> None:
    without = within("--only-policies", "--mode", "enforce", stdin=SHOP)
    assert within("--only-policies", "--mode", "enforce", stdin=BROKEN).stdout == without.stdout
    assert within("--mode", "enforce", stdin=BROKEN).stdout.startswith(BROKEN)


def test_check_fails_while_it_stands() -> None:
    assert within("check", stdin=within(stdin=SHOP).stdout).returncode == 0
    done = within("check", stdin=within(stdin=BROKEN).stdout)
    assert done.returncode == 1
    assert b"opens namespace shop (break glass, meant until 2026-11-27T19:30:00Z)" in done.stderr


def test_the_rollout_goes_no_further_while_it_stands(tmp_path: pytest.TempPathFactory) -> None:
    config, build = f"{tmp_path}/c.yaml", f"{tmp_path}/build.yaml"
    head = "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\n"
    for name, data in (
        (config, f"{head}spec: {{rollout: {{phases: [[shop]], phase: 0}}}}\n".encode()),
        (build, BROKEN),
    ):
        with open(name, "wb") as file:
            file.write(data)
    done = within("rollout", "--config", config, "--advance", build)
    assert done.returncode == 1
    assert b"break glass" in done.stderr
    with open(build, "wb") as file:
        file.write(SHOP)
    accepted = ("--accept-uncovered", "--config", config, "--advance", build)
    assert within("rollout", *accepted).returncode == 0


def test_lint_report_and_list_name_it() -> None:
    found = within("lint", stdin=BROKEN)
    assert b"everything is open in namespace shop (meant until 2026-11-27T19:30:00Z)" in found.stdout
    assert b"[break-glass]" in found.stdout
    assert b"open in an emergency (break glass)" in within("report", stdin=BROKEN).stdout
    assert "world => shop/db : any port" in within("list", stdin=BROKEN).stdout.decode()


def test_the_cure_of_explain_does_without_it() -> None:
    done = within(
        "explain",
        "--from",
        "shop/web",
        "--to",
        "shop/db",
        "--port",
        "5432",
        "--mode",
        "enforce",
        stdin=BROKEN,
    )
    first, *rest = done.stdout.decode().splitlines()
    assert first.endswith(": allowed; denied once enforced")
    assert any("to allow it" in line for line in rest)


@pytest.mark.judge
def test_ciliums_engine_opens_that_namespace_alone(judge: Judge) -> None:
    policies = within("--only-policies", "--mode", "enforce", stdin=SHOP).stdout.decode()
    asked = [
        {"from": {"pod": "shop/web"}, "to": {"pod": "shop/db"}, "port": 5432},
        {"from": {"entity": "world"}, "to": {"pod": "shop/db"}, "port": 5432},
        {"from": {"pod": "shop/web"}, "to": {"pod": "b/c"}, "port": 8080},
    ]
    assert judge.once(SHOP.decode(), policies, asked) == ["deny", "deny", "deny"]
    assert judge.once(SHOP.decode(), f"{policies}---\n{GLASS}", asked) == ["allow", "allow", "deny"]
