"""What the user's own policies select and name that the input does not show, and which of them are in force where
this program only audits. `cilium-policies lint` judges the same policies in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cilium_policies.config.model import AUDIT, EGRESS, INGRESS, Mode
from cilium_policies.document.finding import INFO, WARNING, Finding
from cilium_policies.kube.labels import NAMESPACE, SERVICE_ACCOUNT, is_identity, unprefixed
from cilium_policies.kube.objects import Object, at, flag, mapping, mappings, strings, walk_strings
from cilium_policies.kube.selectors import keys_of, selects_pods, without_sources
from cilium_policies.lean import Any
from cilium_policies.workloads.cluster import Cluster

_KUBERNETES = "NetworkPolicy"
_CILIUM = "CiliumNetworkPolicy"


def hand_written(cluster: Cluster, modes: Mapping[str, Mode]) -> Iterator[Finding]:
    """Findings about the user's namespaced policies in the namespaces of `modes`."""
    theirs: dict[str, list[Object]] = {}
    whole = {name for name in modes if _is_whole(cluster, name)}
    for one in (
        *cluster.inventory.of(_KUBERNETES, group="networking.k8s.io"),
        *cluster.inventory.of(_CILIUM),
    ):
        if one.namespace in modes and not one.where.elsewhere:
            if one.namespace in whole:
                yield from _unmatched(cluster, one)
            theirs.setdefault(one.namespace, []).append(one)
    for name, policies in sorted(theirs.items()):
        yield from _in_force(policies, modes[name])


def _is_whole(cluster: Cluster, namespace: str) -> bool:
    """Whether the input shows pods of the namespace, all with all their labels: only then selectors are judged."""
    pods = cluster.in_namespace(namespace)
    return bool(pods) and all(pod.rendered for pod in pods)


def _unmatched(cluster: Cluster, one: Object) -> Iterator[Finding]:
    for spec in _specs(one):
        subject = spec.get("podSelector" if one.kind == _KUBERNETES else "endpointSelector")
        if _judged(subject) and not _finds(cluster, one.namespace, subject):
            cure = "correct its selector: it is matched with the labels of pods"
            yield one.finding(WARNING, f"{one} selects no pod that the input shows", cure)
            continue
        for peer in _peers(one, spec):
            if _judged(peer) and not _finds(cluster, one.namespace, peer):
                named = ", ".join(
                    f"{key}: {value}" for key, value in strings(peer.get("matchLabels")).items()
                )
                message = (
                    f"{one} names a peer ({named or 'matchExpressions'}) that matches no pod of its namespace"
                )
                yield one.finding(
                    WARNING, message, "correct the labels, or name the peer's namespace as well"
                )


def _specs(one: Object) -> list[dict[str, Any]]:
    return [spec for spec in (one.spec, *mappings(one.body.get("specs"))) if spec]


def _peers(one: Object, spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The peers that are limited to the policy's own namespace."""
    for direction, kubernetes, cilium in ((INGRESS, "from", "fromEndpoints"), (EGRESS, "to", "toEndpoints")):
        for rule in mappings(spec.get(direction)):
            if one.kind == _KUBERNETES:
                entries = mappings(rule.get(kubernetes))
                yield from (
                    mapping(each.get("podSelector")) for each in entries if "namespaceSelector" not in each
                )
            else:
                yield from mappings(rule.get(cilium))


def _judged(selector: Any) -> bool:
    """Whether it asks for labels that manifests show: no namespace, reserved identity, controller's label, variable."""
    if any("${" in value for _, value in walk_strings(selector)):
        return False
    keys = [unprefixed(key) for key in keys_of(selector)]
    return bool(keys) and all(
        is_identity(key)
        and not key.startswith(("reserved:", "io.cilium.k8s.namespace", NAMESPACE, "batch.", "job-"))
        for key in keys
    )


def _finds(cluster: Cluster, namespace: str, selector: Any) -> bool:
    given = strings(without_sources(selector)["matchLabels"])
    labels = {key: value for key, value in given.items() if key not in (NAMESPACE, SERVICE_ACCOUNT)}
    pods = cluster.selected(namespace, labels) if labels else cluster.in_namespace(namespace)
    return any(selects_pods(selector, pod.labels, namespace, pod.service_account) for pod in pods)


def _in_force(policies: list[Object], mode: Mode) -> Iterator[Finding]:
    """Audit shows nothing of a direction that a policy of somebody else closes already."""
    audited = [direction for direction in (INGRESS, EGRESS) if getattr(mode, direction) == AUDIT]
    closing = [
        one
        for one in policies
        if any(_closes(one, spec, direction) for spec in _specs(one) for direction in audited)
    ]
    if closing:
        names = ", ".join(one.name for one in closing[:3])
        more = f" and {len(closing) - 3} more" if len(closing) > 3 else ""
        message = (
            f"namespace {closing[0].namespace} is in audit, but its own policies are in force: {names}{more}; what they"
            " cut of their pods is cut now and not shown as such"
        )
        yield closing[0].finding(INFO, message, "read their drops: hubble observe --verdict DROPPED")


def _closes(one: Object, spec: dict[str, Any], direction: str) -> bool:
    if one.kind == _KUBERNETES:
        types = spec.get("policyTypes")
        named = isinstance(types, list) and direction.capitalize() in types
        return named or (not types and (direction == INGRESS or direction in spec))
    if not (spec.get(direction) or spec.get(f"{direction}Deny")):
        return False
    return flag(at(spec, "enableDefaultDeny", direction), True)
