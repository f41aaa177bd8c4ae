"""Label selectors as the Kubernetes API means them."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.kube.objects import mapping, mappings, sequence, strings, text
from cilium_policies.lean import Any, Generic, Protocol, TypeVar


class _Labelled(Protocol):
    @property
    def namespace(self) -> str: ...

    @property
    def labels(self) -> dict[str, str]: ...


Item = TypeVar("Item", bound=_Labelled)


class ByLabel(Generic[Item]):
    """Things with labels, so indexed that a thousand selectors over thousands of them stay cheap."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._all: list[Item] = list(items)
        self._by_label: dict[tuple[str, str], list[Item]] = {}
        for one in self._all:
            for pair in one.labels.items():
                self._by_label.setdefault(pair, []).append(one)

    def selected(self, selector: Any, namespaces: set[str] | None) -> list[Item]:
        """Those that a LabelSelector fits, in these namespaces (None: all), in input order."""
        pairs = strings(mapping(selector).get("matchLabels")).items()
        candidates = min((self._by_label.get(pair, []) for pair in pairs), key=len, default=self._all)
        return [
            one
            for one in candidates
            if (namespaces is None or one.namespace in namespaces) and selects(selector, one.labels)
        ]


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
