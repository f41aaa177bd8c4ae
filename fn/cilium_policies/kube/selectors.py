"""Label selectors: the one place that says whether a selector fits labels. `evaluate/` compiles Cilium's for many
ends and asks `fits` as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cilium_policies.kube.labels import NAMESPACE, NAMESPACE_NAME, SERVICE_ACCOUNT, unprefixed
from cilium_policies.kube.objects import Mapping, mapping, mappings, sequence, strings, text
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
        return [
            one
            for one in self._candidates(strings(mapping(selector).get("matchLabels")))
            if (namespaces is None or one.namespace in namespaces) and selects(selector, one.labels)
        ]

    def pods(self, selector: Any, namespaces: set[str] | None) -> list[Item]:
        """The same of Cilium's EndpointSelector; what it says of an account fits nobody."""
        plain = without_sources(selector)
        labels = strings(mapping(plain).get("matchLabels"))
        return [
            one
            for one in self._candidates({key: value for key, value in labels.items() if key != NAMESPACE})
            if (namespaces is None or one.namespace in namespaces)
            and selects(plain, {**one.labels, NAMESPACE: one.namespace})
        ]

    def _candidates(self, labels: dict[str, str]) -> list[Item]:
        """Those with the rarest of the labels: no other has all of them."""
        return min((self._by_label.get(pair, []) for pair in labels.items()), key=len, default=self._all)


def selects(selector: Any, labels: dict[str, str]) -> bool:
    """Whether a LabelSelector (`matchLabels`, `matchExpressions`) fits; an empty one fits everything,
    one that is missing (null) nothing. An operator that Kubernetes does not know fits nothing."""
    if not isinstance(selector, dict):
        return False
    if not strings(selector.get("matchLabels")).items() <= labels.items():
        return False
    return all(_holds(one, labels) for one in mappings(selector.get("matchExpressions")))


def _holds(requirement: Mapping, labels: dict[str, str]) -> bool:
    values = [text(value) for value in sequence(requirement.get("values"))]
    return fits(text(requirement.get("operator")), values, labels.get(text(requirement.get("key"))))


def selects_namespace(selector: Any, name: str, labels: dict[str, str]) -> bool:
    """Whether it fits a namespace, whose name is a label of it wherever its manifest does not say so."""
    return selects(selector, {NAMESPACE_NAME: name, **labels})


def selects_pods(selector: Any, labels: dict[str, str], namespace: str, account: str = "") -> bool:
    """Whether Cilium's EndpointSelector fits pods with these labels: its keys may name their source, and a pod's
    identity has its namespace and its service account (where they are given) beside its labels. That the policy's
    own namespace limits it is not asked."""
    known = {**labels, NAMESPACE: namespace}
    if account:
        known[SERVICE_ACCOUNT] = account
    return selects(without_sources(selector), known)


def without_sources(selector: Any) -> Any:
    """The selector with Cilium's label sources taken off its keys; null stays null."""
    if not isinstance(selector, dict):
        return selector
    labels = {unprefixed(key): value for key, value in strings(selector.get("matchLabels")).items()}
    expressions = [
        {**one, "key": unprefixed(text(one.get("key")))} for one in mappings(selector.get("matchExpressions"))
    ]
    return {"matchLabels": labels, "matchExpressions": expressions}


def keys_of(selector: Any) -> list[str]:
    """The keys that it asks for, as written."""
    expressions = mappings(mapping(selector).get("matchExpressions"))
    return [*mapping(mapping(selector).get("matchLabels")), *(text(one.get("key")) for one in expressions)]


def fits(operator: str, values: Sequence[str], held: str | None) -> bool:
    """One requirement of a label; `held` None: there is none of that key. Kubernetes' and Cilium's meaning."""
    if operator == "In":
        return held in values
    if operator == "NotIn":
        return held is None or held not in values
    if operator == "Exists":
        return held is not None
    return operator == "DoesNotExist" and held is None
