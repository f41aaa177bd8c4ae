"""Flux's substitution and target namespaces: what belongs to which Kustomization, and what becomes of it."""

from __future__ import annotations

import pytest
from cilium_policies.kube.objects import at
from cilium_policies.workloads import flux

from tests.workloads.inputs import objects

ROOT = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: web, namespace: flux-system}
spec:
  targetNamespace: apps
  postBuild:
    substitute: {APP: site, EMPTY: ""}
"""
APP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: "${APP}", namespace: _}
data:
  value: %s
"""


def value(written: str, file: str = "apps/web.yaml", root: str = ROOT):
    found = flux.resolve([*objects(root, "root.yaml"), *objects(APP % written, file)])
    return at(found[-1].body, "data", "value"), found[-1]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("${APP}", "site"),
        ("a-${APP}-b", "a-site-b"),
        ("${OTHER:=x}", "x"),
        ("${OTHER:-x}", "x"),
        ("${OTHER:=}", ""),
        ("${EMPTY:=x}", "x"),
        ("'${OTHER:=\"4\"}'", "4"),
        ("${OTHER:=${APP}.org}", "site.org"),
        ("${OTHER}", "${OTHER}"),
        ("a${EMPTY}b", "ab"),
        ("$${APP}", "${APP}"),
        ("$APP", "$APP"),
    ],
)
def test_variables(written: str, text: str):
    assert value(written)[0] == text


def test_a_file_called_after_the_kustomization_gets_its_name_and_namespace():
    one = value("x")[1]
    assert (one.name, one.namespace, at(one.body, "metadata", "namespace")) == ("site", "apps", "apps")


def test_another_file_is_left_alone():
    text, one = value("${APP}", file="apps/other.yaml")
    assert (text, one.name, one.namespace) == ("${APP}", "${APP}", "_")


def test_of_two_kustomizations_of_one_name_the_folder_decides():
    other = ROOT.replace("flux-system", "second").replace("site", "two")
    assert value("${APP}", "tree/second/web.yaml", ROOT + "---" + other)[0] == "two"
    assert value("${APP}", "tree/third/web.yaml", ROOT + "---" + other)[0] == "${APP}"


def test_fluxs_labels_go_before_the_name_of_the_file():
    labelled = APP.replace(
        "metadata: {",
        "metadata: {labels: {kustomize.toolkit.fluxcd.io/name: web, "
        "kustomize.toolkit.fluxcd.io/namespace: flux-system}, ",
    )
    found = flux.resolve([*objects(ROOT), *objects(labelled % "${APP}", "all.yaml")])
    assert (found[-1].name, at(found[-1].body, "data", "value")) == ("site", "site")


def test_variables_from_a_secret_stay_as_they_stand():
    root = ROOT.replace("postBuild:", "postBuild:\n    substituteFrom: [{kind: Secret, name: s}]")
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: flux-system}\ndata: {HOST: aGlkZGVu}"
    assert value("${HOST}-${APP}", root=root + secret)[0] == "${HOST}-site"


def test_variables_from_a_config_map_lie_below_the_kustomizations_own():
    root = ROOT.replace("postBuild:", "postBuild:\n    substituteFrom: [{kind: ConfigMap, name: s}]")
    config = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: s, namespace: flux-system}\n"
    config += "data: {APP: a, HOST: h}"
    assert value("${HOST}-${APP}", root=root + config)[0] == "h-site"


def test_the_switch_is_obeyed():
    switched = APP.replace(
        "metadata: {", "metadata: {annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}, "
    )
    found = flux.resolve([*objects(ROOT), *objects(switched % "${APP}", "web.yaml")])
    assert at(found[-1].body, "data", "value") == "${APP}"


def test_a_kustomization_without_post_build_substitutes_nothing():
    root = ROOT.partition("  targetNamespace")[0] + "  path: x"
    assert value("${APP:=x}", root=root)[0] == "${APP:=x}"


def test_a_root_fills_the_kustomizations_that_it_builds():
    root = (
        ROOT.replace("name: web", "name: root")
        .replace("site", "inner")
        .replace("  targetNamespace: apps\n", "")
    )
    below = ROOT.replace('{APP: site, EMPTY: ""}', '{APP: "${APP}-1"}')
    found = flux.resolve([*objects(root), *objects(below, "root.yaml"), *objects(APP % "${APP}", "web.yaml")])
    assert at(found[-1].body, "data", "value") == "inner-1"


def test_cluster_scoped_objects_get_no_namespace():
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: x}"
    assert flux.resolve([*objects(ROOT), *objects(role, "web.yaml")])[-1].body["metadata"] == {"name": "x"}


def test_without_kustomizations_the_objects_are_the_same_ones():
    given = objects(APP % "${APP}")
    assert all(new is old for new, old in zip(flux.resolve(given), given, strict=True))


def test_bodies_are_read_only_when_somebody_looks():
    given = objects(APP % "x", "other.yaml")
    read = []
    given[0]._body, given[0]._read = None, lambda _: read.append(1) or {}
    found = flux.resolve([*objects(ROOT), *given])
    assert found[-1].kind == "ConfigMap"


def stream(written: str, *kustomizations: str) -> str:
    """The value of an object of the same stream as these Kustomizations, of which nothing tells which builds it."""
    text = "\n---\n".join((*kustomizations, APP % written))
    return at(flux.resolve(objects(text, "all.yaml"))[-1].body, "data", "value")


OTHER = ROOT.replace("name: web", "name: other").replace("APP: site", "APP: site, MORE: x")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("${APP}", "site"),
        ("${MORE}", "${MORE}"),
        ("${NONE:=d}", "d"),
        ("${MORE:=d}", "${MORE:=d}"),
        ("${NONE}", "${NONE}"),
    ],
)
def test_in_one_stream_an_object_gets_what_all_kustomizations_set_alike(written: str, text: str):
    assert stream(written, ROOT, OTHER) == text


def test_of_two_values_of_one_variable_neither_is_taken():
    assert stream("${APP}", ROOT, OTHER.replace("site", "shop")) == "${APP}"


def test_where_nobody_substitutes_the_stream_stays():
    assert stream("${APP}", ROOT.partition("  postBuild")[0]) == "${APP}"


def test_a_stream_moves_no_object_to_a_namespace():
    found = flux.resolve(objects(f"{ROOT}\n---\n{APP % 'x'}", "all.yaml"))
    assert (found[-1].name, found[-1].namespace) == ("site", "_")
