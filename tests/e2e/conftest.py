"""Shared by the end-to-end tests: the image and the tools that have to be built."""

from __future__ import annotations

import pytest

from tests import tools


@pytest.fixture(scope="session")
def image() -> str:
    """The name of the built image."""
    return tools.build_image()


@pytest.fixture(scope="session")
def flux() -> None:
    """Puts `flux build kustomization` and `flux envsubst` into PATH."""
    tools.build_flux()
