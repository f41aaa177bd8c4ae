"""A kustomization in a temporary folder: what stands in it, from where, and what it leaves of the one before."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cilium_policies.builds.kustomization import placed, read
from cilium_policies.document.finding import RefusedError


def test_a_folder_used_again_holds_the_last_fields_alone(tmp_path: Path) -> None:
    folder = tmp_path / "apps"
    (folder / "below").mkdir(parents=True)
    for name in ("one.yaml", "two.yaml"):
        (folder / name).write_text("{}\n")
    scratch = str(tmp_path / "scratch" / "build-1")
    long = {"resources": ["one.yaml", "two.yaml", "below"], "namespace": "a-name-that-is-long"}
    short = {"resources": ["two.yaml"]}
    for fields in (long, short, long, {}, {**long, "namePrefix": "ö-"}):
        assert placed(scratch, str(folder), fields) == scratch
        found = json.loads(Path(scratch, "kustomization.yaml").read_text("utf-8"))
        assert found == read(f"{scratch}/kustomization.yaml")
        assert {key: found[key] for key in found if key != "resources"} == {
            key: fields[key] for key in fields if key != "resources"
        }
        paths = [os.path.realpath(os.path.join(scratch, one)) for one in found.get("resources", [])]
        assert paths == [str(folder / one) for one in fields.get("resources", [])]
    assert os.listdir(scratch) == ["kustomization.yaml"]


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000])
def test_a_number_that_cannot_be_written_again_is_refused(tmp_path: Path, number: str) -> None:
    place = tmp_path / "kustomization.yaml"
    place.write_text(f"replicas: [{{name: web, count: {number}}}]\n")
    with pytest.raises(RefusedError, match="a value is not of its type"):
        read(str(place))


@pytest.mark.parametrize("place", ["", "/", "/./"])
@pytest.mark.parametrize("inside", ["scratch", "apps/one.d/scratch", "apps/below/scratch"])
def test_paths_lead_back_from_wherever_the_temporary_folder_is(
    tmp_path: Path, place: str, inside: str
) -> None:
    folder = tmp_path / "apps"
    (folder / "below").mkdir(parents=True)
    for one in (folder / "one.yaml", tmp_path / "beside.yaml"):
        one.write_text("{}\n")
    scratch = str(tmp_path / inside)
    named = ["one.yaml", "./one.yaml", "below", "../beside.yaml", "https://example.org/x", "gone.yaml"]
    placed(
        scratch, f"{folder}{place}", {"resources": named}, {str(folder / "below"): str(tmp_path / "other")}
    )
    found = read(f"{scratch}/kustomization.yaml")["resources"]
    led = [os.path.normpath(os.path.join(scratch, one)) for one in found[:4]]
    assert led == [str(folder / "one.yaml")] * 2 + [str(tmp_path / "other"), str(tmp_path / "beside.yaml")]
    assert found[4:] == named[4:]
