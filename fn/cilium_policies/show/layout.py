"""Where boxes stand: a grid in which linked boxes are neighbours, the outside to its left and right.

The same graph gives the same picture: the search for better places draws from a counter of its own.
"""

from __future__ import annotations

from typing import NamedTuple

from cilium_policies.show.graph import Group, View
from cilium_policies.show.svg import measured

WIDTH = 1280  # of the whole picture: what a browser shows without scrolling sideways
MARGIN = 12
LANE = 140
LANE_GAP = 40
DETAILED = 24  # up to so many boxes list what they hold
MEMBERS = 7  # so many lines a box has for them
ROUNDS = 12000
DETAILED_WIDTH, DETAILED_GAP = 186, 50
COMPACT_WIDTH, COMPACT_GAP = 150, 36


class Box(NamedTuple):
    """A rectangle, in pixels from the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x + self.width / 2, self.y + self.height / 2)


class Layout(NamedTuple):
    boxes: dict[str, Box]
    width: float
    height: float
    detailed: bool


def layout(view: View) -> Layout:
    """A place for every group."""
    inner = [group for group in view.graph.groups if not group.lane]
    lanes = {lane: [group for group in view.graph.groups if group.lane == lane] for lane in ("in", "out")}
    detailed = len(inner) <= DETAILED
    left = MARGIN + (LANE + LANE_GAP if lanes["in"] else 0)
    right = MARGIN + (LANE + LANE_GAP if lanes["out"] else 0)
    box_width, gap = (DETAILED_WIDTH, DETAILED_GAP) if detailed else (COMPACT_WIDTH, COMPACT_GAP)
    room = WIDTH - left - right + gap
    columns = max(1, min(int(room // (box_width + gap)), _square(len(inner))))
    places = _placed(view, inner, columns)
    boxes = _grid(view, places, columns, left, (box_width, gap), detailed)
    bottom = max((box.y + box.height for box in boxes.values()), default=0)
    edge = max((box.x + box.width for box in boxes.values()), default=left)
    for lane, x in (("in", MARGIN), ("out", edge + LANE_GAP)):
        boxes.update(_lane(view, lanes[lane], x, boxes, bottom))
    width = edge + right
    return Layout(
        boxes, width, max((box.y + box.height for box in boxes.values()), default=0) + MARGIN, detailed
    )


def box_height(view: View, group: Group, detailed: bool) -> float:
    """A title line, the members where they are listed, and a line for chips."""
    members = len(view.listed(group.key)) if detailed else 0
    lines = min(members, MEMBERS + 1)
    words = chip_lines(view, group.key)
    below = badge_below(group, detailed)
    if not detailed and below:
        words = max(words, 1)  # the badge stands there
    return 32 + 14 * lines + (4 if lines else 0) + 16 * words + (14 if detailed and below else 0)


def badge_below(group: Group, detailed: bool) -> bool:
    """Whether the badge stands under the name, because there is no room beside it."""
    if not group.badge:
        return False
    needed = measured(group.title, 13, bold=True) + measured(group.badge, 10, bold=True) + 30
    return not detailed or needed > DETAILED_WIDTH


def chip_lines(view: View, key: str) -> int:
    """How many lines the chips of a box need: one for its callers, one for whom it calls."""
    return len({side for side, _, _ in view.chips.get(key, [])})


def _square(count: int) -> int:
    """Columns for a picture that is wider than high."""
    columns = 1
    while columns * columns < count * 1.3:
        columns += 1
    return columns


def _placed(view: View, groups: list[Group], columns: int) -> list[str | None]:
    """Cells row by row: linked groups close together, callers of many upwards."""
    cells: list[str | None] = [group.key for group in groups]
    cells += [None] * (-len(cells) % columns)
    weights: dict[str, dict[str, float]] = {group.key: {} for group in groups}
    for bundle in view.lines:
        for one, other in ((bundle.source, bundle.target), (bundle.target, bundle.source)):
            if one in weights:
                weights[one][other] = weights[one].get(other, 0) + 1
    lanes = {group.key: group.lane for group in view.graph.groups if group.lane}
    _improve(cells, columns, weights, lanes)
    return cells


def _improve(
    cells: list[str | None], columns: int, weights: dict[str, dict[str, float]], lanes: dict[str, str]
) -> None:
    """Swaps two cells as long as that shortens the links."""
    place = {key: number for number, key in enumerate(cells) if key}

    def cost(key: str | None, at: int) -> float:
        if key is None:
            return 0.0
        column, row = at % columns, at // columns
        total = 0.0
        for other, weight in weights[key].items():
            if other in place:
                there = place[other]
                total += weight * (abs(there % columns - column) + 0.8 * abs(there // columns - row))
            else:
                total += 0.3 * weight * (column if lanes.get(other) == "in" else columns - 1 - column)
        return total

    seed = 12345
    for _ in range(ROUNDS if len(cells) > 2 else 0):
        seed = (seed * 1103515245 + 12345) % 2147483648
        one, other = (seed >> 8) % len(cells), (seed >> 16) % len(cells)
        if one == other:
            continue
        first, second = cells[one], cells[other]
        before = cost(first, one) + cost(second, other)
        _put(cells, place, (one, second), (other, first))
        if cost(second, one) + cost(first, other) >= before:
            _put(cells, place, (one, first), (other, second))


def _put(cells: list[str | None], place: dict[str, int], *moves: tuple[int, str | None]) -> None:
    for number, key in moves:
        cells[number] = key
        if key:
            place[key] = number


def _grid(
    view: View, cells: list[str | None], columns: int, left: float, size: tuple[int, int], detailed: bool
) -> dict[str, Box]:
    box_width, gap = size
    boxes: dict[str, Box] = {}
    y = float(MARGIN)
    for start in range(0, len(cells), columns):
        row = [(number, key) for number, key in enumerate(cells[start : start + columns]) if key]
        heights = {key: box_height(view, view.groups[key], detailed) for _, key in row}
        tallest = max(heights.values(), default=0)
        for number, key in row:
            x = left + number * (box_width + gap)
            boxes[key] = Box(x, y + (tallest - heights[key]) / 2, box_width, heights[key])
        y += tallest + gap * 0.9
    return boxes


def _lane(view: View, groups: list[Group], x: float, boxes: dict[str, Box], bottom: float) -> dict[str, Box]:
    """The outside, each beside those it is linked with, without overlaps."""
    wanted = sorted((_wanted(view, group.key, boxes, bottom), group.key) for group in groups)
    tall = {group.key: box_height(view, group, True) for group in groups}
    rest = sum(tall.values()) + 14 * max(0, len(groups) - 1)
    y = max(float(MARGIN), min(min((one for one, _ in wanted), default=0) - 20, bottom - rest))
    placed: dict[str, Box] = {}
    for want, key in wanted:
        y = max(y, min(want - tall[key] / 2, bottom - rest))
        placed[key] = Box(x, y, LANE, tall[key])
        rest -= tall[key] + 14
        y += tall[key] + 14
    return placed


def _wanted(view: View, key: str, boxes: dict[str, Box], bottom: float) -> float:
    """The mean height of the boxes that a lane's group is linked with."""
    linked = [one for one in view.lines if key in (one.source, one.target)]
    ends = [one.target if one.source == key else one.source for one in linked]
    heights = [boxes[end].middle[1] for end in ends if end in boxes]
    return sum(heights) / len(heights) if heights else bottom / 2
