"""The cluster that an input shows: its objects, every pod there will be, and the Services before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache

from cilium_policies.catalogue.model import Component
from cilium_policies.config.settings import Settings
from cilium_policies.kube.access_rules import Bindings
from cilium_policies.kube.gateway_api import Proxy
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.names import beginnings
from cilium_policies.kube.objects import Mapping as Body
from cilium_policies.kube.objects import Object, Where, port_number
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.flux import Owner
from cilium_policies.workloads.makers import Maker
from cilium_policies.workloads.model import Service, Text, Workload
from cilium_policies.workloads.serving import Serving
from cilium_policies.workloads.vouched import is_proven

# role (gateway, scraper, dns …) → the catalogue's components of that role, each with its customary labels
Roles = Mapping[str, Mapping[str, dict[str, str]]]
# What the controller of a Gateway or an Ingress writes, by API group.
_ROUTED = (
    ("gateway.networking.k8s.io", "gateways/status"),
    ("gateway.networking.k8s.io", "gatewayclasses/status"),
    ("networking.k8s.io", "ingresses/status"),
    ("traefik.io", "ingressroutes"),
    ("projectcontour.io", "httpproxies/status"),
)


class Cluster(Serving):
    """Objects, workloads and Services of one input (and of the inventory beside it), with look-ups."""

    def __init__(
        self,
        inventory: Inventory,
        workloads: list[Workload],
        services: list[Service],
        settings: Settings,
        owners: Sequence[Owner] = (),
        unnamed: Sequence[Workload] = (),
        makers: Sequence[Maker] = (),
        repeated: Sequence[Object] = (),
        roles: Roles | None = None,
        proxies: dict[str, Proxy] | None = None,
        components: Mapping[str, Component] | None = None,
        routed: dict[str, list[tuple[str, Body]]] | None = None,
        access: Callable[[], Bindings] | None = None,
    ) -> None:
        """`access` gives the bindings, where gathering may have read them already."""
        super().__init__(workloads, services)
        self.roles = roles or {}
        self.proxies = proxies or {}  # how those of Gateways differ from the Gateway API, by component
        self.components = components or {}  # the catalogue's entries
        self.routed = routed or {}  # kinds of routing resources (`routes`), each with component and entry
        self._holders: dict[
            int, Counter[str]
        ] = {}  # by identity of a release: how many of its pods have a value
        self._numbers: dict[tuple[Workload, str, str], int | None] = {}
        self.owners = owners  # the Flux Kustomizations that apply objects of the input
        self.repeated = repeated  # what repeats an earlier object by name
        self.makers = makers  # objects of which pods may come that nobody here knows
        self.unnamed = unnamed  # workloads whose name the API server would refuse
        self.inventory = inventory
        self.settings = settings
        # Whether an inventory stands beside the input; few files hold all objects.
        self.known = any(Where(file).elsewhere for file in {one.where.file for one in inventory.objects})
        self._access = access or cache(lambda: Bindings(inventory))
        self._routing: frozenset[str] | None = None

    @cached_property
    def is_tree(self) -> bool:
        """Whether several builds are looked at as one cluster: an inventory stands beside the input, or the input is
        several files, builds of several Flux Kustomizations or of several Applications, in which `build` leaves no
        source of pods behind."""
        if self.known or self.settings.is_tree:
            return True
        files = {one.where.file for one in self.inventory.objects}
        if len(files) > 1 or len(self.inventory.applied_by()) > 1:
            return True
        applications = self.inventory.of("Application", group="argoproj.io")
        if len(applications) < 2:
            return False
        from cilium_policies.kube.not_built import is_built  # few inputs hold Applications

        return sum(map(is_built, applications)) > 1

    def plays(self, workload: Workload, role: str) -> bool:
        """Whether the catalogue, or the user's own definition, says that it plays this part for others."""
        return workload.component in self.roles.get(role, ())

    @property
    def port_shifts(self) -> list[int]:
        """What proxies that the input does not show may add to the port of a privileged listener."""
        return sorted({one.shift for one in self.proxies.values() if not one.unshifted} - {0})

    def playing(self, role: str) -> list[Workload]:
        """The workloads that play a part, in the catalogue's order of components."""
        return [one for name in self.roles.get(role, ()) for one in self.recognised.get(name, ())]

    @property
    def access(self) -> Bindings:
        """Who may use the Kubernetes API, read when somebody asks."""
        return self._access()

    @property
    def routing_namespaces(self) -> frozenset[str]:
        """Where controllers of Gateways and Ingresses run: as a release of theirs says, or their role bindings."""
        if self._routing is None:
            bound = self.access.everywhere(_ROUTED)
            self._routing = frozenset(
                one.namespace
                for one in self.workloads
                if (
                    (one.namespace, one.service_account) in bound
                    if one.rendered
                    else self.plays(one, "gateway") or self.plays(one, "gateway-controller")
                )
            )
        return self._routing

    def acts_for(self, workload: Workload, namespace: str, group: str) -> bool:
        """Whether pods that are taken for a controller, its proxy or its reader act on objects of an API group in a
        namespace: as something proves, or as label and image say together where the input shows no roles of theirs."""
        if self.is_proven(workload, namespace, group):
            return True
        told = workload.maker or workload
        return told.by_label and told.by_image and not self.access.shows(told.namespace)

    def is_proven(self, workload: Workload, namespace: str, group: str) -> bool:
        """Whether more than labels and images say that they act on them, or the config says where they are believed.
        Pods that a program makes are what it is."""
        workload = workload.maker or workload
        if workload.component in self.settings.component_namespaces:
            return True
        return is_proven(workload, namespace, group, lambda: self.access)

    def called(self, one: Workload) -> str:
        """`NS/NAME`, as the config writes a pod; `NS/KIND/NAME` where another workload has the same name."""
        several = self._alike[one.namespace, one.name] > 1
        return f"{one.namespace}/{one.kind}/{one.name}" if several else f"{one.namespace}/{one.name}"

    @cached_property
    def _alike(self) -> Counter[tuple[str, str]]:
        """How many kinds of workloads have one name in a namespace: each line of advice asks."""
        return Counter((namespace, name) for namespace, _, name in {one.key for one in self.workloads})

    @cached_property
    def node_ports(self) -> frozenset[tuple[int, str]]:
        """The ports on which pods of the nodes' own network say that they listen."""
        nodes = [one for one in self.workloads if one.host_network]
        return frozenset((port.number, port.protocol) for one in nodes for port in one.ports)

    @cached_property
    def recognised(self) -> dict[str, list[Workload]]:
        """The workloads that are taken for a component of the catalogue, by its name."""
        found: dict[str, list[Workload]] = {}
        for one in self.workloads:
            if one.component:
                found.setdefault(one.component, []).append(one)
        return found

    def maker(self, namespace: str, service: str) -> Object | None:
        """The object of an operator after which a Service is called; it has a line of its own."""
        if not self.makers:
            return None
        called = ((namespace, name) for name in beginnings(service))
        found = [self._makers[name] for name in called if name in self._makers]
        return min(found)[1].source if found else None

    @cached_property
    def _makers(self) -> dict[tuple[str, str], tuple[int, Maker]]:
        found: dict[tuple[str, str], tuple[int, Maker]] = {}
        for place, one in enumerate(self.makers):
            if one.newer:
                continue  # its pods are known, and what may be there beside them is called nobody knows how
            name = one.source.name.lower().replace(".", "-").replace("_", "-")
            found.setdefault((one.place, name), (place, one))
        return found

    def made_from(self, source: Object | None) -> list[Workload]:
        """The workloads that come of one object: its pods, or proxies that an operator makes for a Service."""
        return self._by_source.get(id(source), []) if source is not None else []

    def has_alone(self, workload: Workload, found: Text) -> bool:
        """Whether a value of a release of several kinds of pods is one that these alone are given: it stands below the
        values of their own part of the chart, or below nobody's where one part has all the rest."""
        if found.kind != "value" or found.source is None or found.source is not workload.source:
            return False
        holders = self._holders.get(id(found.source))
        if holders is None:
            held = ({each.field for each in one.texts} for one in self.made_from(found.source))
            holders = self._holders[id(found.source)] = Counter(field for fields in held for field in fields)
        return holders[found.field] == 1

    @cached_property
    def _by_source(self) -> dict[int, list[Workload]]:
        found: dict[int, list[Workload]] = {}
        for one in self.workloads:
            found.setdefault(id(one.source), []).append(one)
        return found

    def unmounted(self, told: Iterable[Text]) -> Iterator[Text]:
        """Those of a ConfigMap or Secret of which no pod's own template speaks: a database that is called like its
        program is not told what that is told."""
        return (one for one in told if id(one.source) not in self._mounted)

    @cached_property
    def _mounted(self) -> frozenset[int]:
        sources = (one.source for each in self.workloads for one in each.texts)
        return frozenset(id(one) for one in sources if one is not None)

    def listening(self, namespace: str, port: int) -> dict[str, list[Workload]]:
        """The workloads of a namespace that declare a container port of this number, not on their node, by name."""
        return self._by_port.get((namespace, port), {})

    @cached_property
    def _by_port(self) -> dict[tuple[str, int], dict[str, list[Workload]]]:
        found: dict[tuple[str, int], dict[str, list[Workload]]] = {}
        for one in self.workloads:
            for number in {declared.number for declared in one.ports} if not one.host_network else ():
                found.setdefault((one.namespace, number), {}).setdefault(one.name, []).append(one)
        return found

    def pod_port(self, workload: Workload, service: Service, port: str) -> Port | None:
        """The pod port behind a Service port, given by number or name ("" = the only or first one).
        None where the Service has no such port or its target name is on no container."""
        for entry in service.ports:
            if port in ("", entry.name, str(entry.port)):
                return self.target_port(workload, entry.target or str(entry.port), entry.protocol)
        return None

    def target_port(self, workload: Workload, target: str, protocol: str = "TCP") -> Port | None:
        """A targetPort on a workload: a number stands for itself, a name is looked up in its containers;
        on a workload whose containers are not shown it is what its object or the catalogue says, or stays a name.
        None, too, for a number that is no port: objects of operators and values of charts are not validated as
        Services are."""
        if target.isdigit():
            number = port_number(target)
            return _port(number, protocol) if number else None
        for declared in workload.ports:
            if declared.name == target and declared.protocol == protocol:
                return _port(declared.number, protocol)
        if not workload.rendered and target:
            number = self._number(workload, target, protocol)
            if number != 0:  # nothing listens there
                return _port(number, protocol) if number else Port(0, protocol, target)
        return None

    def _number(self, workload: Workload, name: str, protocol: str) -> int | None:
        asked = (workload, name, protocol)
        if asked not in self._numbers:
            from cilium_policies.workloads.port_names import number_of  # many inputs have no such name

            entry = self.components.get(workload.component)
            self._numbers[asked] = number_of(workload, name, protocol, entry, self.doors(workload))
        return self._numbers[asked]


@lru_cache(maxsize=1024)
def _port(number: int, protocol: str) -> Port:
    """A pod port by its number; most of a cluster are of few kinds."""
    return Port(number, protocol)
