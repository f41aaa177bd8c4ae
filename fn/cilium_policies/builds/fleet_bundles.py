"""Which folders of a repository Rancher's Fleet takes for bundles, and what it calls their releases."""

from __future__ import annotations

import re
from hashlib import md5

from cilium_policies.builds.git import address
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.repository import FLEET_GROUP, Repository, clean, within
from cilium_policies.document.filenames import FLEET
from cilium_policies.document.finding import Finding, RefusedError
from cilium_policies.kube.objects import Object, sequence, text

KNOWN = frozenset(
    "defaultNamespace namespace namespaceLabels namespaceAnnotations name labels kustomize helm yaml diff dependsOn"  # noqa: SIM905
    " paused rolloutStrategy targets targetCustomizations targetCustomizationMode overrideTargets serviceAccount"
    " keepResources deleteNamespace deleteCRDResources correctDrift ignore imageScans forceSyncGeneration"
    " downstreamResources".split()
)
_LONGEST = 53  # letters of a release's name


def bundles(repository: Repository) -> dict[str, Fields]:
    """What each folder's `fleet.yaml` says, below the folder asked for, by folder. Files of other programs may have
    that name: theirs are objects, or hold nothing that Fleet knows. Raises RefusedError for one that is no YAML."""
    found: dict[str, Fields] = {}
    unread: list[Finding] = []
    for path in _files(repository):
        folder = path.rpartition("/")[0]
        try:
            fields = repository.fields(repository.place(path))
        except RefusedError as refusal:
            unread.append(refusal.finding._replace(file=path))
            continue
        if folder not in found and "kind" not in fields and (not fields or not KNOWN.isdisjoint(fields)):
            found[folder] = fields
    if found and unread:
        raise RefusedError(unread[0])
    limits = [path for one in git_repos(repository) for path in _paths(one)]
    if limits:
        found = {one: it for one, it in found.items() if any(within(one, path) for path in limits)}
        here = (path for path in limits if repository.is_folder(path) and within(path, repository.asked))
        found |= {path: {} for path in here if not any(within(one, path) for one in found)}
    return dict(sorted(found.items()))


def _files(repository: Repository) -> list[str]:
    """The files of that name, the one that counts first."""
    named = [
        one for one in repository.files if one.rpartition("/")[2] in FLEET and within(one, repository.asked)
    ]
    own = [one for one in named if next(repository.charts_of_template(one), None) is None]
    return sorted(own, key=lambda one: FLEET.index(one.rpartition("/")[2]))


def git_repos(repository: Repository) -> list[Object]:
    """The GitRepos by which Fleet applies this very repository."""
    found = (one.one for one in repository.kinds("GitRepo", FLEET_GROUP))
    return [one for one in found if address(text(one.spec.get("repo"))) in repository.remotes]


def _paths(one: Object) -> list[str]:
    return [clean(text(path)) for path in sequence(one.spec.get("paths"))]


def release_name(name: str) -> str:
    """rancher/fleet: internal/names/name.go, HelmReleaseName."""
    made = name.replace("/", "-")
    if made != made.lower() or re.search(r"[^a-zA-Z0-9-]", made):
        made = f"{made}-{_hash(made, 8)}"
    made = re.sub(r"-+", "-", re.sub(r"[^a-z0-9-]+", "-", made.lower())).strip("-")
    if not made:
        return _hash(name, 24)
    if len(made) <= _LONGEST:
        return made
    begin = made[: _LONGEST - 6]
    return f"{begin}{'' if begin.endswith('-') else '-'}{_hash(made, 5)}"


def _hash(text: str, length: int) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()[:length]
