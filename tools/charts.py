"""Renders the charts of a folder again and says what of them is known: `python -m tools.charts FOLDER`.

For each chart below the folder: its workloads, how many have an entry, and the directions that nothing explains.
Then each entry whose `observed` is of such a chart and shows something else than the render does now. Dependencies
that lie nowhere are left out of a copy; a chart that does not render without values is named with helm's reason.
"""

from __future__ import annotations

import datetime
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from cilium_policies.builds.tool import ToolError, output
from cilium_policies.catalogue.load import load
from cilium_policies.config.model import Config
from cilium_policies.document.finding import RefusedError
from cilium_policies.document.split import split
from cilium_policies.function import Options, make
from cilium_policies.kube.objects import mapping
from cilium_policies.kube.reading import objects
from cilium_policies.questions.record import NAMESPACE, RELEASE, Chart, entries

_COMPARED = ("labels", "ports", "probes", "services")


class Known(NamedTuple):
    """What of one render is known: its workloads, those with an entry, and directions that nothing explains."""

    workloads: int
    with_entry: int
    unknown: int


def charts(folder: Path) -> Iterator[Path]:
    """The charts below a folder, but for those that lie in another one."""
    for found in sorted(folder.rglob("Chart.yaml")):
        inner = found.parent.relative_to(folder).parts
        if not {"charts", "templates"} & set(inner[1:-1]) and _read(found).get("type") != "library":
            yield found.parent


def rendered(chart: Path) -> bytes:
    """What helm makes of a chart with its default values. Raises ToolError."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "chart"
        shutil.copytree(chart, copy, ignore_dangling_symlinks=True)
        about = _read(copy / "Chart.yaml")
        there = [one.name for one in (copy / "charts").glob("*")]
        wanted = about.get("dependencies") or []
        about["dependencies"] = [one for one in wanted if any(name.startswith(one["name"]) for name in there)]
        (copy / "Chart.yaml").write_text(yaml.safe_dump(about))
        (copy / "Chart.lock").unlink(missing_ok=True)
        return output(
            ("helm", "template", RELEASE, str(copy), "--namespace", NAMESPACE), folder=str(copy), root=scratch
        )


def known(stream: bytes) -> Known:
    """What the function knows of a rendered stream."""
    plan = make([split(stream)], Config(mode="enforce", default_namespace=NAMESPACE), Options()).plan
    shown = [one for one in plan.cluster.workloads if one.own and one.rendered]
    return Known(len(shown), sum(bool(one.component) for one in shown), len(plan.uncovered))


def changed(stream: bytes, chart: Chart) -> Iterator[str]:
    """A line for each entry that has observed another render of this chart than this one."""
    seen = [one["observed"] for one in entries(objects([split(stream)], NAMESPACE).objects, chart)]
    for name, component in load().components.items():
        before = mapping(component.data.get("observed"))
        if before.get("chart") != chart.name or not seen:
            continue
        now = max(seen, key=lambda one: sum(one.get(key) == before.get(key) for key in _COMPARED))
        other = [key for key in _COMPARED if _plain(now.get(key)) != _plain(before.get(key))]
        if other:
            yield f"{name}: {', '.join(other)} changed from {before.get('version')} to {chart.version}"


def _plain(value: Any) -> Any:
    return {str(key): str(one) for key, one in value.items()} if isinstance(value, dict) else value or []


def _read(path: Path) -> dict[str, Any]:
    return mapping(yaml.safe_load(path.read_text(errors="replace")))


def main(folder: str) -> int:
    """Prints a line a chart, the sum, and what has changed."""
    total, whole, seen = Known(0, 0, 0), 0, 0
    lines: list[str] = []
    today = datetime.date.today().isoformat()
    for path in charts(Path(folder)):
        about = _read(path / "Chart.yaml")
        name, version = str(about.get("name")), str(about.get("version"))
        try:
            stream = rendered(path)
            found = known(stream)
        except (ToolError, ValueError, RefusedError) as error:
            print(f"{name} {version}: not rendered: {str(error)[:200]}")
            continue
        if found.workloads:
            seen, whole = seen + 1, whole + (found.workloads == found.with_entry)
            total = Known(*(one + other for one, other in zip(total, found, strict=True)))
            print(
                f"{name} {version}: {found.with_entry} of {found.workloads} workloads, {found.unknown} unknown"
            )
            lines += changed(stream, Chart(name, version, today))
    print(f"{seen} charts, {whole} whole; {total.with_entry} of {total.workloads} workloads have an entry")
    print("\n".join(lines) if lines else "no entry has observed anything else")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("usage: make charts CHARTS=FOLDER, or python -m tools.charts FOLDER")
    if shutil.which("helm") is None:
        sys.exit("helm is not on the PATH: make tools installs it")
    sys.exit(main(sys.argv[1]))
