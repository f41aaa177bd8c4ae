"""One group of a graph as a map of its own: its members as boxes, callers before callees; others left and right."""

from __future__ import annotations

from cilium_policies.show import svg
from cilium_policies.show.graph import Graph, Group, Link, Node, View
from cilium_policies.show.layout import (
    COMPACT_GAP,
    COMPACT_WIDTH,
    DETAILED,
    DETAILED_GAP,
    DETAILED_WIDTH,
    LANE,
    WIDTH,
)
from cilium_policies.show.overview import overview

HEAD = 30  # pixels for the group's name


def focus_svg(view: View, key: str) -> str:
    """A standalone SVG file of one group."""
    body, width, height = focus(view, key)
    title = view.groups[key].title
    head = svg.text(14, 24, svg.cut(title, width - 28, 13, bold=True), "name")
    whole = f'{head}<g transform="translate(0 {HEAD})">\n{body}</g>\n'
    return svg.document(whole, width, height + HEAD, f"{title}: who calls it and whom it calls")


def focus(view: View, key: str) -> tuple[str, float, float]:
    """The picture's elements, its width and height."""
    inside = View(_opened(view, key))
    return overview(inside, _ranks(inside))


def _opened(view: View, key: str) -> Graph:
    """The group's members as groups, and those beside it on the side from which their lines come."""
    members = {node.key for node in view.members[key]}
    around = view.groups[key].tone
    groups = {node.key: _as_group(node, around) for node in view.members[key]}
    nodes = {node.key: node._replace(group=node.key) for node in view.members[key]}
    links = []
    for link in view.links_of(key):
        ends = (link.source in members, link.target in members)
        source = link.source if ends[0] else _beside(view, link.source, "in", groups, nodes)
        target = link.target if ends[1] else _beside(view, link.target, "out", groups, nodes)
        links.append(link._replace(source=source, target=target))
    return Graph(view.groups[key].title, tuple(groups.values()), tuple(nodes.values()), _once(links))


def _as_group(node: Node, around: str) -> Group:
    badge = "host network" if node.tone == "off" else ""
    return Group(node.key, node.title, _tone(node, around), badge, note=node.note)


def _tone(node: Node, around: str) -> str:
    return node.tone if node.tone in ("bad", "off") else "plain" if node.many else around


def _beside(view: View, key: str, lane: str, groups: dict[str, Group], nodes: dict[str, Node]) -> str:
    """The node that stands for one of another group, on this side of the picture."""
    node = view.nodes[key]
    group = view.groups[node.group]
    place = f"{lane}/{group.key}"
    groups.setdefault(
        place, group._replace(key=place, lane=lane, badge="", alert=0, opens="" if group.lane else group.key)
    )
    nodes.setdefault(f"{lane}/{key}", node._replace(key=f"{lane}/{key}", group=place, many=False))
    return f"{lane}/{key}"


def _once(links: list[Link]) -> tuple[Link, ...]:
    return tuple(dict.fromkeys(links))


def _ranks(view: View) -> dict[str, int]:
    """The column of each member: one behind those that call it. Where they call each other in a circle the line that
    closes it goes back."""
    members = [group.key for group in view.graph.groups if not group.lane]
    calls: dict[str, list[str]] = {key: [] for key in members}
    for one in view.lines:
        if one.source in calls and one.target in calls:
            calls[one.source].append(one.target)
    called = {target for targets in calls.values() for target in targets}
    ranks: dict[str, int] = {}
    for key in [*(key for key in members if key not in called), *members]:
        if key not in ranks:
            _rank(key, 0, calls, ranks, set())
    return _folded(ranks, members)


def _rank(key: str, rank: int, calls: dict[str, list[str]], ranks: dict[str, int], above: set[str]) -> None:
    """Iterative, since a chain may be long."""
    todo = [(key, rank, frozenset(above))]
    while todo:
        one, at, path = todo.pop()
        if one in path or ranks.get(one, -1) >= at or at > len(calls):
            continue
        ranks[one] = at
        todo += [(target, at + 1, path | {one}) for target in calls[one]]


def _folded(ranks: dict[str, int], members: list[str]) -> dict[str, int]:
    """The ranks as columns that fit the picture: those without a line fill up the first, long chains go on in the
    last."""
    box, gap = (DETAILED_WIDTH, DETAILED_GAP) if len(members) <= DETAILED else (COMPACT_WIDTH, COMPACT_GAP)
    most = max(1, int((WIDTH - 2 * (LANE + 60) + gap) // (box + gap + 20)))
    depth = max(ranks.values(), default=0) + 1
    if depth <= most and len(members) <= most * 8 and depth > 1:
        return ranks
    if depth > most:
        return {key: min(rank * most // depth, most - 1) for key, rank in ranks.items()}
    columns = min(most, max(depth, -(-len(members) // 8)))
    width = max(1, columns // depth)
    counts: dict[int, int] = {}
    spread = {}
    for key in members:
        rank = ranks[key]
        spread[key] = min(rank * width + counts.get(rank, 0) % width, columns - 1)
        counts[rank] = counts.get(rank, 0) + 1
    return spread
