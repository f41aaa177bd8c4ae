"""How the score finds builds, their variables and the rows of other builds, and how it runs the product."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.engine.corpus import Case, cases, cluster_text, left_out, variables
from tests.engine.policies import conflicts
from tests.engine.product import Product, ProductError, Variant

SHOP = (Path(__file__).parent / "cases" / "shop.cluster.yml").read_text(encoding="utf-8")
TREE = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: front, namespace: shop}
spec: {postBuild: {substitute: {APP: front}}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: store, namespace: shop}
spec: {postBuild: {substitute: {APP: store}}}
"""
APP = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: NAME, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "${APP}-settings", namespace: shop}
"""


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Case, Case]:
    """A tree of two applications, and one of them as a case of its own."""
    root, app = tmp_path / "corpus" / "apps-root-x", tmp_path / "corpus" / "app-x-front"
    (root / "apps").mkdir(parents=True)
    app.mkdir()
    (root / "input.yaml").write_text(TREE, encoding="utf-8")
    for name in ("front", "store"):
        (root / "apps" / f"{name}.yaml").write_text(APP.replace("NAME", name), encoding="utf-8")
    (app / "input.yaml").write_text(APP.replace("NAME", "front"), encoding="utf-8")
    (app / "runtime.yaml").write_text(SHOP, encoding="utf-8")
    (root / "flows.yaml").write_text("[]", encoding="utf-8")
    flow = "{from: {pod: shop/front}, to: {pod: shop/store}, port: 5432, expect: allow, why: WHY, source: SOURCE}"
    sources = (
        "Deployment shop/front env X",
        "Service shop/store",
        "ServiceMonitor shop/store-metrics",
        "Service kube-dns",
    )
    whys = ("address", "address", "scrape", "cluster DNS")
    lines = [
        f"- {flow.replace('WHY', why).replace('SOURCE', source)}"
        for why, source in zip(whys, sources, strict=True)
    ]
    (app / "flows.yaml").write_text("\n".join(lines), encoding="utf-8")
    whole, single = sorted(cases(tmp_path / "corpus"), key=lambda case: case.kind, reverse=True)
    return whole, single


def test_each_build_has_its_own_variables(tree: tuple[Case, Case]) -> None:
    whole, single = tree
    assert (whole.kind, single.kind, single.tree) == ("tree", "app", whole.folder)
    assert "front-settings" in cluster_text(whole)
    assert "store-settings" in cluster_text(whole)
    assert variables(single) == {single.inputs: {"APP": "front"}}, (
        "the tree's build with the same bytes names it"
    )


def test_rows_of_other_builds_are_left_out(tree: tuple[Case, Case]) -> None:
    whole, single = tree
    assert left_out(single) == {
        1: "pod shop/store, behind this build's default-deny",
        2: "Service shop/store",
        3: "ServiceMonitor shop/store-metrics",
    }
    assert left_out(whole) == {}


def product(script: str) -> list[str]:
    """A command that stands in for the product."""
    return [sys.executable, "-c", script]


def test_the_product_is_run_as_users_run_it(tree: tuple[Case, Case]) -> None:
    whole, single = tree
    echo = Product(product("import sys; print('# ${APP}', *sys.argv[1:])"))
    text = echo.policies(whole, "enforce", Variant(""))
    assert text.split()[2:5] == ["--only-policies", "--mode", "enforce"]
    assert text.split()[5:] == [str(build) for build in whole.builds]
    assert echo.policies(single, "audit", Variant("")).startswith("# front --only-policies --mode audit")
    separate = echo.policies(whole, "enforce", Variant("", separate=True))
    assert [line.split()[1] for line in separate.splitlines() if "#" in line] == ["app", "front", "store"]
    told = echo.policies(single, "enforce", Variant("", inventory=True))
    inventory = Path(told.split("--inventory ")[1].split()[0])
    assert inventory.read_text(encoding="utf-8").split()[2:4] == ["inventory", str(whole.inputs)]
    echo.forget()
    assert not inventory.exists()


def test_a_failing_product_is_told(tree: tuple[Case, Case]) -> None:
    case = tree[1]
    with pytest.raises(ProductError, match="exit 1: no namespace"):
        Product(product("import sys; sys.exit('no namespace\\nmore')")).policies(case, "enforce", Variant(""))
    with pytest.raises(ProductError, match="exit 1: ValueError: x"):
        Product(product("raise ValueError('x')")).policies(case, "enforce", Variant(""))
    with pytest.raises(ProductError, match="no such command"):
        Product(["/nowhere/at-all"]).policies(case, "enforce", Variant(""))


def test_two_builds_that_write_one_policy_differently_are_told() -> None:
    text = """---
kind: CiliumNetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {endpointSelector: {}, ingress: [{}]}
"""
    assert conflicts(text + text) == []
    assert conflicts(text + text.replace("ingress", "egress")) == ["CiliumNetworkPolicy/shop/default-deny"]
