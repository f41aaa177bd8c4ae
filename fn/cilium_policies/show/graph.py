"""A graph of groups that hold nodes, and links between nodes: what the pictures are drawn from.

Tones are the only colours: good, warn, mixed, bad, off, outside, plain. What they mean, the caller's legend says.
"""

from __future__ import annotations

from collections import Counter

from cilium_policies.lean import Any, NamedTuple

BUSY = 5  # a group is busy with links of a kind to more others than this …
BUSY_SHARE = 0.2  # … and than this share of all boxes


Plain = list[tuple[Any, ...]]


class Node(NamedTuple):
    """Something inside a group. `note` is shown when one points at it. `many`: it stands for all of the group."""

    key: str
    group: str
    title: str
    tone: str = "plain"
    note: str = ""
    many: bool = False


class Group(NamedTuple):
    """A box. `badge` is a short word in it, `alert` a number at its corner that wants to be seen (0: none);
    `lane` "in" and "out" stand left and right of all others."""

    key: str
    title: str
    tone: str = "plain"
    badge: str = ""
    lane: str = ""
    note: str = ""
    alert: int = 0
    opens: str = ""  # the key of the group whose own picture this box leads to; "" for none


class Link(NamedTuple):
    """`source` opens connections to `target` (node keys). `label` says how (several ways: with ", " between
    them), `kind` is what one filters by."""

    source: str
    target: str
    label: str
    kind: str = ""
    tone: str = "plain"
    why: str = ""


class Graph(NamedTuple):
    """`legend` pairs each tone that occurs with its meaning."""

    title: str
    groups: tuple[Group, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    legend: tuple[tuple[str, str], ...] = ()


def plain(graph: Graph) -> tuple[object, ...]:
    """The graph without a class, as it goes from one process to another."""
    return graph.title, *(list(map(tuple, part)) for part in graph[1:])


def of_plain(title: str, groups: Plain, nodes: Plain, links: Plain, legend: Plain) -> Graph:
    """The graph again."""
    return Graph(
        title,
        tuple(Group(*one) for one in groups),
        tuple(Node(*one) for one in nodes),
        tuple(Link(*one) for one in links),
        tuple(legend),
    )


class Bundle(NamedTuple):
    """All links from one group to another."""

    source: str
    target: str
    labels: tuple[str, ...]
    kinds: tuple[str, ...]
    tone: str
    size: int  # how many links


class View:
    """A graph with the look-ups that drawing needs.

    Where a group has links of one kind with so many others that their lines would bury the picture (a resolver,
    a collector of metrics, the internet), these links become chips: words in the boxes at their other ends.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.groups = {group.key: group for group in graph.groups}
        self.nodes = {node.key: node for node in graph.nodes}
        self.members: dict[str, list[Node]] = {group.key: [] for group in graph.groups}
        for node in graph.nodes:
            self.members[node.group].append(node)
        between = [link for link in graph.links if self.group_of(link.source) != self.group_of(link.target)]
        self._links: dict[str, list[Link]] = {}
        for link in graph.links:
            for key in {self.group_of(link.source), self.group_of(link.target)}:
                self._links.setdefault(key, []).append(link)
        self._busy = self._busy_ends(between)
        self.lines = self._bundles([link for link in between if not self.busy_end(link)])
        self.chips = self._chips([link for link in between if self.busy_end(link)])

    def links_of(self, group: str) -> list[Link]:
        """The links of a group's nodes, in the graph's order."""
        return self._links.get(group, [])

    def group_of(self, node: str) -> str:
        return self.nodes[node].group

    def busy_end(self, link: Link) -> str:
        """The group at whose end this link is one of many of its kind; "" where it is a line."""
        source, target = self.group_of(link.source), self.group_of(link.target)
        if source == target:
            return ""
        if (target, "in", link.kind) in self._busy:
            return target
        return source if (source, "out", link.kind) in self._busy else ""

    def listed(self, key: str) -> list[Node]:
        """The members worth naming: not the one that stands for the whole group."""
        members = [node for node in self.members[key] if not node.many]
        return [] if len(members) == 1 and members[0].title == self.groups[key].title else members

    def _busy_ends(self, links: list[Link]) -> frozenset[tuple[str, str, str]]:
        boxes = sum(1 for group in self.graph.groups if not group.lane)
        others: dict[tuple[str, str, str], set[str]] = {}
        for link in links:
            source, target = self.group_of(link.source), self.group_of(link.target)
            others.setdefault((source, "out", link.kind), set()).add(target)
            others.setdefault((target, "in", link.kind), set()).add(source)
        limit = max(BUSY, boxes * BUSY_SHARE)
        return frozenset(end for end, seen in others.items() if len(seen) > limit)

    def _bundles(self, links: list[Link]) -> list[Bundle]:
        between: dict[tuple[str, str], list[Link]] = {}
        for link in links:
            between.setdefault((self.group_of(link.source), self.group_of(link.target)), []).append(link)
        return [_bundle(ends, same) for ends, same in sorted(between.items())]

    def _chips(self, links: list[Link]) -> dict[str, list[tuple[str, str, Bundle]]]:
        """For each box its chips: ("in" or "out", the busy group, the bundle); "in" calls the box."""
        chips: dict[str, list[tuple[str, str, Bundle]]] = {}
        by_end: dict[str, list[Link]] = {}
        for link in links:
            by_end.setdefault(self.busy_end(link), []).append(link)
        for end, same in sorted(by_end.items()):
            for bundle in self._bundles(same):
                side, here = ("out", bundle.source) if end == bundle.target else ("in", bundle.target)
                chips.setdefault(here, []).append((side, end, bundle))
        return chips


_TELLING = ("bad", "outside", "warn", "mixed", "good")  # tones, the one that a bundle takes first


def _bundle(ends: tuple[str, str], links: list[Link]) -> Bundle:
    first = links[0]
    if len(links) == 1 and ", " not in first.label:  # as most: there is nothing to count
        tone = first.tone if first.tone in _TELLING else "plain"
        return Bundle(*ends, (first.label,) if first.label else (), (first.kind,), tone, 1)
    labels = Counter(label for link in links for label in link.label.split(", ") if label)
    kinds = tuple(dict.fromkeys(link.kind for link in links))
    tones = {link.tone for link in links}
    tone = next((tone for tone in _TELLING if tone in tones), "plain")
    ordered = tuple(label for label, _ in sorted(labels.items(), key=lambda pair: (-pair[1], pair[0])))
    return Bundle(ends[0], ends[1], ordered, kinds, tone, len(links))
