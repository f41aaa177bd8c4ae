"""`python -m tests.unrendered`: which pods of the catalogue's charts are cut in silence where nobody renders them.

Every chart that the catalogue knows is rendered from mirrors, with its own values and with its optional parts switched
on; each pod (but those of the host's network and tests) has to be selected by what the release alone gives with the
same values, or a line has to name it. Needs helm, and mirrors `owner+name` below `$CILIUM_POLICIES_SOURCES`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from multiprocessing import Pool
from pathlib import Path
from typing import Any, NamedTuple

from cilium_policies.catalogue.files import VERSIONS
from cilium_policies.catalogue.load import load
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.releases.publishers import published
from cilium_policies.workloads.releases.release import Release

from tests.tools import CACHE
from tests.unrendered.compare import pods, silent, unrendered
from tests.unrendered.mirrors import Chart, charts, mirrored, unpacked
from tests.unrendered.render import Render, Renderer

_KEPT = CACHE / "unrendered"
_HERE = Path(__file__).parent
# Its charts are called as those that the programs' own makers publish.
_COPIED = ("bitnami/charts",)
_RELEASED = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+(\+.*)?")


class Answer(NamedTuple):
    """What came of a chart: pods and those among them that are silent, by default and switched on."""

    chart: Chart
    fault: str
    usual: int
    usual_silent: list[str]
    switched: int
    switched_silent: list[str]


def known(sources: Path) -> tuple[list[Chart], dict[str, list[Chart]]]:
    """The charts of the mirrors whose names the catalogue knows, and all by name."""
    catalogue, found = load(), [one for place in mirrored(sources) for one in _listed(*place)]
    every: dict[str, list[Chart]] = {}
    for one in found:
        every.setdefault(one.name, []).append(one)
    wanted = (one for one in found if one.is_installed and catalogue.by_chart(one.name))
    return [one for one in wanted if not _is_nobodys(one)], every


def _listed(repository: str, git: Path) -> list[Chart]:
    """The charts of a mirror, as they were kept of its commit: to look takes longer than all else."""
    at = subprocess.run(
        ["git", "-C", str(git), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    place = _KEPT / f"{repository.replace('/', '+')}@{at.stdout[:12].strip()}.json"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(
            json.dumps([one[2:] for one in charts(repository, git)], default=str), encoding="utf-8"
        )
    return [Chart(git, repository, *one) for one in json.loads(place.read_text(encoding="utf-8"))]


def _is_nobodys(chart: Chart) -> bool:
    """Whether the repository publishes no charts: somebody's cluster, or copies of charts."""
    return any(fnmatchcase(chart.repository.lower(), each) for each in _lines("repositories.txt"))


def renders(chart: Chart, every: Mapping[str, Sequence[Chart]]) -> list[Render] | str:
    """The renders of a chart, the usual one first, as they were kept or made now; or why there is none."""
    number = hashlib.sha256(f"{chart} {chart.about}".encode()).hexdigest()[:12]
    place = _KEPT / f"{chart.name}-{number}.json"
    if place.exists():
        kept = json.loads(place.read_text(encoding="utf-8"))
    else:
        kept = _rendered(chart, every)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(kept), encoding="utf-8")
    return kept if isinstance(kept, str) else [Render(*one) for one in kept]


def _rendered(chart: Chart, every: Mapping[str, Sequence[Chart]]) -> list[Any] | str:
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch, "chart")
        unpacked(chart, every, place)
        helm = Renderer(place)
        usual = helm.usual()
        return [usual, *helm.switched(usual)] if usual else helm.fault[-300:]


def answered(chart: Chart, every: Mapping[str, Sequence[Chart]]) -> Answer:
    """What is silent of a chart."""
    made = renders(chart, every)
    if isinstance(made, str):
        return Answer(chart, made, 0, [], 0, [])
    counts, lacking = [0, 0], [set[str](), set[str]()]
    told: set[str] = set()
    for number, one in enumerate(made):
        now = [each for each in pods(one.stream) if number == 0 or str(each) not in told]
        told |= set(map(str, now))
        at = min(number, 1)
        counts[at] += len(now)
        if now:
            lacking[at] |= set(map(str, silent(now, unrendered(chart.name, chart.published, one.values))))
    return Answer(chart, "", counts[0], sorted(lacking[0]), counts[1], sorted(lacking[1]))


def noted(file: Path, read: Iterable[Chart]) -> None:
    """Writes the newest version of each chart that was rendered, or that stood there before: of each publisher, where
    several have one of that name. Whose it is has to be sure: a false word of what was read is worse than none."""
    lines = file.read_text(encoding="utf-8").splitlines()
    newest = {
        key: one for key, _, one in (each.partition(": ") for each in lines if not each.startswith("#"))
    }
    rendered = [(_called(one), one) for one in read]
    owners: dict[str, set[str]] = {}
    for key, chart in rendered:
        owners.setdefault(key, set()).add(chart.repository)
    for key, chart in rendered:
        whose = "@" in key or (len(owners[key]) == 1 and chart.repository not in _COPIED)
        if (
            key
            and whose
            and _is_real(chart.version)
            and _number(chart.version) > _number(newest.get(key, ""))
        ):
            newest[key] = chart.version
    head = [one for one in lines if one.startswith("#")]
    file.write_text(
        "\n".join((*head, *(f"{key}: {newest[key]}" for key in sorted(newest)), "")), encoding="utf-8"
    )


def _called(chart: Chart) -> str:
    """`CHART`, or `CHART@PUBLISHER`; "" where none of the publishers whom the catalogue knows has made this one."""
    source = Object({"kind": "HelmRelease", "metadata": {"name": chart.name, "namespace": chart.name}})
    release = Release(source, chart.name, chart.name, {})
    release.chart, release.repository = chart.name, chart.published
    rows = published(release, load().by_chart(chart.name))
    publisher = next((entry.publisher for _, entry in rows), "")
    if release.of_many:
        return ""
    return f"{chart.name}@{publisher}" if publisher else chart.name


def _is_real(version: str) -> bool:
    """Whether it is a release's: many repositories hold a placeholder, which their release replaces (`0.1.0`)."""
    return bool(_RELEASED.fullmatch(version)) and _number(version) >= (1,)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"[0-9]+", version)[:3]))


def _lines(name: str) -> list[str]:
    lines = (one.partition("#")[0].strip() for one in (_HERE / name).read_text(encoding="utf-8").splitlines())
    return [one for one in lines if one]


_every: dict[str, list[Chart]] = {}


def _one(chart: Chart) -> Answer:
    return answered(chart, _every)


def main() -> int:
    """Prints what is silent and the sums; exit 1 where a pod is silent that `silent.txt` does not name."""
    parser = argparse.ArgumentParser(prog="python -m tests.unrendered", description=__doc__)
    parser.add_argument("name", nargs="*", help="charts; all without")
    parser.add_argument(
        "--versions", action="store_true", help="note the versions that were read (versions.yaml)"
    )
    parser.add_argument("--faults", action="store_true", help="also the charts that do not render, and why")
    options = parser.parse_args()
    sources = os.environ.get("CILIUM_POLICIES_SOURCES")
    if not sources:
        print("no mirrors: CILIUM_POLICIES_SOURCES=FOLDER python -m tests.unrendered, FOLDER with owner+name")
        return 0
    wanted, every = known(Path(sources))
    _every.update(every)
    wanted = [one for one in wanted if not options.name or one.name in options.name]
    with Pool(min(2, os.cpu_count() or 1)) as pool:
        found = sorted(pool.imap_unordered(_one, wanted), key=lambda one: str(one.chart))
    if options.versions:
        noted(Path(VERSIONS), (one.chart for one in found if not one.fault))
    return _told(found, _lines("silent.txt"), faults=options.faults)


def _told(found: Sequence[Answer], accepted: Sequence[str], *, faults: bool) -> int:
    sums: Counter[str] = Counter()
    for one in found:
        if one.fault:
            sums["unrendered"] += 1
            if faults:
                print(f"{one.chart}: not rendered: {one.fault[-150:]}")
            continue
        fresh = list(_fresh(one, accepted))
        sums.update(
            charts=1, whole=not one.usual_silent, whole_on=not (one.usual_silent or one.switched_silent)
        )
        sums.update(
            pods=one.usual, silent=len(one.usual_silent), on=one.switched, on_silent=len(one.switched_silent)
        )
        sums["fresh"] += len(fresh)
        if fresh:
            print(f"{one.chart}: {'; '.join(fresh)}")
    print(
        f"{sums['charts']} charts ({sums['unrendered']} more do not render): {sums['whole']} whole with their own"
        f" values, {sums['whole_on']} with every part on\n"
        f"{sums['pods'] - sums['silent']} of {sums['pods']} pods are known or named by default,"
        f" {sums['on'] - sums['on_silent']} of {sums['on']} more of parts that are switched on;"
        f" {sums['fresh']} silent and not in silent.txt"
    )
    return 1 if sums["fresh"] else 0


def _fresh(one: Answer, accepted: Sequence[str]) -> Iterator[str]:
    for how, lacking in (("", one.usual_silent), ("on: ", one.switched_silent)):
        for pod in lacking:
            if not any(
                fnmatchcase(f"{one.chart.repository}:{one.chart.name} {pod}", each) for each in accepted
            ):
                yield f"{how}{pod}"


if __name__ == "__main__":
    sys.exit(main())
