"""Whose chart a release means where several publish one of the same name: Bitnami's `kong` and Kong's own."""

from __future__ import annotations

from cilium_policies.catalogue.model import ChartEntry, Component
from cilium_policies.workloads.releases.release import Release

_COMMON = "bitnami"
_Known = list[tuple[Component, ChartEntry]]


def published(release: Release, known: _Known) -> _Known:
    """Of charts of one name those of the publisher whose repository, or images, the release names; where that tells
    nothing, what stands for no publisher. Where nothing does, the most common ones are taken, and it is said."""
    publishers = list(dict.fromkeys(entry.publisher for _, entry in known if entry.publisher))
    if not publishers:
        return known
    images = (release.values.get("image"), release.values.get("global"))
    told = f"{release.repository} {images}".lower()
    mine = [one for one in publishers if one in told]
    usual = _is_whole([one for one in known if not one[1].publisher])
    release.of_many = not (mine or usual)
    own = [one for one in known if one[1].publisher in mine]
    if usual and _is_whole(own):
        return [*own, *_alike(known, own)]
    common = [] if usual else [_COMMON if _COMMON in publishers else publishers[0]]
    wanted = {"", *(mine or common)}
    meant = (one for one in known if one[1].publisher in wanted)
    return [one for one in meant if mine or one[1].default or one[1].enabled]  # another's may well make pods


def _is_whole(known: _Known) -> bool:
    """Whether these are a chart, and not only what stands below values of one."""
    return any(not entry.values for _, entry in known)


def _alike(known: _Known, own: _Known) -> _Known:
    """What stands below values of every publisher's, where a publisher's own has none for it."""
    told = {(component.name, entry.values) for component, entry in own}
    below = (one for one in known if one[1].values and not one[1].publisher)
    return [one for one in below if (one[0].name, one[1].values) not in told]
