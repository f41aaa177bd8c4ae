"""Peers and ports as a user's config writes them, and as catalogue entries do."""

from __future__ import annotations

from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.names import are_labels
from cilium_policies.kube.ports import ICMP, Port
from cilium_policies.lean import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from cilium_policies.lean import Literal

    ConfigPeerKind = Literal[
        "word", "none", "any", "component", "pod", "service", "namespace", "labels", "cidr", "fqdn"
    ]

_PODS = ("dns", "scraper", "gateway", "ingress-clients", "same-namespace", "all-pods")
_ENTITIES = ("kube-apiserver", "host", "remote-node", "world", "internet")
WORDS = frozenset((*_PODS, *_ENTITIES))
_KEYS: tuple[ConfigPeerKind, ...] = ("pod", "service", "namespace", "labels", "cidr", "fqdn")
_PREFIXES: dict[str, ConfigPeerKind] = {
    "component": "component",
    "namespace": "namespace",
    "cidr": "cidr",
    "fqdn": "fqdn",
}


class ConfigPeer(NamedTuple):
    """One end of an edge that a config states; the plan finds the pods behind it.

    kind      | fields
    word      | `name`: one of WORDS, as the catalogue writes them
    none      | nobody: the other end's direction is complete as it is
    component | `name`: a catalogue or user's component, wherever it runs
    pod       | `namespace`, `name`: a pod, or the workload that makes it
    service   | `namespace`, `name`: the pods behind a Service
    namespace | `name`: every pod of it
    labels    | `labels`, `namespace` ("" any): pods, which need not stand in the input
    cidr      | `name`, `excepts`
    fqdn      | `name`: a DNS name or matchPattern
    """

    kind: ConfigPeerKind
    name: str = ""
    namespace: str = ""
    excepts: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        if self.kind == "labels":
            words = ",".join(f"{key}={value}" for key, value in self.labels)
            return f"labels:{self.namespace}/{words}" if self.namespace else f"labels:{words}"
        if self.kind in ("word", "none", "any"):
            return self.name or self.kind
        return f"{self.kind}:{self.namespace}/{self.name}" if self.namespace else f"{self.kind}:{self.name}"


class PeerError(CiliumPoliciesError):
    """A peer or port that the schema lets through and that still cannot be meant: (message, cure)."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure


def peer(value: Any) -> ConfigPeer:
    """A peer from a word or a mapping with one key (the schema has been held against it).

    Raises PeerError for an address range or name that is none.
    """
    if isinstance(value, dict):
        kind = next(key for key in _KEYS if value.get(key) is not None)
        text = value[kind]
        if kind == "labels":
            return _labelled(text)
        if kind in ("pod", "service"):
            namespace, _, name = text.partition("/")
            return ConfigPeer(kind, name, namespace)
        return _named(kind, text, tuple(value.get("except") or ()))
    if value == "none":
        return ConfigPeer("none")
    if value in WORDS:
        return ConfigPeer("word", value)
    kind, _, name = value.partition(":")
    return _named(_PREFIXES[kind], name.strip(), ())


def _labelled(value: dict[str, Any]) -> ConfigPeer:
    labels = value["matchLabels"] or {}
    if not labels or not are_labels(labels):
        raise PeerError("matchLabels needs labels that pods can carry", "write one like {app: web}")
    return ConfigPeer("labels", namespace=value.get("namespace") or "", labels=tuple(sorted(labels.items())))


def _named(kind: ConfigPeerKind, name: str, excepts: tuple[str, ...]) -> ConfigPeer:
    if kind == "cidr":
        return ConfigPeer(kind, cidr(name), excepts=tuple(_inside(cidr(one), cidr(name)) for one in excepts))
    if kind == "fqdn" and not _is_pattern(name):
        raise PeerError(
            f"{name!r} is not a DNS name", "write a name (api.example.org) or a pattern (*.example.org)"
        )
    return ConfigPeer(kind, name)


def cidr(text: str) -> str:
    """An address range in its normal form; a single address becomes /32 or /128.

    Raises PeerError where it is none, or where bits stand behind the mask (Cilium would refuse or widen it).
    A Flux variable passes: Flux fills it in later.
    """
    if "${" in text:
        return text
    from ipaddress import ip_network  # costs 4 ms, and few configs name ranges

    try:
        return str(ip_network(text))
    except ValueError:
        pass
    try:
        loose = ip_network(text, strict=False)
    except ValueError:
        raise PeerError(
            f"{text!r} is not an address range", "write one like 192.168.1.0/24 or fd00::/64"
        ) from None
    raise PeerError(f"{text!r} has host bits set", f"write {loose}")


def _inside(inner: str, outer: str) -> str:
    from ipaddress import IPv4Network, ip_network

    if "${" in inner + outer:
        return inner
    small, large = ip_network(inner), ip_network(outer)
    same = isinstance(small, IPv4Network) == isinstance(large, IPv4Network)
    if not same or not (large.network_address <= small.network_address <= large.broadcast_address):  # type: ignore[operator]
        raise PeerError(f"except {inner} is not inside {outer}", "leave it out, or correct it")
    return inner


def _is_pattern(name: str) -> bool:
    allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*"
    return "${" in name or (bool(name.strip(".")) and all(letter in allowed for letter in name))


def port(text: str) -> Port:
    """`8080/TCP`, `8000-8010/UDP`, `8080` (TCP), `8/ICMP`. Raises PeerError where numbers are out of range or order."""
    numbers, _, protocol = text.partition("/")
    if protocol in ICMP:
        return _icmp(text, int(numbers), protocol)
    low, _, high = numbers.partition("-")
    first, last = int(low), int(high or low)
    if not 0 < first <= last <= 65535:
        raise PeerError(
            f"{text!r} is not a port", "ports go from 1 to 65535, a range from the lower to the higher"
        )
    return Port(first, protocol or "TCP", end=last if last > first else 0)


def _icmp(text: str, number: int, protocol: str) -> Port:
    if number > 255:
        raise PeerError(f"{text!r} is not a message type", "write 8/ICMP or 128/ICMPv6 for a ping")
    if number == 0:  # the engine keeps a type as a port, and port 0 is every port
        raise PeerError(
            f"{text!r} would allow every type: Cilium takes type 0 so", "a ping is 8/ICMP; its reply passes"
        )
    return Port(number, protocol)
