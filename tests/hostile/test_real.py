"""Objects as they are, but with long lists and with passwords in addresses: time in proportion, and no secret out.

Each kind of the corpus, the examples and the seeds takes part, whoever reads it. Of some thousand places the twentieth
is made long, each of them on demand: STRETCHED=1 pytest tests/hostile/test_real.py.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.within import within
from tests.hostile.growth import assert_in_proportion, cpu
from tests.hostile.planted import deployment, thing
from tests.hostile.real import by_place, objects
from tests.hostile.stretched import places, stretched

STEP = 1 if os.environ.get("STRETCHED") else 20
URL = re.compile(r"([a-z][a-z0-9+.-]{1,20}://)(?=[\w\[])(?:[^\s/@'\"]{1,99}@)?([^\s'\"`,;)\]}?#]+)")
NOT_READ = ("CiliumPolicies", "ClusterInventory", "PolicyTest", "Kustomization", "Kptfile", "Component")
FOUND = by_place((one for one in objects() if one["kind"] not in NOT_READ), places)


def beside(one: dict[str, Any]) -> list[dict[str, Any]]:
    """A namespace and a pod near the object."""
    space = one["metadata"].get("namespace") or "a"
    return [thing("v1", "Namespace", space, space=None), deployment("w", space=space)]


def seconds(one: dict[str, Any], path: tuple[str | int, ...], count: int) -> float:
    stream = [*beside(one), stretched(one, path, count)]
    return cpu(["--only-policies"], "\n---\n".join(json.dumps(each, default=str) for each in stream))


@pytest.mark.slow
@pytest.mark.parametrize("shape", sorted(FOUND, key=str)[::STEP], ids=lambda shape: ".".join(map(str, shape)))
def test_a_list_four_times_as_long_takes_four_times_the_time(shape: tuple[object, ...]) -> None:
    assert_in_proportion(
        lambda count: seconds(*FOUND[shape], count), (0, 400, 1600), no_time=1, factor=7
    )  # as good as all of them are over in no time


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["--only-policies", "-v", "--mode", "enforce"],
        ["inventory"],
        ["list", "--why", "--policies", "planned"],
        ["list", "--uncovered", "-v"],
        ["report", "-o", "json", "--policies", "planned"],
        ["lint", "--planned", "-v"],
    ],
    ids=" ".join,
)
def test_no_user_and_no_query_of_any_address_is_said(command: list[str], tmp_path: Path) -> None:
    number = itertools.count()
    stream, seen = [thing("v1", "Namespace", "a", space=None)], set()
    for one in objects():
        metadata = one["metadata"]
        key = (one["kind"], metadata.get("namespace"), metadata.get("name"))
        if one["kind"] in NOT_READ or "NetworkPolicy" in one["kind"] or key in seen:
            continue  # a report shows a policy as it stands
        seen.add(key)
        stream.append(planted({**one, "metadata": {"namespace": "a", **metadata}}, number))
    (tmp_path / "all.yaml").write_text("\n---\n".join(json.dumps(one, default=str) for one in stream))
    done = within(*command, "all.yaml", cwd=tmp_path)
    shown = (done.stdout + done.stderr).decode()

    assert next(number) > 300  # the examples and seeds alone, where no corpus is at hand
    assert done.returncode in (0, 1)
    assert len(shown) > 1_000, shown  # without a corpus at hand the examples alone speak
    assert (
        sorted({shown[max(0, at.start() - 200) : at.end()] for at in re.finditer(r"tig\d+er", shown)})[:3]
        == []
    )


def planted(value: Any, number: itertools.count[int]) -> Any:
    """A user, a password and a query in every address."""
    if isinstance(value, dict):
        return {key: planted(member, number) for key, member in value.items()}
    if isinstance(value, list):
        return [planted(member, number) for member in value]
    if isinstance(value, str) and not value.startswith("{{"):
        return URL.sub(lambda at: f"{at[1]}me:tig{next(number)}er@{at[2]}?k=tig{next(number)}er", value)
    return value
