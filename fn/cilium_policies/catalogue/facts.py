"""What conditions and lists of names of the catalogue ask of the input: types alone, so no run imports it."""

from __future__ import annotations

from collections.abc import Iterable

from cilium_policies.kube.objects import Mapping
from cilium_policies.lean import Any, Protocol

# What objects of the input answer, by the identity of what is asked; with that, so that no other gets its number.
Answers = dict[object, tuple[object, Any]]


class Facts(Protocol):
    """What conditions ask of one workload and the input around it."""

    @property
    def values(self) -> Mapping:
        """The Helm values below the chart entry's `values` prefix; empty where none are known."""

    @property
    def body(self) -> Mapping:
        """The custom resource that made the pods; empty where none did."""

    @property
    def args(self) -> Iterable[str]:
        """Command words and arguments of the containers."""

    @property
    def env(self) -> Iterable[tuple[str, str]]:
        """Names and values of environment variables ("" where the value is elsewhere)."""

    @property
    def texts(self) -> Iterable[str]:
        """All configuration texts: env values, args, referenced ConfigMaps, values."""

    @property
    def distribution(self) -> str:
        """`spec.cluster.distribution`, "" when not known."""

    @property
    def replicas(self) -> int: ...

    @property
    def answers(self) -> Answers:
        """What the input's objects have answered, whichever workload it was asked for."""

    def objects(self, group: str, kind: str) -> Iterable[Mapping]:
        """Bodies of the input's objects of a kind; group "" asks for any group."""

    def placed(self, group: str, kind: str) -> Iterable[tuple[str, Mapping]]:
        """The same, each with the namespace whose word it is; "" for the platform's."""

    def hears(self, spaces: set[str], group: str) -> bool:
        """Whether the word of one of these namespaces, an object of this API group, counts for this workload."""

    def present(self, component: str) -> bool:
        """Whether a component's pods stand in the input or inventory."""

    def called_so(self, component: str) -> bool:
        """The same, of pods that their label or their image alone calls so as well."""


class FurtherFacts(Facts, Protocol):
    """What lists of names ask beside what conditions do."""

    @property
    def bodies(self) -> Iterable[Mapping]:
        """The custom resources that made the pods: `body`, and others that mean the same ones."""

    def secret(self, namespace: str, name: str) -> Mapping:
        """Keys and values of a Secret, or of the template of what writes it; empty where neither is shown."""

    def account(self, annotations: tuple[str, ...]) -> Iterable[str]:
        """What such annotations say of the Secrets that the pods' ServiceAccount lists."""
