"""Options of an Application's source, as Argo CD hands them to kustomize and Helm."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.builds.argo_chart import chart_values, copied
from cilium_policies.builds.argo_source import image, with_argo
from cilium_policies.builds.tool import ToolError

from tests.builds import laid


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("app:2", {"name": "app", "newTag": "2"}),
        ("app=registry:5000/app:2", {"name": "app", "newName": "registry:5000/app", "newTag": "2"}),
        ("registry:5000/app", {"name": "registry:5000/app"}),
        ("app@sha256:abc", {"name": "app", "digest": "sha256:abc"}),
    ],
)
def test_images(text: str, made: dict[str, str]) -> None:
    assert image(text) == made


def test_options_are_written_into_the_kustomization() -> None:
    options = {"namePrefix": "a-", "commonLabels": {"x": "y"}, "images": ["app:2"], "components": ["../c"]}
    assert with_argo({"resources": ["r"], "images": [{"name": "app", "newTag": "1"}]}, options) == {
        "resources": ["r"],
        "namePrefix": "a-",
        "commonLabels": {"x": "y"},
        "images": [{"name": "app", "newTag": "2"}],
        "components": ["../c"],
    }


@pytest.mark.parametrize(
    ("count", "made"), [(2, 2), ("2", 2), (None, 0), (-1, -1), ("x", "x"), ("9" * 5000, "9" * 5000)]
)
def test_a_number_of_replicas_may_be_a_text(count: object, made: object) -> None:
    options = {"replicas": [{"name": "web", "count": count}]}
    assert with_argo({}, options) == {"replicas": [{"name": "web", "count": made}]}


def test_values_are_laid_over_each_other(tmp_path: Path) -> None:
    laid(
        tmp_path,
        {"values.yaml": "a: 1\nb: {c: 1, d: 1}\n", "prod.yaml": "b: {c: 2}\n", "shared.yaml": "e: 3\n"},
    )
    helm = {"valueFiles": ["prod.yaml", "$repo/shared.yaml", "none.yaml"], "values": "b: {d: 4}\n"}
    root = str(tmp_path)
    values, notes = chart_values(root, helm, root, lambda name: str(tmp_path / name.rpartition("/")[2]))
    assert values == {"a": 1, "b": {"c": 2, "d": 4}, "e": 3}
    assert notes == ["values file none.yaml is not in the repository"]


def test_parameters_are_laid_over_values_as_by_set(tmp_path: Path) -> None:
    """https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-parameters: `--set`, `--set-string` and
    `--set-file`, which Helm lays over all else."""
    laid(tmp_path, {"values.yaml": "image: {tag: '1'}\nhosts: [a]\n", "conf/app.toml": "port = 1\n"})
    helm = {
        "values": "image: {tag: '2'}\n",
        "parameters": [
            {"name": "image.tag", "value": "3"},
            {"name": "on", "value": "true"},
            {"name": "account", "value": "123", "forceString": True},
            {"name": "hosts[1]", "value": "b.example.com"},
            {"name": "labels.example\\.com/x", "value": "y"},
        ],
        "fileParameters": [{"name": "conf", "path": "conf/app.toml"}, {"name": "no", "path": "conf/no.toml"}],
    }
    values, notes = chart_values(str(tmp_path), helm, str(tmp_path), lambda _: "")
    assert values == {
        "image": {"tag": 3},
        "on": True,
        "account": "123",
        "hosts": ["a", "b.example.com"],
        "labels": {"example.com/x": "y"},
        "conf": "port = 1\n",
    }
    assert notes == ["file conf/no.toml of a parameter is not in the repository"]


def test_values_files_begin_at_the_chart_or_the_repository_and_stay_in_it(tmp_path: Path) -> None:
    root = laid(
        tmp_path,
        {
            "repo/charts/web/Chart.yaml": "name: web\n",
            "repo/charts/web/own.yaml": "own: 1\n",
            "repo/shared.yaml": "shared: 1\n",
            "repo/env/prod.yaml": "prod: 1\n",
            "outside.yaml": "outside: 1\n",
        },
    )
    files = [
        "own.yaml",
        "../../shared.yaml",
        "/env/prod.yaml",
        "../../../outside.yaml",
        f"{root}/outside.yaml",
    ]
    values, notes = chart_values(
        f"{root}/repo/charts/web", {"valueFiles": files}, f"{root}/repo", lambda _: ""
    )
    assert values == {"own": 1, "shared": 1, "prod": 1}
    assert notes == [f"values file {one} is not in the repository" for one in files[3:]]


@pytest.mark.parametrize("name", ["{own}", "../../own", "..", ".", "", "a/b"])
def test_a_chart_beside_it_is_laid_nowhere_else(tmp_path: Path, name: str) -> None:
    """What lies where its name leads would be removed first."""
    laid(tmp_path, {"own/keep": "x", "root/web/Chart.yaml": "name: web\n", "root/b/Chart.yaml": "name: b\n"})
    one = {"name": name.format(own=tmp_path / "own"), "repository": "file://../b"}
    copy, root = str(tmp_path / "copy"), str(tmp_path / "root")
    with pytest.raises(ToolError, match=r"is no name of a chart$"):
        copied(f"{root}/web", copy, root, {"name": "web", "dependencies": [one]})
    assert (tmp_path / "own/keep").read_text() == "x"
    assert (tmp_path / "copy").exists()


def test_a_link_to_nowhere_ends_the_rendering_of_its_chart_alone(tmp_path: Path) -> None:
    """Helm loads no chart with one (`error evaluating symlink`)."""
    folder = laid(tmp_path / "chart", {"Chart.yaml": "name: web\n"})
    (folder / "gone.yaml").symlink_to("nowhere")
    with pytest.raises(ToolError, match=r"^the chart cannot be rendered: chart/gone\.yaml cannot be read$"):
        copied(str(folder), str(tmp_path / "copy"), str(tmp_path), {"name": "web"})
