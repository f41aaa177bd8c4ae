"""What a check is given, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cilium_policies.checks.snapshot import SOMEWHERE, Known, Snapshot
from cilium_policies.cilium.model import Rule, Spec
from cilium_policies.document.finding import WARNING
from cilium_policies.evaluate.endpoint import Endpoint, entity
from cilium_policies.evaluate.entries import Entry
from cilium_policies.evaluate.selectors import Needs, holds
from cilium_policies.evaluate.verdict import Decision
from cilium_policies.lean import NamedTuple
from cilium_policies.workloads.model import Workload

_FAR = {SOMEWHERE: "internet", "0.0.0.0": "world", "::": "world"}  # addresses that stand for many


class Violation(NamedTuple):
    """One fault: what is wrong at which field of the policy, and what to do."""

    path: str
    message: str
    cure: str
    severity: str = WARNING


class Part(NamedTuple):
    """One rule of the policy: its list (`ingress`, `egressDeny` …), its field path, and its compiled form
    (None where the agent refuses the policy)."""

    list_name: str
    path: str
    rule: Rule
    entry: Entry | None

    @property
    def ingress(self) -> bool:
        return self.list_name.startswith("ingress")

    @property
    def deny(self) -> bool:
        return self.list_name.endswith("Deny")

    @property
    def side(self) -> str:
        return "from" if self.ingress else "to"


class Flow(NamedTuple):
    """A connection that the manifests need, and a side that denies it. `why` goes on after "which"."""

    source: Endpoint
    target: Endpoint
    port: str
    why: str
    decision: Decision
    direction: str

    def __str__(self) -> str:
        """For people: the address that stands for all of the internet is called what it stands for."""
        source, target = (_FAR.get(str(end), str(end)) for end in (self.source, self.target))
        return f"{source} => {target} {self.port}"


class Linted:
    """One policy under examination, amid all others. `cuts` are the needed flows that anybody denies."""

    def __init__(
        self, known: Known, snapshot: Snapshot, entries: list[Entry], cuts: Sequence[Flow] = ()
    ) -> None:
        self.known = known
        self.policy = entries[0].ref.policy if entries else known.policy  # the one that stands in the world
        self.snapshot = snapshot
        self.entries = entries
        self.cuts = cuts
        self._selected: dict[Needs, list[Endpoint]] = {}
        self._parts: list[Part] | None = None

    def specs(self) -> Iterator[tuple[str, Spec]]:
        """Every rule set with its field path."""
        single = len(self.policy.specs) == 1 and "specs" not in self.known.body
        for number, spec in enumerate(self.policy.specs):
            yield "spec" if single else f"specs[{number}]", spec

    def parts(self) -> list[Part]:
        """Every rule."""
        if self._parts is None:
            self._parts = list(self._all_parts())
        return self._parts

    def _all_parts(self) -> Iterator[Part]:
        by_place = {
            (entry.ref.spec, entry.ref.list_name, entry.ref.position): entry for entry in self.entries
        }
        for number, (path, spec) in enumerate(self.specs()):
            for name, rules in spec.lists.items():
                for position, rule in enumerate(rules or ()):
                    entry = by_place.get((number, name, position))
                    yield Part(name, f"{path}.{name}[{position}]", rule, entry)

    def selected(self, entry: Entry) -> list[Endpoint]:
        """The pods that the entry's policy selects."""
        found = self._selected.get(entry.subject)
        if found is None:
            fitting = self.snapshot.fitting(entry.subject)
            found = self._selected[entry.subject] = [end for end in fitting if holds(entry.subject, end)]
        return found

    def shown(self, namespace: str) -> list[Workload]:
        """The workloads that the input shows in a namespace ("": anywhere). For the program's own policies only
        where it shows the Namespace as well: they name what other builds hold."""
        cluster = self.snapshot.cluster
        if self.known.own and namespace and cluster.inventory.get("Namespace", "", namespace) is None:
            return []
        return cluster.in_namespace(namespace) if namespace else cluster.workloads

    def named(self, name: str) -> Endpoint:
        """The end that an entity stands for."""
        return entity(name, self.snapshot.options)[0]
