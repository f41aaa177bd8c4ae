"""Builds before their turn: what they print counts where it is what the turn would have made, and nowhere else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from cilium_policies.builds import tool
from cilium_policies.builds.run import build

FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  path: ./{path}
  targetNamespace: {name}
  sourceRef: {{kind: GitRepository, name: flux-system}}
"""
APPS = ("db", "web", "worker")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (cluster / "sync.yaml").write_text(FLUX.format(name="flux-system", path="cluster"))
    for name in APPS:
        (cluster / f"{name}.yaml").write_text(FLUX.format(name=name, path=f"apps/{name}"))
        folder = tmp_path / "apps" / name
        folder.mkdir(parents=True)
        (folder / "kustomization.yaml").write_text("resources: [app.yaml]\n")
        (folder / "app.yaml").write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
    (cluster / "kustomization.yaml").write_text(
        f"resources: [sync.yaml, {', '.join(f'{name}.yaml' for name in APPS)}]\n"
    )
    return tmp_path


class Tool:
    """Stands for kustomize: prints the files of a folder, and its namespace; `changed` stands for a patch."""

    def __init__(self, changed: tuple[str, str] = ("", "")) -> None:
        self.changed = changed
        self.calls: list[str] = []

    def built(self, command: str, folder: str, root: str) -> bytes:
        from cilium_policies.builds import kustomization

        fields = kustomization.read(kustomization.file_in(folder))
        self.calls.append(str(fields.get("namespace", "")))
        printed = []
        for name in fields["resources"]:
            text = Path(folder, name).read_text()
            if fields.get("namespace"):
                text = text.replace("metadata:\n", f"metadata:\n  namespace: {fields['namespace']}\n")
            printed.append(text.replace(*self.changed) if "targetNamespace" in text else text)
        return "---\n".join(printed).encode()


def made(repository: Path, fake: Tool, cores: int, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    monkeypatch.setattr(tool, "built", fake.built)
    monkeypatch.setattr(tool, "chosen", lambda name="": "kustomize")
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    answer = build(str(repository))
    assert answer.failures == []
    return answer.documents


def test_the_answer_is_the_same(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, several = Tool(), Tool()
    expected = made(repository, alone, 1, monkeypatch)
    assert made(repository, several, 4, monkeypatch) == expected
    assert sum(b"kind: ConfigMap" in one for one in expected) == len(APPS)
    assert sorted(alone.calls) == sorted(several.calls) == sorted([*APPS, "flux-system"])


def test_what_the_parent_changes_is_built_as_changed(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = Tool(("targetNamespace: web", "targetNamespace: elsewhere"))
    documents = made(repository, fake, 4, monkeypatch)
    assert any(b"namespace: elsewhere\n" in one and b"name: web" in one for one in documents)
    assert not any(b"namespace: web\n" in one for one in documents)


def test_one_that_is_under_way_when_its_turn_comes_is_waited_for(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The root's build ends while the guesses are still at work."""

    class Slow(Tool):
        def built(self, command: str, folder: str, root: str) -> bytes:
            printed = super().built(command, folder, root)
            if self.calls[-1] != "flux-system" and b"targetNamespace" not in printed:
                time.sleep(0.1)
            return printed

    fake = Slow()
    documents = made(repository, fake, 4, monkeypatch)
    assert sum(b"kind: ConfigMap" in one for one in documents) == len(APPS)
    assert sorted(fake.calls) == sorted([*APPS, "flux-system"])
