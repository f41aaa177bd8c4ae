"""Hostile repositories, built: no error of the program's own, no wait without end, and the repository as it was.

Forty in CI, any number on demand: HOSTILE_TREES=5000 pytest tests/hostile/test_trees.py.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.builds import deployment, ks, kustomization, laid, namespace
from tests.cli.within import within
from tests.e2e.test_build_argo import application
from tests.hostile.oracle import each, waiting
from tests.hostile.trees import built, check

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("builders")]
COUNT = int(os.environ.get("HOSTILE_TREES", "40"))
CHUNK = 20
FLUX_CD = "clusters/home/ks.yaml"
WEB = {"apps/web/kustomization.yaml": kustomization("web.yaml"), "apps/web/web.yaml": deployment("web")}


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, COUNT, CHUNK))
def test_hostile_repositories(first: int) -> None:
    each(check, first, CHUNK, COUNT)


SPEC = "the tool that applies it would refuse it"
ARGO = {"app.yaml": application("web", "path: apps/web\n"), **WEB}
FIELDS = json.dumps({"kind": {"a": "b"}, "apiVersion": ["c"]})


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({FLUX_CD: ks("web", "./apps/web", "patches: 5"), **WEB}, f"patches is not a list; {SPEC}"),
        ({FLUX_CD: ks("web", "./apps/web", "patches: [x]"), **WEB}, "patches holds something else than mapp"),
        ({FLUX_CD: ks("web", "./apps/web", "images: x"), **WEB}, "images is not a list"),
        ({FLUX_CD: ks("web", "./apps/web", "components: 1"), **WEB}, "components is not a list"),
        ({FLUX_CD: ks("web", "./apps/web", "patchesStrategicMerge: 1"), **WEB}, "patchesStrategicMerge is not"),
        ({FLUX_CD: ks("web", "./apps/web", "patchesJson6902: [1]"), **WEB}, "patchesJson6902 holds something"),
        (
            {FLUX_CD: ks("web", "./apps/web", "patches: [{patch: x}]"), **WEB,
             "apps/web/kustomization.yaml": "resources: 5\npatches: 5\n"},
            "kustomize: ",
        ),
        ({**ARGO, "apps/web/kustomization.yaml": "resources: 5\n"}, "kustomize: "),
        ({**ARGO, "apps/web/kustomization.yaml": "resources: [web.yaml]\npatches: [5]\n"}, "kustomize: "),
        ({**ARGO, "apps/web/kustomization.yaml": "configMapGenerator: [5]\n"}, "kustomize: "),
        ({**ARGO, "apps/web/kustomization.yaml": "generators: [g.yaml]\nresources: [web.yaml]\n",
          "apps/web/g.yaml": FIELDS}, "kustomize: "),
        ({**ARGO, "app.yaml": application("web", "path: apps/web\nkustomize: {images: 5}\n")}, "images is not a list"),
        ({**ARGO, "app.yaml": application("web", "path: apps/web\nkustomize: {commonLabels: 5}\n")},
         "commonLabels is not a mapping"),
        ({**ARGO, "app.yaml": application("web", "path: apps/web\nkustomize: {replicas: [{name: web, count: x}]}\n")},
         "kustomize: "),
    ],
)  # fmt: skip
def test_a_field_of_another_form_is_said(tmp_path: Path, files: dict[str, str], said: str) -> None:
    done = built(laid(tmp_path, files))
    assert done.returncode == 1
    assert said in done.stderr.decode()


@pytest.mark.parametrize(
    "odd",
    [
        {"charts/a/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: [redis]\n",
         "charts/a/values.yaml": "a: 1\n", "a.yaml": application("a", "path: charts/a\nhelm: {valueFiles: 5}\n")},
        {"apps/other/kustomization.yaml": "resources: 5\nbases: x\npatches: 5\npatchesStrategicMerge: 5\n"},
        {"apps/other/kustomization.yaml": "helmCharts: 5\nhelmChartInflationGenerator: {}\n"},
        {"set.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a, namespace: argocd}\n"
         "spec: {generators: [{list: x}, {merge: {mergeKeys: 5, generators: [{list: {elements: [{a: b}]}}]}}],"
         " template: {metadata: {name: '{{a}}'}}}\n"},
    ],
    ids=["chart", "lists", "charts", "generators"],
)  # fmt: skip
def test_what_is_odd_beside_it_ends_no_build(tmp_path: Path, odd: dict[str, str]) -> None:
    done = built(laid(tmp_path, {**ARGO, **odd}))
    assert (done.returncode, b"name: web" in done.stdout) == (0, True), done.stderr


def test_pipes_and_devices_are_no_files_of_a_repository(tmp_path: Path) -> None:
    """A pipe is waited for, and what leads to /dev/zero never ends."""
    chart = {
        "apps/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "apps/web/templates/a.yaml": "a: 1\n",
    }
    root = laid(tmp_path, {"app.yaml": application("web", "path: apps/web\n"), **chart})
    for name in ("pipe.yaml", "kustomization.yaml", "Chart.yaml", "apps/web/files.yaml"):
        os.mkfifo(root / name)
    for name in ("zero.yaml", "a/kustomization.yaml", "apps/web/zero.yaml"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to("/dev/zero")
    assert built(root).returncode == 0


@pytest.mark.parametrize("name", [b"\xff\xfe", b"a\nkind: Secret\n#", b"\x1b[31m", "\u2028".encode()])
def test_a_folder_may_be_called_anything(tmp_path: Path, name: bytes) -> None:
    place = os.path.join(os.fsencode(tmp_path), name, b"apps")
    os.makedirs(place)
    laid(
        Path(os.fsdecode(place)),
        {"kustomization.yaml": kustomization("web.yaml"), "web.yaml": deployment("web", namespace="a")},
    )
    laid(tmp_path, {"first/kustomization.yaml": kustomization("a.yaml"), "first/a.yaml": namespace("a")})
    done = built(tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"kind: Secret" not in done.stdout.split(b"\n")
    assert within("list", "--uncovered", stdin=done.stdout).returncode == 0

    flux = ks("web", "./apps")
    laid(Path(os.fsdecode(os.path.dirname(place))), {"cluster/ks.yaml": flux})
    assert built(tmp_path, "--partial").returncode in (0, 1)


def test_the_system_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that leads nowhere here is looked for in folders above, as a repository may lie in another."""
    read: list[str] = []
    from cilium_policies.builds import repository

    true = repository.walk
    monkeypatch.setattr(repository, "walk", lambda root, *more: read.append(root) or true(root, *more))
    monkeypatch.setattr(repository, "_ABOVE", 50)
    built(laid(tmp_path, {"ks.yaml": ks("web", "./proc")}))
    assert "/" not in read


def test_who_waits_is_told(tmp_path: Path) -> None:
    """The judge of these tests ends a wait."""
    with pytest.raises(Exception, match="waited"), waiting(1):
        signal.pause()
