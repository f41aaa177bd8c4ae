"""Which scraper selects a monitor: Prometheus, PrometheusAgent and VMAgent objects, and programs whose own
configuration tells them to read monitors or annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.catalogue.recognise import may_be_part
from cilium_policies.evidence.edge import Peer
from cilium_policies.evidence.ends import ends
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.looked_into import PROMETHEUS, is_left_out
from cilium_policies.evidence.object_texts import is_switched_on
from cilium_policies.kube.access_rules import EVERYWHERE
from cilium_policies.kube.objects import Mapping, Object, at, flag, mapping, strings, text
from cilium_policies.kube.selectors import selects, selects_namespace
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

_COLLECTOR = "OpenTelemetryCollector"
# Kind of monitor → the selector fields' stem in Prometheus and in VMAgent. The VictoriaMetrics operator turns
# Prometheus' kinds into its own with the same labels; the other way round nobody reads them.
_STEMS: dict[str, tuple[str, str]] = {
    "ServiceMonitor": ("serviceMonitor", "serviceScrape"),
    "PodMonitor": ("podMonitor", "podScrape"),
    "Probe": ("probe", "probe"),
    "ScrapeConfig": ("scrapeConfig", "scrapeConfig"),
    "VMServiceScrape": ("", "serviceScrape"),
    "VMPodScrape": ("", "podScrape"),
    "VMProbe": ("", "probe"),
    "VMNodeScrape": ("", "nodeScrape"),
    "VMStaticScrape": ("", "staticScrape"),
    "VMScrapeConfig": ("", "scrapeConfig"),
    "PodMonitoring": ("", ""),  # these two are for whom the catalogue's `reads` says: Google's collectors
    "ClusterPodMonitoring": ("", ""),
}
# What a collector's configuration says when it reads these kinds through the API (Grafana Alloy's components,
# the OpenTelemetry target allocator): all of them, unless it filters, which only makes it scrape fewer.
_READERS = {
    "ServiceMonitor": ("prometheus.operator.servicemonitors", "serviceMonitorSelector"),
    "PodMonitor": ("prometheus.operator.podmonitors", "podMonitorSelector"),
    "Probe": ("prometheus.operator.probes",),
    "ScrapeConfig": ("prometheus.operator.scrapeconfigs",),
}
MONITOR_KINDS = tuple(_STEMS)
# Keys of a row of `reads` that says only which annotation such pods read, and nothing of a switch or a namespace.
_PLAIN, _JOBS = frozenset(("annotation", "pods")), "scrape_configs:"


class _Scraper(NamedTuple):
    peers: tuple[Peer, ...]
    kind: str
    namespace: str
    spec: Mapping


class Scrapers:
    """The scrapers of one cluster, with the rules by which they choose."""

    def __init__(self, cluster: Cluster, given: Given) -> None:
        self._given = given.scrapers
        self._rows = given.reads
        self._namespaces: dict[str, dict[str, str]] = {
            one.name: one.labels for one in cluster.inventory.of("Namespace")
        }
        self._runs: dict[str, list[Workload]] = {}  # by component
        for workload in cluster.workloads:
            self._runs.setdefault(workload.component, []).append(workload)
        self._objects: list[_Scraper] = []
        # By the monitor's kind, or by an annotation's name; with the row of the catalogue.
        self._reading: dict[str, list[tuple[Workload, Mapping]]] = {}
        for component, rows in given.reads.items():
            for row in rows:
                what = text(row.get("annotation")) or text(row.get("kind"))
                if what in _STEMS or (row.get("annotation") and not row.get("host")):
                    # Of those whose object selects monitors, that counts.
                    own = [
                        one
                        for one in self._runs.get(component, ())
                        if not (what in _STEMS and _declared(one)[0])
                    ]
                    readers = (one for one in own if _reads(cluster, one, row))
                    self._reading.setdefault(what, []).extend((one, row) for one in readers)
        self._cluster = cluster
        for workload in cluster.workloads:
            kind, spec = _declared(workload)
            if kind:
                self._objects.append(_Scraper(ends(workload), kind, workload.namespace, spec))
        self._readers: dict[tuple[str, str, tuple[str, ...]], list[tuple[Workload, frozenset[str]]]] = {}

    def of(self, monitor: Object) -> tuple[Peer, ...]:
        """Everybody who scrapes what a monitor names; the config's scrapers always do."""
        found = [peer for one in self._objects if self._chooses(one, monitor) for peer in one.peers]
        namespace = self._cluster.inventory.get("Namespace", "", monitor.namespace)
        reading = self._reading.get(monitor.kind, ())
        readers = (
            one
            for one, row in reading
            if one.namespace == monitor.namespace or not is_left_out(row, namespace)
        )
        found += [peer for one in readers for peer in ends(one)]
        words = _READERS.get(monitor.kind, ())
        found += self.reading(words, monitor.namespace, monitor.group, f"{monitor.kind.lower()}s")
        return tuple(dict.fromkeys([*found, *self._given]))

    def are_shown(self, kind: str) -> bool:
        """Whether the input shows anybody who selects monitors of a kind, be it these or others."""
        return any(_stem(one, kind) for one in self._objects) or bool(self._reading.get(kind))

    def reading(
        self, words: tuple[str, ...], namespace: str, group: str, *resources: str
    ) -> tuple[Peer, ...]:
        """Pods whose configuration holds one of these words and that may read such objects of a namespace: by a role
        binding, or as a release of a chart that the catalogue knows, which brings its own. A word alone proves
        nothing: anybody can write it."""
        found: list[Peer] = []
        for word in words:
            key = (word, group, resources)
            if key not in self._readers:
                self._readers[key] = list(self._mentioning(word, group, resources))
            for workload, reach in self._readers[key]:
                if reach & {EVERYWHERE, namespace}:
                    found += ends(workload)
        return tuple(found)

    def _mentioning(
        self, word: str, group: str, resources: tuple[str, ...]
    ) -> Iterator[tuple[Workload, frozenset[str]]]:
        for workload in self._cluster.workloads:
            if workload.mentions(word):
                if not workload.rendered and workload.component:
                    yield workload, frozenset((EVERYWHERE,))
                else:
                    access = self._cluster.access
                    yield (
                        workload,
                        access.reach(workload.namespace, workload.service_account, group, *resources),
                    )

    def of_annotation(self, name: str, namespace: str) -> tuple[Peer, ...]:
        """Everybody of whom the catalogue says that they scrape whatever has this annotation in a namespace."""
        found = (one for one, row in self._reading.get(name, ()) if self._is_within(one, row, namespace))
        return tuple(peer for one in found for peer in ends(one))

    def _is_within(self, one: Workload, row: Mapping, namespace: str) -> bool:
        """Whether the ConfigMap that the row names lets a scraper look into a namespace, by the pattern in it."""
        if "within" not in row:
            return True
        shown = self._cluster.inventory.get("ConfigMap", one.namespace, text(row.get("name")))
        said = shown.body.get("data") if shown is not None else None
        told = (re.search(text(row["within"]), value) for value in strings(said).values())
        pattern = next((match[1] for match in told if match is not None), "")
        try:
            return bool(pattern) and re.fullmatch(pattern, namespace) is not None
        except re.error:
            return False

    def checking(self) -> Iterator[tuple[str, str, tuple[Peer, ...]]]:
        """Patterns of annotations that hold addresses to check, what stands there for the pod's own, and who reads
        them."""
        for component, rows in self._rows.items():
            for row in rows:
                if host := text(row.get("host")):
                    known = self._runs.get(component, ())
                    readers = (one for one in known if _reads(self._cluster, one, row))
                    peers = tuple(peer for one in readers for peer in ends(one))
                    if peers:
                        yield text(row.get("annotation")), host, peers

    @property
    def given(self) -> tuple[Peer, ...]:
        return self._given

    def _chooses(self, scraper: _Scraper, monitor: Object) -> bool:
        stem = _stem(scraper, monitor.kind)
        if not stem:
            return False
        selector, namespaces = (
            scraper.spec.get(f"{stem}Selector"),
            scraper.spec.get(f"{stem}NamespaceSelector"),
        )
        if scraper.kind in PROMETHEUS:
            # A missing selector selects nothing, a missing namespace selector the own namespace.
            return selects(selector, monitor.labels) and self._in(scraper, namespaces, monitor.namespace)
        if not isinstance(selector, dict) and not isinstance(namespaces, dict):
            return flag(scraper.spec.get("selectAllByDefault"))
        # VMAgent: either one alone leaves the other at "all" and "own namespace" (its API reference).
        fits = selects(selector, monitor.labels) if isinstance(selector, dict) else True
        return fits and self._in(scraper, namespaces, monitor.namespace)

    def _in(self, scraper: _Scraper, selector: object, namespace: str) -> bool:
        if not isinstance(selector, dict):
            return scraper.namespace == namespace
        return selects_namespace(selector, namespace, self._namespaces.get(namespace, {}))


def _stem(scraper: _Scraper, kind: str) -> str:
    """With what the fields begin by which such a scraper selects monitors of a kind; "" where it has none."""
    prometheus, victoria = _STEMS[kind]
    return prometheus if scraper.kind in PROMETHEUS else victoria


def _may_read(cluster: Cluster, one: Workload, row: Mapping) -> bool:
    """Whether a pod that its labels or image call a collector is one: its role lets it find pods, or reads monitors."""
    if not one.by_marks:
        return True
    account, kind = (one.namespace, one.service_account), text(row.get("kind")).lower()
    reach = cluster.access.reach
    return EVERYWHERE in reach(*account, "", "pods", "endpoints") | reach(
        *account, text(row.get("group")), f"{kind}s"
    )


def _reads(cluster: Cluster, one: Workload, row: Mapping) -> bool:
    """Whether a workload of the row's component may read what it says, and a variable or value switches it on; of one
    whose jobs the input shows, whether these say so."""
    meant = may_be_part(strings(row.get("pods")), one.labels, by_label=one.by_label)
    return meant and _may_read(cluster, one, row) and is_switched_on(one, row) and not _has_others(one, row)


def _has_others(one: Workload, row: Mapping) -> bool:
    """Whether the jobs of a rendered Prometheus stand in the input and none goes by the row's annotation."""
    word = re.sub(r"\W", "_", text(row.get("annotation")))
    if not word or not one.rendered or not one.mentions(_JOBS) or not row.keys() <= _PLAIN:
        return False
    return not one.mentions(word)


def _allocated(spec: Mapping) -> tuple[str, Mapping]:
    """What a collector's target allocator selects, in Prometheus' words: monitors of every namespace, and all of a kind
    where no selector stands."""
    chosen = mapping(at(spec, "targetAllocator", "prometheusCR"))
    if not flag(at(spec, "targetAllocator", "enabled")) or not flag(chosen.get("enabled")):
        return "", {}
    told: Mapping = {}
    for prometheus, _ in _STEMS.values():
        if prometheus:
            told[f"{prometheus}Selector"] = mapping(chosen.get(f"{prometheus}Selector"))
            told[f"{prometheus}NamespaceSelector"] = mapping(chosen.get(f"{prometheus}NamespaceSelector"))
    return PROMETHEUS[0], told


def _declared(workload: Workload) -> tuple[str, Mapping]:
    """The kind and spec of the scraper object that an operator makes this workload from."""
    kinds = (*PROMETHEUS, "VMAgent")
    if workload.source is not None and workload.source.kind in kinds:
        return workload.source.kind, workload.source.spec
    if workload.source is not None and workload.source.kind == _COLLECTOR:
        return _allocated(workload.source.spec)
    return (workload.kind, workload.values) if workload.kind in kinds else ("", {})
