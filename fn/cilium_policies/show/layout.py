"""Where boxes stand: a grid in which linked boxes are neighbours, the outside to its left and right.

The same graph gives the same picture: the search for better places draws from a counter of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from cilium_policies.lean import NamedTuple
from cilium_policies.show.graph import Group, View
from cilium_policies.show.routes import Cell, Frame, Point, points, routes, shared
from cilium_policies.show.svg import measured

WIDTH = 1280  # of the whole picture: what a browser shows without scrolling sideways
MARGIN = 12
LANE = 140
LANE_GAP = 40
DETAILED = 24  # up to so many boxes list what they hold
MEMBERS = 7  # so many lines a box has for them
ROUNDS = 12000
DENSE = 2.5  # pixels between lines where they are many; else five
ROOMY, NARROW = 52.0, 20.0  # of a gutter between columns: with room for labels on its lines, and without
DETAILED_WIDTH, DETAILED_GAP = 186, 50
COMPACT_WIDTH, COMPACT_GAP = 150, 36


Box = Frame


class Layout(NamedTuple):
    """`lines` are the corners of each of the view's lines, in their order."""

    boxes: dict[str, Box]
    width: float
    height: float
    detailed: bool
    lines: list[list[Point]]


def layout(view: View, ranks: Mapping[str, int] | None = None) -> Layout:
    """A place for every group and a way for every line. `ranks` fixes the column of each group that is no lane."""
    inner = [group for group in view.graph.groups if not group.lane]
    detailed = len(inner) <= DETAILED
    box_width, gap = (DETAILED_WIDTH, DETAILED_GAP) if detailed else (COMPACT_WIDTH, COMPACT_GAP)
    lanes = {lane: [group for group in view.graph.groups if group.lane == lane] for lane in ("in", "out")}
    room = WIDTH - 2 * MARGIN - sum(LANE + LANE_GAP for members in lanes.values() if members)
    columns = max(1, min(int((room + gap) // (box_width + gap)), _square(len(inner))))
    while True:
        cells = _ranked(inner, ranks, columns) if ranks is not None else _placed(view, inner, columns)
        made = _Made(view, cells, columns, lanes, box_width, detailed, ROOMY)
        if made.width > WIDTH:
            made = _Made(view, cells, columns, lanes, box_width, detailed, NARROW)
        if made.width > WIDTH and not detailed:
            made = _Made(view, cells, columns, lanes, box_width, detailed, NARROW, DENSE)
        if made.width <= WIDTH or columns == 1 or ranks is not None:
            return made.layout()
        columns -= 1


class _Made:
    """One try of a layout: cells first, then the gutters that the lines need, then pixels."""

    def __init__(
        self,
        view: View,
        cells: list[str | None],
        columns: int,
        lanes: dict[str, list[Group]],
        box_width: int,
        detailed: bool,
        gutter: float,
        apart: float = 5.0,
    ) -> None:
        self._least, self._apart = gutter, apart
        self._view, self._lanes, self._detailed, self._box_width = view, lanes, detailed, box_width
        self._columns = columns
        self._rows = -(-len(cells) // columns)
        places = {key: Cell(at % columns, at // columns) for at, key in enumerate(cells) if key}
        for lane, column in (("in", -1), ("out", columns)):
            places |= {group.key: Cell(column, None) for group in lanes[lane]}
        self._places = places
        self._routes = routes([(one.source, one.target) for one in view.lines], places)
        self._counts = {gutter: len(members) for gutter, members in shared(self._routes).items()}
        self._left = float(MARGIN + (LANE if lanes["in"] else 0))
        self.width = (
            self._left + sum(self._gutter("v", at) for at in range(columns + 1)) + columns * box_width
        )
        self.width += MARGIN + (LANE if lanes["out"] else 0)

    def _gutter(self, way: str, number: int) -> float:
        """How wide a gutter is: wider with more lines, up to a limit; at the rim without lines there is none."""
        count = self._counts.get((way, number), 0)
        last = self._columns if way == "v" else self._rows
        lane = way == "v" and ((number == 0 and self._lanes["in"]) or (number == last and self._lanes["out"]))
        if not count and number in (0, last) and not lane:
            return 0.0
        low, most = (self._least if count else NARROW, 120.0) if way == "v" else (16.0, 80.0)
        return min(most, low + self._apart * count)

    def layout(self) -> Layout:
        heights = {
            key: box_height(self._view, self._view.groups[key], self._detailed)
            for key, place in self._places.items()
            if place.row is not None
        }
        spans: dict[tuple[str, int], tuple[float, float]] = {}
        xs, x = [], self._left
        for number in range(self._columns + 1):
            spans["v", number] = (x, x + self._gutter("v", number))
            x = spans["v", number][1]
            xs.append(x)
            x += self._box_width
        ys, y = [], float(MARGIN)
        for number in range(self._rows + 1):
            spans["h", number] = (y, y + self._gutter("h", number))
            y = spans["h", number][1]
            ys.append(y)
            y += max((high for key, high in heights.items() if self._places[key].row == number), default=0.0)
        boxes = {
            key: Box(xs[self._places[key].column], ys[self._places[key].row or 0], self._box_width, high)
            for key, high in heights.items()
        }
        bottom = max((box.y + box.height for box in boxes.values()), default=0)
        edge = spans["v", self._columns][1]
        for lane, at in (("in", float(MARGIN)), ("out", edge)):
            boxes |= _lane(self._view, self._lanes[lane], at, boxes, bottom)
        bottom = max([spans["h", self._rows][1], *(box.y + box.height for box in boxes.values())])
        return Layout(boxes, self.width, bottom + MARGIN, self._detailed, points(self._routes, boxes, spans))


def _ranked(groups: list[Group], ranks: Mapping[str, int], columns: int) -> list[str | None]:
    """Cells row by row where each group has its column: a rank that is higher than others goes on in more rows."""
    by_column: list[list[str]] = [[] for _ in range(columns)]
    for group in sorted(groups, key=lambda one: (ranks[one.key], one.title)):
        by_column[min(ranks[group.key], columns - 1)].append(group.key)
    rows = max(map(len, by_column), default=0)
    return [members[row] if row < len(members) else None for row in range(rows) for members in by_column]


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
    grid = _Grid(cells, columns, weights, lanes)
    _improve(grid)
    return grid.cells


class _Grid:
    """Boxes in cells, row by row, and what a box costs in one: the lengths of its links, of those to the lanes less.
    What does not change is worked out once, as one picture asks for a hundred thousand costs."""

    def __init__(
        self,
        cells: list[str | None],
        columns: int,
        weights: dict[str, dict[str, float]],
        lanes: dict[str, str],
    ) -> None:
        self.cells = cells
        self._spots = [(at % columns, at // columns) for at in range(len(cells))]
        self._place = {key: spot for key, spot in zip(cells, self._spots, strict=True) if key}
        self._near = {
            key: [(other, weight) for other, weight in found.items() if other in self._place]
            for key, found in weights.items()
        }
        self._beside = {
            key: [self._to_lanes(found, lanes, column, columns) for column in range(columns)]
            for key, found in weights.items()
        }

    def _to_lanes(self, found: dict[str, float], lanes: dict[str, str], column: int, columns: int) -> float:
        return sum(
            0.3 * weight * (column if lanes.get(other) == "in" else columns - 1 - column)
            for other, weight in found.items()
            if other not in self._place
        )

    def cost(self, at: int) -> float:
        key = self.cells[at]
        return 0.0 if key is None else self._cost(key, at)

    def _cost(self, key: str, at: int) -> float:
        column, row = self._spots[at]
        total = self._beside[key][column]
        place = self._place
        for other, weight in self._near[key]:
            across, down = place[other]
            total += weight * (abs(across - column) + 0.8 * abs(down - row))
        return total

    def swap_if_cheaper(self, one: int, other: int, before: float) -> bool:
        """Swaps two cells where both cost less than `before` then; whether it did."""
        cells, spots, place = self.cells, self._spots, self._place
        first, second = cells[one], cells[other]
        if first is not None:
            place[first] = spots[other]
        if second is not None:
            place[second] = spots[one]
        after = 0.0 if second is None else self._cost(second, one)
        if after < before and after + (0.0 if first is None else self._cost(first, other)) < before:
            cells[one], cells[other] = second, first
            return True
        if first is not None:
            place[first] = spots[one]
        if second is not None:
            place[second] = spots[other]
        return False


def _improve(grid: _Grid) -> None:
    """Swaps two cells as long as that shortens the links."""
    seed, count = 12345, len(grid.cells)
    costs: dict[int, float] = {}  # until the next swap that stays
    for _ in range(ROUNDS if count > 2 else 0):
        seed = (seed * 1103515245 + 12345) % 2147483648
        one, other = (seed >> 8) % count, (seed >> 16) % count
        if one == other:
            continue
        for at in (one, other):
            if at not in costs:
                costs[at] = grid.cost(at)
        before = costs[one] + costs[other]
        if before and grid.swap_if_cheaper(one, other, before):
            costs.clear()


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
    heights = [boxes[end].y + boxes[end].height / 2 for end in ends if end in boxes]
    return sum(heights) / len(heights) if heights else bottom / 2
