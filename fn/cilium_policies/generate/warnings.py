"""What in the input will not do what its author thinks, beside the plan."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from cilium_policies.catalogue.distributions import api_ports
from cilium_policies.catalogue.load import Catalogue
from cilium_policies.config.settings import USUAL_API_PORTS
from cilium_policies.document.finding import INFO, WARNING, Finding
from cilium_policies.document.source import Source
from cilium_policies.evidence.edge import Edge
from cilium_policies.evidence.ends import KUBE_APISERVER
from cilium_policies.kube.inventory import policy_objects
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload
from cilium_policies.workloads.selectors import is_anybody


def warnings(cluster: Cluster, chosen: set[str], sources: Iterable[Source] = ()) -> Iterator[Finding]:
    """Variables that nobody sets, names that are none, Services without pods, and what is wrong with the user's own
    policies; `sources` are the texts that hold them."""
    yield from _unset(cluster)
    yield from _unread(cluster)
    yield from _not_evaluated(cluster)
    twice = [one for one in cluster.repeated if not one.where.elsewhere]
    if twice:
        more = f", and {len(twice) - 1} more objects" if len(twice) > 1 else ""
        message = f"{twice[0]} is in the input twice{more}: the first of each counts"
        yield Finding(INFO, message, "nothing to do where builds share it", *twice[0].where)
    for pod in cluster.unnamed:
        if pod.own:
            message = f"{pod} has no name that the API server takes: its pods get no policy"
            yield pod.finding(WARNING, message, "correct its name or its namespace")
    for service in cluster.services:
        if service.namespace in chosen and not (service.source and service.source.where.elsewhere):
            yield from _service(cluster, service)
    if any(not one.where.elsewhere for one in policy_objects(cluster.inventory)):
        from cilium_policies.checks.rows import warnings as judged  # few inputs hold policies of their own

        yield from judged(cluster, chosen, sources)


# Kinds of policies that Cilium, or another engine beside it, may enforce, and that nothing here evaluates.
_OTHER_POLICIES = ("ClusterNetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy")


def _not_evaluated(cluster: Cluster) -> Iterator[Finding]:
    found = cluster.inventory.of(*_OTHER_POLICIES, group="policy.networking.k8s.io")
    if found:
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        message = f"{found[0]}{others}: policies of this kind are not evaluated, so what they deny counts as allowed"
        yield found[0].finding(WARNING, message, "look at their denies yourself")


def assumed_ports(cluster: Cluster, edges: Iterable[Edge], catalogue: Catalogue) -> Iterator[Finding]:
    """Where the API server is taken to listen, if nothing tells the distribution and pods call it."""
    settings = cluster.settings
    if settings.distribution or settings.api_ports != USUAL_API_PORTS:
        return
    callers = (edge.client for edge in edges if edge.target == KUBE_APISERVER)
    if not any(one is not None and one.own for one in callers):
        return
    others = [f"{name} on {port}" for name, port in api_ports(catalogue.distributions, USUAL_API_PORTS)]
    yield Finding(
        INFO,
        f"the API server is taken to listen on {' or '.join(map(str, USUAL_API_PORTS))}, as nothing tells the"
        f" distribution; {', '.join(others)}",
        "say spec.cluster.distribution, or spec.cluster.apiServer.ports",
    )


def resolver_findings(cluster: Cluster, edges: Iterable[Edge]) -> Iterator[Finding]:
    """Resolvers that ask for another name than the rules by name have: behind CoreDNS' `autopath`, and in pods with a
    search list of their own."""
    called: dict[int, tuple[Workload, list[str]]] = {}
    by_name = cluster.settings.fqdn != "false"
    for edge in edges:
        name = _name(edge, by_name)
        if name and edge.client is not None:
            called.setdefault(id(edge.client), (edge.client, []))[1].append(name)
    if not (called or by_name):
        return
    # Imported for builds that write names: start-up is paid at every build.
    from cilium_policies.workloads.autopath import autopath
    from cilium_policies.workloads.search_list import search_list

    one = autopath(cluster)
    if one is not None:
        yield one.finding(
            INFO,
            f"{one} switches CoreDNS' autopath on: Cilium sees names with a search suffix behind it, so each name is"
            " written a second time with the suffix of its namespace",
            "rules by name of your own want the same, or take the plugin out",
        )
    for client, names in called.values():
        first = search_list(client).asked(names) if client.own else None
        if first is not None:
            yield client.finding(
                INFO,
                f"{client} has a search list of its own and asks for {first[1]} before {first[0]}: where that zone"
                " answers (a wildcard), the address belongs to a name that no rule has",
                "set dnsConfig ndots to 1, or end the names with a dot in its configuration",
            )


def _name(edge: Edge, by_name: bool) -> str:
    """The host that the rule of an edge has, where it has one."""
    target = edge.target
    if target.kind == "fqdn" or (target.kind == "internet" and by_name):
        return "" if "*" in target.name else target.name
    return ""


def _unread(cluster: Cluster) -> Iterator[Finding]:
    """Values of releases that stand elsewhere count as empty: what they switch on is not seen. Releases that take them
    from the same place are one line."""
    releases = cluster.inventory.of("HelmRelease", group="helm.toolkit.fluxcd.io")
    if not any("valuesFrom" in one.spec for one in releases):
        return
    from cilium_policies.workloads.releases.release import unread_values

    sources: dict[str, list[Object]] = {}
    for one in releases:
        if found := [] if one.where.elsewhere else unread_values(one, cluster.inventory):
            sources.setdefault(", ".join(found), []).append(one)
    for place, (one, *others) in sources.items():
        whose = f"{one} and {len(others)} more" if others else str(one)
        message = f"some of the values of {whose} are in {place}, which is not read"
        cure = f"show it, or render the chart{'s' if others else ''} (helm template, flate)"
        yield one.finding(WARNING, message, cure)


def _unset(cluster: Cluster) -> Iterator[Finding]:
    """Flux writes nothing where a variable is set nowhere; what is generated keeps the variable. One that several
    Kustomizations lack is usually set once for all of them, in what the input does not show: it has one line."""
    lacking: dict[str, list[tuple[Object, Object]]] = {}
    for owner in cluster.owners:
        for name, user in owner.unset.items():
            lacking.setdefault(name, []).append((owner.kustomization, user))
    yield from (_often(name, found) for name, found in lacking.items() if len(found) > 1)
    for owner in cluster.owners:
        users: dict[str, tuple[Object, list[str]]] = {}
        for name, user in owner.unset.items():
            if len(lacking[name]) == 1:
                users.setdefault(str(user), (user, []))[1].append(name)
        for user, names in users.values():
            said, of = ", ".join(names), owner.kustomization
            if len(names) == 1:
                message = f"variable {said} of {of} is set nowhere in the input, and {user} uses it"
                cure = f"set it in spec.postBuild, or give it a {_default(said)}"
            else:
                message = f"variables {said} of {of} are set nowhere in the input, and {user} uses them"
                cure = f"set them in spec.postBuild, or give each a {_default(names[0])}"
            yield user.finding(WARNING, message, cure)


def _often(name: str, found: list[tuple[Object, Object]]) -> Finding:
    """The line of a variable that several Kustomizations lack."""
    of, user = found[0]
    more = f"; {len(found) - 1} more Kustomizations lack it" if len(found) > 2 else f"; so does {found[1][0]}"
    message = f"variable {name} is set nowhere in the input, and {user} of {of} uses it{more}"
    cure = (
        f"show the ConfigMap or Secret that sets it, set it in spec.postBuild, or give it a {_default(name)}"
    )
    return user.finding(WARNING, message, cure)


def _default(name: str) -> str:
    return f"default: ${{{name}:=…}}; what is a script's own is $${{{name}}}"


def _service(cluster: Cluster, service: Service) -> Iterator[Finding]:
    if not service.selector or service.source is None or cluster.backends(service):
        return
    if any(not one.rendered for one in cluster.in_namespace(service.namespace)):
        return  # its pods may be among those that no manifest shows
    message = f"{service.source} selects no pod that the input shows"
    yield service.source.finding(WARNING, message, "correct its selector")


def unselected(cluster: Cluster, found: list[Edge], chosen: Container[str]) -> Iterator[Finding]:
    """What no policy can select, or name."""
    yield from _host_network(cluster, chosen)
    yield from _anybody(cluster, found, chosen)


def _host_network(cluster: Cluster, chosen: Container[str]) -> list[Finding]:
    cure = "protect it with the host firewall, or leave it to the node's own"
    sure = "runs on the host network: no policy can select its pods, its peers see the node"
    unsure = (
        "may run on the host network, of which its release's values speak: no policy selects its pods there"
    )
    own = [one for one in cluster.workloads if one.own and one.namespace in chosen]
    told = [(one, sure) for one in own if one.host_network]
    told += [(one, unsure) for one in own if one.maybe_host_network]
    return [one.finding(WARNING, f"{one} {words}", cure) for one, words in told]


def _anybody(cluster: Cluster, edges: list[Edge], chosen: Container[str]) -> Iterator[Finding]:
    """Pods that no policy of others can name, so that the other end of their flows stays closed."""
    if not any(map(is_anybody, cluster.workloads)):
        return
    ends = {
        id(one): one
        for edge in edges
        for one, other in ((edge.client, edge.target), (edge.server, edge.source))
        if one is not None and other.kind == "workload" and is_anybody(one)
    }
    for one in ends.values():
        if one.own and one.namespace in chosen:
            yield one.finding(
                WARNING,
                f"{one} has no label and the default service account: a rule for it would let in nearly every pod of"
                f" {one.namespace}, so its peers have none",
                "give its pod template a label, or a service account of its own",
            )
