"""Names in charts that follow Helm's usual scaffold: `{release}`, `{name}`, `{fullname}` of a part of a chart."""

from __future__ import annotations

import re

from cilium_policies.kube.objects import Mapping, mapping
from cilium_policies.workloads.releases.release import Release
from cilium_policies.workloads.releases.template import Template
from cilium_policies.workloads.releases.values import read, scalar

_VALUE = re.compile(r"\{values\.([\w.\-\[\]]+)(?:\|((?:[^{}]|\{\w+\})*))?\}")


class Names:
    """What the placeholders of a catalogue entry stand for in one release.

    `chart` is what the chart or subchart calls itself, `values` the path of its own values ("" the whole),
    `cut` the length to which its full name is cut. A part whose own values override no name takes the
    overrides of the whole chart when it is a part of that chart and no subchart (`chart` is the same).
    """

    __slots__ = ("_words", "scope")

    def __init__(self, release: Release, chart: str, values: str = "", cut: int = 63) -> None:
        self.scope: Mapping = mapping(read(release.values, values))
        plain = Template(
            release.values, {"Name": release.name, "Namespace": release.namespace, "Service": "Helm"}
        )
        same = bool(values) and chart == release.chart
        name = plain.text(_override(release, self.scope, "nameOverride", same) or chart)
        fullname = plain.text(_override(release, self.scope, "fullnameOverride", same))
        if not fullname:
            fullname = release.name if name in release.name else f"{release.name}-{name}"
        self._words = {
            "{release}": release.name,
            "{namespace}": release.namespace,
            "{name}": name[:cut].rstrip("-"),
            "{fullname}": fullname[:cut].rstrip("-"),
            "{flux.name}": release.source.name if release.source.kind == "HelmRelease" else "",
            "{flux.namespace}": release.source.namespace if release.source.kind == "HelmRelease" else "",
        }

    @property
    def fullname(self) -> str:
        return self._words["{fullname}"]

    @property
    def name(self) -> str:
        return self._words["{name}"]

    def fill(self, text: str) -> str:
        """The text with its placeholders replaced; `{values.PATH|FALLBACK}` is one of the part's own values."""
        if "{" in text:
            text = _VALUE.sub(lambda match: scalar(read(self.scope, match[1])) or match[2] or "", text)
            for word, value in self._words.items():
                text = text.replace(word, value)
        return text

    @staticmethod
    def usual(text: str) -> str:
        """The text with what stands for a value that is not set."""
        return _VALUE.sub(lambda match: match[2] or "", text)

    def fill_all(self, labels: dict[str, str]) -> dict[str, str]:
        """Without those whose value is what nobody has here: Flux's labels on the objects of a release of Helm's."""
        filled = ((self.fill(key), self.fill(value), value) for key, value in labels.items())
        return {key: told for key, told, value in filled if told or not value.startswith("{flux.")}


def _override(release: Release, scope: Mapping, key: str, same: bool) -> str:
    return scalar(scope.get(key)) or (scalar(release.values.get(key)) if same else "")


def customary(name: str, release: Release) -> str:
    """A customary name with the release's put in; "" where it is prose rather than a name."""
    name = re.sub(r"\bNAME\b", release.name, name)
    return name if re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", name) else ""
