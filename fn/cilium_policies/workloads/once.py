"""Releases that stand in an input beside what was rendered of them: their pods count once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.kube.objects import text
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.releases.release import sources

_CHART, _PROGRAM = "helm.sh/chart", "app.kubernetes.io/name"


def once(workloads: list[Workload]) -> list[Workload]:
    """Without the pods of releases that the input shows all the same, as a build does that holds a release and what was
    rendered of it. What the values tell of them goes over. The one that stands for a chart which nobody knows goes
    where pods of this release and chart are shown."""
    shown = {(*one.key, one.where.elsewhere): one for one in workloads if one.rendered}
    charts = {found for one in shown.values() for found in _rendered_charts(one)}
    releases = _rendered_releases(workloads)
    kept = []
    for one in workloads:
        if not (one.rendered or one.component) and (
            (one.namespace, one.release, one.chart, one.where.elsewhere) in charts
            or ((one.namespace, one.release, one.where.elsewhere) in releases and _is_of_a_folder(one))
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


def _is_of_a_folder(one: Workload) -> bool:
    """Whether it stands for a chart of a repository's folder that Argo CD renders: the chart's name is the folder's."""
    source = one.source
    if source is None or source.kind != "Application":
        return False
    return not any(text(each.get("chart")) for each in sources(source.spec))


def _rendered_releases(workloads: list[Workload]) -> set[tuple[str, str, bool]]:
    """The releases of which charts' objects stand in the input, whatever those charts are called: an umbrella's parts
    have charts of their own. Objects that a chart labels and that name no release are of the only one of their
    namespace; what somebody wrote beside a release has no chart's label."""
    found: dict[tuple[str, bool], set[str]] = {}
    there: dict[tuple[str, bool], set[str]] = {}
    for one in workloads:
        place = (one.namespace, one.where.elsewhere)
        if one.release:
            there.setdefault(place, set()).add(one.release)
        if one.rendered and _has_chart(one):
            found.setdefault(place, set()).add(one.release)
    for place, named in found.items():
        if "" in named and len(alone := there.get(place, set())) == 1:
            named.update(alone)
    return {(namespace, name, elsewhere) for (namespace, elsewhere), named in found.items() for name in named}


def _has_chart(one: Workload) -> bool:
    return _CHART in one.labels or (one.source is not None and _CHART in one.source.labels)


def _rendered_charts(one: Workload) -> Iterator[tuple[str, str, str, bool]]:
    """The release and chart that these pods say they are of: by the chart's label, or as charts label their pods."""
    told = one.labels.get(_CHART) or (one.source.labels.get(_CHART, "") if one.source is not None else "")
    chart = re.sub(r"-v?\d+\.[\w.+-]*$", "", told) or one.labels.get(_PROGRAM, "")
    if one.release and chart:
        yield one.namespace, one.release, chart, one.where.elsewhere
