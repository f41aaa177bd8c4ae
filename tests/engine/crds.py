"""The policy CRDs of every supported Cilium minor, for the schema check of `Judge.check`.

One Go module cannot require several versions of Cilium, so each version's module is downloaded on its own and
its two CRD files are kept in the cache.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tests.engine.build import answered
from tests.tools import CACHE

VERSIONS = ("1.16.19", "1.17.16", "1.18.11", "1.19.6", "1.20.2")
FILES = ("ciliumnetworkpolicies.yaml", "ciliumclusterwidenetworkpolicies.yaml")
_FOLDER = "pkg/k8s/apis/cilium.io/client/crds/v2"


def crd_directory(version: str) -> Path:
    """Folder with the two CRD files of one version. Raises NoGoError where Go is missing or cannot download."""
    target = CACHE / "crds" / version
    if all((target / name).exists() for name in FILES):
        return target
    # Outside a module, so that the judge's own requirements stay what they are.
    answer = answered(["mod", "download", "-json", f"github.com/cilium/cilium@v{version}"], Path("/"))
    source = Path(json.loads(answer)["Dir"]) / _FOLDER
    target.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        draft = target / f".{name}-{os.getpid()}"
        shutil.copyfile(source / name, draft)
        draft.replace(target / name)
    return target


def crd_directories() -> dict[str, Path]:
    """Every version with its folder, downloaded on first use."""
    return {version: crd_directory(version) for version in VERSIONS}
