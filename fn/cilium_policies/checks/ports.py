"""Faults in the ports of a rule."""

from __future__ import annotations

from collections.abc import Iterator

from cilium_policies.checks.violation import Linted, Part, Violation
from cilium_policies.cilium.agent import port_number
from cilium_policies.cilium.read import NETWORK_POLICY
from cilium_policies.evaluate.peers import Labelled
from cilium_policies.evaluate.ports import Span
from cilium_policies.workloads.model import Service, Workload

_DNS = 53


def service_port(one: Linted) -> Iterator[Violation]:
    """A Service's port where the pods behind it listen on another."""
    for part in one.parts():
        receivers = _receivers(one, part)
        for span in _single(part):
            service = _behind_all(one, receivers, span)
            if service is not None:
                target = _target(one, service, receivers[0], span)
                message = (
                    f"{span.low} is the port of Service {service.namespace}/{service.name}, not of its pods"
                )
                yield Violation(f"{part.path}.toPorts", message, f"write the pods' port, {target}")


def _single(part: Part) -> list[Span]:
    spans = (part.entry.spans if part.entry else None) or ()
    found = [one for one in spans if one.low == one.high and not one.name and one.protocol in ("TCP", "UDP")]
    return list({span.low: span for span in found}.values())


def _receivers(one: Linted, part: Part) -> list[Workload]:
    """The pods that receive what a rule allows: its subjects, or its peers."""
    if part.entry is None or part.deny:
        return []
    workloads = one.snapshot.workloads
    if part.ingress:
        return [workloads[end] for end in one.selected(part.entry)]
    matchers = (
        [peer for peer in part.entry.peers or () if isinstance(peer, Labelled)] if part.rule.endpoints else []
    )
    return [
        workloads[end]
        for end in dict.fromkeys(end for peer in matchers for end in one.snapshot.matched(peer))
    ]


def _behind_all(one: Linted, pods: list[Workload], span: Span) -> Service | None:
    """The Service of the first pod, where each of them has one that forwards this port to another."""
    first = None
    for pod in pods:
        service = _behind(one, pod, span)
        if service is None:
            return None
        first = first or service
    return first


def _behind(one: Linted, pod: Workload, span: Span) -> Service | None:
    """The Service that forwards this port to another one of the pod; None where the pod has the port itself."""
    if not pod.rendered or any(port.number <= span.low <= max(port.end, port.number) for port in pod.ports):
        return None
    for service in one.snapshot.cluster.services_in(pod.namespace):
        if (
            service.selector
            and service.selector.items() <= pod.labels.items()
            and _target(one, service, pod, span)
        ):
            return service
    return None


def _target(one: Linted, service: Service, pod: Workload, span: Span) -> int:
    """The pod port behind a Service port, where it is another; else 0."""
    if not any(port.port == span.low and port.protocol == span.protocol for port in service.ports):
        return 0
    found = one.snapshot.cluster.pod_port(pod, service, str(span.low))
    return found.number if found is not None and found.number != span.low else 0


def no_such_name(one: Linted) -> Iterator[Violation]:
    """A port name that no container of the receiving pods has."""
    for part in one.parts():
        receivers = _receivers(one, part)
        if not receivers or not all(pod.rendered for pod in receivers):
            continue
        for name in sorted(
            {span.name for span in (part.entry.spans if part.entry else None) or () if span.name}
        ):
            ends = [one.snapshot.end(pod) for pod in receivers]
            if not any(name in end.named_ports for end in ends):
                known = sorted({known for end in ends for known in end.named_ports})
                cure = f"their port names: {', '.join(known)}" if known else "write the number"
                yield Violation(
                    f"{part.path}.toPorts", f"no pod that receives this has a port named {name}", cure
                )


def odd_range(one: Linted) -> Iterator[Violation]:
    """endPort beside port 0 or beside a name: the range is not what it says."""
    if one.policy.kind == NETWORK_POLICY:
        return
    for part in one.parts():
        for entry in part.rule.ports or ():
            for port in entry.ports:
                number = port_number(port.port)
                if number == 0 and 0 < port.end < 65535:
                    message = "port 0 means every port, whatever endPort says"
                    yield Violation(
                        f"{part.path}.toPorts", message, f'write port "1" with endPort {port.end}'
                    )
                elif number is None and port.end:
                    message = f"endPort next to the name {port.port} does not make a range"
                    yield Violation(f"{part.path}.toPorts", message, "write the numbers")


def dns_over_udp(one: Linted) -> Iterator[Violation]:
    """DNS over UDP alone: long answers come over TCP."""
    for part in one.parts():
        if part.ingress or part.deny or part.entry is None:
            continue
        if _opens(part, "UDP") and not _opens(part, "TCP") and not _elsewhere(one, part):
            message = (
                "DNS over UDP only: after a truncated answer the client asks again over TCP, which is denied"
            )
            yield Violation(f"{part.path}.toPorts", message, 'add {port: "53", protocol: TCP}')


def _opens(part: Part, protocol: str) -> bool:
    spans = part.entry.spans if part.entry else ()
    return any(
        span.protocol == protocol and span.low <= _DNS <= span.high and not span.name for span in spans or ()
    )


def _elsewhere(one: Linted, part: Part) -> bool:
    """Whether another rule of the same policy opens 53/TCP to the same peers, or to everybody."""
    return any(
        other.entry is not None
        and other.list_name == part.list_name
        and (other.entry.spans is None or _opens(other, "TCP"))
        and (not other.entry.peers or set(part.entry.peers or ()) <= set(other.entry.peers))
        for other in one.parts()
        if part.entry is not None and other.entry is not None and not other.entry.idle
    )
