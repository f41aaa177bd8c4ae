"""Charts rendered by flate, another program, over what kustomize built.

flate renders HelmReleases without a cluster. Its exit code says nothing: it is 1 as soon as one chart cannot be
fetched. It drops a Kustomization whose variables come from what it does not see, and puts nothing for a variable
that is set nowhere. So what it built itself is not used, only the charts: the documents that carry Flux's two
labels of a HelmRelease, each in the place of that HelmRelease.
"""

from __future__ import annotations

import os
import re

from cilium_policies.builds import texts, tool
from cilium_policies.builds.repository import FLUX
from cilium_policies.builds.said import MOST, without_values
from cilium_policies.builds.unit import Unit
from cilium_policies.document.finding import RefusedError, line_of

_HELM = "helm.toolkit.fluxcd.io"
_OPTIONS = ("--skip-secrets=false", "--skip-crds=false", "--no-progress")  # Secrets tell addresses

Release = tuple[str, str]  # namespace, name


def with_charts(units: list[Unit], root: str, folder: str) -> list[str]:
    """Puts the rendered charts of the cluster that starts in `folder` in the place of their HelmReleases; lines for
    those that stay HelmReleases."""
    command = ("flate", "build", "hr", "--path", os.path.join(root, folder), *_OPTIONS)
    try:
        printed, said = tool.whatever(command)
        charts = _by_release(texts.documents(printed, "flate"))
    except tool.ToolError as failed:
        return [f"no chart is rendered: {failed}"]
    except RefusedError as refused:
        return [f"no chart is rendered: flate: {line_of(refused.finding)}"]
    why = _reasons(said)
    notes = []
    for unit in units:
        made: list[bytes] = []
        for document in unit.docs:
            release = _release(document)
            unset = b"${" in document  # flate puts nothing there
            if release in charts and not unset:
                owner = {f"{FLUX}/name": unit.one.name, f"{FLUX}/namespace": unit.one.namespace}
                made += [texts.with_metadata(one, "labels", owner) for one in charts[release]]
                continue
            made.append(document)
            if release:
                reason = (
                    "nothing sets all of its variables"
                    if unset
                    else why.get(release) or why.get(None) or "flate printed nothing for it"
                )
                notes.append(f"HelmRelease {release[0]}/{release[1]}: not rendered: {reason}")
        unit.docs = made
    return notes


def _by_release(documents: list[bytes]) -> dict[Release | None, list[bytes]]:
    found: dict[Release | None, list[bytes]] = {}
    for document in documents:
        for one in texts.objects(document, "flate"):
            labels = one.labels
            if f"{_HELM}/name" in labels:
                key = (labels.get(f"{_HELM}/namespace", one.namespace), labels[f"{_HELM}/name"])
                found.setdefault(key, []).append(document)
    return found


def _release(document: bytes) -> Release | None:
    if b"\nkind: HelmRelease\n" not in document:
        return None
    return next((one.namespace, one.name) for one in texts.objects(document, ""))


def _reasons(said: str) -> dict[Release | None, str]:
    """flate's own words by HelmRelease, `✗ HelmRelease media/radarr why`; those of the first Kustomization by None."""
    found: dict[Release | None, str] = {}
    for line in map(without_values, (one for one in said.splitlines() if len(one) < MOST)):
        match = re.search(r"HelmRelease\s+([^\s/]+)/(\S+)\s+(.*)", line)
        if match:
            found.setdefault((match.group(1), match.group(2)), match.group(3).strip()[:300])
        elif match := re.search(r"✗\s+(Kustomization\s+\S+\s+.*)", line):
            found.setdefault(None, f"flate: {' '.join(match.group(1).split())[:300]}")
    return found
