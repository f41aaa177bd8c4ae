"""Releases that Argo CD renders: Applications with a Helm source, and what ApplicationSets make of them."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.document.parse import parsed
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, text, with_texts
from cilium_policies.lean import Any
from cilium_policies.workloads.owned import installed
from cilium_policies.workloads.releases import release as releases

_GROUP = "argoproj.io"


def collect(inventory: Inventory) -> list[releases.Release]:
    """One release for each Helm source of each Application."""
    found: list[releases.Release] = []
    for one in inventory.of("Application", group=_GROUP):
        found += _releases(one, one.name, one.spec)
    sets = inventory.of("ApplicationSet", group=_GROUP)
    shown = _shown(inventory) if sets else set()
    for one in sets:
        for application in _generated(one):
            if (name := text(at(application, "metadata", "name"))) not in shown:
                found += _releases(one, name, mapping(application.get("spec")))
    return found


def _shown(inventory: Inventory) -> set[str]:
    """The Applications that stand in the input beside the set that made them, or whose pods do: of a cluster's dump."""
    made = {one.name for one in inventory.of("Application", group=_GROUP)}
    return made | {name for tool, _, name in installed(inventory) if tool == "argo"}


def _releases(one: Object, name: str, spec: Mapping) -> Iterator[releases.Release]:
    namespace = text(at(spec, "destination", "namespace"))
    for source in releases.sources(spec):
        helm = mapping(source.get("helm"))
        chart = _chart(source, helm)
        if not chart:
            continue
        values = _values(helm)
        made = releases.Release(
            one, text(helm.get("namespace")) or namespace, text(helm.get("releaseName")) or name, values
        )
        made.chart = chart
        made.version = text(source.get("targetRevision"))
        made.repository = text(source.get("repoURL"))
        yield made


def _chart(source: Mapping, helm: Mapping) -> str:
    """A source is Helm's when it names a chart, or a path and Helm options; other paths may be anything."""
    if chart := text(source.get("chart")):
        return releases.chart_name(chart)
    if not helm or text(source.get("ref")):
        return ""
    path = text(source.get("path")).strip("./")
    return releases.chart_name(path or text(source.get("repoURL")))


def _values(helm: Mapping) -> Mapping:
    """`valuesObject` before `values`, single parameters over both, as Argo CD does."""
    values = mapping(helm.get("valuesObject")) or parsed(text(helm.get("values")))
    values = dict(values)
    releases.assign(
        values, {text(one.get("name")): one.get("value") for one in mappings(helm.get("parameters"))}
    )
    return values


def _generated(one: Object) -> Iterator[Mapping]:
    """The Applications that list generators make, and the one at most of others: their parameters are not in the
    input, but where no expression stands in its name, place and sources nothing else can be made."""
    for generator in mappings(one.spec.get("generators")):
        for element in mappings(at(generator, "list", "elements")):
            yield _filled(mapping(one.spec.get("template")), element)
    from cilium_policies.kube.application_sets import alone, not_fixed  # few inputs have such

    if any(True for _ in not_fixed(one.spec)) and (application := alone(one.spec)):
        yield application


def _filled(value: Any, element: Mapping) -> Any:
    def filled(text: str) -> str:
        for key, member in element.items():
            if isinstance(member, str):
                for form in (f"{{{{{key}}}}}", f"{{{{ {key} }}}}", f"{{{{.{key}}}}}", f"{{{{ .{key} }}}}"):
                    text = text.replace(form, member)
        return text

    return with_texts(value, filled)
