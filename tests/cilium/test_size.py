"""Policies that are too large: what they ask of etcd, and of an endpoint's policy map."""

from __future__ import annotations

from cilium_policies.cilium.model import Cidr, Fqdn, Policy, PortRange, Rule, Selector, Spec, ToPorts
from cilium_policies.cilium.size import too_large


def policy(rule: Rule) -> Policy:
    spec = Spec(Selector(), egress=(rule,))
    return Policy("CiliumNetworkPolicy", "shop", "web", (spec,))


def ports(*numbers: int) -> tuple[ToPorts, ...]:
    return (ToPorts(tuple(PortRange(str(one), "TCP") for one in numbers)),)


NAMES = tuple(Fqdn(f"host-{number}.example.org") for number in range(9000))


def test_names_fill_a_policy_map_as_addresses_do() -> None:
    [(message, cure)] = too_large(policy(Rule(fqdns=NAMES, ports=ports(80, 443))))
    assert message.startswith(
        "18000 pairs of address or name and port: an endpoint's policy map has room for 16384"
    )
    assert "bpf-policy-map-max" in cure
    assert list(too_large(policy(Rule(fqdns=NAMES, ports=ports(443))))) == []


def test_names_and_addresses_count_together() -> None:
    addresses = tuple(Cidr(f"198.18.{one // 256}.{one % 256}/32") for one in range(8000))
    both = (Rule(fqdns=NAMES, ports=ports(443)), Rule(cidrs=addresses, ports=ports(443)))
    spec = Spec(Selector(), egress=both)
    found = list(too_large(Policy("CiliumNetworkPolicy", "shop", "web", (spec,))))
    assert [message.partition(" ")[0] for message, _ in found] == ["17000"]
