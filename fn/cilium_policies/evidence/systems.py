"""Actor systems of Akka and Pekko: the ports of their members, members that are several workloads, and scripts that
find such pods (or any others) by a label and ask one of them at its own address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.evidence.edge import Edge, Evidence, WorkloadPeer
from cilium_policies.evidence.reasons import Reason
from cilium_policies.evidence.signs import holds
from cilium_policies.kube.access_rules import EVERYWHERE
from cilium_policies.kube.ports import Port
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Text, Workload

# Akka's and Pekko's remoting and the management that their bootstrap asks, whose ports few containers declare
_SIGNS = ("akka.", "pekko.")
_CONFIGURED = (
    r"(?m)^[ \t]{0,99}(?:akka|pekko)\.(?:remote\.artery\.canonical|management\.http)\.port"
    r"[ \t]{0,9}[=:][ \t]{0,9}\"?(\d{2,5})\b"
)
# Every node of a cluster connects to every other, whichever Deployment made it; this label says that it is one.
_MEMBER_OF = "actorSystemName"
_NAMES = frozenset(("remoting", "artery", "management"))
_WORDS = r"[a-z]+"
# `.metadata.labels.app == "x"` of jq, `-l app=x` and `--selector app=x` of kubectl, `?labelSelector=app=x` of the API
_ASKS = ("labels", "elector", " -l")
_LABEL = (
    r"(?:\blabels(?:\.|\[)\\?\"?([\w.\-/]{1,99}?)\\?\"?\]?[ \t]{0,9}==[ \t]{0,9}\\?\"([\w.\-]{1,63})\\?\""
    r"|(?:[ \t]-l[ \t]{0,9}=?|--selector[ \t=]|labelSelector=)[\"']?([\w.\-/]{1,99})={1,2}([\w.\-]{1,63}))"
)
_BY_VARIABLE = "://$"
# an address that only a variable holds, with a literal port
_CALLED = r"https?://\$\{?\w{1,63}\}?:(\d{2,5})\b"


def configured(workload: Workload) -> Iterator[Port]:
    """Ports that a configuration of Akka or Pekko gives their members."""
    for found in workload.texts if workload.may_say(_SIGNS) else ():
        if holds(found.value, _SIGNS):
            yield from (Port(int(number)) for number in re.findall(_CONFIGURED, found.value))


def edges(cluster: Cluster) -> Iterator[Edge]:
    """Among the workloads of one actor system, each to the ports that the other's members have; and from a script to
    the pods that it lists by a label."""
    systems: dict[tuple[str, str], list[Workload]] = {}
    for one in cluster.workloads:
        name = one.labels.get(_MEMBER_OF, "")
        if name and not one.host_network:
            systems.setdefault((one.namespace, name), []).append(one)
        for found in one.texts if not one.host_network and one.may_say((_BY_VARIABLE,)) else ():
            if _BY_VARIABLE in found.value and holds(found.value, _ASKS):
                yield from _asked(cluster, one, found)
    for members in systems.values():
        for server in members:
            ports = tuple(dict.fromkeys(_of_member(server)))
            for client in members if ports else ():
                if client is not server or _overlaps(server):
                    ends = WorkloadPeer(client), WorkloadPeer(server)
                    yield Edge(*ends, ports, Reason("members"), Evidence("peers", server))


def _of_member(workload: Workload) -> Iterator[Port]:
    yield from configured(workload)
    for declared in workload.ports:
        if _NAMES & set(re.findall(_WORDS, declared.name.lower())):
            yield Port(declared.number, declared.protocol)


def _overlaps(workload: Workload) -> bool:
    """Whether two of its pods may run at once: a Deployment's new pod joins before the old one leaves."""
    return workload.replicas != 1 or workload.kind == "Deployment"


def _asked(cluster: Cluster, one: Workload, found: Text) -> Iterator[Edge]:
    """Pods of its own namespace that a script may list and picks by a label, where they listen on the port that it
    calls at an address of a variable."""
    numbers = {int(number) for number in re.findall(_CALLED, found.value)}
    labels = {(key or other, value or its) for key, value, other, its in re.findall(_LABEL, found.value)}
    if not (numbers and labels):
        return
    reach = cluster.access.reach(one.namespace, one.service_account, "", "pods")
    if not reach & {EVERYWHERE, one.namespace}:
        return
    for key, value in sorted(labels):
        for server in cluster.selected(one.namespace, {key: value}):
            ports = tuple(Port(each.number) for each in server.ports if each.number in numbers)
            if ports and server is not one and not server.host_network:
                evidence = Evidence("peers", one, text=found.without_value())
                reason = Reason("calls-service", (server.namespace, server.name))
                yield Edge(WorkloadPeer(one), WorkloadPeer(server), ports, reason, evidence)
