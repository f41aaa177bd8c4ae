"""The ends of a flow as people name them: `media/radarr`, a Service, `world`, `10.0.0.5`, `api.example.org`."""

from __future__ import annotations

from cilium_policies.checks.snapshot import SOMEWHERE, Snapshot
from cilium_policies.document.finding import RefusedError, refused
from cilium_policies.document.spelling import meant, near
from cilium_policies.evaluate.endpoint import ENTITIES, Endpoint, address, dns_name, entity
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.model import Service, Workload

INTERNET = "internet"
WORDS = ("world", INTERNET, *ENTITIES, "kube-apiserver-external")


class End(NamedTuple):
    """One end that a name stands for. `service`: the name was a Service's, whose pods these are."""

    endpoint: Endpoint
    workload: Workload | None = None
    service: Service | None = None


Pair = tuple[End, End]


class Port(NamedTuple):
    """A port as asked for; `name` is one that its target resolves."""

    number: int
    protocol: str = "TCP"
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name or self.number}/{self.protocol}"


def ends(snapshot: Snapshot, text: str, namespace: str = "") -> list[End]:
    """The ends that a name stands for: several where a Service has several kinds of pods.

    NAMESPACE/NAME is a workload (NAMESPACE/KIND/NAME where several have the name), a pod as `kubectl get pods` prints
    it, or a Service; else one of WORDS, an address, a cluster DNS name, which means its Service, or a DNS name
    outside. `namespace` completes a NAME alone. Raises RefusedError, with the nearest names.
    """
    text = text.strip()
    if text in WORDS:
        return [End(one) for one in _word(text, snapshot)]
    if _is_address(text):
        return [End(snapshot.repository.place(address(text, snapshot.options)))]
    if "/" in text:
        return _pods(snapshot, text)
    inside = cluster_name(snapshot.cluster, text)
    if inside is not None:
        return _pods(snapshot, inside)
    if namespace and "." not in text:
        return _pods(snapshot, f"{namespace}/{text}")
    if "." in text:
        return [End(one) for one in dns_name(text, options=snapshot.options)]
    raise _unknown(snapshot, text)


def _word(text: str, snapshot: Snapshot) -> list[Endpoint]:
    if text == INTERNET:
        made = snapshot.repository.place(address(SOMEWHERE, snapshot.options))
        made.name = INTERNET
        return [made]
    return entity(text, snapshot.options)


def _is_address(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def _pods(snapshot: Snapshot, text: str) -> list[End]:
    namespace, _, rest = text.partition("/")
    kind, slash, name = rest.partition("/")
    if not slash:
        kind, name = "", rest
    here = snapshot.cluster.in_namespace(namespace)
    named = [one for one in here if one.name == name and kind.lower() in ("", one.kind.lower())]
    if not named and not kind and snapshot.cluster.service(namespace, name) is None:
        named = _of_pod(here, name)
    if named:
        return [End(snapshot.end(one), one) for one in named]
    service = snapshot.cluster.service(namespace, name)
    behind = snapshot.cluster.backends(service) if service and not kind else []
    if behind:
        return [End(snapshot.end(one), one, service) for one in behind]
    raise _unknown(snapshot, text)


def cluster_name(cluster: Cluster, text: str) -> str | None:
    """NAMESPACE/SERVICE for a DNS name of the cluster's own (`api.shop.svc.cluster.local`, `api.shop.svc`, or
    `api.shop` where the input shows that Service); the name of one pod of a headless Service means the Service.
    None for a name outside."""
    name = text.rstrip(".").lower()
    domain = f".{cluster.settings.domain}"
    within = name.endswith(f".svc{domain}") or name.endswith(".svc")
    labels = name.removesuffix(domain).removesuffix(".svc").split(".")
    if len(labels) < 2 or not (within or cluster.service(labels[-1], labels[-2])):
        return None
    return f"{labels[-1]}/{labels[-2]}"


# What a controller puts behind its name in that of a pod; the letters of a random suffix are no vowels.
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
_POD_SUFFIX = {
    "StatefulSet": "[0-9]+",
    "DaemonSet": f"{_RANDOM}{{5}}",
    "Job": f"([0-9]+-)?{_RANDOM}{{5}}",
    "CronJob": f"[0-9]+(-[0-9]+)?-{_RANDOM}{{5}}",
    "Deployment": f"{_RANDOM}{{1,10}}-{_RANDOM}{{5}}",
}
_ANY_SUFFIX = "|".join(_POD_SUFFIX.values())


def _of_pod(here: list[Workload], name: str) -> list[Workload]:
    """The workload whose pod has this name, by the form that its controller gives names."""
    import re

    found = [
        one
        for one in here
        if name.startswith(f"{one.name}-")
        and re.fullmatch(_POD_SUFFIX.get(one.kind, _ANY_SUFFIX), name[len(one.name) + 1 :])
    ]
    longest = max((len(one.name) for one in found), default=0)
    return [one for one in found if len(one.name) == longest]


def _unknown(snapshot: Snapshot, text: str) -> RefusedError:
    names = sorted({f"{one.namespace}/{one.name}" for one in snapshot.cluster.workloads})
    close = near(text, names, 3, ratio=0.5) or [one for one in names if one.endswith(f"/{text}")][:3]
    cure = meant(close) or f"name NAMESPACE/POD, an address, or {', '.join(WORDS)}"
    return refused(f"{text!r} is not in the input", cure)


def port(text: str) -> Port:
    """`8080`, `53/UDP`, `http`, `8/ICMP`. Raises RefusedError."""
    number, _, protocol = text.strip().partition("/")
    protocol = (protocol or "TCP").upper()
    if protocol not in ("TCP", "UDP", "SCTP", "ICMP", "ICMPV6") or not number:
        raise refused(f"{text!r} is not a port", "write 8080, 53/UDP, http, or 8/ICMP for an ICMP type")
    if number.isdecimal() and number.isascii() and int(number) < 65536:
        return Port(int(number), protocol)
    if number[0].isdecimal() or len(number) > 63:
        raise refused(f"{text!r} is not a port", "ports go from 1 to 65535")
    return Port(0, protocol, number)


def pod_port(snapshot: Snapshot, target: End, wanted: Port) -> Port | None:
    """The pod port that is meant at one target: behind a Service its target port, a name by the containers.
    None where the target has no such port."""
    if target.workload is None:
        return wanted if wanted.number or not wanted.name else None
    if target.service is not None:
        found = snapshot.cluster.pod_port(target.workload, target.service, wanted.name or str(wanted.number))
        if found is not None and found.number:
            return Port(found.number, found.protocol)
    if wanted.number:
        return translated(snapshot.cluster, target.workload, wanted)[0]
    for declared in target.workload.ports:
        if declared.name == wanted.name and declared.number:
            return Port(declared.number, declared.protocol)
    return None


def translated(cluster: Cluster, workload: Workload, wanted: Port) -> tuple[Port, Service | None]:
    """The pod port that a port number means where the pods were named and not their Service: a port of theirs stays,
    one that only a Service before them has is that Service's. With the Service that it was."""
    if any(one.number == wanted.number for one in workload.ports):
        return wanted, None
    for service in cluster.services_for(workload):
        for entry in service.ports:
            if entry.port == wanted.number and entry.protocol == wanted.protocol:
                found = cluster.target_port(workload, entry.target or str(entry.port), entry.protocol)
                if found is not None and found.number and found.number != wanted.number:
                    return Port(found.number, found.protocol), service
    return wanted, None
