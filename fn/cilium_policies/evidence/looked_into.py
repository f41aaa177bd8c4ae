"""Into which namespaces a scraper looks: as the namespace selectors of its object say, or the catalogue of one that a
platform brings. Pods elsewhere it scrapes for nobody's sake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.labels import NAMESPACE_NAME
from cilium_policies.kube.objects import Mapping, Object, flag, mapping, mappings, strings, text
from cilium_policies.kube.selectors import selects_namespace
from cilium_policies.workloads.model import Workload

PROMETHEUS = ("Prometheus", "PrometheusAgent")
# Fields of a scraper's object that hold a configuration of its own, which may find pods anywhere.
_OWN = ("additionalScrapeConfigs", "inlineScrapeConfig")


def is_left_out(row: Mapping, namespace: Object | None) -> bool:
    """Whether a row of the catalogue's `reads` leaves a namespace out, by its labels."""
    labels = namespace.labels if namespace is not None else {}
    only = strings(row.get("onlyIn"))
    if only and not any(labels.get(key) == value for key, value in only.items()):
        return True
    return any(labels.get(key) == value for key, value in strings(row.get("exceptIn")).items())


def looks_into(scraper: Workload, name: str, shown: Inventory, rows: Iterable[Mapping]) -> bool:
    """Whether a scraper reads monitors of a namespace, as far as the input tells: a namespace whose labels it does not
    show may be selected."""
    namespace = shown.get("Namespace", "", name)
    if any(is_left_out(row, namespace) for row in rows):
        return False
    source = scraper.source
    if source is None or source.kind not in (*PROMETHEUS, "VMAgent") or any(map(source.spec.get, _OWN)):
        return True
    if flag(source.spec.get("selectAllByDefault")):
        return True
    selectors = list(_selectors(source))
    return not selectors or any(_selects(one, scraper.namespace, name, namespace) for one in selectors)


def _selectors(source: Object) -> Iterator[object]:
    """The namespace selectors of the kinds of monitors that a scraper reads. Prometheus reads none of a kind without a
    selector of its objects; VMAgent takes all of the namespaces that it has one for."""
    for key, value in source.spec.items():
        if key.endswith(("MonitorSelector", "ScrapeSelector", "ScrapeConfigSelector", "probeSelector")):
            yield source.spec.get(key.removesuffix("Selector") + "NamespaceSelector")
        elif key.endswith("NamespaceSelector") and source.kind not in PROMETHEUS:
            yield value


def _selects(selector: object, own: str, name: str, namespace: Object | None) -> bool:
    if not isinstance(selector, dict):
        return name == own
    if namespace is not None:
        return selects_namespace(selector, name, namespace.labels)
    keys = {*mapping(selector.get("matchLabels"))}
    keys.update(text(one.get("key")) for one in mappings(selector.get("matchExpressions")))
    return bool(keys - {NAMESPACE_NAME}) or selects_namespace(selector, name, {})
