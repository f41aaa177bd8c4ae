"""Releases that stand in an input beside what was rendered of them: their pods count once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.workloads.model import Workload

_CHART, _PROGRAM = "helm.sh/chart", "app.kubernetes.io/name"


def once(workloads: list[Workload]) -> list[Workload]:
    """Without the pods of releases that the input shows all the same, as a build does that holds a release and what was
    rendered of it. What the values tell of them goes over. The one that stands for a chart which nobody knows goes
    where pods of this release and chart are shown."""
    shown = {(*one.key, one.where.elsewhere): one for one in workloads if one.rendered}
    charts = {found for one in shown.values() for found in _rendered_charts(one)}
    kept = []
    for one in workloads:
        if (
            not (one.rendered or one.component)
            and (one.namespace, one.release, one.chart, one.where.elsewhere) in charts
        ):
            continue
        same = shown.get((*one.key, one.where.elsewhere))
        if one.rendered or same is None or same.component != one.component:
            kept.append(one)
            continue
        same.values, same.chart, same.of_many = one.values, one.chart, one.of_many
        same.release = same.release or one.release
        same.texts += tuple(text for text in one.texts if text not in same.texts)
    return kept


def _rendered_charts(one: Workload) -> Iterator[tuple[str, str, str, bool]]:
    """The release and chart that these pods say they are of: by the chart's label, or as charts label their pods."""
    told = one.labels.get(_CHART) or (one.source.labels.get(_CHART, "") if one.source is not None else "")
    chart = re.sub(r"-v?\d+\.[\w.+-]*$", "", told) or one.labels.get(_PROGRAM, "")
    if one.release and chart:
        yield one.namespace, one.release, chart, one.where.elsewhere
