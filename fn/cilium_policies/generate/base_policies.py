"""The policies that name no component: default-deny, DNS, the DNS server's, and the cluster-wide form."""

from __future__ import annotations

from cilium_policies.cilium.model import PortRange, Rule, Selector, Spec, ToPorts
from cilium_policies.config.model import AUDIT, OFF, Mode
from cilium_policies.generate.dns import Dns, dns_ports
from cilium_policies.generate.peers import EVERY_POD

NOBODY = (Rule(),)  # `[{}]`: denies by default, allows nobody; an empty list would be refused by the agent
_UPSTREAM = ToPorts((PortRange("53", "UDP"), PortRange("53", "TCP"), PortRange("853", "TCP")))


def spec(mode: Mode, who: Selector, ingress: tuple[Rule, ...], egress: tuple[Rule, ...]) -> Spec:
    """One rule set in a namespace's mode. In audit the rules stand as they are and deny nothing by default; a
    direction that is off has no rules at all."""
    inward = None if mode.ingress == OFF else ingress
    outward = None if mode.egress == OFF else egress
    soft = AUDIT in mode
    return Spec(
        who,
        ingress=inward,
        egress=outward,
        deny_ingress_default=_denies(mode.ingress) if soft else None,
        deny_egress_default=_denies(mode.egress) if soft else None,
        description="; ".join([rule.why for rule in (*(inward or ()), *(outward or ())) if rule.why]),
    )


def _denies(mode: str) -> bool:
    return mode not in (AUDIT, OFF)


def default_deny(mode: Mode) -> Spec:
    """Denies both directions for every pod of the namespace."""
    return spec(mode, Selector(), NOBODY, NOBODY)


def allow_dns(mode: Mode, dns: Dns, namespace: str) -> Spec:
    """Every pod of the namespace may ask the cluster's DNS."""
    return spec(mode, Selector(), NOBODY, dns.rules(namespace))


def allow_dns_server(
    mode: Mode, dns: Dns, api_ports: tuple[int, ...], callers: tuple[Rule, ...] = ()
) -> Spec:
    """The DNS pods that another build holds: without it a default-deny beside them stops the cluster's DNS.
    `callers` are who else calls them: the scraper of their metrics."""
    asked = (dns_ports(dns.ports),)
    ingress = (
        Rule(endpoints=(EVERY_POD,), ports=asked, why="DNS of every pod"),
        Rule(entities=("host", "remote-node"), ports=asked, why="DNS of the nodes"),
        *callers,
    )
    egress = (
        _api(api_ports, "the DNS server watches Services"),
        Rule(
            entities=("host", "world"),
            ports=(_UPSTREAM,),
            why="upstream resolvers, including the node's own",
        ),
    )
    return spec(mode, Selector(dns.requirements), ingress, egress)


def _api(ports: tuple[int, ...], why: str) -> Rule:
    ranges = tuple(PortRange(str(port), "TCP") for port in ports)
    return Rule(entities=("kube-apiserver",), ports=(ToPorts(ranges),), why=why)


def cluster_wide(dns: Dns, api_ports: tuple[int, ...]) -> dict[str, Spec]:
    """The two cluster-wide policies by name. Their subject asks for a namespace, so that neither health nor
    ingress endpoints are selected, and they never deny by default: they reach excluded namespaces too."""
    subject = EVERY_POD
    allow = Mode(AUDIT, AUDIT)
    return {
        "allow-dns-all": spec(allow, subject, NOBODY, dns.rules("")),
        "allow-kube-apiserver": spec(
            allow, subject, NOBODY, (_api(api_ports, "the Kubernetes API for every pod"),)
        ),
    }
