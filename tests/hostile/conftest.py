"""The tools with which `build` builds a repository."""

from __future__ import annotations

import pytest

from tests.tools import environment, require


@pytest.fixture
def kustomize(monkeypatch: pytest.MonkeyPatch) -> None:
    require("kustomize")
    monkeypatch.setenv("PATH", environment()["PATH"])


@pytest.fixture
def builders(kustomize: None) -> None:
    require("helm")
