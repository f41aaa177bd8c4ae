"""Charts of the repository whose templates hold Applications, a usual way to write an app of apps.

An Application that names such a chart has it rendered with its values. A chart that none names was installed by hand,
most often the first one: it is rendered with its own `values.yaml`.
"""

from __future__ import annotations

import os
import re

from cilium_policies.builds.applications import HOME
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.reach import lies_in
from cilium_policies.builds.repository import ARGO, Repository

_KINDS = (
    b"kind: Application\n",
    b"kind: ApplicationSet\n",
    b"kind: Application\r\n",
    b"kind: ApplicationSet\r\n",
)
_PARTS = "charts"  # where Helm keeps a chart's dependencies


def holding(repository: Repository) -> list[str]:
    """The folders of charts in whose templates an Application or ApplicationSet stands."""
    parts = {f"{one}/{_PARTS}".lstrip("/") for one in repository.charts}
    own = [one for one in sorted(repository.charts) if not lies_in(one, parts)]
    templates: dict[str, list[str]] = {}
    for file in repository.files:
        for chart in repository.charts_of_template(file):
            templates.setdefault(chart, []).append(file)
    return [one for one in own if any(_holds(repository.data(file)) for file in templates.get(one, ()))]


def application(folder: str, repository: Repository) -> Fields:
    """An Application that stands for somebody's `helm install` of the chart."""
    name = re.sub(r"[^a-z0-9]+", "-", os.path.basename(repository.place(folder)).lower()).strip("-") or "apps"
    return {
        "apiVersion": f"{ARGO}/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": HOME},
        "spec": {"source": {"path": folder}, "destination": {"namespace": HOME}},
    }


def _holds(data: bytes) -> bool:
    return ARGO.encode() in data and any(kind in data for kind in _KINDS)
