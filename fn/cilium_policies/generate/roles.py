"""Who plays which part in this cluster: the pods of each component, the scrapers, the gateways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from cilium_policies.catalogue.conditions import at
from cilium_policies.evidence.edge import LabelsPeer, Peer, WorkloadPeer, workload_of
from cilium_policies.evidence.looked_into import looks_into
from cilium_policies.generate.instances import Instance
from cilium_policies.kube.access_rules import EVERYWHERE
from cilium_policies.kube.objects import Mapping, strings, text
from cilium_policies.kube.pods import TASKS
from cilium_policies.lean import TYPE_CHECKING
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Workload

if TYPE_CHECKING:
    from cilium_policies.catalogue.facts import Answers


def may_serve(cluster: Cluster, one: Workload) -> bool:
    """Whether a pod recognised as a proxy may be one: a release's, or beside a controller that its role binding makes
    one. Labels and images are no proof; beside the controller a label needs the proxy's image as well, as the parts of
    a chart often share its name (a firewall beside Traefik)."""
    if not one.by_marks:
        return True
    return one.by_image and one.namespace in cluster.routing_namespaces


def _may_scrape(cluster: Cluster, one: Workload) -> bool:
    """Whether a pod recognised as a scraper scrapes the cluster: made by an operator or a release, or its role
    binding lets it read monitors, or the pods that its configuration discovers."""
    if not one.by_marks:
        return True
    reach, account = cluster.access.reach, (one.namespace, one.service_account)
    if EVERYWHERE in reach(*account, "monitoring.coreos.com", "servicemonitors", "podmonitors"):
        return True
    discovers = one.mentions("kubernetes_sd_configs")
    return discovers and EVERYWHERE in reach(*account, "", "pods", "endpoints")


MANY = 8  # workloads of one instance, from which on those that all call each other have an edge each
# What the configuration of a scraper says that reads whatever asks for it by annotation.
_BY_ANNOTATION = "prometheus_io_scrape"


def _listing(cluster: Cluster, one: Workload) -> list[str]:
    """The scraper's own configuration, where it is shown and says all that it reads; operators' scrapers and those
    that read monitors have none."""
    if not one.by_marks:
        return []
    account = (one.namespace, one.service_account)
    if cluster.access.reach(*account, "monitoring.coreos.com", "servicemonitors", "podmonitors"):
        return []
    return [found.value for found in one.texts if "kubernetes_sd_configs" in found.value]


def _names(scraper: Workload, *words: str) -> bool:
    return any(word in found.value for found in scraper.texts for word in words)


class Roles:
    """Look-ups by component; `scrapers`, `gateways` and `dns` are peers for the words of the same name."""

    def __init__(
        self,
        cluster: Cluster,
        scrapers: tuple[Peer, ...] = (),
        gateways: tuple[Peer, ...] = (),
        dns: tuple[Peer, ...] = (),
        reads: Mapping | None = None,
    ) -> None:
        self.answers: Answers = {}  # to what the catalogue asks of objects, whoever's edge it is
        self._cluster, self._reads = cluster, reads or {}
        self._by_component = cluster.recognised
        self._by_namespace: dict[tuple[str, str], list[Workload]] = {}
        self._by_release: dict[tuple[str, str, str], list[Workload]] = {}
        self._by_instance: dict[tuple[str, str, str], list[Workload]] = {}
        for name, found in self._by_component.items():
            for one in found:
                self._by_namespace.setdefault((name, one.namespace), []).append(one)
                self._by_release.setdefault((name, one.namespace, one.release), []).append(one)
                self._by_instance.setdefault((name, one.namespace, one.instance), []).append(one)
        self.scraper_pods = [one for one in cluster.playing("scraper") if _may_scrape(cluster, one)]
        self.scrapers = scrapers or tuple(map(WorkloadPeer, self.scraper_pods))
        self._plain: dict[tuple[str, str], list[Workload]] = {}
        self._looked_into: dict[tuple[int, str], bool] = {}
        self._private: set[int] = set()  # it lists what it reads: linkerd-viz has one for its proxies
        self._kept: dict[int, frozenset[str]] = {}  # the namespaces that its jobs keep to
        self._by_annotation: set[int] = set()  # it reads, beside what it lists, the pods that ask for it
        for one in self.scraper_pods if not scrapers else ():
            if texts := _listing(cluster, one):
                asked = any(_BY_ANNOTATION in text for text in texts)
                (self._by_annotation if asked else self._private).add(id(one))
                from cilium_policies.evidence.discovered import kept_to  # few builds show one

                if asked and (kept := kept_to(texts)):
                    self._kept[id(one)] = kept
        self.dns = dns
        proxies = [one for one in cluster.playing("gateway") if may_serve(cluster, one)]
        self.gateways = gateways or tuple(map(WorkloadPeer, proxies))

    @property
    def has_many(self) -> bool:
        """Whether an instance has so many workloads that an edge for each pair of them would be too many."""
        return any(len(found) >= MANY for found in self._by_namespace.values())

    @property
    def components(self) -> Iterable[str]:
        return self._by_component

    def present(self, component: str) -> bool:
        return component in self._by_component

    def component(self, name: str) -> list[Workload]:
        """Every workload that the catalogue recognises as this component."""
        return self._by_component.get(name, [])

    def instances(self, component: str, keys: Iterable[Instance]) -> list[Workload]:
        """The workloads of these instances (namespace and name), in the order in which all of the component stand."""
        found = [one for key in keys for one in self._by_instance.get((component, *key), ())]
        return sorted(found, key=lambda one: self._places[id(one)]) if len(found) > 1 else found

    @cached_property
    def _places(self) -> dict[int, int]:
        return {id(one): place for place, one in enumerate(self._cluster.workloads)}

    def scrapers_of(self, target: Workload, owner: str, *, unasked: bool = False) -> Iterator[Peer]:
        """Who scrapes pods that no monitor names, as an entry (`owner`) knows them: the cluster's scrapers, and of the
        private ones those beside them or whose configuration names the program or the pods. `unasked`: nothing adds
        the annotation that asks for it, so that a scraper which goes by it reads none."""
        program = owner.partition("-")[0]
        for peer in self.scrapers:
            one = workload_of(peer)
            if one is not None and not self._looks_into(one, target.namespace):
                continue
            private = self._private | self._by_annotation if unasked else self._private
            everybodys = one is None or id(one) not in private or one.namespace == target.namespace
            if everybodys or (one is not None and _names(one, program, target.name)):
                yield peer

    def _looks_into(self, scraper: Workload, namespace: str) -> bool:
        key = (id(scraper), namespace)
        if namespace not in self._kept.get(id(scraper), (namespace,)):
            return False
        if key not in self._looked_into:
            rows = self._reads.get(scraper.component, ())
            self._looked_into[key] = looks_into(scraper, namespace, self._cluster.inventory, rows)
        return self._looked_into[key]

    def members(self, one: Workload) -> list[Workload]:
        """The workloads of the instance that a recognised one belongs to, itself among them. In plain manifests the
        instance is the workload's own name: then all of the component that stand so in its namespace are one."""
        found = self._by_instance.get((one.component, one.namespace, one.instance), [])
        if not one.rendered or one.release:
            return found
        place = (one.component, one.namespace)
        if place not in self._plain:
            beside = self._by_namespace.get(place, [])
            self._plain[place] = [other for other in beside if other.rendered and not other.release]
        return self._plain[place]

    def near(self, client: Workload, component: str) -> list[Workload]:
        """The instances of a component in a client's own release, else in its own namespace: not every pod of a chart
        need carry the release's name, and a Job that does serves nobody."""
        if client.release:
            close = self._by_release.get((component, client.namespace, client.release), [])
            if any(one.kind not in TASKS for one in close):
                return close
        return self._by_namespace.get((component, client.namespace), [])

    def own(self, client: Workload, component: str, near: list[Workload]) -> list[Workload]:
        """Of several instances in one namespace (`near`) the client's own, where there is one: what an operator makes
        of one object belongs together. A Job serves nobody."""
        if client.rendered and not client.release:
            return near
        mates = self._by_instance.get((component, client.namespace, client.instance), [])
        # Where they are those of the client's release, its own are of that release as well.
        if near is self._by_release.get((component, client.namespace, client.release)):
            mates = [one for one in mates if one.release == client.release]
        return mates if any(one.kind not in TASKS for one in mates) else near

    def referred(self, component: str, path: str, workload: Workload) -> Iterator[Workload]:
        """The instances that a custom resource names by their objects, or chooses by the labels of their pods."""
        found = at(workload.source.body if workload.source is not None else {}, path)
        for one in found if isinstance(found, list) else [found]:
            named = one if isinstance(one, dict) else {"name": one}
            wanted, place = text(named.get("name")), text(named.get("namespace"))
            chosen = strings(named) if not wanted and not place else {}
            near = self._cluster.selected(workload.namespace, chosen)
            yield from (server for server in near if server.component == component)
            if wanted:
                yield from self._by_instance.get((component, place or workload.namespace, wanted), ())


def usual_scrapers(cluster: Cluster) -> tuple[Peer, ...]:
    """How scrapers are labelled wherever they run: the peers of monitors where a build shows no scraper."""
    players = cluster.roles.get("scraper", {})
    return tuple(LabelsPeer("", tuple(sorted(labels.items()))) for labels in players.values() if labels)
