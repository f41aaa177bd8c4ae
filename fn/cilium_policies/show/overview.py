"""The whole graph as one picture: a box a group, a line for what two groups have between them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from cilium_policies.show import svg
from cilium_policies.show.graph import Bundle, Group, View
from cilium_policies.show.layout import MEMBERS, Box, Layout, badge_below, layout
from cilium_policies.show.routes import Point

LABELS = 3  # so many labels stand on a line


def overview_svg(view: View) -> str:
    """A standalone SVG file."""
    body, width, height = overview(view)
    return svg.document(body, width, height, view.graph.title)


def overview(view: View, ranks: Mapping[str, int] | None = None) -> tuple[str, float, float]:
    """The picture's elements, its width and height; boxes carry `data-group`, lines `data-from`, `data-to`."""
    placed = layout(view, ranks)
    legend_height = legend_lines(view.graph.legend, placed.width) * 20 + 10 if view.graph.legend else 0
    parts = [_box(view, group, placed) for group in view.graph.groups]
    parts.append(_links(view, placed))
    if view.graph.legend:
        parts.append(legend(view.graph.legend, placed.height + 12, placed.width))
    return "".join(parts), placed.width, placed.height + legend_height


def _places(entries: tuple[tuple[str, str], ...], width: float) -> list[tuple[float, int]]:
    """Where each entry of a legend begins, and on which line."""
    x, line, found = 16.0, 0, []
    for _, meaning in entries:
        needed = 40 + svg.measured(meaning, 11)
        if x + needed > width and x > 16:
            x, line = 16.0, line + 1
        found.append((x, line))
        x += needed
    return found


def legend_lines(entries: tuple[tuple[str, str], ...], width: float) -> int:
    return max((line for _, line in _places(entries, width)), default=-1) + 1


def legend(entries: tuple[tuple[str, str], ...], y: float, width: float) -> str:
    """What the colours mean, on as many lines as it takes."""
    parts = []
    for (tone, meaning), (x, line) in zip(entries, _places(entries, width), strict=True):
        top = y + 20 * line
        if tone == "host":
            parts.append(svg.text(x - 4, top, "abc", "row off"))
        else:
            parts.append(
                f'<rect x="{x:.0f}" y="{top - 9:.0f}" width="16" height="11" rx="3"{svg.paint("key", tone)}/>'
            )
        parts.append(svg.text(x + 22, top, meaning, "row"))
    return f'<g class="legend">{"".join(parts)}</g>\n'


def _links(view: View, placed: Layout) -> str:
    """Lines, which keep to the gutters between the boxes; then their labels, as far as there is room."""
    taken = [Box(box.x - 3, box.y - 3, box.width + 6, box.height + 6) for box in placed.boxes.values()]
    lines, labels = [], []
    for bundle, corners in sorted(zip(view.lines, placed.lines, strict=True), key=lambda pair: -pair[0].size):
        label = _label(bundle)
        data = f'data-from="{svg.clean(bundle.source)}" data-to="{svg.clean(bundle.target)}"'
        kinds = svg.clean(" ".join(bundle.kinds))
        names = (view.groups[bundle.source].title, view.groups[bundle.target].title)
        tip = svg.title(f"{names[0]} → {names[1]}: {_all(bundle)}")
        arrow = svg.arrow(corners, bundle.tone)
        lines.append(f'<g class="wire" {data} data-kinds="{kinds}">{tip}{arrow}</g>\n')
        spot = _free(corners, label, taken)
        if spot:
            labels.append(f'<g class="wire" {data} data-kinds="{kinds}">')
            labels.append(svg.under(spot) + svg.text(spot.x + 2, spot.y + 10, label, "label") + "</g>\n")
            taken.append(spot)
    return "".join(lines) + "".join(labels)


def _label(bundle: Bundle) -> str:
    more = len(bundle.labels) - LABELS
    return ", ".join(bundle.labels[:LABELS]) + (f" +{more}" if more > 0 else "")


def _all(bundle: Bundle) -> str:
    return ", ".join(bundle.labels) or "any port"


def _free(corners: list[Point], label: str, taken: list[Box]) -> Box | None:
    """A place on the line where the label covers no box and no other label; None where there is none."""
    if not label:
        return None
    width = svg.measured(label, 10) + 4
    pieces = sorted(pairwise(corners), key=lambda pair: -_length(*pair))
    for (x1, y1), (x2, y2) in pieces:
        for step in (50, 35, 65, 20, 80):
            t = step / 100
            spot = Box(x1 + (x2 - x1) * t - width / 2, y1 + (y2 - y1) * t - 6, width, 13)
            if spot.x > 4 and not _overlaps(spot, taken):
                return spot
    return None


def _length(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _overlaps(one: Box, taken: list[Box]) -> bool:
    left, top, right, bottom = one.x, one.y, one.x + one.width, one.y + one.height
    for x, y, width, height in taken:  # noqa: SIM110 (a large page asks two hundred thousand times)
        if x < right and left < x + width and y < bottom and top < y + height:
            return True
    return False


def _box(view: View, group: Group, placed: Layout) -> str:
    box = placed.boxes[group.key]
    parts = [svg.title(group.note)] if group.note else []
    corner = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
    parts.append(f'<rect {corner} rx="7"{svg.paint("box", group.tone)}/>')
    badge = svg.measured(group.badge, 10, bold=True) + 8 if group.badge else 0.0
    below = badge_below(group, placed.detailed)
    css, size = ("small name", 12) if group.lane else ("name", 13)
    room = box.width - 20 - (0.0 if below else badge)
    parts.append(svg.text(box.x + 10, box.y + 20, svg.cut(group.title, room, size, bold=True), css))
    if group.badge:
        y = box.y + (38 if below and not placed.detailed else 34 if below else 20)
        parts.append(
            svg.text(box.x + box.width - 9, y, group.badge, f"badge {group.tone}", ' text-anchor="end"')
        )
    top = box.y + (52 if below and placed.detailed else 38)
    rows, y = _members(view, group, (box.x, top), box.width) if placed.detailed or group.lane else ([], top)
    parts += rows
    parts += _chips(view, group, (box.x + 10, y), box.width - 32, 0.0 if placed.detailed else badge)
    if group.alert:
        parts.append(_alert(group.alert, box.x + box.width - 4, box.y + 4))
    lane = ' data-lane=""' if group.lane else ""
    opens = f' data-opens="{svg.clean(group.opens)}"' if group.opens else ""
    data = f'data-group="{svg.clean(group.key)}" data-tone="{group.tone}"{opens}{lane}'
    return f'<g class="node {group.tone}" {data}>{"".join(parts)}</g>\n'


def _members(view: View, group: Group, corner: tuple[float, float], width: float) -> tuple[list[str], float]:
    """A line each, the alarming ones first, and the height at which the next line goes."""
    members = sorted(view.listed(group.key), key=lambda node: node.tone != "bad")
    (x, y), parts = corner, []
    for node in members[:MEMBERS]:
        parts.append(svg.text(x + 10, y, svg.cut(node.title, width - 18, 11), f"row {node.tone}"))
        y += 14
    if len(members) > MEMBERS:
        parts.append(svg.text(x + 10, y, f"{len(members) - MEMBERS} more", "note"))
        y += 14
    return parts, y + (4 if members else 0)


def _alert(number: int, x: float, y: float) -> str:
    shown = str(number) if number < 100 else "99+"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9"{svg.paint("alert", "bad")}/>' + svg.text(
        x, y + 3.5, shown, "alarm", ' text-anchor="middle"'
    )


def _chips(view: View, group: Group, corner: tuple[float, float], room: float, badge: float) -> list[str]:
    """Busy peers as words: one line for those that call this box, one for those that it calls.

    `badge` is the room that the badge takes in the first of them.
    """
    parts = []
    x, y = corner
    for side, sign in (("in", "←"), ("out", "→")):
        found = [(key, bundle) for one, key, bundle in view.chips.get(group.key, []) if one == side]
        if not found:
            continue
        names = _names([view.groups[key].title for key, _ in found], room - badge)
        tip = "; ".join(f"{view.groups[key].title}: {_all(bundle)}" for key, bundle in found)
        inner = svg.title(f"{sign} {tip}") + svg.text(x, y, f"{sign} {names}", "chip")
        kinds = svg.clean(" ".join(dict.fromkeys(kind for _, bundle in found for kind in bundle.kinds)))
        parts.append(f'<g class="wire-word" data-kinds="{kinds}">{inner}</g>')
        y += 16
        badge = 0.0
    return parts


def _names(names: list[str], room: float) -> str:
    """As many names as fit, and how many more there are."""
    for shown in range(len(names), 0, -1):
        more = len(names) - shown
        text = ", ".join(names[:shown]) + (f" +{more}" if more else "")
        if svg.measured(text, 10) <= room:
            return text
    return svg.cut(names[0], room - 16, 10) + (f" +{len(names) - 1}" if len(names) > 1 else "")
