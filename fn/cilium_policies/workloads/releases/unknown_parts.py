"""Parts of a chart that the values of a release switch on and that no entry of the catalogue knows: charts grow, and
bring others' charts (`valkey.enabled`) with the release's own."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.kube.objects import Mapping, flag, mapping, walk_strings
from cilium_policies.workloads.makers import Maker
from cilium_policies.workloads.releases.release import Release

# What values say of pods and not of a container in those of others (`image`, `resources`), of a volume or a monitor.
_OF_PODS = frozenset(
    """
    replicas replicaCount nodeSelector tolerations affinity topologySpreadConstraints podAnnotations podLabels
    podSecurityContext priorityClassName autoscaling podDisruptionBudget pdb updateStrategy schedule architecture
    """.split()  # noqa: SIM905 -- a list of quoted words is no easier to read
)
# Charts that others name to be read by them or to be reached through them, seldom to bring them.
_BESIDE = ("scraper", "gateway", "gateway-controller")


def unknown_parts(release: Release, catalogue: Catalogue) -> Iterator[Maker]:
    """One line a release for those that are told as pods are, and one for those that are called after a chart."""
    known = catalogue.by_chart(release.chart) if release.chart else []
    if not known:
        return  # one line stands for all of it
    on = [(key, mapping(held)) for key, held in release.values.items() if flag(mapping(held).get("enabled"))]
    sure = [key for key, held in on if not _OF_PODS.isdisjoint(held)]
    likely = [key for key, held in on if _OF_PODS.isdisjoint(held) and _is_chart(key, catalogue)]
    if not (sure or likely):
        return
    told = _told(release, catalogue)
    for keys, guessed in ((sure, False), (likely, True)):
        if fresh := [key for key in keys if key not in told]:
            place, chart = release.namespace, release.chart
            yield Maker(release.source, part=", ".join(fresh), namespace=place, chart=chart, guessed=guessed)


def _is_chart(key: str, catalogue: Catalogue) -> bool:
    """Whether a chart is called so that others bring: what its own pods are says it, first of all those that are called
    like it, and not those of the charts that it brings."""
    found = catalogue.by_chart(key)
    own = [one for one in found if not one[1].values] or found
    own = [one for one in own if one[0].name == key] or own
    return any(one.data.get("role") not in _BESIDE for one, _ in own)


def _told(release: Release, catalogue: Catalogue) -> set[str]:
    """The keys at the top of values that anything which the catalogue has of the chart speaks of: an entry's scope or
    switch, the condition of an edge, what an object is written from."""
    rows: list[Mapping] = [one.data for one, _ in catalogue.by_chart(release.chart)]
    rows += catalogue.created(release.chart)
    return {value.partition(".")[0] for row in rows for _, value in walk_strings(row)}
