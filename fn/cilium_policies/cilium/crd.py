"""The schema of Cilium's two policy kinds, 1.16 to 1.20, as the API server holds it
(pkg/k8s/apis/cilium.io/client/crds/v2 of 1.16.19, 1.17.16, 1.18.11, 1.19.6 and 1.20.2; the two kinds share it)."""

from __future__ import annotations

import re
from functools import lru_cache

from cilium_policies.cilium.schema import Check, Flag, Kind, List, Map, Number, NumberOrText, Struct, Text
from cilium_policies.lean import Any, NamedTuple

ENTITIES = (
    "all",
    "world",
    "cluster",
    "cluster-mesh",  # since 1.20
    "host",
    "init",
    "ingress",
    "unmanaged",
    "remote-node",
    "health",
    "none",
    "kube-apiserver",
)
_DNS_NAME = r"[-a-zA-Z0-9_]+(\.[-a-zA-Z0-9_]+)*\.?"
_DNS_PATTERN = r"[-a-zA-Z0-9_*]+(\.[-a-zA-Z0-9_*]+)*\.?"
_ICMP_NAMES = (
    "EchoReply DestinationUnreachable Redirect Echo RouterAdvertisement RouterSelection TimeExceeded "
    "ParameterProblem Timestamp TimestampReply Photuris ExtendedEchoRequest PacketTooBig EchoRequest "
    "MulticastListenerQuery MulticastListenerReport MulticastListenerDone RouterSolicitation "
    "NeighborSolicitation NeighborAdvertisement RedirectMessage RouterRenumbering ICMPNodeInformationQuery "
    "ICMPNodeInformationResponse InverseNeighborDiscoverySolicitation InverseNeighborDiscoveryAdvertisement "
    "HomeAgentAddressDiscoveryRequest HomeAgentAddressDiscoveryReply MobilePrefixSolicitation "
    "MobilePrefixAdvertisement DuplicateAddressRequestCodeSuffix DuplicateAddressConfirmationCodeSuffix"
).replace(" ", "|")

_ANY = Text()
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_LABEL_VALUE = Text(LABEL_VALUE, 63, hint="use letters, digits, - _ and .")
_SELECTOR = Struct(
    {
        "matchLabels": Map(_LABEL_VALUE),
        "matchExpressions": List(
            Struct(
                {
                    "key": _ANY,
                    "operator": Text(values=("In", "NotIn", "Exists", "DoesNotExist")),
                    "values": List(_ANY),
                },
                ("key", "operator"),
            )
        ),
    }
)


class Cidr(NamedTuple):
    """An address with a prefix length (the API server's format "cidr")."""

    def check(self, value: Any, path: str, run: Check) -> None:
        if not isinstance(value, str):
            _ANY.check(value, path, run)
        elif not is_cidr(value):
            run.refuse(
                path, f"{value!r} is no address range", "write ADDRESS/LENGTH; one address is /32 or /128"
            )


def is_cidr(text: str) -> bool:
    """Whether the text is ADDRESS/LENGTH, bits behind the prefix allowed."""
    import ipaddress

    address, slash, length = text.partition("/")
    if not slash or not length.isdecimal() or not length.isascii() or (len(length) > 1 and length[0] == "0"):
        return False
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return "%" not in address and int(length) <= parsed.max_prefixlen


class Printable(NamedTuple):
    """At most `longest` characters, none of them a control character."""

    longest: int

    def check(self, value: Any, path: str, run: Check) -> None:
        import unicodedata

        Text(longest=self.longest).check(value, path, run)
        if isinstance(value, str) and any(unicodedata.category(one).startswith("C") for one in value):
            run.refuse(path, "holds a character that is not printable", "remove it")


@lru_cache(maxsize=8)
def spec_schema(minor: int) -> Struct:
    """The schema of `spec` (and of each of `specs`) in Cilium 1.`minor`, 16 to 20."""
    rules = {
        "ingress": List(_rule("from", minor, deny=False)),
        "ingressDeny": List(_rule("from", minor, deny=True)),
        "egress": List(_rule("to", minor, deny=False)),
        "egressDeny": List(_rule("to", minor, deny=True)),
    }
    fields: dict[str, Kind] = {
        "description": _ANY,
        "enableDefaultDeny": Struct({"ingress": Flag(), "egress": Flag()}),
        "endpointSelector": _SELECTOR,
        "nodeSelector": _SELECTOR,
        "labels": List(Struct({"key": _ANY, "source": _ANY, "value": _ANY}, ("key",))),
        **rules,
    }
    if minor < 16:
        del fields["enableDefaultDeny"]
    if minor >= 18:
        fields["log"] = Struct({"value": Printable(32)})
    some_of = tuple(rules) if minor >= 17 else ()
    hint = "a default deny is `ingress: [{}]` and `egress: [{}]`"
    return Struct(fields, one_of=("endpointSelector", "nodeSelector"), some_of=some_of, some_hint=hint)


def _rule(side: str, minor: int, *, deny: bool) -> Struct:
    entities = ENTITIES if minor >= 20 else tuple(one for one in ENTITIES if one != "cluster-mesh")
    requires = List(_ANY, -1, hint="remove it: Cilium 1.19 took it away") if minor >= 19 else List(_SELECTOR)
    aws = Struct(
        {
            "labels": Map(_ANY),
            "region": _ANY,
            "securityGroupsIds": List(_ANY),
            "securityGroupsNames": List(_ANY),
        }
    )
    fields: dict[str, Kind] = {
        f"{side}Endpoints": List(_SELECTOR),
        f"{side}Entities": List(Text(values=entities)),
        f"{side}CIDR": List(Cidr()),
        f"{side}CIDRSet": List(_cidr_set(minor)),
        f"{side}Groups": List(Struct({"aws": aws})),
        f"{side}Nodes": List(_SELECTOR),
        f"{side}Requires": requires,
        "icmps": List(Struct({"fields": List(_icmp(), 40, hint="at most 40 types")})),
        "toPorts": List(_to_ports(minor, deny=deny)),
    }
    if side == "to":
        service = Struct({"namespace": _ANY, "serviceName": _ANY})
        by_label = Struct({"namespace": _ANY, "selector": _SELECTOR}, ("selector",))
        fields["toServices"] = List(Struct({"k8sService": service, "k8sServiceSelector": by_label}))
    if not deny:
        modes = ("disabled", "required", "test-always-fail")
        fields["authentication"] = Struct({"mode": Text(values=modes)}, ("mode",))
        if side == "to":
            fields["toFQDNs"] = List(_names(minor))
    return Struct(fields)


def _cidr_set(minor: int) -> Struct:
    group = Text(SUBDOMAIN, 253, hint="a group's name")
    ways: dict[str, Kind] = {"cidr": Cidr(), "cidrGroupRef": group}
    if minor >= 17:
        ways["cidrGroupSelector"] = _SELECTOR
    return Struct({**ways, "except": List(Cidr())}, one_of=tuple(ways))


def _names(minor: int) -> Struct:
    longest = 255 if minor >= 17 else 0
    name = Text(re.compile(_DNS_NAME), longest, hint="a DNS name, without scheme, port or path")
    pattern = Text(
        re.compile(_DNS_PATTERN), longest, hint="a DNS name in which * stands for characters of a label"
    )
    return Struct({"matchName": name, "matchPattern": pattern}, one_of=("matchName", "matchPattern"))


def _icmp() -> Struct:
    types = re.compile(rf"[0-9]|[1-9][0-9]|1[0-9]{{2}}|2[0-4][0-9]|25[0-5]|ExtendedEcho Reply|{_ICMP_NAMES}")
    kind = NumberOrText(types, "a number up to 255 or a name like EchoRequest")
    return Struct({"family": Text(values=("IPv4", "IPv6")), "type": kind}, ("type",))


def _to_ports(minor: int, *, deny: bool) -> Struct:
    protocols: tuple[str, ...] = ("TCP", "UDP", "SCTP", "ANY")
    if minor >= 19:
        protocols += ("VRRP", "IGMP")
    if minor >= 20:
        protocols += ("GRE", "IPIP", "IPV6", "ESP", "AH")
    port = Struct(
        {
            # The pattern of the CRD is anchored on one side only: a leading digit passes whatever follows.
            "port": Text(
                re.compile(r"[0-9].*|.*[a-zA-Z](-?[a-zA-Z0-9])*", re.DOTALL), hint="a number or port name"
            ),
            "endPort": Number(0, 65535),
            "protocol": Text(values=protocols),
        },
        ("port",) if minor < 19 else (),
    )
    fields: dict[str, Kind] = {"ports": List(port, 40, hint="split it: at most 40 ports in an entry")}
    if deny:
        return Struct(fields)
    name = Text(re.compile(".+", re.DOTALL), hint="give the name")
    config = Struct(
        {"kind": Text(values=("CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig")), "name": name}, ("name",)
    )
    listener: dict[str, Kind] = {"envoyConfig": config, "name": name, "priority": Number(1, 100)}
    secret = Struct({"name": _ANY, "namespace": _ANY}, ("name",))
    tls = Struct({"certificate": _ANY, "privateKey": _ANY, "secret": secret, "trustedCA": _ANY}, ("secret",))
    fields["listener"] = Struct(listener, ("envoyConfig", "name"))
    fields["originatingTLS"] = tls
    fields["terminatingTLS"] = tls
    fields["serverNames"] = _server_names(minor)
    fields["rules"] = _layer_seven(minor, secret)
    return Struct(fields)


def _server_names(minor: int) -> List:
    if minor < 18:
        return List(_ANY)
    pattern = _DNS_PATTERN if minor >= 20 else rf"(\*?\*\.)?{_DNS_NAME}"
    return List(Text(re.compile(pattern), 255, hint="a DNS name"), shortest=1, distinct=True)


def _layer_seven(minor: int, secret: Struct) -> Struct:
    match: dict[str, Kind] = {
        "mismatch": Text(values=("LOG", "ADD", "DELETE", "REPLACE")),
        "name": Text(re.compile(".+", re.DOTALL), hint="name the header"),
        "secret": secret,
        "value": _ANY,
    }
    http: dict[str, Kind] = {
        "headerMatches": List(Struct(match, ("name",))),
        "headers": List(_ANY),
        "host": _ANY,
        "method": _ANY,
        "path": _ANY,
    }
    ways: dict[str, Kind] = {"http": List(Struct(http)), "dns": List(_names(minor))}
    if minor >= 20:
        return Struct(ways, one_of=tuple(ways))
    kafka: dict[str, Kind] = {
        "apiKey": _ANY,
        "apiVersion": _ANY,
        "clientID": _ANY,
        "role": Text(values=("produce", "consume")),
        "topic": Text(longest=255),
    }
    ways = {**ways, "kafka": List(Struct(kafka)), "l7proto": _ANY}
    return Struct({**ways, "l7": List(Map(_ANY))}, one_of=tuple(ways))
