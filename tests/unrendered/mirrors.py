"""Charts in a folder of git mirrors `owner+name`, and the copy of one that helm can render without any registry."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from cilium_policies.kube.objects import mapping, mappings

from tests.clusters.render import is_vendored, keep_dependencies
from tests.clusters.sources import git_of

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOBODYS = re.compile(r"(^|/)(tests?|testdata|examples?|fixtures?|e2e|demo|ci|templates)(/|$)", re.IGNORECASE)
# Where charts are published whose repositories are called otherwise.
_PUBLISHED = {
    "bitnami/charts": "oci://registry-1.docker.io/bitnamicharts",
    "CloudPirates-io/helm-charts": "oci://registry-1.docker.io/cloudpirates",
    "elastic/helm-charts": "https://helm.elastic.co",
    "minio/minio": "https://charts.min.io",
    "valkey-io/valkey-helm": "https://valkey.io/valkey-helm",
}
_DEPTH = 4  # charts that bring charts that bring charts


class Chart(NamedTuple):
    """A chart as a mirror has it: `repository` is `owner/name`, `folder` where it lies there."""

    git: Path
    repository: str
    folder: str
    name: str
    version: str
    about: dict[str, Any]

    @property
    def is_installed(self) -> bool:
        """Whether a release can be made of it."""
        return self.about.get("type") != "library"

    @property
    def published(self) -> str:
        """The address that a release would name: by it the catalogue tells publishers apart."""
        owner, _, name = self.repository.partition("/")
        return _PUBLISHED.get(self.repository) or f"https://{owner}.github.io/{name}".lower()

    def __str__(self) -> str:
        return f"{self.repository}:{self.folder} {self.version}"


def mirrored(sources: Path) -> Iterator[tuple[str, Path]]:
    """Each repository `owner/name` of a folder of mirrors, with its git directory."""
    for place in sorted(sources.glob("*+*")):
        if git := git_of(place):
            yield place.name.replace("+", "/", 1), git


def charts(repository: str, git: Path) -> Iterator[Chart]:
    """The charts of a mirror, libraries among them: none that lies within another one or in a test, and no more than
    one of a name."""
    listed = _git(git, "ls-tree", "-r", "--name-only", "HEAD").decode(errors="replace").splitlines()
    paths = [each for each in listed if each.rpartition("/")[2] == "Chart.yaml"]
    folders = {each.rpartition("/")[0] for each in paths}
    wanted = sorted(each for each in folders if not _NOBODYS.search(each) and not _within(each, folders))
    texts = _contents(git, [f"{each}/Chart.yaml".lstrip("/") for each in wanted])
    told: set[str] = set()
    for folder, text in sorted(zip(wanted, texts, strict=True), key=lambda one: (one[0].count("/"), one[0])):
        try:
            about = mapping(yaml.load(text, Loader=_Loader))
        except yaml.YAMLError:
            continue  # a template of a chart
        name = str(about.get("name", ""))
        if name and name not in told and not _wraps(about):
            told.add(name)
            yield Chart(git, repository, folder, name, str(about.get("version", "")), about)


def _within(folder: str, folders: set[str]) -> bool:
    """Whether a chart lies among the dependencies of another one."""
    outer = folder
    while "/charts/" in outer:
        outer = outer.rpartition("/charts/")[0]
        if outer in folders:
            return True
    return False


def _wraps(about: Mapping[str, Any]) -> bool:
    """Whether it is somebody's own chart around the one that it is called after."""
    return any(one.get("name") == about.get("name") for one in mappings(about.get("dependencies")))


def _contents(git: Path, paths: Sequence[str]) -> Iterator[str]:
    asked = "".join(f"HEAD:{each}\n" for each in paths).encode()
    answer = _git(git, "cat-file", "--batch", stdin=asked)
    for _ in paths:
        head, _, answer = answer.partition(b"\n")
        if head.endswith(b"missing"):
            yield ""
            continue
        size = int(head.split()[-1])
        yield answer[:size].decode(errors="replace")
        answer = answer[size + 1 :]


def unpacked(chart: Chart, others: Mapping[str, Sequence[Chart]], into: Path, depth: int = 0) -> None:
    """The chart's files, with its dependencies from where it has them, or from the mirrors; what is in none of both is
    left out, as the former names of them are: no registry is asked."""
    _export(chart.git, chart.folder, into)
    for listed in (into / "Chart.yaml", into / "requirements.yaml"):
        if listed.exists():
            keep_dependencies(
                listed,
                lambda one: (
                    is_vendored(into, one) or (depth < _DEPTH and _brought(chart, one, others, into, depth))
                ),
            )


def _brought(
    chart: Chart, dependency: Mapping[str, Any], others: Mapping[str, Sequence[Chart]], into: Path, depth: int
) -> bool:
    name, address = str(dependency.get("name")), str(dependency.get("repository") or "")
    place = into / "charts" / name
    if address.startswith("file://"):
        folder = _joined(chart.folder, address.removeprefix("file://"))
        unpacked(chart._replace(folder=folder), others, place, depth + 1)
    elif found := _named(others.get(name, ()), address, chart.repository):
        unpacked(found, others, place, depth + 1)
    return (place / "Chart.yaml").exists()


def _joined(folder: str, relative: str) -> str:
    parts = folder.split("/") if folder else []
    for one in relative.split("/"):
        if one == "..":
            parts = parts[:-1]
        elif one not in ("", "."):
            parts.append(one)
    return "/".join(parts)


def _named(found: Iterable[Chart], address: str, repository: str) -> Chart | None:
    """The chart that a dependency means: of the same repository, of the owner whom its address names, else the only one
    of that name."""
    every = list(found)
    same = [one for one in every if one.repository == repository and _is_of(repository, address)]
    owners = [one for one in every if _owner(one) in address.lower().replace("-", "")]
    meant = same or owners or (every if len(every) == 1 else [])
    return meant[0] if meant else None


def _is_of(repository: str, address: str) -> bool:
    return repository.partition("/")[0].lower() in address.lower()


def _owner(chart: Chart) -> str:
    return chart.repository.partition("/")[0].lower().replace("-", "")


def _export(git: Path, folder: str, into: Path) -> None:
    """Mirrors lack their largest files: what git has sent until it misses one counts."""
    into.mkdir(parents=True, exist_ok=True)
    command = ["git", "-C", str(git), "archive", f"HEAD:{folder}" if folder else "HEAD"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as archive:
        subprocess.run(
            ["tar", "-x", "-C", str(into)], stdin=archive.stdout, stderr=subprocess.DEVNULL, check=False
        )


def _git(git: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["git", "-C", str(git), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False).stdout
