"""Label selectors as the Kubernetes API means them."""

from __future__ import annotations

from typing import Any

from cilium_policies.kube.objects import mapping, mappings, sequence, strings, text


def selects(selector: Any, labels: dict[str, str]) -> bool:
    """Whether a LabelSelector (`matchLabels`, `matchExpressions`) fits; an empty one fits everything,
    one that is missing (null) nothing. An operator that Kubernetes does not know fits nothing."""
    if not isinstance(selector, dict):
        return False
    if not strings(selector.get("matchLabels")).items() <= labels.items():
        return False
    return all(_holds(mapping(entry), labels) for entry in mappings(selector.get("matchExpressions")))


def _holds(requirement: dict[str, Any], labels: dict[str, str]) -> bool:
    key, operator = text(requirement.get("key")), text(requirement.get("operator"))
    values = [text(value) for value in sequence(requirement.get("values"))]
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return False
