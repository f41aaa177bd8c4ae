"""One Helm release that an input shows without rendering it, and what Flux makes of a HelmRelease."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cilium_policies.document.parse import parsed
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.objects import Mapping, Object, at, mapping, mappings, sequence, text
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.values import merge, set_path

FLUX = "helm.toolkit.fluxcd.io"
_SOURCE = "source.toolkit.fluxcd.io"
_HELM_NAME_LIMIT = 53  # Helm's; Flux shortens longer names with a hash


class Release:
    """One Helm release. `chart` is "" where the input does not show it (its source stands in another build):
    then `hint` is the name by which the release refers to it, and the values' shape may tell. `repository` is the
    address that the chart comes from, or what its source is called; `of_many`: charts of several publishers have this
    name, and nothing tells whose it is."""

    __slots__ = ("chart", "hint", "name", "namespace", "of_many", "repository", "source", "values", "version")

    def __init__(self, source: Object, namespace: str, name: str, values: Mapping) -> None:
        self.source = source
        self.namespace = namespace
        self.name = name
        self.values = values
        self.chart = ""
        self.hint = ""
        self.version = ""
        self.repository = ""
        self.of_many = False

    @property
    def file(self) -> str:
        """The file (build) in which the release stands."""
        return self.source.where.file

    def __str__(self) -> str:
        return f"{self.source.kind} {self.source.namespace}/{self.source.name}"


def installed_as(one: Object) -> tuple[str, str]:
    """The namespace and the name of the release that Flux's helm-controller makes of a HelmRelease."""
    target = text(one.spec.get("targetNamespace"))
    name = text(one.spec.get("releaseName")) or (f"{target}-{one.name}" if target else one.name)
    return target or one.namespace, _shortened(name)


def flux_release(one: Object, inventory: Inventory) -> Release:
    """The release that Flux's helm-controller makes of a HelmRelease."""
    made = Release(one, *installed_as(one), _flux_values(one, inventory))
    chart = mapping(at(one.spec, "chart", "spec"))
    reference = mapping(one.spec.get("chartRef"))
    if chart:
        made.chart = chart_name(text(chart.get("chart")))
        made.version = text(chart.get("version"))
        made.repository = _address(one, mapping(chart.get("sourceRef")), inventory)
    elif reference:
        _follow(made, reference, inventory)
    return made


def _follow(made: Release, reference: Mapping, inventory: Inventory) -> None:
    """Chart and version from the OCIRepository or HelmChart that `chartRef` names, where that is known."""
    kind, name = text(reference.get("kind")), text(reference.get("name"))
    namespace = text(reference.get("namespace")) or made.source.namespace
    found = inventory.get(kind, namespace, name) or _only(inventory, kind, name)
    made.hint = name
    if found is None:
        return
    if kind == "HelmChart":
        made.chart, made.version = chart_name(text(found.spec.get("chart"))), text(found.spec.get("version"))
        made.repository = _address(found, mapping(found.spec.get("sourceRef")), inventory)
        return
    made.repository = re.split("[?#]", text(found.spec.get("url")), maxsplit=1)[0]
    made.chart = chart_name(made.repository)
    made.version = text(at(found.spec, "ref", "tag")) or text(at(found.spec, "ref", "semver"))


def _address(one: Object, reference: Mapping, inventory: Inventory) -> str:
    """The address of the repository that an object names, else the name that it has there."""
    kind, name = text(reference.get("kind")), text(reference.get("name"))
    found = inventory.get(kind, text(reference.get("namespace")) or one.namespace, name)
    found = found or _only(inventory, kind, name)
    return (text(found.spec.get("url")) if found is not None else "") or name


def _only(inventory: Inventory, kind: str, name: str) -> Object | None:
    """A source of that name in a namespace that a build above this one will set, if only one is meant."""
    found = [one for one in inventory.of(kind, group=_SOURCE) if one.name == name]
    return (
        found[0]
        if len({(text(one.spec.get("url")), text(one.spec.get("chart"))) for one in found}) == 1
        else None
    )


def chart_name(chart: str) -> str:
    """The chart's own name in a repository's name for it, a path, or an address:
    `oci://ghcr.io/x/helm/app-template`, `stable/redis`, `./charts/web`, `https://…/web-1.2.3.tgz`."""
    last = chart.rstrip("/").rsplit("/", 1)[-1]
    if last.endswith(".tgz"):
        words = last[: -len(".tgz")].split("-")
        while len(words) > 1 and words[-1][:1].isdigit():
            words.pop()
        return "-".join(words)
    return last.partition("@")[0].partition(":")[0]


def _shortened(name: str) -> str:
    # fluxcd/helm-controller:internal/release/name.go
    if len(name) <= _HELM_NAME_LIMIT:
        return name
    import hashlib  # 2 ms, and rarely needed

    return f"{name[:40]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def laid(spec: Mapping, told: Callable[[Mapping, str], Any]) -> Mapping:
    """A HelmRelease's values as helm-controller lays them: `valuesFrom` in order, `values` over them, and above all
    what has a path of its own (fluxcd/pkg: chartutil/values.go). `told(reference, path)` is what a reference says: a
    mapping, with a path one value; None counts as empty."""
    found: Mapping = {}
    above: list[tuple[str, Any]] = []
    for reference in mappings(spec.get("valuesFrom")):
        path = text(reference.get("targetPath"))
        value = told(reference, path)
        if path and value is not None:
            above.append((path, value))
        elif value is not None:
            found = merge(found, value)
    found = merge(found, mapping(spec.get("values")))
    for path, value in above:
        set_path(found, path, value)
    return found


def _flux_values(one: Object, inventory: Inventory) -> Mapping:
    def told(reference: Mapping, path: str) -> Any:
        value = _referenced(one, reference, inventory)
        return value if path or value is None else parsed(value)

    return laid(one.spec, told)


def sources(spec: Mapping) -> list[Mapping]:
    """What an Application renders: one source, or several."""
    return [mapping(spec.get("source")), *mappings(spec.get("sources"))]


def unread_values(one: Object, inventory: Inventory) -> list[str]:
    """The ConfigMaps and Secrets of a HelmRelease's `valuesFrom` that say something nobody here reads, and the files of
    values that lie beside its chart or, for Argo CD, in a repository."""
    found = [f"file {name}" for name in _files(one)]
    for reference in mappings(one.spec.get("valuesFrom")):
        kind, name = text(reference.get("kind")), text(reference.get("name"))
        if kind != "ConfigMap" or inventory.get(kind, one.namespace, name) is None:
            found.append(f"{kind} {one.namespace}/{name}")
    return list(dict.fromkeys(found))  # several keys of one Secret are one place


def _files(one: Object) -> Iterator[str]:
    if one.kind == "HelmRelease":
        lists = [at(one.spec, "chart", "spec", "valuesFiles")]
    else:
        spec = mapping(at(one.spec, "template", "spec")) or one.spec
        lists = [at(source, "helm", "valueFiles") for source in sources(spec)]
    for name in (text(name) for files in lists for name in sequence(files)):
        if name.rpartition("/")[2] != "values.yaml" or name.startswith(
            "$"
        ):  # a chart's own says what is usual
            yield name


def _referenced(one: Object, reference: Mapping, inventory: Inventory) -> str | None:
    kind = text(reference.get("kind"))
    holder = inventory.get(kind, one.namespace, text(reference.get("name")))
    if holder is None or kind != "ConfigMap":
        return None  # values in Secrets are not read: nothing of a Secret but addresses may reach an output
    value = at(holder.body, "data", text(reference.get("valuesKey")) or "values.yaml")
    return value if isinstance(value, str) else None


def assign(values: Mapping, parameters: Mapping) -> None:
    """Helm `--set` parameters as (path, text) pairs, laid over the values."""
    for path, value in parameters.items():
        if isinstance(value, str):
            set_path(values, path, value)
