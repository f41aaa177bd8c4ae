"""One group of a graph: its callers left, its members in the middle, what they call right."""

from __future__ import annotations

from typing import NamedTuple

from cilium_policies.show import svg
from cilium_policies.show.graph import Link, View

WIDTH = 1120.0
SIDE = 330.0
MIDDLE = 280.0
LINE = 20.0
HEAD = 26.0
MANY = ""  # stands for the group of rows that stand for many


class Row(NamedTuple):
    """One line of a side: who is there and how it connects, and the members it connects with.

    `node` empty: one of the many that a busy member is linked with in the same way; `title` says how many.
    """

    group: str
    node: str
    title: str
    label: str
    members: tuple[str, ...]
    links: tuple[Link, ...]


def focus_svg(view: View, key: str) -> str:
    """A standalone SVG file of one group."""
    body, width, height = focus(view, key)
    return svg.document(body, width, height, f"{view.groups[key].title}: who calls it and whom it calls")


def focus(view: View, key: str) -> tuple[str, float, float]:
    """The picture's elements, its width and height. Links inside the group stand on the right."""
    members = view.members[key]
    inside = {node.key for node in members}
    calls_in = [one for one in view.graph.links if one.target in inside and one.source not in inside]
    calls_out = [one for one in view.graph.links if one.source in inside]
    left = _rows(view, key, calls_in, incoming=True)
    right = _rows(view, key, calls_out, incoming=False)
    heights = (_height(left), HEAD + 24 + len(members) * LINE, _height(right))
    height = max(heights) + 20
    middle, spots = _middle(view, key, 10 + (height - 20 - heights[1]) / 2)
    parts = []
    for rows, x, incoming, tall in (
        (left, 8.0, True, heights[0]),
        (right, WIDTH - SIDE - 8, False, heights[2]),
    ):
        parts += _side(view, rows, (x, 10 + (height - 20 - tall) / 2), spots, incoming, key)
    return "".join(parts) + middle, WIDTH, height


def _rows(view: View, key: str, links: list[Link], *, incoming: bool) -> list[Row]:
    """Links as lines of a side, by group: one a node and label. The many ends of a busy kind share one line."""
    found: dict[tuple[str, str, str], list[Link]] = {}
    for link in links:
        node = link.source if incoming else link.target
        busy = view.busy_end(link) == key
        found.setdefault(("", link.kind, "") if busy else (node, "", link.label), []).append(link)
    rows = []
    for (node, kind, label), same in found.items():
        label = label if node else _joined(same)
        members = tuple(dict.fromkeys(one.target if incoming else one.source for one in same))
        title = view.nodes[node].title if node else kind
        rows.append(Row(view.group_of(node) if node else MANY, node, title, label, members, tuple(same)))
    return sorted(rows, key=lambda row: _order(view, row, key))


def _joined(links: list[Link]) -> str:
    """All ways of many links, each once, numbers in their order."""
    words = {word for link in links for word in link.label.split(", ") if word}
    return ", ".join(sorted(words, key=lambda word: (len(word), word)))


def _order(view: View, row: Row, own: str) -> tuple[int, str, str, str, str]:
    """The own group first, then the others by name, then the outside, then the many."""
    if row.group == MANY:
        return (3, "", "", row.title, row.label)
    group = view.groups[row.group]
    place = 2 if group.lane else 0 if row.group == own else 1
    return (place, group.title, row.group, row.title, row.label)


def _height(rows: list[Row]) -> float:
    groups = {row.group for row in rows}
    return len(groups) * (HEAD + 22) + len(rows) * LINE if rows else HEAD + 18


def _middle(view: View, key: str, y: float) -> tuple[str, dict[str, float]]:
    """The group's own box, and the height at which each member's line ends."""
    group, members = view.groups[key], view.members[key]
    x = (WIDTH - MIDDLE) / 2
    height = HEAD + 18 + len(members) * LINE
    parts = [
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{MIDDLE}" height="{height:.1f}" rx="7" class="box"/>',
        svg.text(x + 12, y + 21, svg.cut(group.title, MIDDLE - 110, 13, bold=True), "name"),
        svg.text(x + MIDDLE - 12, y + 21, group.badge, "badge", ' text-anchor="end"'),
    ]
    spots = {}
    for number, node in enumerate(members):
        line = y + HEAD + 16 + number * LINE
        spots[node.key] = line - 4
        tip = svg.title(node.note) if node.note else ""
        name = svg.text(x + 12, line, svg.cut(node.title, MIDDLE - 24, 11.5), f"row {node.tone}")
        parts.append(f'<g data-node="{svg.clean(node.key)}">{tip}{name}</g>')
    return f'<g class="node {group.tone}">{"".join(parts)}</g>\n', spots


def _side(
    view: View,
    rows: list[Row],
    corner: tuple[float, float],
    spots: dict[str, float],
    incoming: bool,
    own: str,
) -> list[str]:
    x, y = corner
    if not rows:
        nobody = "nobody calls it" if incoming else "it calls nobody"
        return [svg.text(x + (SIDE if incoming else 0), y + 20, nobody, "note", _anchor(incoming))]
    lines: list[str] = []
    boxes: list[str] = []
    last = None
    for number, row in enumerate(rows):
        if row.group != last:
            same = [other for other in rows if other.group == row.group]
            y += 16 if number else 0
            boxes.append(_group_box(view, same, (x, y), own))
            y += HEAD + 6
            last = row.group
        lines += _row(view, row, (x, y), spots, incoming)
        boxes.append(_row_text(view, row, (x, y)))
        y += LINE
    return [*lines, *boxes]


def _group_box(view: View, rows: list[Row], corner: tuple[float, float], own: str) -> str:
    x, y = corner
    key = rows[0].group
    height = HEAD + 8 + len(rows) * LINE
    box = f'<rect x="{x:.1f}" y="{y:.1f}" width="{SIDE}" height="{height:.1f}" rx="7" class="box"/>'
    if key == MANY:
        ends = {view.group_of(end) for row in rows for one in row.links for end in (one.source, one.target)}
        names = sorted(view.groups[end].title for end in ends - {own})
        tip = svg.title(", ".join(names))
        return f'<g class="node plain">{tip}{box}{svg.text(x + 12, y + 19, f"{len(names)} others", "name")}</g>\n'
    group = view.groups[key]
    name = f"inside {group.title}" if key == own else group.title
    title = svg.text(x + 12, y + 19, svg.cut(name, SIDE - 110, 13, bold=True), "name")
    badge = svg.text(x + SIDE - 12, y + 19, group.badge, "badge", ' text-anchor="end"')
    return f'<g class="node {group.tone}" data-group="{svg.clean(key)}">{box}{title}{badge}</g>\n'


def _row_text(view: View, row: Row, corner: tuple[float, float]) -> str:
    x, y = corner
    tone = view.nodes[row.node].tone if row.node else "plain"
    label = svg.cut(row.label or "any port", SIDE * 0.55, 10.5)
    room = SIDE - 34 - svg.measured(label, 10.5)
    why = "; ".join(list(dict.fromkeys(link.why for link in row.links if link.why))[:8])
    tip = svg.title(f"{row.title} {row.label}: {why}" if why else f"{row.title} {row.label}")
    name = svg.text(x + 12, y + 12, svg.cut(row.title, room, 11.5), f"row {tone}")
    ports = svg.text(x + SIDE - 12, y + 12, label, "note", ' text-anchor="end"')
    return f'<g class="line" data-kinds="{_kinds(row)}">{tip}{name}{ports}</g>\n'


def _kinds(row: Row) -> str:
    return svg.clean(" ".join(dict.fromkeys(link.kind for link in row.links)))


def _row(
    view: View, row: Row, corner: tuple[float, float], spots: dict[str, float], incoming: bool
) -> list[str]:
    """The lines between a row and the members it connects with."""
    x, y = corner
    inner = (WIDTH - MIDDLE) / 2
    tone = view.groups[row.group].tone if row.group != MANY else "plain"
    css = tone if tone in ("outside", "bad") else "plain"
    kinds = _kinds(row)
    parts = []
    for member in row.members:
        spot = spots[member]
        if incoming:
            path = _wire((x + SIDE, y + 8), (inner, spot), css)
        else:
            path = _wire((inner + MIDDLE, spot), (x, y + 8), css)
        parts.append(f'<g class="wire" data-kinds="{kinds}">{path}</g>\n')
    return parts


def _wire(start: tuple[float, float], end: tuple[float, float], css: str) -> str:
    """A line that leaves and arrives level."""
    reach = (end[0] - start[0]) * 0.5
    line = (
        f"M{start[0]:.1f} {start[1]:.1f}C{start[0] + reach:.1f} {start[1]:.1f} "
        f"{end[0] - reach:.1f} {end[1]:.1f} {end[0] - 7:.1f} {end[1]:.1f}"
    )
    head = f"M{end[0]:.1f} {end[1]:.1f}l-8 -3.4v6.8z"
    return f'<path d="{line}" class="link {css}"/><path d="{head}" class="head {css}"/>'


def _anchor(end: bool) -> str:
    return ' text-anchor="end"' if end else ""
