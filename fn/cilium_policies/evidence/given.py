"""What the objects of an input cannot say: the config's gateways and scrapers, the catalogue's hints."""

from __future__ import annotations

from cilium_policies.catalogue.clouds import Cloud
from cilium_policies.evidence.edge import Peer
from cilium_policies.kube.objects import Mapping, Object
from cilium_policies.kube.ports import Port
from cilium_policies.lean import TYPE_CHECKING, NamedTuple
from cilium_policies.workloads.model import Workload, WorkloadKey

if TYPE_CHECKING:
    from cilium_policies.evidence.edge import Edge
    from cilium_policies.evidence.kubelets import Unasked
    from cilium_policies.evidence.unmet import Unmet
    from cilium_policies.evidence.unopened import Called, Unopened, Unplaced


class Given(NamedTuple):
    """Facts from outside the input; everything empty means: the objects alone decide.

    `gateways` `spec.cluster.gateways`: proxies for routes whose gateway or class this input does not show
    `scrapers` `spec.cluster.scrapers`: they scrape every monitor, beside those that this input shows
    `proxies`  workloads that the catalogue lets `ingress-clients` call
    `for_nodes` pod ports (workload key, number, protocol) whose clients the catalogue knows to be the nodes'
               own processes: a NodePort or hostPort there is not for the outside
    `for_pods` the same, whose clients the catalogue knows to be the cluster's pods: an agent's on each node
    `members`  component, port and protocol of what its members say to each other, as the catalogue knows it
    `inside`   those of them on which nobody else calls a member
    `grouped`  components whose entries say which of their own pods call which
    `called`   of releases that are not rendered: pods and the ports that the catalogue lets them call, but web ports
    `resolvers` the usual DNS pods, where the input shows neither them nor their Service
    `silent`   components whose entries state that they call nobody
    `stated`   components whose entries rest on source or documentation
    `clouds`   what the catalogue knows of clouds
    `balancers` `spec.cluster.loadBalancerCIDRs`: where load balancers outside the cluster call from
    `cloud_users` components that call a cloud's API, each with the clouds
    `inward`   components whose entries state what they call, and nothing outside
    `routed`   kinds of routing resources (the catalogue's `routes`), each with component and entry
    `reads`    components that call what stands in other people's objects (the catalogue's `reads`), each with the kinds
    `ignores`  components that do not read variables that others of their application do: of which image or pods, which
    `private`  `spec.cluster.privateCIDRs`: where names of the company's own network resolve to
    `wary`     what another namespace says is not to be trusted (`spec.trust.foreign: deny`)
    `unmet`    is filled: what configuration names and the input does not show; None where nobody asks
    `unsure`   is filled: workloads that one object makes with others, and an address in it that each of them may be
               the one to call, with the edge that would be written; None where nobody asks
    `unplaced` is filled: keys of hidden Secrets that speak of a server elsewhere; None where nobody asks
    `unasked`  is filled: pods whose configuration names a kubelet that would not answer them; None where nobody asks
    `within`   is filled: servers that configuration names in the pod itself; None where nobody asks
    `unopened` is filled: addresses outside that configuration names where nothing is opened for them; None where nobody
               asks
    """

    gateways: tuple[Peer, ...] = ()
    scrapers: tuple[Peer, ...] = ()
    proxies: tuple[Workload, ...] = ()
    for_nodes: frozenset[tuple[WorkloadKey, int, str]] = frozenset()
    for_pods: frozenset[tuple[WorkloadKey, int, str]] = frozenset()
    members: frozenset[tuple[str, int, str]] = frozenset()
    grouped: frozenset[str] = frozenset()
    clouds: tuple[Cloud, ...] = ()
    balancers: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    cloud_users: dict[str, list[str]] = {}  # noqa: RUF012
    inward: frozenset[str] = frozenset()
    routed: dict[str, list[tuple[str, Mapping]]] = {}  # noqa: RUF012
    reads: dict[str, list[Mapping]] = {}  # noqa: RUF012
    ignores: dict[str, list[Mapping]] = {}  # noqa: RUF012
    wary: bool = False
    unmet: list[Unmet] | None = None
    unsure: list[tuple[Workload, str, Edge]] | None = None
    unopened: list[Unopened] | None = None
    unasked: list[Unasked] | None = None
    stated: frozenset[str] = frozenset()
    called: Called = frozenset()
    resolvers: tuple[Peer, ...] = ()
    inside: frozenset[tuple[str, int, str]] = frozenset()
    silent: frozenset[str] = frozenset()
    unplaced: list[Unplaced] | None = None
    within: list[tuple[Workload, Port]] | None = None


NOTHING_GIVEN = Given()


class Note(NamedTuple):
    """A proxy that an object asks for and this input does not show: `what` is missing. `behind` are the workloads that
    it leads to, as far as they are looked up; `guessed` says that a rule lets somebody in there all the same."""

    subject: Object
    what: str
    guessed: bool = False
    behind: tuple[Workload, ...] = ()
