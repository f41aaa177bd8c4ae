"""Where Argo CD starts, by the files and paths of Applications; e2e/test_build_argo_starts.py builds from there."""

from __future__ import annotations

import pytest
from cilium_policies.builds.app_roots import roots


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"root.yaml": "argocd", "argocd/a.yaml": "apps/a", "argocd/b.yaml": "apps/b"}, ["argocd"]),
        ({"argocd/root.yaml": "argocd", "argocd/a.yaml": "apps/a"}, ["argocd"]),  # manages itself
        ({"a/app.yaml": "a", "b/app.yaml": "b"}, ["a", "b"]),
        ({"a/b.yaml": "b", "b/a.yaml": "a"}, ["b"]),  # a ring: one of it
        ({"x/a.yaml": "a", "a/b.yaml": "b", "b/deep/a.yaml": "a"}, ["a"]),  # and one that leads into it
        ({"a.yaml": "./", "b/b.yaml": "c"}, ["./", "c"]),  # the root says nothing of what it holds
        ({"a/x.yaml": "b/", "bb/y.yaml": "c", "b/z.yaml": "d"}, ["b/", "c"]),
    ],
)
def test_the_first_ones(files: dict[str, str], wanted: list[str]) -> None:
    found = [({"spec": {"source": {"path": path}}}, file) for file, path in files.items()]
    assert [body["spec"]["source"]["path"] for body in roots(found)] == wanted
