"""Hubble's flows as `hubble observe -o json` and Cilium's exporter write them: one JSON object a line.

Only a policy verdict opens a connection: the traces and the drop that Hubble tells beside it are events of the same
one, and a trace to a pod says EGRESS even where the packet comes in. So everything else is counted as skipped.

Ends are made once and shared, so that a million flows between a thousand pods cost a thousand ends.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.evaluate.endpoint import POD_AGGREGATE, Endpoint, address, dns_name, entity
from cilium_policies.evaluate.labels import CLUSTER
from cilium_policies.evaluate.options import DEFAULT, Options
from cilium_policies.kube.ports import TRANSPORTS
from cilium_policies.lean import Any, NamedTuple

RESERVED = 256  # identities below are Cilium's own: nodes, world, health …
POLICY_VERDICT = 5  # v1.20.2:pkg/monitor/api/types.go MessageTypePolicyVerdict
_EVENTS = {1: "drops", 4: "traces", 129: "proxied requests"}  # the other types of the same file
UNTYPED = "flows without event_type"
_PROXIED = 129
# With CoreDNS' autopath the question that is answered has a search suffix.
_SEARCHED = re.compile(r"\.[a-z0-9-]+\.svc\.[a-z0-9.-]+\Z")
_HOST = re.compile(r"[a-z]+://([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)(?=[:/]|\Z)", re.I)
_PASSED = ("FORWARDED", "REDIRECTED", "AUDIT")
_ICMP = {"ICMPv4": "ICMP", "ICMPv6": "ICMPv6"}
_SUFFIX = re.compile(r"(-[a-f0-9]{6,10})?-[a-z0-9]{5}\Z|-[0-9]+\Z")
_PORT_NAMES = (
    "io.cilium.k8s.named-ports"  # an identity's ports by name, in the form metrics.TCP.9090_web.TCP.80
)
NamedPorts = Mapping[str, tuple[int, str]]
ENOUGH = 50_000  # ends that are kept; a scan from everywhere must not fill the memory


_decode = json.JSONDecoder().decode  # json.loads would look for the encoding of each line


class End(NamedTuple):
    """One end of a flow. `words` name it to people, `peer` in a config (`{pod: media/radarr}`, `internet`)."""

    words: str
    peer: str
    endpoint: Endpoint
    host: bool = False  # the node of the other end
    ports_known: bool = True  # false: neither the flow nor the manifests say what its ports are called


class Flow(NamedTuple):
    """A policy verdict: a connection in one direction.

    `covered`: whether Hubble names a policy that allows it. `dropped`: it was cut by a policy. `time` is as written.
    `connection` is the same for packets of one connection, such as a SYN that is sent again; 0 where the flow does
    not say its addresses.
    """

    ingress: bool
    source: End
    target: End
    port: int
    protocol: str
    covered: bool
    dropped: bool
    time: str
    connection: int


class NoFlowError(CiliumPoliciesError):
    """A line that holds no flow at all."""


class Flows:
    """Reads lines, and keeps the ends. `place` says by which name an address outside goes ("" for internet),
    `port_names` what the ports of the pods of a namespace/workload are called.

    A name outside is what Hubble says beside the verdict, else what the DNS answers and HTTP requests of the same
    recording told before of that address (the agent's proxy has seen them: `l7` of the flow).
    """

    def __init__(
        self,
        place: Callable[[str], str] | None = None,
        options: Options = DEFAULT,
        port_names: Mapping[str, NamedPorts] | None = None,
    ) -> None:
        self._place = place or (lambda text: "")
        self._options = options
        self._port_names = port_names or {}
        self._ends: dict[tuple[Any, ...], End] = {}
        self._names: dict[str, str] = {}  # by address
        self.lost = 0  # flows that Hubble says it has lost
        self.skipped: Counter[str] = Counter()  # events that open no connection, by their kind
        self.correlated = False  # whether any flow says which policy, or that none, let it pass

    def read(self, line: bytes) -> Flow | None:
        """The flow of a line; None for one that opens no connection (traces, replies, content, other events).

        Raises NoFlowError for what is no line of Hubble's.
        """
        try:
            body = _decode(line.decode())
            flow = body.get("flow", body)
            if "verdict" in flow:
                return self._flow(flow)
            self._other(body)
            return None
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            raise NoFlowError from None  # a port of 1e999 is an infinite number to JSON's reader

    def _other(self, body: dict[str, Any]) -> None:
        if "lost_events" in body:
            self.lost += int(body["lost_events"].get("num_events_lost") or 0)
        elif not any(key in body for key in ("node_status", "agent_event", "debug_event", "node_name")):
            raise NoFlowError

    def _flow(self, flow: dict[str, Any]) -> Flow | None:
        kind = (flow.get("event_type") or {}).get("type")
        if kind != POLICY_VERDICT:
            if kind == _PROXIED:
                self._learn(flow)
            self.skipped[UNTYPED if kind is None else _EVENTS.get(kind, "other events")] += 1
            return None
        verdict, direction = flow["verdict"], flow.get("traffic_direction")
        dropped = verdict == "DROPPED" and str(flow.get("drop_reason_desc") or "").startswith("POLICY")
        port, protocol = _port(flow.get("l4") or {})
        opens = (dropped or verdict in _PASSED) and not flow.get("is_reply") and flow.get("Type") != "L7"
        if not opens or direction not in ("INGRESS", "EGRESS") or not protocol:
            self.skipped["other verdicts"] += 1
            return None
        ingress = direction == "INGRESS"
        source, target = (
            self._end(flow.get(end) or {}, (flow.get("IP") or {}).get(end), flow.get(f"{end}_names"))
            for end in ("source", "destination")
        )
        by = flow.get("ingress_allowed_by" if ingress else "egress_allowed_by") or ()
        self.correlated = self.correlated or bool(by)
        covered = any(one.get("name") for one in by)
        time = str(flow.get("time") or "")
        return Flow(ingress, source, target, port, protocol, covered, dropped, time, _connection(flow))

    def _learn(self, flow: dict[str, Any]) -> None:
        """What a DNS answer, or an HTTP request by name, says of addresses."""
        said = flow.get("l7") or {}
        dns, url = said.get("dns") or {}, str((said.get("http") or {}).get("url") or "")
        if len(self._names) >= ENOUGH:
            self._names.clear()
        if dns.get("ips") and dns.get("query"):
            name = _SEARCHED.sub("", str(dns["query"])[:256].lower().rstrip("."))
            self._names.update((str(ip), name) for ip in dns["ips"])
        host = _HOST.match(url)
        if (
            host
            and not flow.get("is_reply")
            and _is_outside((flow.get("destination") or {}).get("labels") or ())
        ):
            self._names[str((flow.get("IP") or {}).get("destination"))] = host[1].lower()

    def _end(self, body: dict[str, Any], ip: str | None, names: list[str] | None) -> End:
        """The end that a flow's `source` or `destination` describes, made once."""
        identity, labels = body.get("identity") or 0, body.get("labels") or ()
        namespace = body.get("namespace") if identity >= RESERVED or not identity else None
        place = ""
        if namespace:
            workloads = body.get("workloads")
            name = workloads[0].get("name") if workloads else _stem(body.get("pod_name") or "")
            key: tuple[Any, ...] = (identity, namespace, name)
        elif _is_outside(labels):
            learned = self._names.get(ip or "")
            names = names or ([learned] if learned else None)
            place, name = names[0] if names else self._place(ip or ""), ""
            key = (place, ip if names else "", len(names or ()))
        else:
            key, name = (identity, *labels), ""
        known = self._ends.get(key)
        if known is None:
            if len(self._ends) >= ENOUGH:
                self._ends.clear()
            known = self._ends[key] = self._made(namespace, name, labels, ip or "", place, bool(names))
        return known

    def _made(
        self, namespace: str | None, name: str, labels: Sequence[str], ip: str, place: str, named: bool
    ) -> End:
        if namespace:
            return _pod(namespace, name, labels, self._options, self._port_names)
        if _is_outside(labels):
            return _outside(ip, place, named, self._options)
        return _reserved(labels, self._options)


def _is_outside(labels: Sequence[str]) -> bool:
    """The world, but not an API server in it."""
    if not labels:
        return True
    return any(one.startswith("reserved:world") for one in labels) and "reserved:kube-apiserver" not in labels


def _connection(flow: dict[str, Any]) -> int:
    """The same number for the same addresses and ports in one direction; 0 where the flow does not say them."""
    addresses = flow.get("IP")
    if not addresses:
        return 0
    ends = [str(body.get("source_port")) for body in flow["l4"].values()]
    return hash((flow["traffic_direction"], addresses.get("source"), addresses.get("destination"), *ends))


def _port(l4: dict[str, Any]) -> tuple[int, str]:
    for protocol in TRANSPORTS:
        if protocol in l4:
            return _number(l4[protocol].get("destination_port"), 65_535), protocol
    for name, protocol in _ICMP.items():
        if name in l4:
            return _number(l4[name].get("type"), 255), protocol
    return 0, ""


def _number(value: Any, most: int) -> int:
    """A port or ICMP type. Raises ValueError for what cannot be one."""
    number = 0 if value is None else int(value)
    if not 0 <= number <= most:
        raise ValueError(number)
    return number


def _stem(pod: str) -> str:
    """A workload's name from its pod's: without the hashes or the number at its end."""
    return _SUFFIX.sub("", pod)


def _pod(
    namespace: str, name: str, labels: Sequence[str], options: Options, port_names: Mapping[str, NamedPorts]
) -> End:
    made: dict[str, tuple[str, str]] = {}
    for label in labels:
        source, _, rest = label.partition(":")
        key, _, value = rest.partition("=")
        made[key] = (source, options.cluster if key == CLUSTER else value)
    endpoint = Endpoint(f"{namespace}/{name}", made, managed=True, namespace=namespace)
    endpoint.aggregate = POD_AGGREGATE
    known = _labelled(made[_PORT_NAMES][1]) if _PORT_NAMES in made else port_names.get(endpoint.name)
    endpoint.named_ports = dict(known or {})
    return End(
        endpoint.name, f"{{pod: {endpoint.name}}}", endpoint, ports_known=known is not None or not port_names
    )


def _labelled(value: str) -> NamedPorts:
    """The ports that Cilium from 1.20 on writes into an identity's label."""
    parts = (entry.split(".") for entry in value.split("_"))
    return {part[0]: (int(part[2]), part[1]) for part in parts if len(part) == 3 and part[2].isdecimal()}


def _outside(ip: str, place: str, named: bool, options: Options) -> End:
    if named:
        return End(place, f"{{fqdn: {place}}}", dns_name(place, ip, options)[0])
    try:
        endpoint = address(ip, options)
    except ValueError:
        endpoint = entity("world", options)[0]
    if place:
        cidr = place if "/" in place else f"{place}/{128 if ':' in place else 32}"
        return End(place, f"{{cidr: {cidr}}}", endpoint)
    return End("internet", "internet", endpoint)


def _reserved(labels: Sequence[str], options: Options) -> End:
    words = sorted(label.partition(":")[2] for label in labels if label.startswith("reserved:"))
    host = "host" in words
    if "kube-apiserver" in words:
        kind = "kube-apiserver-local" if host else "kube-apiserver"
        if any(word.startswith("world") for word in words):
            kind = "kube-apiserver-external"
        return End("kube-apiserver", "kube-apiserver", entity(kind, options)[0], host)
    word = words[0] if words else "unmanaged"
    try:
        return End(word, word, entity(word, options)[0], host)
    except KeyError:  # an identity of a later Cilium
        return End(word, word, entity("unmanaged", options)[0], host)
