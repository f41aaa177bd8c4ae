"""The Applications that an ApplicationSet makes, by Argo CD's documentation of its generators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cilium_policies.builds.applicationset import ApplicationSet, Unknown
from cilium_policies.builds.repository import Repository
from cilium_policies.kube.application_sets import alone

from tests.builds import kustomization, laid, namespace

HERE = "https://git.example.com/home.git"


def made(
    root: Path, generators: list[Any], *, go: bool = False, name: str = "{{path.basename}}"
) -> list[str]:
    files = {f"apps/{one}/kustomization.yaml": kustomization("x.yaml") for one in ("web", "db", "old")}
    files |= {
        "apps/web/dev/x.yaml": namespace("x"),
        "envs/a/config.json": '{"team": {"name": "red"}, "size": 3}\n',
    }
    repository = Repository(str(laid(root, files)))
    spec = {"goTemplate": go, "generators": generators, "template": {"metadata": {"name": name}}}
    found = ApplicationSet(spec, repository, lambda url: url == HERE).applications()
    return [one["metadata"]["name"] for one in found]


def git(**what: Any) -> dict[str, Any]:
    return {"git": {"repoURL": HERE, **what}}


LISTED = {"list": {"elements": [{"n": "a"}, {"n": "b"}]}}
FOLDERS = git(directories=[{"path": "apps/*"}, {"path": "apps/old", "exclude": True}])


@pytest.mark.parametrize(
    ("generators", "go", "name", "names"),
    [
        ([FOLDERS], False, "{{path.basename}}", ["db", "web"]),
        ([FOLDERS], False, "{{path}}-{{path[0]}}", ["apps/db-apps", "apps/web-apps"]),
        ([FOLDERS], True, "{{ .path.basename }}-{{index .path.segments 0}}", ["db-apps", "web-apps"]),
        (
            [git(files=[{"path": "envs/*/config.json"}])],
            False,
            "{{team.name}}-{{size}}-{{path.basename}}",
            ["red-3-a"],
        ),
        (
            [git(files=[{"path": "envs/**/*.json"}])],
            True,
            "{{.team.name}}-{{.path.filename}}",
            ["red-config.json"],
        ),
        ([{"list": {"elements": [{"n": "a"}, {"n": "b"}]}}], False, "{{n}}", ["a", "b"]),
        ([{"clusters": {}}], False, "{{name}}", ["in-cluster"]),
        (
            [
                {
                    "matrix": {
                        "generators": [FOLDERS, {"list": {"elements": [{"env": "dev"}, {"env": "prod"}]}}]
                    }
                }
            ],
            False,
            "{{path.basename}}-{{env}}",
            ["db-dev", "db-prod", "web-dev", "web-prod"],
        ),
        (
            [
                {
                    "merge": {
                        "mergeKeys": ["n"],
                        "generators": [
                            {"list": {"elements": [{"n": "a", "v": "1"}, {"n": "b", "v": "1"}]}},
                            {"list": {"elements": [{"n": "b", "v": "2"}]}},
                        ],
                    }
                }
            ],
            False,
            "{{n}}{{v}}",
            ["a1", "b2"],
        ),
        (
            [
                {
                    "matrix": {
                        "generators": [
                            {**LISTED, "selector": {"matchLabels": {"n": "b"}}},
                            {**FOLDERS, "selector": {"matchLabels": {"path.basename": "web"}}},
                        ]
                    }
                }
            ],
            False,
            "{{n}}-{{path.basename}}",
            ["b-web"],
        ),
        (
            [
                {
                    "merge": {
                        "mergeKeys": ["n"],
                        "generators": [
                            {**LISTED, "selector": {"matchLabels": {"n": "b"}}},
                            {"list": {"elements": [{"n": "b", "v": "2"}]}},
                        ],
                    }
                }
            ],
            False,
            "{{n}}{{v}}",
            ["b2"],
        ),
    ],
)
def test_generators(tmp_path: Path, generators: list[Any], go: bool, name: str, names: list[str]) -> None:
    assert made(tmp_path, generators, go=go, name=name) == names


@pytest.mark.parametrize(
    ("generators", "go", "name", "why"),
    [
        ([{"pullRequest": {}}], False, "x", "its generator pullRequest finds"),
        ([{"git": {"repoURL": "https://elsewhere/x"}}], False, "x", "reads https://elsewhere/…"),
        ([FOLDERS], True, "{{ .path.basename | camelcase }}", "the expression"),
        ([FOLDERS], True, "{{ .values.none }}", "nothing sets"),
        ([FOLDERS], True, "{{index .path.segments 9}}", "nothing sets"),
        ([FOLDERS], True, "{{index .path.segments " + "9" * 5000 + "}}", "the expression"),
    ],
)
def test_what_the_repository_does_not_tell(
    tmp_path: Path, generators: list[Any], go: bool, name: str, why: str
) -> None:
    with pytest.raises(Unknown, match=why):
        made(tmp_path, generators, go=go, name=name)


def test_a_set_that_makes_one_application_is_that_application() -> None:
    """What a plugin fills in is not known; the chart and its place are."""
    destination = {"server": "https://kubernetes.default.svc", "namespace": "web"}
    source = {"chart": "web", "repoURL": "https://charts.example.com"}
    given = {"url": "https://{{ .web_hostname }}/x", "replicas": 2}
    spec = {"destination": destination, "source": {**source, "helm": {"valuesObject": given}}}
    template: dict[str, Any] = {"metadata": {"name": "web"}, "spec": spec}
    made = alone({"generators": [{"plugin": {}}], "template": template})
    assert made is not None
    assert made["spec"]["source"]["helm"]["valuesObject"] == {
        "url": "https://${web_hostname}/x",
        "replicas": 2,
    }
    template["metadata"] = {"name": "{{ .name }}"}
    assert alone({"generators": [{"plugin": {}}], "template": template}) is None
