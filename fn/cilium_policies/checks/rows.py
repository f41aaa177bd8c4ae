"""What the checks say of policies, with the line of each fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cilium_policies.checks.every import CHEAP, CHECKS
from cilium_policies.checks.snapshot import Known, Snapshot, known
from cilium_policies.checks.violation import Flow, Linted, Violation
from cilium_policies.cilium.read import CCNP, CNP
from cilium_policies.cilium.typed import typed
from cilium_policies.cilium.validity import VERSIONS
from cilium_policies.document.finding import Finding, RefusedError
from cilium_policies.document.lines import lines_of
from cilium_policies.document.schema import path_of
from cilium_policies.document.source import Item, Source
from cilium_policies.kube.inventory import policy_objects
from cilium_policies.kube.objects import Mapping, Object, at
from cilium_policies.lean import Any, NamedTuple
from cilium_policies.workloads.cluster import Cluster


class Row(NamedTuple):
    """One fault of one policy. `line` is that of the field, 0 for a policy that this run generates."""

    check: str
    severity: str
    policy: str  # Kind/namespace/name
    file: str
    line: int
    path: str
    message: str
    cure: str
    item: int = -1

    def finding(self) -> Finding:
        """The row as the function's other findings."""
        kind, _, rest = self.policy.partition("/")
        namespace, _, name = rest.rpartition("/")
        message = f"{self.policy}: {self.path}: {self.message}"
        place_ = (self.file, self.item, self.line, 0, self.path)
        return Finding(self.severity, message, self.cure, *place_, "", kind, namespace, name)


class Texts:
    """The policies' own text: types of scalars, and lines of fields."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._items: dict[tuple[str, int], Item] = {}
        for source in sources:
            for item in source.items:
                self._items[source.file, item.index] = item
        self._lines: dict[tuple[str, int], dict[tuple[str | int, ...], int]] = {}

    def body(self, one: Object) -> Mapping | None:
        """The object with numbers and flags as the API server sees them; None where its text is not at hand."""
        item = self._items.get(one.where[:2])
        if item is None or item.kind not in (CNP, CCNP):
            return None
        try:
            found = typed(item.text())
        except RefusedError:
            return None  # an anchor of another item of the list
        return found if isinstance(found, dict) and at(found, "metadata", "name") == one.name else None

    def line(self, one: Known, path: str) -> int:
        """The line of a field, or of the nearest field around it that stands in the text."""
        key = one.where[:2]
        item = self._items.get(key)
        if item is None or item.kind != one.policy.kind:
            return one.where.line
        if key not in self._lines:
            self._lines[key] = lines_of(item.text(), item.line)
        wanted = path_of(path)
        while wanted:
            if wanted in self._lines[key]:
                return self._lines[key][wanted]
            wanted = wanted[:-1]
        return one.where.line

    def known(self, one: Object, versions: tuple[str, ...]) -> Known:
        """A policy of the input, with what each of these versions of Cilium refuses in it."""
        body = self.body(one)
        found = [known(one, version=version, typed=body) for version in versions]
        refusals: dict[tuple[str, str], Any] = {}
        for version, judged in zip(versions, found, strict=True):
            for refusal in judged.refusals:
                told = refusals.setdefault((refusal.path, refusal.message), (refusal, []))
                told[1].append(version)
        marked = [
            refusal
            if len(by) == len(versions)
            else refusal._replace(message=f"{refusal.message} (Cilium {', '.join(by)})")
            for refusal, by in refusals.values()
        ]
        return found[0]._replace(refusals=tuple(marked))


def rows(
    snapshot: Snapshot, policies: Iterable[Known], texts: Texts, names: Iterable[str], cuts: list[Flow]
) -> Iterator[Row]:
    """What the checks of these names find in the policies, which are some of the snapshot's."""
    wanted = {name: CHECKS[name] for name in names}
    for one in policies:
        linted = Linted(one, snapshot, snapshot.entries_of(one), cuts)
        for name, check in wanted.items():
            for violation in check(linted):
                yield _row(name, violation, one, texts)


def _row(check: str, violation: Violation, one: Known, texts: Texts) -> Row:
    line, where = texts.line(one, violation.path), one.where
    return Row(
        check,
        violation.severity,
        str(one.policy),
        where.file,
        line,
        violation.path,
        violation.message,
        violation.cure,
        where.item,
    )


def ordered(found: Iterable[Row]) -> list[Row]:
    """By file and line, each once."""
    return sorted(dict.fromkeys(found), key=lambda row: (row.file, row.line, row.policy, row.path, row.check))


def warnings(cluster: Cluster, namespaces: Iterable[str], sources: Iterable[Source]) -> Iterator[Finding]:
    """What every run says of the user's policies in these namespaces, and of the cluster-wide ones: the checks that
    need no plan. `lint` runs the same."""
    versions = (cluster.settings.cilium_version or VERSIONS[-1],)
    texts = Texts(sources)
    here = [one for one in policy_objects(cluster.inventory) if not one.where.elsewhere]
    snapshot = Snapshot(cluster, [texts.known(one, versions) for one in here], enforced=True)
    places = {"", *namespaces}
    judged = [one for one in snapshot.known if one.policy.namespace in places]
    for row in ordered(rows(snapshot, judged, texts, CHEAP, [])):
        yield row.finding()
