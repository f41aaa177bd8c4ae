"""Who answers at an address: a Service's pods, a gateway, the API server, a node, or somebody outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, cached_property

from cilium_policies.catalogue.ports import DIRECTORIES, SERVERS
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.edge import (
    FqdnPeer,
    InternetPeer,
    NamespacePeer,
    Peer,
    WorkloadPeer,
    workload_of,
)
from cilium_policies.evidence.ends import (
    HOST,
    KUBE_APISERVER,
    LOCAL,
    NODES,
    asked_for,
    backends,
    cidr,
    ends,
    is_family,
    is_shown,
    on_any_port,
)
from cilium_policies.evidence.gateways import proxies_by_label
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.host_aliases import host_aliases, is_own_pod, note_within, rewritten
from cilium_policies.evidence.host_keys import is_host_key, is_url_key
from cilium_policies.evidence.hostnames import Hostnames
from cilium_policies.evidence.names import Named, fitting, is_alone, ordinal, resolve
from cilium_policies.evidence.public_dns import LONGEST
from cilium_policies.evidence.public_names import (
    has_local_end,
    in_words,
    is_local,
    is_private,
    is_public,
    is_short_service,
    is_variable_name,
)
from cilium_policies.evidence.reasons import CALLS_API, Reason, led_by
from cilium_policies.evidence.unopened import Unopened, is_unicast
from cilium_policies.evidence.unrendered import behind
from cilium_policies.kube.cloud_metadata import is_metadata
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

NODE_ADDRESS = "node-address.invalid"  # stands for `status.hostIP` while variables are expanded
Destination = tuple[Peer, tuple[Port, ...], Reason]

_BY_URL = ("http", "https", "tcp", "tls")


class Destinations:
    """Look-ups of one cluster."""

    def __init__(self, cluster: Cluster, given: Given) -> None:
        self._cluster = cluster
        self._given = given
        self.aliases = cache(host_aliases)  # of a workload, with each address that it calls

    def of(
        self, workload: Workload, address: Address, trusted: Callable[[bool], bool]
    ) -> Iterator[Destination]:
        """Peers, pod ports and a reason. `trusted` says whether the place may name the outside, told whether an
        own route serves the name. Who asks a Sentinel calls the Redis that it names as well."""
        aliases = self.aliases(workload)
        if aliases and (alias := aliases.get(address.host.rstrip(".").lower())) is not None:
            address, trusted = address._replace(host=alias), lambda routed: True
        elif (told := rewritten(self._cluster, workload, address.host)) != address.host:
            address = address._replace(host=told)
        for peer, ports, reason in self._of(workload, address, trusted):
            yield peer, ports, reason
            for number in [port.number for port in ports if port.number in DIRECTORIES]:
                from cilium_policies.evidence.agents import named_by  # few builds have a Sentinel

                yield from named_by(self._cluster, workload, peer, number)

    def _of(
        self, workload: Workload, address: Address, trusted: Callable[[bool], bool]
    ) -> Iterator[Destination]:
        host = address.host.rstrip(".").lower()
        if is_own_pod(host):
            note_within(self._given, workload, host, address)
            return
        if not 0 < len(host) <= LONGEST:
            return  # no name: nobody answers at "", and of a longer one Cilium would refuse the whole policy
        if host == NODE_ADDRESS:
            yield from self._node(workload, address)
            return
        named = resolve(self._cluster, host, workload.namespace)
        if named is not None:
            yield from self._inside(workload, address, named)
        elif (ports := self.hostnames.ports(workload, address)) and self._trusted(address, workload, trusted):
            name, _, space = host.partition(".")
            held = self._cluster.in_namespace(space) or self._cluster.inventory.get("Namespace", "", space)
            if held or is_short_service(host):
                yield from self._elsewhere(address, Named(None, space, name))
            if not held and (not is_short_service(host) or self._may_be_a_host(address)):
                ours = self.hostnames.is_ours(host, workload.namespace) or not trusted(False)
                for number in ports:
                    yield from self._outside(workload, address._replace(port=number, host=host), ours)

    def _trusted(self, address: Address, workload: Workload, trusted: Callable[[bool], bool]) -> bool:
        host = address.host.rstrip(".").lower()
        return trusted(bool(self.hostnames.routes(host))) and not self.serves(address, workload)

    def serves(self, address: Address, workload: Workload) -> bool:
        """Whether an own route leads this name and path to the workload itself, which tells it others."""
        led = self.hostnames.served(address.host.rstrip(".").lower(), address.path)
        return any(one is workload for one in led)

    def outside(self, workload: Workload, address: Address) -> Iterator[Unopened]:
        """What an address names outside the cluster, but for the workload's own names and what nobody can call."""
        host = address.host.rstrip(".").lower()
        if is_own_pod(host) or "$" in host or ".svc" in host or is_metadata(host):
            return
        known = is_local(host) or (is_public(host) and not is_short_service(host)) or is_unicast(host)
        if not known or resolve(self._cluster, host, workload.namespace) is not None:
            return
        if not self.serves(address, workload):
            yield Unopened(workload, host, address.port, address.protocol)

    def _may_be_a_host(self, address: Address) -> bool:
        """Whether `nas.homelab` is one as well, plainly called, and of no namespace that the whole tree has."""
        plain = address.scheme or is_host_key(address.key) or is_url_key(address.key)
        return bool(plain) and self._cluster.is_tree

    @cached_property
    def hostnames(self) -> Hostnames:
        """The index of names from outside; made when the first name from outside the cluster's DNS turns up."""
        return Hostnames(self._cluster, self._given)

    def _inside(self, workload: Workload, address: Address, named: Named) -> Iterator[Destination]:
        if (named.namespace, named.name) == ("default", "kubernetes"):
            if address.direct:
                yield KUBE_APISERVER, tuple(map(Port, self._cluster.settings.api_ports)), CALLS_API
            return
        service = named.service
        if service is None:
            own = named.namespace == workload.namespace and named.name in (workload.name, workload.release)
            yield from () if own else self._elsewhere(address, named)
            return
        if service.type == "ExternalName":
            yield from self._external(workload, address, service)
            return
        for peer, port in dict.fromkeys(self._pods(workload, service, address, named.port)):
            if workload_of(peer) is workload and is_alone(address.host, workload):
                continue  # its own Service, with no second pod behind it
            yield peer, (port,), Reason("calls-service", (service.namespace, service.name))

    def _elsewhere(self, address: Address, named: Named) -> Iterator[Destination]:
        """A Service that another build holds, or an operator makes: its namespace is told, its pods are not, and
        their port is taken to be the Service's. A gateway's proxies can be told by their label all the same."""
        if not address.port or not address.direct:
            return
        told = (named.namespace, named.name)
        what = Reason("calls-unseen-service", told)
        proxies = self.hostnames.proxies(*told, address.port, address.protocol)
        if proxies:  # controllers call a Gateway's Service like the Gateway
            reason = Reason("calls-gateway", told)
            yield from ((peer, (port,), reason) for peer, port in proxies)
            return
        found = fitting(self._cluster, named, address.port, address.protocol)
        if found is not None:
            yield WorkloadPeer(found[0]), (found[1],), what
            return
        likely = behind(self._cluster, *told, str(address.port), address.scheme, address.protocol)
        yield from ((peer, (port,), what) for peer, port in likely)
        yield NamespacePeer(named.namespace), (Port(address.port, address.protocol),), what
        if address.port < 1024 and self.hostnames.is_gateway(*told):
            for peer in proxies_by_label(self._cluster, *told):
                if shifts := self._cluster.port_shifts:
                    yield peer, tuple(Port(address.port + one, address.protocol) for one in shifts), what

    def _node(self, workload: Workload, address: Address) -> Iterator[Destination]:
        """The own node's address: a NodePort or hostPort there is translated to its pods, the rest is the host."""
        if not address.port:
            return
        from cilium_policies.evidence.agents import agents, published_by  # few pods ask their node

        published = list(dict.fromkeys(published_by(self._cluster, address.port)))
        for peer, port in published:
            if workload_of(peer) is not workload or workload.kind == "DaemonSet":
                yield peer, (port,), Reason("calls-node-port")
        if not published and self._may_ask(workload, address.port):
            called = (Port(address.port, address.protocol),)
            yield HOST, called, Reason("calls-own-node")
            for agent in agents(self._cluster, address.port):
                yield WorkloadPeer(agent), called, Reason("calls-node-port")

    def _may_ask(self, workload: Workload, port: int) -> bool:
        from cilium_policies.evidence.kubelets import Unasked, may_ask

        may = may_ask(self._cluster, workload, port)
        if not may and self._given.unasked is not None:
            self._given.unasked.append(Unasked(workload, port))
        return may

    def _pods(
        self, workload: Workload, service: Service, address: Address, name: str
    ) -> Iterator[tuple[Peer, Port]]:
        if not (name or address.port) and is_family(self._cluster, workload, service):
            yield from on_any_port(self._cluster, service, workload, self._given.inside)
            return
        wanted, entries = asked_for(service, address, name)
        # A name alone does not say whether the program speaks TCP or UDP; what the Service has there counts.
        for entry in entries:
            yield from backends(self._cluster, service, str(entry.port), entry.protocol)
        if not entries and wanted.isdigit():
            # Its name stands for the pods themselves; of a Service that a chart makes not every port is known.
            whole = service.headless or not is_shown(self._cluster, service)
            for one in self._cluster.backends(service):
                if whole or ordinal(address.host, one) >= 0:
                    yield from ((end, Port(int(wanted), address.protocol)) for end in ends(one))

    def _external(self, workload: Workload, address: Address, service: Service) -> Iterator[Destination]:
        """An ExternalName Service is an alias; its ports translate nothing."""
        port = address.port or next((entry.port for entry in service.ports), 0)
        if made := self._cluster.made_from(service.source):  # their operator writes its own name there
            what = Reason("calls-service", (service.namespace, service.name))
            called = (Port(port, address.protocol),)
            yield from ((end, called, what) for one in made for end in ends(one) if port)
            return
        again = resolve(self._cluster, service.external_name, service.namespace)
        # An alias of an alias: DNS follows it, a configuration that needs it is not worth a loop.
        if again is None or again.service is None or not again.service.external_name:
            alias = address._replace(host=service.external_name, port=port)
            yield from self.of(workload, alias, lambda routed: True)

    def _outside(self, workload: Workload, address: Address, ours: bool) -> Iterator[Destination]:
        host = address.host
        if is_metadata(host):
            return  # never by evidence, only by the user's word
        port = Port(address.port, address.protocol)
        own = list(dict.fromkeys(self.hostnames.backends(host, address.port, address.protocol)))
        yield from ((one, (to,), Reason("calls-through-gateway", (in_words(host),))) for one, to in own)
        balanced, told = self.hostnames.is_outside(host), self.hostnames.beyond(host, workload.namespace)
        inside = own and ours and not self.hostnames.may_be_outside(host)
        # Where strangers are not trusted, what they say of a name is only asked for, beside what is known anyway.
        asked = {one for one, word in told.items() if word and self._given.wary}
        leaving = []
        for one, word in told.items():
            if (ours or one in asked) and is_private(one) and not is_metadata(one):
                # what DNS is shown to answer: no other host is meant
                found = self._number(workload, one, port, host)
                yield from ((peer, to, led_by(reason, word)) for peer, to, reason in found)
            elif inside or one not in asked:
                leaving.append(word)
        if balanced or leaving:
            what = Reason("calls-host", (in_words(host),))
            yield InternetPeer(host), (port,), led_by(what, "" if balanced else min(leaving))
        if balanced and not any(one.is_public for one in self.hostnames.published(host)):
            yield from self._private(workload, host, port, own=True)
        elif balanced or inside or len(asked) < len(told):
            return
        elif ":" in host or host.replace(".", "").replace("/", "").isdigit():
            yield from self._number(workload, host, port, by_url=address.scheme in _BY_URL)
        elif is_local(host) or has_local_end(host):
            local = Reason("calls-local-host", (in_words(host),))
            if self._cluster.settings.fqdn != "false" and "$" not in host:
                yield FqdnPeer(host), (port,), local
                return
            yield from ((cidr(block), (port,), local) for block in self._given.private or LOCAL)
        elif is_public(host) and not is_variable_name(host):
            yield InternetPeer("" if "$" in host else host), (port,), Reason("calls-host", (in_words(host),))
            yield from self._private(workload, host, port)

    def _private(self, workload: Workload, host: str, port: Port, own: bool = False) -> Iterator[Destination]:
        """A public name may resolve to an address of the company's own network: a managed database does, so may any
        name on a server's port, one's own, one of the house or of a zone that is called so. With toFQDNs the agents
        follow it."""
        if self._cluster.settings.fqdn != "false":
            return
        from cilium_policies.evidence.own_zones import may_be_near  # few builds name anybody outside

        linked = self._given.private
        clouds = any(one.is_private(host) or (linked and one.is_linked(host)) for one in self._given.clouds)
        if own or clouds or port.number in SERVERS or may_be_near(self._cluster, host, workload.namespace):
            reason = Reason("calls-private-host", (in_words(host),))
            yield from ((cidr(block), (port,), reason) for block in self._given.private or LOCAL)

    def _number(
        self, workload: Workload, number: str, port: Port, name: str = "", by_url: bool = False
    ) -> Iterator[Destination]:
        """Who has a number; `name`: of the host that DNS leads there; `by_url`: asked by HTTP."""
        from cilium_policies.evidence.literals import literal, on_a_node  # few builds name one

        told = [*literal(number, port, self._cluster.settings.node_cidrs, name)]
        if by_url or self._cluster.plays(workload, "scraper"):
            told += on_a_node(self._cluster, number, port)
        yield from (one for one in told if one[0] not in NODES or self._may_ask(workload, port.number))
