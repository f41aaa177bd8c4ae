"""Random clusters, policies and flows that use every feature of the policy language."""

from __future__ import annotations

import random
from typing import Any

Mapping = dict[str, Any]

NAMESPACES = ("app", "ops", "kube-system")
_VALUES = ("a", "b", "c")
_PORT_NAMES = ("http", "metrics", "dns")
_NUMBERS = (53, 80, 443, 8000, 8005, 8080, 9100)
_CIDRS = (
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.3/32",
    "192.0.2.0/24",
    "0.0.0.0/0",
    "::/0",
    "fd00::/8",
    "128.0.0.0/1",
)
_ADDRESSES = ("10.1.2.3", "10.1.9.9", "10.9.9.9", "192.0.2.7", "8.8.8.8", "fd00::1", "2001:db8::1")
_DNS = ("api.example.org", "example.org", "deep.api.example.org", "other.net")
_PATTERNS = ("*", "*.example.org", "**.example.org", "api.*.org", "*.net", "*example.org", "**")
_NODES = ("host", "remote-node", "kube-apiserver", "ingress", "health", "init", "unmanaged")
_ENTITIES = ("all", "world", "cluster", "cluster-mesh", "none", *_NODES)
_ENDS = ("world", "kube-apiserver-local", "kube-apiserver-external", *_NODES)


class Draw(random.Random):
    """A random source with the shapes that are drawn most."""

    def chance(self, share: float) -> bool:
        return self.random() < share

    def some(self, members: Any, low: int = 1, high: int = 2) -> list[Any]:
        return [self.choice(members) for _ in range(self.randint(low, high))]


class Case:
    """One cluster with policies and queries, in the judge's own form."""

    def __init__(self, seed: int, queries: int = 40) -> None:
        draw = Draw(seed)
        self.seed = seed
        self.options = _options(draw)
        self.cluster = _cluster(draw)
        self.policies = [_policy(draw, number) for number in range(draw.randint(1, 6))]
        self.queries = [_query(draw, self.cluster) for _ in range(queries)]


def _options(draw: Draw) -> Mapping:
    options: Mapping = {}
    if draw.chance(0.2):
        options["ipv6"] = True
    if draw.chance(0.1):
        options["allowLocalhost"] = "policy"
    if draw.chance(0.05):
        options["enablePolicy"] = draw.choice(("always", "never"))
    if draw.chance(0.1):
        options["anyCluster"] = True
    if draw.chance(0.1):
        options["nodeSelectorLabels"] = True
    if draw.chance(0.1):
        options["noDNSCheck"] = True
    if draw.chance(0.1):
        options["clusterName"] = "east"
    if draw.chance(0.1):
        options["labels"] = draw.choice((["!app"], ["k8s:app"], ["tier", "!k8s:x"], ["k8s:!tier"]))
    return options


def _cluster(draw: Draw) -> list[Mapping]:
    found: list[Mapping] = []
    for name in NAMESPACES:
        labels = {"team": draw.choice(_VALUES)} if draw.chance(0.7) else {}
        found.append(_object("v1", "Namespace", {"name": name, "labels": labels}))
    found += [_pod(draw, number) for number in range(draw.randint(3, 7))]
    for number in range(draw.randint(0, 3)):
        found += _service(draw, number)
    for number in range(draw.randint(0, 2)):
        labels = {"zone": draw.choice(_VALUES)} if draw.chance(0.7) else {}
        spec = {"externalCIDRs": draw.some(_CIDRS)}
        found.append(
            _object("cilium.io/v2", "CiliumCIDRGroup", {"name": f"g{number}", "labels": labels}, spec=spec)
        )
    for number in range(draw.choice((0, 0, 0, 1, 2))):
        found.append(_network_policy(draw, number))
    return found


def _object(version: str, kind: str, metadata: Mapping, **rest: Any) -> Mapping:
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _labels(draw: Draw) -> dict[str, str]:
    return {key: draw.choice(_VALUES) for key in ("app", "tier", "x") if draw.chance(0.6)}


def _pod(draw: Draw, number: int) -> Mapping:
    ports = []
    for name in _PORT_NAMES:
        if draw.chance(0.5):
            port: Mapping = {"name": name, "containerPort": draw.choice(_NUMBERS)}
            if draw.chance(0.3):
                port["protocol"] = draw.choice(("UDP", "TCP", "SCTP"))
            ports.append(port)
    spec: Mapping = {"containers": [{"name": "c", "ports": ports}]}
    if draw.chance(0.3):
        spec["serviceAccountName"] = draw.choice(("one", "two"))
    labels = _labels(draw)
    if draw.chance(0.12):
        spec["hostNetwork"] = True
        if draw.chance(0.4):
            labels["component"] = "kube-apiserver"
    kind = draw.choice(("Deployment", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"))
    metadata = {"name": f"w{number}", "namespace": draw.choice(NAMESPACES)}
    template = {"metadata": {"labels": labels}, "spec": spec}
    if kind == "Pod":
        return _object("v1", kind, {**metadata, "labels": labels}, spec=spec)
    if kind == "CronJob":
        return _object("batch/v1", kind, metadata, spec={"jobTemplate": {"spec": {"template": template}}})
    return _object("apps/v1", kind, metadata, spec={"template": template})


def _service(draw: Draw, number: int) -> list[Mapping]:
    metadata = {"name": f"s{number}", "namespace": draw.choice(NAMESPACES), "labels": _labels(draw)}
    spec: Mapping = {"ports": [{"port": 80, "targetPort": draw.choice(_NUMBERS)}]}
    if draw.chance(0.7):
        spec["selector"] = _labels(draw) or {"app": "a"}
        return [_object("v1", "Service", metadata, spec=spec)]
    labels = {"kubernetes.io/service-name": metadata["name"]}
    slices = {"name": f"s{number}-1", "namespace": metadata["namespace"], "labels": labels}
    ends = [{"addresses": draw.some(_ADDRESSES[:5])}] if draw.chance(0.8) else []
    return [
        _object("v1", "Service", metadata, spec=spec),
        _object("discovery.k8s.io/v1", "EndpointSlice", slices, addressType="IPv4", endpoints=ends),
    ]


def _selector(draw: Draw, *, subject: bool = False, plain: bool = False) -> Mapping:
    labels: dict[str, str] = {}
    expressions: list[Mapping] = []
    for _ in range(draw.choice((0, 1, 1, 2))):
        key, value = _key(draw, subject=subject, plain=plain)
        if draw.chance(0.75):
            # Of `any:app` and `app` in one selector the engine keeps one by chance.
            if key.removeprefix("any:") not in {given.removeprefix("any:") for given in labels}:
                labels[key] = value
            continue
        operator = draw.choice(("In", "In", "NotIn", "Exists", "DoesNotExist"))
        values = {"values": sorted({value, *draw.some(_VALUES)})} if operator in ("In", "NotIn") else {}
        if draw.chance(0.3) and values:
            values = {"values": [value]}
        expressions.append({"key": key, "operator": operator, **values})
    found: Mapping = {"matchLabels": labels} if labels else {}
    return {**found, "matchExpressions": expressions} if expressions else found


def _key(draw: Draw, *, subject: bool, plain: bool) -> tuple[str, str]:
    if plain or draw.chance(0.55):
        return draw.choice(("app", "app", "tier", "x", "pod-template-hash")), draw.choice(_VALUES)
    source = draw.choice(("", "k8s:", "k8s:", "any:"))
    way = draw.random()
    if way < 0.45:
        return f"{source}io.kubernetes.pod.namespace", draw.choice(NAMESPACES)
    if way < 0.6:
        return f"{source}io.cilium.k8s.namespace.labels.team", draw.choice(_VALUES)
    if way < 0.65:
        key = "io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name"
        return f"{source}{key}", draw.choice(NAMESPACES)
    if way < 0.75:
        return f"{source}io.cilium.k8s.policy.serviceaccount", draw.choice(("one", "default"))
    if way < 0.8:
        return f"{source}io.cilium.k8s.policy.cluster", draw.choice(("default", "east"))
    if way < 0.9:
        return f"{source}app", draw.choice(_VALUES)
    if way < 0.95 or subject:
        return draw.choice(("reserved:ingress", "reserved:health")), ""
    return f"reserved:{draw.choice(_ENTITIES)}", ""


def _policy(draw: Draw, number: int) -> Mapping:
    clusterwide = draw.chance(0.3)
    metadata: Mapping = {"name": f"p{number}"}
    if not clusterwide:
        metadata["namespace"] = draw.choice(NAMESPACES)
    kind = "CiliumClusterwideNetworkPolicy" if clusterwide else "CiliumNetworkPolicy"
    body = _object("cilium.io/v2", kind, metadata)
    if draw.chance(0.85):
        body["spec"] = _spec(draw, clusterwide)
    else:
        body["specs"] = [_spec(draw, clusterwide) for _ in range(2)]
    return body


def _spec(draw: Draw, clusterwide: bool) -> Mapping:
    spec: Mapping = {"endpointSelector": _selector(draw, subject=True)}
    if clusterwide and draw.chance(0.04):
        spec = {"nodeSelector": {}}
    for key, share in (("ingress", 0.6), ("egress", 0.6), ("ingressDeny", 0.2), ("egressDeny", 0.2)):
        if draw.chance(share):
            side = "from" if key.startswith("ingress") else "to"
            spec[key] = [_rule(draw, side, key.endswith("Deny")) for _ in range(draw.choice((0, 1, 1, 2, 3)))]
    if draw.chance(0.25):
        flags = {side: draw.chance(0.3) for side in ("ingress", "egress") if draw.chance(0.7)}
        spec["enableDefaultDeny"] = flags
    return spec


def _rule(draw: Draw, side: str, deny: bool) -> Mapping:
    rule: Mapping = {}
    way = draw.random()
    if way < 0.4:
        rule[f"{side}Endpoints"] = [_selector(draw) for _ in range(draw.choice((0, 1, 1, 1, 2)))]
    elif way < 0.57:
        rule[f"{side}Entities"] = draw.some(_ENTITIES, draw.choice((0, 1, 1, 1)))
    elif way < 0.65:
        rule[f"{side}CIDR"] = draw.some(_CIDRS, draw.choice((0, 1, 1, 1)))
    elif way < 0.75:
        rule[f"{side}CIDRSet"] = [_cidr_rule(draw) for _ in range(draw.choice((0, 1, 1, 2)))]
    elif way < 0.83 and side == "to":
        if draw.chance(0.5) and not deny:
            rule["toFQDNs"] = [_name(draw) for _ in range(draw.choice((0, 1, 1, 2)))]
        else:
            rule["toServices"] = [_service_ref(draw) for _ in range(draw.choice((0, 1, 1, 2)))]
    elif way < 0.85:
        rule[f"{side}Nodes"] = [_selector(draw, plain=True)]
    elif way < 0.855:
        rule[f"{side}Groups"] = [{"aws": {"region": "x"}}]
    way = draw.random()
    if way < 0.6:
        rule["toPorts"] = [_to_ports(draw, side, deny) for _ in range(draw.choice((0, 1, 1, 1, 2)))]
    elif way < 0.7:
        rule["icmps"] = [{"fields": [_icmp(draw) for _ in range(draw.choice((0, 1, 2)))]}] * draw.choice(
            (0, 1, 1)
        )
    return rule


def _cidr_rule(draw: Draw) -> Mapping:
    way = draw.random()
    if way < 0.2:
        return {"cidrGroupRef": draw.choice(("g0", "g1", "gone"))}
    if way < 0.4:
        key, value = "zone", draw.choice(_VALUES)
        if draw.chance(0.6):
            # `{}` is left out: the engine takes it for the wildcard it has in its cache, or not, by chance.
            return {"cidrGroupSelector": {"matchLabels": {key: value}}}
        operator = draw.choice(("In", "NotIn", "Exists", "DoesNotExist"))
        values = {"values": [value]} if operator in ("In", "NotIn") else {}
        return {"cidrGroupSelector": {"matchExpressions": [{"key": key, "operator": operator, **values}]}}
    cidr = draw.choice(_CIDRS)
    holes = [one for one in _CIDRS if draw.chance(0.2)]
    return {"cidr": cidr, "except": holes} if draw.chance(0.5) else {"cidr": cidr}


def _name(draw: Draw) -> Mapping:
    return {"matchName": draw.choice(_DNS)} if draw.chance(0.5) else {"matchPattern": draw.choice(_PATTERNS)}


def _service_ref(draw: Draw) -> Mapping:
    where = {"namespace": draw.choice(NAMESPACES)} if draw.chance(0.6) else {}
    if draw.chance(0.6):
        return {"k8sService": {"serviceName": draw.choice(("s0", "s1", "gone")), **where}}
    return {"k8sServiceSelector": {"selector": _selector(draw, plain=True), **where}}


def _to_ports(draw: Draw, side: str, deny: bool) -> Mapping:
    if draw.chance(0.04):
        return {}
    entry: Mapping = {"ports": [_port(draw) for _ in range(draw.choice((1, 1, 2, 3)))]}
    if deny or draw.chance(0.75):
        return entry
    way = draw.random()
    if way < 0.5 and side == "to":
        rules = {"dns": [_name(draw) for _ in range(draw.randint(1, 2))]}
        return {"ports": [{"port": "53", "protocol": draw.choice(("ANY", "UDP", "TCP"))}], "rules": rules}
    port = [{"port": draw.choice(("80", "443", "http")), "protocol": "TCP"}]
    if way < 0.8:
        return {"ports": port, "rules": {"http": [{"method": "GET"}]}}
    return {"ports": port, "serverNames": ["example.org"]}


def _port(draw: Draw) -> Mapping:
    way = draw.random()
    if way < 0.25:
        # No endPort: of two rules with one name the engine keeps the first one's end.
        port: Mapping = {"port": draw.choice(_PORT_NAMES)}
    elif way < 0.4:
        low = draw.choice((0, 1, 50, 80, 8000, 8001))
        port = {"port": str(low), "endPort": draw.choice((0, 60, 8004, 8100, 65535))}
    elif way < 0.47:
        port = {"port": draw.choice(("0", "010", "0120", "80_80"))}
    else:
        port = {"port": str(draw.choice(_NUMBERS))}
    if draw.chance(0.7):
        port["protocol"] = draw.choice(("TCP", "TCP", "TCP", "UDP", "SCTP", "ANY"))
    return port


def _icmp(draw: Draw) -> Mapping:
    field: Mapping = {"type": draw.choice((8, 0, 128, "EchoRequest", "DestinationUnreachable"))}
    if draw.chance(0.5):
        field["family"] = draw.choice(("IPv4", "IPv6"))
    return field


def _network_policy(draw: Draw, number: int) -> Mapping:
    spec: Mapping = {"podSelector": _selector(draw, plain=True)}
    if draw.chance(0.7):
        spec["policyTypes"] = draw.choice((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    for key, side in (("ingress", "from"), ("egress", "to")):
        if draw.chance(0.6):
            spec[key] = [_network_rule(draw, side) for _ in range(draw.randint(0, 2))]
    metadata = {"name": f"n{number}", "namespace": draw.choice(NAMESPACES)}
    return _object("networking.k8s.io/v1", "NetworkPolicy", metadata, spec=spec)


def _network_rule(draw: Draw, side: str) -> Mapping:
    rule: Mapping = {}
    if draw.chance(0.8):
        rule[side] = [_network_peer(draw) for _ in range(draw.choice((0, 1, 1, 2)))]
    if draw.chance(0.6):
        rule["ports"] = [_network_port(draw) for _ in range(draw.choice((0, 1, 2)))]
    return rule


def _network_peer(draw: Draw) -> Mapping:
    if draw.chance(0.3):
        block: Mapping = {"cidr": draw.choice(_CIDRS[:5])}
        if draw.chance(0.5):
            block["except"] = ["10.1.2.0/24"]
        return {"ipBlock": block}
    peer: Mapping = {}
    if draw.chance(0.6):
        peer["podSelector"] = _selector(draw, plain=True)
    if draw.chance(0.6) or not peer:
        peer["namespaceSelector"] = draw.choice(
            (
                {},
                {"matchLabels": {"team": "a"}},
                {"matchLabels": {"kubernetes.io/metadata.name": "app"}},
                {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["b"]}]},
            )
        )
    return peer


def _network_port(draw: Draw) -> Mapping:
    port: Mapping = {}
    if draw.chance(0.85):
        port["port"] = draw.choice((*_NUMBERS, *_PORT_NAMES))
    if isinstance(port.get("port"), int) and draw.chance(0.2):
        port["endPort"] = 9000 if port["port"] < 9000 else 9999
    if draw.chance(0.5):
        port["protocol"] = draw.choice(("TCP", "UDP", "SCTP"))
    return port


def _query(draw: Draw, cluster: list[Mapping]) -> Mapping:
    pods = [
        one
        for one in cluster
        if one["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")
    ]
    source, target = _end(draw, pods), _end(draw, pods)
    while "pod" not in source and "pod" not in target:
        source = _end(draw, pods)
    protocol = draw.choice(("TCP", "TCP", "TCP", "UDP", "UDP", "SCTP", "ICMP", "ICMPv6"))
    ports: tuple[int, ...] = (*_NUMBERS, 1, 8, 60, 9000, 12345)
    if protocol.startswith("ICMP"):
        ports = (8, 128, 1, 3)
    return {"from": source, "to": target, "port": draw.choice(ports), "protocol": protocol}


def _end(draw: Draw, pods: list[Mapping]) -> Mapping:
    way = draw.random()
    if way < 0.62:
        metadata = draw.choice(pods)["metadata"]
        end = {"pod": f"{metadata['namespace']}/{metadata['name']}"}
        return {**end, "node": "local"} if draw.chance(0.2) else end
    if way < 0.76:
        return {"entity": draw.choice(_ENDS)}
    if way < 0.88:
        return {"cidr": draw.choice(_ADDRESSES)}
    if way < 0.96:
        end = {"fqdn": draw.choice(_DNS)}
        return {**end, "cidr": draw.choice(_ADDRESSES)} if draw.chance(0.5) else end
    return {"namespace": draw.choice(NAMESPACES), "labels": _labels(draw)}
