"""The files of distributions: each is valid, names components that there are, and is found under its word."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.catalogue import index
from cilium_policies.catalogue.check import problems, said
from cilium_policies.catalogue.distributions import UNKNOWN, find, names
from cilium_policies.catalogue.load import load

FILES = sorted(index.PLATFORMS["distribution"].glob("*.yaml"))


@pytest.mark.parametrize(
    "path", sorted(index.PLATFORMS["cloud"].glob("*.yaml")), ids=lambda path: Path(path).stem
)
def test_a_clouds_file_is_valid_and_each_distribution_names_one(path: Path) -> None:
    index.read_platform(path, "cloud")
    told = {find(name, load().distributions).cloud for name in names()} - {""}
    assert path.stem in told <= {one.name for one in load().clouds}


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).stem)
def test_a_file_is_valid_and_its_bundled_components_are_in_the_catalogue(path: Path) -> None:
    index.read_platform(path, "distribution")
    found = find(path.stem, load().distributions)
    assert found != UNKNOWN
    assert [one.component for one in found.brings if load().get(one.component) is None] == []


def test_the_words_are_the_files() -> None:
    assert names() == [path.stem for path in FILES] == sorted(load().distributions)


def test_another_name_of_a_distribution_means_the_same() -> None:
    table = load().distributions
    assert find("okd", table) == find("openshift", table)
    assert find("nothing", table) == UNKNOWN


def test_what_is_wrong_is_said_with_its_path() -> None:
    body = {"distribution": "x", "what": "y", "apiServer": {"port": ["443"]}}
    assert [said(one) for one in problems(body, "distribution")] == [
        "apiServer.port: unknown field 'port'; did you mean ports?"
    ]
