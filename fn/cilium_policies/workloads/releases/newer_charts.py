"""Releases of a chart in a newer major version than any whose pods were held against what the catalogue knows of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.load import Catalogue
from cilium_policies.workloads.makers import Maker
from cilium_policies.workloads.releases.publishers import published
from cilium_policies.workloads.releases.release import Release

# The first number of a version or a range; `*` and what is not said mean whatever is newest, and tell nothing.
_MAJOR = re.compile(r"[\^~>=<vV ]*([0-9]{1,9})(?=$|[^0-9])")


def newer_chart(release: Release, catalogue: Catalogue) -> Iterator[Maker]:
    """One line for the release: its pods are those of the version that was read. A newer minor version seldom makes
    other pods, and a major one often does."""
    asked = _MAJOR.match(release.version)
    rows = catalogue.by_chart(release.chart) if release.chart and asked else []
    if asked is None or not rows or any(one.name in catalogue.defined for one, _ in rows):
        return  # it has a line as a whole, or the user has said what he knows of it
    publisher = next((entry.publisher for _, entry in published(release, rows)), "")
    known = catalogue.version(release.chart, publisher)
    read = _MAJOR.match(known)
    if read is None or int(asked[1]) <= int(read[1]):
        return
    newer = (release.version, known, publisher)
    yield Maker(release.source, namespace=release.namespace, chart=release.chart, newer=newer)
