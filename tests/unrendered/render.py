"""What helm makes of a chart: as it is, and with the optional parts of its values switched on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from cilium_policies.kube.objects import mapping, mappings
from cilium_policies.questions.record import NAMESPACE, RELEASE

from tests.tools import environment

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Keys of values that switch a part on where they are true.
_SWITCHES = frozenset(
    ("enabled", "enable", "create", "install", "deploy", "deployed", "installed", "useexisting")
)
# Blocks whose switches make no pods, or take away what makes some.
_NO_PARTS = frozenset(
    """
    autoscaling networkpolicy poddisruptionbudget pdb ingress httproute servicemonitor podmonitor prometheusrule
    persistence hostnetwork diagnosticmode openshift route gateway rbac podsecuritypolicy psp vpa
    externaldatabase externalredis existingsecret extensionapi servicebinding
    """.split()  # noqa: SIM905 -- a list of quoted words is no easier to read
)
_LIMIT = 60  # seconds
_TRIES = 16  # renders a chart


class Render(NamedTuple):
    """One render: the values over the chart's own, and what came of them."""

    values: dict[str, Any]
    stream: str


class Renderer:
    """Renders one chart, and says why where it does not."""

    def __init__(self, chart: Path) -> None:
        self.chart = chart
        self.fault = ""
        self.tries = 0

    def render(self, values: dict[str, Any]) -> Render | None:
        """What these values make of it, None where helm refuses them."""
        given = self.chart.parent / "values-of-check.yaml"
        given.write_text(yaml.safe_dump(values), encoding="utf-8")
        command = [
            "helm",
            "template",
            RELEASE,
            str(self.chart),
            "--namespace",
            NAMESPACE,
            "--values",
            str(given),
        ]
        command += ["--kube-version", "1.33.0", "--skip-tests", "--skip-schema-validation"]
        self.tries += 1
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_LIMIT, check=False, env=environment()
            )
        except subprocess.TimeoutExpired:
            self.fault = f"more than {_LIMIT} s"
            return None
        if done.returncode != 0:
            self.fault = done.stderr.strip()
            return None
        return Render(values, done.stdout)

    def usual(self) -> Render | None:
        """With its own values; where it asks for more, with those by which its authors test it."""
        for values in ({}, *self._tested()):
            if made := self.render(values):
                return made
        return None

    def switched(self, usual: Render) -> Iterator[Render]:
        """With every optional part on: all together if that renders, else in halves, down to one by one."""
        yield from self._halved(usual.values, switches(self.chart))

    def _halved(self, values: dict[str, Any], paths: Sequence[tuple[str, ...]]) -> Iterator[Render]:
        if not paths or self.tries >= _TRIES:
            return
        if made := self.render(with_all(values, paths)):
            yield made
        elif len(paths) > 1:
            middle = len(paths) // 2
            yield from self._halved(values, paths[:middle])
            yield from self._halved(values, paths[middle:])

    def _tested(self) -> Iterator[dict[str, Any]]:
        for path in sorted((self.chart / "ci").glob("*values*.y*ml")):
            yield mapping(_read(path))


def switches(chart: Path) -> list[tuple[str, ...]]:
    """Paths of what switches an optional part of a chart on, or of one that it brings, and is off by default."""
    found = list(_off(_read(chart / "values.yaml"), ()))
    for one in mappings(_read(chart / "Chart.yaml").get("dependencies")):
        key = str(one.get("alias") or one.get("name"))
        for condition in str(one.get("condition") or "").split(","):
            found += [tuple(condition.split("."))] if condition else []
        below = chart / "charts" / str(one.get("name"))
        found += ((key, *path) for path in switches(below)) if below.is_dir() else ()
    return list(dict.fromkeys(found))


def _off(values: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, held in values.items() if isinstance(values, dict) else ():
        name = str(key)
        if name.lower() in _NO_PARTS:
            continue
        if held is False and name.lower() in _SWITCHES:
            yield (*path, name)
        yield from _off(held, (*path, name))


def with_all(values: dict[str, Any], paths: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """The values with each of these true."""
    made: dict[str, Any] = yaml.safe_load(yaml.safe_dump(values)) or {}
    for path in paths:
        place = made
        for key in path[:-1]:
            inner = place.get(key)
            place[key] = inner if isinstance(inner, dict) else {}
            place = place[key]
        place[path[-1]] = True
    return made


def _read(path: Path) -> dict[str, Any]:
    try:
        return mapping(yaml.load(path.read_text(encoding="utf-8", errors="replace"), Loader=_Loader))
    except (OSError, yaml.YAMLError):
        return {}
