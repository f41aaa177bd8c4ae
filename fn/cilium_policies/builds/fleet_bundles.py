"""Which folders of a repository Rancher's Fleet takes for bundles, and what it calls their releases."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from hashlib import md5

from cilium_policies.builds.git import address
from cilium_policies.builds.kustomization import Fields
from cilium_policies.builds.reach import lies_in
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
_IN_SMALL = frozenset(map(str.lower, KNOWN))
_TARGET = [
    "name",
    "namespace",
    "defaultNamespace",
    "kustomize",
    "helm",
    "yaml",
    "clusterName",
    "clusterSelector",
    "clusterGroup",
    "clusterGroupSelector",
    "doNotDeploy",
]
_BELOW = {
    "helm": "chart repo version releaseName values valuesFiles valuesFrom templateValues disablePreProcess".split(),  # noqa: SIM905
    "kustomize": ["dir"],
    "yaml": ["overlays"],
}
_TARGETS = ("targets", "targetCustomizations", "overrideTargets")
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
        read = _as_go_reads(fields, KNOWN)
        if folder not in found and "kind" not in fields and (not fields or not KNOWN.isdisjoint(read)):
            found[folder] = read
    if found and unread:
        raise RefusedError(unread[0])
    limits = [path for one in git_repos(repository) for path in _paths(one, repository)]
    if limits:
        found = {one: it for one, it in found.items() if any(within(one, path) for path in limits)}
        here = [path for path in limits if within(path, repository.asked)]
        found |= {path: {} for path in here if path not in found and _holds_more(repository, path, found)}
    return dict(sorted(found.items()))


def is_known(key: str) -> bool:
    """Whether a top key is one of Fleet's, as Go reads it."""
    return key.lower() in _IN_SMALL


def _as_go_reads(fields: Fields, names: Iterable[str]) -> Fields:
    """The fields under the names that they have: Go takes `defaultnamespace` for `defaultNamespace`."""
    known = {name.lower(): name for name in names}
    made: Fields = {}
    for key, value in fields.items():
        name = known.get(str(key).lower(), key)
        if name in _BELOW and isinstance(value, dict):
            made[name] = _as_go_reads(value, _BELOW[name])
        elif name in _TARGETS and isinstance(value, list):
            made[name] = [_as_go_reads(one, _TARGET) if isinstance(one, dict) else one for one in value]
        else:
            made[name] = value
    return made


def _holds_more(repository: Repository, path: str, found: Iterable[str]) -> bool:
    """Whether a folder that a GitRepo names holds manifests that are no other bundle's: it is one as well."""
    inner = {one for one in found if within(one, path)}
    files = (*repository.files_below(path), *repository.folders_below(path))
    return not all(lies_in(file, inner) for file in files)


def _files(repository: Repository) -> list[str]:
    """The files of that name, the one that counts first; a link that leads nowhere is none
    (internal/fleetyaml/fleetyaml.go: os.Stat)."""
    named = [
        one for one in repository.files if one.rpartition("/")[2] in FLEET and within(one, repository.asked)
    ]
    named = [one for one in named if os.path.isfile(repository.place(one))]
    own = [one for one in named if next(repository.charts_of_template(one), None) is None]
    return sorted(own, key=lambda one: FLEET.index(one.rpartition("/")[2]))


def git_repos(repository: Repository) -> list[Object]:
    """The GitRepos by which Fleet applies this very repository."""
    found = (one.one for one in repository.kinds("GitRepo", FLEET_GROUP))
    return [one for one in found if address(text(one.spec.get("repo"))) in repository.remotes]


def applied(repository: Repository) -> list[tuple[str, list[str]]]:
    """The name of each, and the folders that it applies: their patterns are looked for once."""
    return [
        (one.name, _paths(one, repository) if one.spec.get("paths") else [""])
        for one in git_repos(repository)
    ]


def git_repo_of(path: str, repos: Iterable[tuple[str, Iterable[str]]]) -> str:
    """The name of the one among those `applied` that applies a bundle; "" where none here does, or several."""
    names = {name for name, folders in repos if any(within(path, one) for one in folders)}
    return names.pop() if len(names) == 1 else ""


def _paths(one: Object, repository: Repository) -> list[str]:
    """The folders of its paths, which may be patterns."""
    found = []
    for path in map(text, sequence(one.spec.get("paths"))):
        if ".." in path.split("/"):
            continue  # nothing beside the repository is looked at
        if any(sign in path for sign in "*?["):
            import glob

            found += sorted(map(clean, glob.glob(path.lstrip("/"), root_dir=repository.root)))
        else:
            found.append(clean(path))
    return [one for one in found if repository.is_folder(one)]


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
