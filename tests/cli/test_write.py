"""`write` on a part of the cluster: what another build wrote stays, what the config switches off goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..builds import home, kustomization, laid
from ..support import deployment, namespace, stream
from .within import within

WHOLE = stream(
    namespace("a"), deployment("a/one"), deployment("a/two"), namespace("b"), deployment("b/three")
)
PART = stream(namespace("a"), deployment("a/one"))


def test_a_part_takes_nothing_away(tmp_path: Path) -> None:
    root = str(tmp_path / "apps")
    within("write", "--output", root, stdin=WHOLE)
    before = sorted(path for path in tmp_path.rglob("*.yaml"))
    done = within("write", "--output", root, stdin=PART)
    assert done.returncode == 0
    assert sorted(path for path in tmp_path.rglob("*.yaml")) == before
    assert f"kept, although not in this input: {root}/a/network-policies/app/two.yaml" in done.stderr.decode()
    assert b"--prune removes it" in done.stderr


def test_prune_takes_away_what_the_input_does_not_give(tmp_path: Path) -> None:
    root = tmp_path / "apps"
    within("write", "--output", str(root), stdin=WHOLE)
    within("write", "--output", str(root), "--prune", stdin=PART)
    assert not (root / "b").exists()
    assert not (root / "a/network-policies/app/two.yaml").exists()


def test_the_config_switches_off(tmp_path: Path) -> None:
    root = tmp_path / "apps"
    for said in ("namespaces.exclude=b", "namespaces.overrides.b.mode=off", "namespaces.include=a"):
        within("write", "--output", str(root), stdin=WHOLE)
        assert (root / "b").exists()
        within("write", "--output", str(root), "--set", said, stdin=WHOLE)
        assert not (root / "b").exists()


def test_keep_others_says_that_it_does_nothing(tmp_path: Path) -> None:
    done = within("write", "--output", str(tmp_path), "--keep-others", stdin=WHOLE)
    assert done.returncode == 0
    assert b"--keep-others does nothing any more" in done.stderr


@pytest.mark.parametrize(
    ("output", "more", "said"),
    [
        ("kubernetes/apps", {}, False),
        ("policies", {}, True),
        ("kubernetes", {}, True),
        ("kubernetes/components", {}, True),
        # A kustomization between the two reads what it lists, and nothing else.
        ("kubernetes/apps/closed/new", {"kubernetes/apps/closed/kustomization.yaml": kustomization()}, True),
        ("new", {"kubernetes/apps/a/kustomization.yaml": kustomization("../../../new/a/network-policies")}, False),
    ],
)  # fmt: skip
def test_a_folder_that_flux_does_not_read_is_said(
    tmp_path: Path, output: str, more: dict[str, str], said: bool
) -> None:
    laid(tmp_path, home() | {".git/HEAD": ""} | more)
    for _ in range(2):  # what it has written itself leads nowhere else
        done = within("write", "--output", output, cwd=tmp_path, stdin=WHOLE)
        lines = [line for line in done.stderr.decode().splitlines() if "no Flux Kustomization reads" in line]
        expected = (
            f"cilium-policies: no Flux Kustomization reads {output}: Flux will not see it; "
            "they read kubernetes/apps, kubernetes/flux/cluster, kubernetes/flux/meta"
        )
        assert (done.returncode, lines) == (0, [expected] if said else [])


def test_without_a_repository_around_it_nothing_is_said(tmp_path: Path) -> None:
    laid(tmp_path, home())
    assert b"no Flux" not in within("write", "--output", "x", cwd=tmp_path, stdin=WHOLE).stderr
