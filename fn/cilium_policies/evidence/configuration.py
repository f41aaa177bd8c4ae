"""Addresses in a workload's configuration: to the Services, gateways, nodes and outside hosts they name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from cilium_policies.evidence import addresses, managed
from cilium_policies.evidence.addresses import Address
from cilium_policies.evidence.collected import Collected
from cilium_policies.evidence.destinations import NODE_ADDRESS, Destinations
from cilium_policies.evidence.edge import Edge, Evidence
from cilium_policies.evidence.ends import ends
from cilium_policies.evidence.filled import expand
from cilium_policies.evidence.given import Given
from cilium_policies.evidence.host_aliases import called
from cilium_policies.evidence.host_keys import is_host_key
from cilium_policies.evidence.key_words import is_for_others, words
from cilium_policies.evidence.lists import joined
from cilium_policies.evidence.names import resolve
from cilium_policies.evidence.not_read import (
    calls_nobody,
    handing,
    is_called,
    is_of_others,
    lone,
    not_read,
    read_here,
)
from cilium_policies.evidence.own_names import trust
from cilium_policies.evidence.signs import holds, is_dashboard
from cilium_policies.evidence.trust import is_scalar, is_value, is_variable, names_service
from cilium_policies.evidence.unmet import is_declared, unmet
from cilium_policies.evidence.unopened import Unopened, in_full, is_device, is_of_an_edge, may_be_called
from cilium_policies.evidence.variables import of_services, pairs
from cilium_policies.kube.kinds import EVIDENCE
from cilium_policies.kube.objects import at, mapping, mappings, sequence, text
from cilium_policies.kube.pods import containers, pod_spec
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload

# A name and, behind a comma, the same name again.
_SPELLINGS = r"(?<![\w.\-]){0}(?:\.[\w.\-]+)?[\"']?\s*,[\s\-\"']*{0}(?![\w\-])"
_SIGNS = (":", ".svc", "ost=", "erver=", ",", ";", "\n", "(", "sslmode=", "//", "\\\\", "#", "</")  # fmt: skip
# ^ a text without any of them names no address
_LISTED = r"(.+)\[\d+\](?:\.value)?"  # the field of `env: [{name: …, value: …}]`
_PROBES = EVIDENCE["probed"].said
# Keys of bare names that go into certificates or are excepted from something.
_NAME_LISTS = frozenset(("name", "names", "san", "sans", "cert", "certs", "certificate", "no", "proxy", "domain",
                         "issuer", "audience", "adv"))  # fmt: skip
Parsed = dict[tuple[str, str, bool], list[Address]]


def edges(cluster: Cluster, given: Given, some: Iterable[Workload] | None = None) -> Iterator[Edge]:
    """One edge a workload and address that its env, arguments, mounted files or values name; of all workloads, or of
    some."""
    destinations = Destinations(cluster, given)
    collected = Collected(cluster, given.reads)
    parsed: Parsed = {}
    handed, fields = handing(cluster, given.reads), lone(cluster, given.reads)
    made = Counter(id(workload.source) for workload in cluster.workloads if workload.texts)
    for workload in cluster.workloads if some is None else some:
        yield from _resolvers(destinations, workload)
        if calls_nobody(workload, given.silent):
            continue
        # Of several workloads that one object makes (an operator's, a chart's), its fields do not say which calls.
        alone = made[id(workload.source)] <= 1
        ignored = not_read(cluster, workload, given.ignores, handed)
        named = _addresses(cluster, workload, collected.of(workload), parsed, ignored)
        places = in_full(read_here(named, workload, given.ignores), workload, given.called)
        led: set[str] = set()
        missed: list[Address] = []
        for found, address in (*places, *managed.named(workload, given.clouds)):
            if not alone and is_of_others(workload, found, given.reads, fields):
                continue
            of_object = is_value(found)
            told = of_object and collected.is_told(workload, found)
            stated = is_of_an_edge(workload, found, address, given.called) or (
                workload.component in given.reads
                and is_variable(found)
                and is_called(workload, found.key, given.reads)
            )
            certain = alone or told or stated or not of_object or cluster.has_alone(workload, found)
            plain = stated or (told and found.kind == "value" and not is_for_others(address))
            plain = plain or is_device(found, address)
            leads = list(_edges(destinations, workload, found, address, certain, plain))
            yield from leads
            if leads:
                led.add(address.host)
                continue
            if (
                given.unmet is not None
                and names_service(found, address)
                and not is_declared(address, found.value)
            ):
                missed.append(address)
            if given.unopened is not None and may_be_called(workload, found, address):
                given.unopened.extend(destinations.outside(workload, address))
            if not certain and given.unsure is not None:
                for edge in list(_edges(destinations, workload, found, address, True))[:1]:
                    given.unsure.append((workload, address.host, edge))
        yield from _aliases(destinations, workload, given, led)
        for address in missed:
            if given.unmet is not None and not (
                (address.host in led and not address.port) or destinations.serves(address, workload)
            ):
                given.unmet.extend(filter(None, [unmet(cluster, workload, address)]))


def _resolvers(destinations: Destinations, workload: Workload) -> Iterator[Edge]:
    """Resolvers of a pod's own `dnsConfig`: what it asks them explains nothing else that it calls."""
    dns = mapping(pod_spec(workload.source).get("dnsConfig")) if workload.rendered else {}
    for host in map(text, sequence(dns.get("nameservers"))):
        evidence = Evidence("address", workload, "dnsConfig.nameservers")
        for protocol in ("UDP", "TCP"):
            address = Address(host, 53, "", protocol, "nameservers", True)
            for peer, ports, reason in destinations.of(workload, address, lambda routed: True):
                for source in ends(workload):
                    if source.kind == "workload" or peer.kind == "workload":
                        yield Edge(source, peer, ports, reason, evidence, explains=False)


def _aliases(destinations: Destinations, workload: Workload, given: Given, led: set[str]) -> Iterator[Edge]:
    """Addresses of a pod's `hostAliases` that nothing else of its configuration names: on which port they are called is
    said by a Service that has them, else by nobody."""
    aliases = destinations.aliases(workload)
    told = {host.rstrip(".").lower() for host in led} if aliases else set()
    rest = {ip: name for name, ip in reversed(aliases.items()) if name not in told}
    for ip, name in rest.items():
        place = Text("env", "hostAliases", name, workload.source, "hostAliases")
        found = (
            list(_edges(destinations, workload, place, called(ip), True))
            if destinations.hostnames.answers(ip)
            else []
        )
        yield from found
        if not found and given.unopened is not None:
            given.unopened.append(Unopened(workload, ip, 0, "TCP"))


def _addresses(
    cluster: Cluster,
    workload: Workload,
    more: tuple[Text, ...],
    parsed: Parsed,
    ignored: Callable[[Text, bool], bool] | None,
) -> Iterator[tuple[Text, Address]]:
    """Every address that a workload's texts name, with the text it stands in. A name without a port (often an
    ingredient of another variable) says nothing new where the same name stands with one."""
    found = list(_named(cluster, workload, more, parsed))
    if ignored is not None:
        told = ((one, is_variable(one[0]) and not is_value(one[0])) for one in found)
        found = [one for one, variable in told if not ignored(one[0], variable)]
    ports = {address.host.rstrip(".").lower() for _, address in found if address.port and address.explicit}
    for place, address in found:
        said = address.port and (address.explicit or address.scheme)
        if said or address.host.rstrip(".").lower() not in ports:
            yield place, address


def _named(
    cluster: Cluster, workload: Workload, more: tuple[Text, ...], parsed: Parsed
) -> Iterator[tuple[Text, Address]]:
    of_pod = _of_pod(workload)
    variables = _variables(cluster, workload, of_pod)
    for found in (*workload.texts, *more):
        value = expand(found.value, variables.get(found.within, variables[0]))
        value = joined(value) if value[:1] == "[" and is_variable(found) else value
        if found.is_arguments or (value and holds(value, _SIGNS)):
            for address in _parsed(found, value, parsed):
                if not _is_list_of_names(address) and not _is_spelled_twice(value, address):
                    yield found, address
    # RESTIC_HOST, under which a backup is kept, is its namespace: no name of a Service.
    each = [told for number, told in variables.items() if number or len(variables) == 1]
    if _NAMESPACE in of_pod.values():
        each = [{key: value for key, value in told.items() if of_pod.get(key) != _NAMESPACE} for told in each]
    named = dict.fromkeys([address for told in each for address in pairs(told)])
    entries = workload.texts if named else ()
    brought = {one.key: one for one in entries if one.kind == "entry" and is_variable(one)}
    for address in named:
        if not (address.port or is_host_key(address.key)) and _is_unsaid(cluster, workload, address.host):
            continue
        entry = brought.get(address.key, Text("env", address.key, "", field=address.key))
        yield Text("env", address.key, address.host, entry.source, entry.field), address
    for first, beside in _value_groups((*workload.texts, *more)):
        for address in pairs(beside):
            yield _neighbour(first, address), address


def _is_unsaid(cluster: Cluster, workload: Workload, host: str) -> bool:
    """Whether a name that a key alone makes a host is no call: that of a workload's own Service, which many are told
    (`KARPENTER_SERVICE: karpenter`), or of pods with several ports."""
    named = resolve(cluster, host, workload.namespace)
    service = named.service if named else None
    many = service is not None and service.headless and len(service.ports) > 1
    return many or (service is not None and workload in cluster.backends(service))


def _parsed(found: Text, value: str, parsed: Parsed) -> list[Address]:
    """Addresses of a text; many workloads mount the same ConfigMap, so each is read once."""
    file = not (is_variable(found) or is_scalar(found))
    if file and is_dashboard(value):
        return []
    key = (value, found.key, file)
    if key not in parsed:
        named = addresses.targets(value, found.key, file)
        if file and _PROBES in value:
            from cilium_policies.evidence.probed import handed_on  # few clusters have such a configuration

            others = handed_on(value)
            named = [one for one in named if one.host not in others]
        parsed[key] = named
    return parsed[key]


def _is_spelled_twice(value: str, address: Address) -> bool:
    """A list of a Service's spellings (`web,web.shop,web.shop.svc`) names it for a certificate."""
    if address.port or "," not in value:
        return False
    return re.search(_SPELLINGS.format(re.escape(address.host.partition(".")[0])), value) is not None


def _edges(
    destinations: Destinations,
    workload: Workload,
    found: Text,
    address: Address,
    certain: bool,
    plain: bool = False,
) -> Iterator[Edge]:
    """`plain`: the catalogue says of this very value, or of its port, that what stands there is called."""
    may_name = trust(destinations, workload, found, address, plain and address.direct)
    for peer, ports, reason in destinations.of(
        workload, address, may_name if certain else lambda routed: False
    ):
        evidence = Evidence("address", workload, text=found.without_value())
        for source in ends(workload):
            if source.kind == "workload" or peer.kind == "workload":
                yield Edge(source, peer, ports, reason, evidence)


_NAMESPACE = "metadata.namespace"
_NODE = ("status.hostIP", "status.hostIPs", "spec.nodeName")


def _variables(cluster: Cluster, workload: Workload, of_pod: dict[str, str]) -> dict[int, dict[str, str]]:
    """Environment variables, expanded, by the number of the container that is told them, and under 0 those of all
    together; those from the pod's own fields where the template tells them, and those that the kubelet adds for the
    Services of the namespace, where something speaks of them."""
    links = of_services(cluster, workload)
    named = [one for one in workload.texts if one.key and is_variable(one) and not is_value(one)]
    found = {}
    for number in dict.fromkeys([0, *[one.within for one in workload.texts]]):
        raw = links | {one.key: one.value for one in named if not number or one.within in (0, number)}
        for name, path in of_pod.items():
            raw[name] = workload.namespace if path == _NAMESPACE else NODE_ADDRESS
        found[number] = {key: joined(expand(value, raw)) for key, value in raw.items()}
    return found


def _of_pod(workload: Workload) -> dict[str, str]:
    """The variables that hold a field of the pod which the template tells, and the field's path."""
    found = {}
    for container in containers(pod_spec(workload.source)):
        for entry in mappings(container.get("env")):
            path = text(at(entry, "valueFrom", "fieldRef", "fieldPath")) if "valueFrom" in entry else ""
            if path == _NAMESPACE or path in _NODE:
                found[text(entry.get("name"))] = path
    return found


def _value_groups(texts: Iterable[Text]) -> Iterator[tuple[Text, dict[str, str]]]:
    """Helm values and fields that stand in one mapping (`host` beside its `port`), or in one list of names and values
    (an `env`), each with the first of them."""
    groups: dict[tuple[str, int], tuple[Text, dict[str, str]]] = {}
    for found in texts:
        if is_value(found) and "." in found.field:
            listed = re.fullmatch(_LISTED, found.field) if _is_named(found) else None
            key = (listed[1] if listed else found.field.rpartition(".")[0], id(found.source))
            groups.setdefault(key, (found, {}))[1][found.key] = found.value
    yield from groups.values()


def _is_named(found: Text) -> bool:
    """Whether a text of a list has its name beside it (`{name: DB_HOST, value: db}`), or before it (`DB_HOST=db`)."""
    return found.key not in ("", "value") and (found.field.endswith("].value") or found.key.isupper())


def _neighbour(first: Text, address: Address) -> Text:
    """The text of an address whose parts stand in one mapping, beside the first of them."""
    mapping = first.field.rpartition(".")[0]
    return first._replace(key=address.key, value=address.host, field=f"{mapping}.{address.key}")


def _is_list_of_names(address: Address) -> bool:
    """Whether a Service's name without port or scheme stands for a certificate or an exception, not a call."""
    if address.port or address.scheme:
        return False
    return not _NAME_LISTS.isdisjoint(words(address.key))
