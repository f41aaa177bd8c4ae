"""What the text of generated policies says: namespaces, rules, and rules that are wide without a reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.engine.corpus import objects


def namespaces(policies: str) -> set[str]:
    """The namespaces that have a generated policy."""
    return {
        one["metadata"]["namespace"]
        for one in objects(policies)
        if "namespace" in (one.get("metadata") or {})
    }


def names(policies: str) -> set[str]:
    """Kind/namespace/name of each policy, as the judge writes it."""
    return {_reference(one) for one in objects(policies)}


def _reference(policy: dict[str, Any]) -> str:
    metadata = policy.get("metadata") or {}
    kind = policy.get("kind", "")
    # The API server takes off a namespace that kustomize stamped on a cluster-wide policy.
    namespace = "" if kind == "CiliumClusterwideNetworkPolicy" else metadata.get("namespace", "")
    return "/".join(part for part in (kind, namespace, metadata.get("name", "")) if part)


def conflicts(policies: str) -> list[str]:
    """Names that stand in the text twice with different rules: as builds, their owners would fight."""
    seen: dict[str, dict[str, Any]] = {}
    found = []
    for one in objects(policies):
        name = _reference(one)
        content = {key: one.get(key) for key in ("spec", "specs")}
        if seen.setdefault(name, content) != content:
            found.append(name)
    return sorted(set(found))


def rules(policies: str) -> Iterable[dict[str, Any]]:
    """Every ingress and egress rule, deny rules too, of a stream of policies."""
    for one in objects(policies):
        for spec in [one.get("spec") or {}, *(one.get("specs") or ())]:
            for side in ("ingress", "egress", "ingressDeny", "egressDeny"):
                yield from spec.get(side) or ()


def wide_rules(policies: str) -> list[str]:
    """Policies with a rule for `world` without ports, `cluster` or `all` and without a word of why."""
    found = []
    for one in objects(policies):
        metadata = one.get("metadata") or {}
        for spec in [one.get("spec") or {}, *(one.get("specs") or ())]:
            if spec.get("description"):
                continue
            for side, key in (("ingress", "fromEntities"), ("egress", "toEntities")):
                for rule in spec.get(side) or ():
                    named = set(rule.get(key) or ())
                    if named & {"cluster", "all"} or ("world" in named and not rule.get("toPorts")):
                        found.append(
                            f"{metadata.get('namespace', '')}/{metadata.get('name')} {side}: {', '.join(sorted(named))}"
                        )
    return found


def policy(name: str, spec: str, namespace: str = "shop") -> str:
    """One CiliumNetworkPolicy as a document of a stream."""
    metadata = f"{{name: {name}, namespace: {namespace}}}"
    return f"---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {metadata}\nspec: {spec}\n"
