"""Label selectors as the agent compiles them, with the limits of the policy they stand in."""

from __future__ import annotations

from functools import lru_cache

from cilium_policies.cilium.model import Requirement, Selector
from cilium_policies.evaluate.endpoint import Endpoint
from cilium_policies.evaluate.labels import CLUSTER, NAMESPACE_LABELS, POD_NAMESPACE, LabelSet
from cilium_policies.evaluate.options import Options
from cilium_policies.kube.selectors import fits
from cilium_policies.lean import NamedTuple


class Need(NamedTuple):
    """One compiled requirement. `source` "any" stands for each."""

    source: str
    key: str
    operator: str
    values: tuple[str, ...]


Needs = tuple[Need, ...]  # all of them hold; () is the wildcard


def needs_of(selector: Selector, default_source: str = "any") -> Needs:
    """The requirements with their sources split off, in a stable order."""
    return tuple(sorted(_need(one, default_source) for one in selector.requirements))


def _need(one: Requirement, default_source: str) -> Need:
    if one.key.startswith("$"):
        return Need("reserved", one.key[1:], one.operator, one.values)
    source, colon, key = one.key.partition(":")
    if not colon:
        source, key = default_source, one.key
    return Need(source or default_source, key, one.operator, tuple(sorted(one.values)))


def subject_needs(selector: Selector, namespace: str) -> Needs:
    """An endpointSelector. The namespace of a CiliumNetworkPolicy replaces a label that names one; an
    expression that names another, or a label without its `k8s:`, stays and then selects nothing."""
    if not namespace:
        return needs_of(selector)
    given = [(_need(one, "any"), one.expression or len(one.values) != 1) for one in selector.requirements]
    kept = [need for need, expression in given if expression or need[:3] != ("k8s", POD_NAMESPACE, "In")]
    return tuple(sorted([*kept, Need("k8s", POD_NAMESPACE, "In", (namespace,))]))


@lru_cache(maxsize=10_000)  # the same peers stand in many rules
def peer_needs(selector: Selector, namespace: str, options: Options, *, init: bool = False) -> Needs:
    """A peer selector of a policy in `namespace` ("": cluster-wide); `init`: its subject is reserved:init.
    Without a namespace of its own it is limited to the policy's, and to pods in a cluster-wide policy."""
    needs = needs_of(selector)
    if any(need.source == "reserved" for need in needs):
        return needs
    found = list(needs)
    if not any(need.key == POD_NAMESPACE and need.source in ("k8s", "any") for need in needs):
        if not namespace:
            if not init:
                found.append(Need("k8s", POD_NAMESPACE, "Exists", ()))
        elif not any(_names_namespace_labels(need) for need in needs):
            found.append(Need("k8s", POD_NAMESPACE, "In", (namespace,)))
    return with_cluster(tuple(found), options)


def with_cluster(needs: Needs, options: Options) -> Needs:
    """The needs limited to the own cluster, unless they name one."""
    if options.any_cluster or any(need.key == CLUSTER and need.source in ("k8s", "any") for need in needs):
        return tuple(sorted(needs))
    return tuple(sorted([*needs, Need("k8s", CLUSTER, "In", (options.cluster,))]))


def _names_namespace_labels(need: Need) -> bool:
    return need.source in ("k8s", "any") and need.key.startswith(f"{NAMESPACE_LABELS}.")


def holds(needs: Needs, endpoint: Endpoint) -> bool:
    """Whether the selector matches the end itself."""
    return (
        labels_match(needs, endpoint.labels) if endpoint.address is None else _with_address(needs, endpoint)
    )


def labels_match(needs: Needs, labels: LabelSet) -> bool:
    """Whether all needs hold for these labels."""
    for source, key, operator, values in needs:
        found = labels.get(key)
        held = found[1] if found is not None and source in ("any", found[0]) else None
        if operator == "In":  # as nearly all are: a call for each would take as long as the rest
            if held not in values:
                return False
        elif not fits(operator, values, held):
            return False
    return True


def _with_address(needs: Needs, endpoint: Endpoint) -> bool:
    """The same for an address, whose identity has a cidr label that every range around it matches."""
    plain = [need for need in needs if need.source != "cidr"]
    if not labels_match(tuple(plain), endpoint.labels):
        return False
    from cilium_policies.evaluate.addresses import within

    for need in needs:
        if need.source == "cidr":
            inside = within(endpoint.address, need.key.replace("-", ":"))
            if inside != (need.operator in ("In", "Exists")):
                return False
    return True
