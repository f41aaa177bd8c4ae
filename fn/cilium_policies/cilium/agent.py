"""What the agent refuses although the API server takes it (v1.20.2:pkg/policy/api/rule_validation.go, from 1.16 on).

One refused rule makes the agent enforce nothing of the whole object. Values of the wrong type are left to the
schema; each function looks at one part of a rule.
"""

from __future__ import annotations

import re

from cilium_policies.cilium.crd import SUBDOMAIN, entities, is_cidr
from cilium_policies.cilium.re2 import regex_fault
from cilium_policies.cilium.refusal import Refusal
from cilium_policies.document.schema import below
from cilium_policies.kube.objects import Mapping, mapping, sequence
from cilium_policies.lean import Any

_PORT_NAME = re.compile(r"([a-zA-Z0-9]-?)*[a-zA-Z](-?[a-zA-Z0-9])*")
_LABEL_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LISTS = (("ingress", "from"), ("ingressDeny", "from"), ("egress", "to"), ("egressDeny", "to"))
_PEERS = ("Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes", "Groups", "FQDNs", "Services")
_PORTLESS = ("VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH")


class Agent:
    """One run over one object."""

    __slots__ = ("found", "minor", "node_labels")

    def __init__(self, minor: int, node_labels: bool = False) -> None:
        self.minor = minor
        self.node_labels = node_labels
        self.found: list[Refusal] = []

    def refuse(self, path: str, message: str, cure: str) -> None:
        self.found.append(Refusal(path, message, cure, "agent"))

    def spec(self, body: Mapping, path: str, *, clusterwide: bool) -> None:
        """One of the object's rule sets."""
        lists = [(key, side, sequence(body.get(key))) for key, side in _LISTS]
        if self.minor >= 17 and not any(rules for _, _, rules in lists):
            self.refuse(path, "has no rule at all", "a default deny is `ingress: [{}]` and `egress: [{}]`")
        self._subject(body, path, clusterwide)
        on_node = body.get("nodeSelector") is not None
        for key, side, rules in lists:
            for number, rule in enumerate(rules):
                where = f"{path}.{key}[{number}]"
                self._peers(mapping(rule), side, where)
                self._layer_four(mapping(rule), key, where, on_node)

    def _subject(self, body: Mapping, path: str, clusterwide: bool) -> None:
        chosen = [key for key in ("endpointSelector", "nodeSelector") if body.get(key) is not None]
        if len(chosen) != 1:
            self.refuse(
                path, "needs either endpointSelector or nodeSelector", "`endpointSelector: {}` selects all"
            )
        for key in chosen:
            self.selector(body[key], f"{path}.{key}")
        if chosen == ["nodeSelector"] and not clusterwide:
            cure = "use a CiliumClusterwideNetworkPolicy"
            self.refuse(f"{path}.nodeSelector", "a CiliumNetworkPolicy cannot select nodes", cure)

    def _peers(self, rule: Mapping, side: str, path: str) -> None:
        given = [f"{side}{kind}" for kind in _PEERS if sequence(rule.get(f"{side}{kind}"))]
        if len(given) > 1:
            message = f"{' and '.join(given)} cannot be used in one rule"
            self.refuse(path, message, "write one rule for each")
        if sequence(rule.get(f"{side}Nodes")) and not self.node_labels:
            cure = "use the entities host and remote-node"
            self.refuse(f"{path}.{side}Nodes", "needs the agent's enable-node-selector-labels", cure)
        for kind in ("Endpoints", "Nodes"):
            for number, selector in enumerate(sequence(rule.get(f"{side}{kind}"))):
                self.selector(selector, f"{path}.{side}{kind}[{number}]")
        for number, entity in enumerate(sequence(rule.get(f"{side}Entities"))):
            if isinstance(entity, str) and entity not in (*entities(), "world-ipv4", "world-ipv6"):
                where = f"{path}.{side}Entities[{number}]"
                self.refuse(where, f"unknown entity {entity!r}", f"use one of {', '.join(entities())}")
        self._addresses(rule, side, path)
        for number, name in enumerate(sequence(rule.get("toFQDNs"))):
            self._name(mapping(name), f"{path}.toFQDNs[{number}]")

    def selector(self, value: Any, path: str) -> None:
        """A label selector as Cilium's validation sees it."""
        body = mapping(value)
        for key, label in mapping(body.get("matchLabels")).items():
            self._label_key(key, f"{path}.matchLabels")
            self._label_value(label, below(f"{path}.matchLabels", key))
        for number, one in enumerate(sequence(body.get("matchExpressions"))):
            where = f"{path}.matchExpressions[{number}]"
            expression = mapping(one)
            operator, values = expression.get("operator"), sequence(expression.get("values"))
            if operator in ("In", "NotIn") and not values:
                self.refuse(where, f"{operator} needs values", "add values, or use Exists or DoesNotExist")
            elif operator in ("Exists", "DoesNotExist") and values:
                self.refuse(where, f"{operator} takes no values", "remove the values, or use In or NotIn")
            self._label_key(expression.get("key"), where)
            for label in values:
                self._label_value(label, where)

    def _label_key(self, key: Any, path: str) -> None:
        if not isinstance(key, str):
            return
        source, colon, name = key.rpartition(":")
        prefix, slash, last = name.rpartition("/")
        good = len(last) < 64 and _LABEL_NAME.fullmatch(last)
        if slash:
            good = good and len(prefix) < 254 and SUBDOMAIN.fullmatch(prefix)
        if colon:
            good = good and re.fullmatch("[A-Za-z0-9]+", source)
        if not good:
            self.refuse(
                path,
                f"{key!r} is not a label key",
                "a key is [source:][prefix/]name of at most 63 characters",
            )

    def _label_value(self, value: Any, path: str) -> None:
        if isinstance(value, str) and value and (len(value) > 63 or not _LABEL_NAME.fullmatch(value)):
            self.refuse(path, f"{value!r} is not a label value", "use at most 63 letters, digits, - _ and .")

    def _addresses(self, rule: Mapping, side: str, path: str) -> None:
        for number, cidr in enumerate(sequence(rule.get(f"{side}CIDR"))):
            if isinstance(cidr, str) and not is_cidr(cidr if "/" in cidr else f"{cidr}/0"):
                self.refuse(
                    f"{path}.{side}CIDR[{number}]",
                    f"{cidr!r} is not an address range",
                    "write ADDRESS/LENGTH",
                )
        for number, one in enumerate(sequence(rule.get(f"{side}CIDRSet"))):
            self._cidr_rule(mapping(one), f"{path}.{side}CIDRSet[{number}]")

    def _cidr_rule(self, body: Mapping, path: str) -> None:
        ways = ("cidr", "cidrGroupRef", "cidrGroupSelector")
        given = [key for key in ways if body.get(key) not in (None, "")]
        if len(given) != 1:
            self.refuse(path, f"needs exactly one of {', '.join(ways)}", "keep one")
        if "cidrGroupSelector" in given:
            self.selector(body["cidrGroupSelector"], f"{path}.cidrGroupSelector")
        cidr = body.get("cidr")
        if given != ["cidr"] or not isinstance(cidr, str):
            return
        if not is_cidr(cidr):
            self.refuse(f"{path}.cidr", f"{cidr!r} is not an address range", "write ADDRESS/LENGTH")
            return
        for hole in sequence(body.get("except")):
            if isinstance(hole, str) and not (is_cidr(hole) and contains(cidr, hole)):
                self.refuse(f"{path}.except", f"{hole} does not lie inside {cidr}", "correct it or remove it")

    def _name(self, body: Mapping, path: str) -> None:
        if body.get("matchName") and body.get("matchPattern"):
            self.refuse(path, "has both matchName and matchPattern", "keep one")
        self._dns_texts(body, path)

    def _dns_texts(self, body: Mapping, path: str) -> None:
        name, pattern = body.get("matchName"), body.get("matchPattern")
        if isinstance(name, str) and name and not re.fullmatch("[-a-zA-Z0-9_.]+", name):
            self.refuse(f"{path}.matchName", f"{name!r} is not a DNS name", "only letters, digits, - _ and .")
        if isinstance(pattern, str) and pattern and not re.fullmatch("[-a-zA-Z0-9_.*]+", pattern):
            self.refuse(
                f"{path}.matchPattern",
                f"{pattern!r} is not a DNS pattern",
                "only letters, digits, - _ . and *",
            )

    def _layer_four(self, rule: Mapping, key: str, path: str, on_node: bool) -> None:
        entries = [mapping(one) for one in sequence(rule.get("toPorts"))]
        if entries and sequence(rule.get("icmps")):
            self.refuse(path, "icmps and toPorts cannot be used in one rule", "write one rule for each")
        for number, entry in enumerate(entries):
            PortChecks(self, key, f"{path}.toPorts[{number}]", on_node).entry(entry)
        for number, one in enumerate(sequence(rule.get("icmps"))):
            if len(sequence(mapping(one).get("fields"))) > 40:
                self.refuse(f"{path}.icmps[{number}]", "has more than 40 types", "split it")


class PortChecks:
    """The checks of one toPorts entry in the list `key` (ingress, egressDeny …)."""

    __slots__ = ("agent", "key", "on_node", "path")

    def __init__(self, agent: Agent, key: str, path: str, on_node: bool) -> None:
        self.agent = agent
        self.key = key
        self.path = path
        self.on_node = on_node

    def entry(self, body: Mapping) -> None:
        """All of them."""
        ports = [mapping(one) for one in sequence(body.get("ports"))]
        if len(ports) > 40:
            self.agent.refuse(self.path, "has more than 40 ports", "split it, or use endPort")
        rules = {} if self.key.endswith("Deny") else mapping(body.get("rules"))
        single = bool(rules.get("dns")) or (self.agent.minor < 17 and any(rules.values()))
        zero = False
        for number, port in enumerate(ports):
            zero |= self._port(port, f"{self.path}.ports[{number}]", single)
        if not self.key.endswith("Deny"):
            self._names(body, rules)
            self._listener(body, rules)
            self._layer_seven(rules, ports, zero)

    def _port(self, body: Mapping, path: str, single: bool) -> bool:
        """Checks one port; true for port 0, which stands for every port. `single`: no range is allowed."""
        port = body.get("port")
        if port in (None, ""):
            self.agent.refuse(path, "lacks port", 'name the port; "0" is every port')
            return False
        if not isinstance(port, str) or (len(port) <= 15 and _PORT_NAME.fullmatch(port)):
            return False
        if body.get("protocol") in _PORTLESS and port != "0":
            self.agent.refuse(path, f"{body['protocol']} has no ports", 'write port "0"')
        number = port_number(port)
        if number is None:
            cure = "a port is 0 to 65535, or a name of at most 15 letters, digits and single dashes"
            self.agent.refuse(path, f"{port!r} is not a port", cure)
            return False
        end = body.get("endPort")
        end = int(end) if isinstance(end, str) and end.isdecimal() else end
        if isinstance(end, int) and end > number and single:
            self.agent.refuse(path, "a DNS rule takes no port range", "write the single port")
        return number == 0

    def _names(self, body: Mapping, rules: Mapping) -> None:
        names = sequence(body.get("serverNames"))
        if names and any(rules.values()) and body.get("terminatingTLS") is None:
            cure = "remove one of them, or terminate TLS"
            self.agent.refuse(self.path, "serverNames and L7 rules need terminatingTLS", cure)
        if "" in names:
            self.agent.refuse(f"{self.path}.serverNames", "has an empty name", "remove it")

    def _listener(self, body: Mapping, rules: Mapping) -> None:
        if body.get("listener") is None:
            return
        where = f"{self.path}.listener"
        if self.key.startswith("ingress"):
            self.agent.refuse(where, "a listener works on egress only", "remove it")
        if any(rules.values()):
            self.agent.refuse(where, "a listener takes no L7 rules", "remove one of them")

    def _layer_seven(self, rules: Mapping, ports: list[Mapping], zero: bool) -> None:
        where = f"{self.path}.rules"
        given = [key for key, value in rules.items() if value]
        if not given:
            return
        if zero:
            self.agent.refuse(where, "L7 rules need a port other than 0", "name the port")
        if len([key for key in ("http", "dns", "kafka", "l7proto") if rules.get(key) is not None]) > 1:
            self.agent.refuse(where, "rules of two protocols in one entry", "write one entry for each")
        if self.on_node and (self.key.startswith("ingress") or "dns" not in given):
            self.agent.refuse(where, "a policy for nodes takes no L7 rules here", "remove them")
        if "dns" in given:
            self._dns(rules, ports)
            return
        for port in ports:
            protocol = str(port.get("protocol") or "ANY").upper()
            if protocol != "TCP":
                message = f"L7 rules other than DNS apply to TCP, not {protocol}"
                self.agent.refuse(self.path, message, "write protocol: TCP")
        for number, request in enumerate(sequence(rules.get("http"))):
            self._http(mapping(request), f"{where}.http[{number}]")

    def _dns(self, rules: Mapping, ports: list[Mapping]) -> None:
        where = f"{self.path}.rules.dns"
        if self.key.startswith("ingress"):
            self.agent.refuse(where, "DNS rules work on egress only", "remove them")
        if not ports:
            self.agent.refuse(where, "a DNS rule needs port 53", 'add ports: [{port: "53"}]')
        for number, name in enumerate(sequence(rules.get("dns"))):
            self.agent._dns_texts(mapping(name), f"{where}[{number}]")

    def _http(self, request: Mapping, path: str) -> None:
        for key in ("path", "method"):
            pattern = request.get(key)
            if isinstance(pattern, str) and pattern and (reason := regex_fault(pattern)):
                self.agent.refuse(f"{path}.{key}", reason, "write it as an RE2 regular expression")


def port_number(text: str) -> int | None:
    """A port as Go's ParseUint(text, 0, 16) reads it: a leading 0 makes it octal, single underscores may
    stand between digits. None for what is none."""
    if not re.fullmatch(r"[0-9]+(_[0-9]+)*", text):
        return None
    digits = text.replace("_", "")
    octal = len(digits) > 1 and digits[0] == "0"
    if len(digits) > 6 or (octal and not re.fullmatch("[0-7]+", digits)):
        return None
    number = int(digits, 8 if octal else 10)
    return number if number < 65536 else None


def contains(outer: str, inner: str) -> bool:
    """Whether the first range holds the whole second one (both are valid)."""
    import ipaddress

    wide = ipaddress.ip_network(outer, strict=False)
    address, _, length = inner.partition("/")
    host = ipaddress.ip_address(address)
    return wide.version == host.version and wide.prefixlen <= int(length) and host in wide
