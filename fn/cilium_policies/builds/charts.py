"""A chart as `helm template` renders it, for `components record`."""

from __future__ import annotations

import datetime
import os
import shutil

from cilium_policies.builds.tool import ToolError, output
from cilium_policies.document.finding import refused
from cilium_policies.questions.record import NAMESPACE, RELEASE, Chart

_CURE = (
    f"render it and pipe in the stream: helm template {RELEASE} CHART -n {NAMESPACE} |"
    " cilium-policies components record - --chart NAME@VERSION"
)


def is_chart(name: str) -> bool:
    """Whether this is a chart's folder or archive; anything else is a rendered stream."""
    return name.endswith((".tgz", ".tar.gz")) or os.path.isfile(os.path.join(name, "Chart.yaml"))


def rendered(name: str, said: str = "") -> tuple[Chart, bytes]:
    """The chart and its render. Raises Refused where helm is missing or does not render it."""
    shown = _helm("show", "chart", name).decode()
    lines = (line for line in shown.splitlines() if line.startswith(("name: ", "version: ")))
    about = dict(line.split(": ", 1) for line in lines)
    chart = _chart(said or f"{about.get('name', '')}@{about.get('version', '')}")
    return chart, _helm("template", RELEASE, name, "--namespace", NAMESPACE)


def given(inputs: list[tuple[str, bytes]], said: str) -> tuple[Chart, bytes]:
    """A stream that somebody has rendered, and what `--chart` says of it. Raises Refused where it says nothing."""
    if not said:
        raise refused(
            "nothing says which chart the stream was rendered from", "name it: --chart NAME@VERSION"
        )
    return _chart(said), b"".join(data for _, data in inputs)


def _chart(said: str) -> Chart:
    name, _, version = said.strip().partition("@")
    return Chart(name.strip("\"' "), version.strip("\"' ") or "unknown", datetime.date.today().isoformat())


def _helm(*words: str) -> bytes:
    if not shutil.which("helm"):
        raise refused("helm is not on the PATH", _CURE)
    try:
        return output(("helm", *words), folder=words[-1], root=".")
    except ToolError as error:
        raise refused(str(error), _CURE) from None
