"""Options of an Application's source, as Argo CD hands them to kustomize and Helm."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.builds.argo_chart import chart_values
from cilium_policies.builds.argo_source import image, with_argo

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


def test_values_are_laid_over_each_other(tmp_path: Path) -> None:
    laid(
        tmp_path,
        {"values.yaml": "a: 1\nb: {c: 1, d: 1}\n", "prod.yaml": "b: {c: 2}\n", "shared.yaml": "e: 3\n"},
    )
    helm = {"valueFiles": ["prod.yaml", "$repo/shared.yaml", "none.yaml"], "values": "b: {d: 4}\n"}
    values, notes = chart_values(str(tmp_path), helm, lambda name: str(tmp_path / name.rpartition("/")[2]))
    assert values == {"a": 1, "b": {"c": 2, "d": 4}, "e": 3}
    assert notes == ["values file none.yaml is not in the repository"]
