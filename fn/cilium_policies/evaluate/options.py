"""Agent settings that change verdicts."""

from __future__ import annotations

from cilium_policies.lean import NamedTuple


class Options(NamedTuple):
    """The defaults are those of a 1.20 agent on Kubernetes."""

    cluster: str = "default"  # cluster-name
    ipv6: bool = False  # dual stack instead of IPv4 alone
    enable_policy: str = "default"  # default, always, never
    allow_localhost: bool = True  # false: allow-localhost is "policy"
    node_labels: bool = False  # enable-node-selector-labels
    any_cluster: bool = False  # policy-default-local-cluster is false (the default up to 1.18)
    default_deny_optional: bool = True  # enable-non-default-deny-policies
    labels: tuple[str, ...] = ()  # the agent's `labels`: what else is, or is no, identity label
    dns_check: bool = True  # a toFQDNs rule needs a DNS rule of the same pod
    all_services: bool = True  # false: a Service that nobody showed may still exist


DEFAULT = Options()
