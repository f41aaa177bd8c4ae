"""Network policies that an app-template release brings itself: Kubernetes' and, since 5.x, Cilium's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cilium_policies.kube.objects import Mapping, Object, mapping, mappings, sequence, strings
from cilium_policies.lean import Any
from cilium_policies.workloads.releases.app_names import Frame
from cilium_policies.workloads.releases.values import scalar

_CILIUM_FIELDS = ("description", "ingress", "egress", "ingressDeny", "egressDeny", "enableDefaultDeny")


def network_policies(frame: Frame) -> Iterator[Object]:
    """NetworkPolicies of `networkpolicies`."""
    names = frame.named("networkpolicy", "networkpolicies")
    for key, entry in frame.enabled("networkpolicies").items():
        rules = mapping(entry.get("rules"))
        spec: Mapping = {"podSelector": entry.get("podSelector", _selector(frame, entry))}
        for field, value in (("policyTypes", entry.get("policyTypes")), *rules.items()):
            if value:
                spec[field] = value
        yield frame.made("networking.k8s.io/v1", "NetworkPolicy", names[key], entry, {"spec": spec})


def cilium_policies(frame: Frame) -> Iterator[Object]:
    """CiliumNetworkPolicies and cluster-wide ones of `ciliumNetworkPolicies`."""
    names = frame.named("ciliumNetworkPolicy", "ciliumNetworkPolicies")
    for key, entry in frame.enabled("ciliumNetworkPolicies").items():
        wide = scalar(entry.get("type")) == "ciliumClusterwide"
        spec: Mapping = {}
        if "nodeSelector" in entry:
            spec["nodeSelector"] = entry["nodeSelector"]
        else:
            spec["endpointSelector"] = entry.get("endpointSelector", _selector(frame, entry))
        for field in _CILIUM_FIELDS:
            if entry.get(field):
                spec[field] = _rules(frame, field, entry[field])
        kind = "CiliumClusterwideNetworkPolicy" if wide else "CiliumNetworkPolicy"
        yield frame.made("cilium.io/v2", kind, names[key], entry, {"spec": spec})


def _rules(frame: Frame, field: str, value: Any) -> Any:
    """The rules with `fromController` and `toController` as endpoint selectors."""
    short, long = (
        ("fromController", "fromEndpoints") if field == "ingress" else ("toController", "toEndpoints")
    )
    if field not in ("ingress", "egress"):
        return value
    made = []
    for rule in mappings(value):
        if controller := scalar(rule.get(short)):
            endpoint = {"matchLabels": frame.controller_selector(controller)}
            rest = {key: member for key, member in rule.items() if key != short}
            rule = {**rest, long: [*sequence(rule.get(long)), endpoint]}
        made.append(rule)
    return made


def _selector(frame: Frame, entry: Mapping) -> Mapping:
    """The pods of the controllers that a policy names; of the only one where it names none."""
    keys = _controllers(frame, [one for one in sequence(entry.get("controllers")) if isinstance(one, str)])
    if said := scalar(entry.get("controller")):
        keys = [said]
    if not keys and len(frame.controllers) == 1:
        keys = list(frame.controllers)
    extra = strings(entry.get("extraSelectorLabels"))
    if len(keys) == 1:
        return {"matchLabels": {**frame.controller_selector(keys[0]), **extra}}
    made: Mapping = {"matchLabels": {**frame.selector_labels, **extra}}
    if keys and frame.controller_label:
        made["matchExpressions"] = [{"key": frame.controller_label, "operator": "In", "values": keys}]
    return made


def _controllers(frame: Frame, references: list[str]) -> list[str]:
    found = []
    for reference in references:
        try:
            found += [key for key in frame.controllers if key == reference or re.fullmatch(reference, key)]
        except re.error:
            continue
    return sorted(set(found))
