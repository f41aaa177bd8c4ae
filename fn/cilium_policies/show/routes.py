"""Ways of lines around boxes: through the gutters between the columns and rows of a grid, never behind a box.

First which gutters a line takes, which needs no geometry; from how many share a gutter follows how wide it is; then
the points. A box outside the grid (a lane) stands at the gutter beside the first or last column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cilium_policies.lean import NamedTuple

LEFT, RIGHT = "left", "right"
Point = tuple[float, float]
Gutter = tuple[str, int]  # ("v", number): left of that column; ("h", number): above that row


class Cell(NamedTuple):
    """A box's place: its column, and its row (None for one beside the grid, at column -1 or one beyond the last)."""

    column: int
    row: int | None


class Route(NamedTuple):
    """The gutters that a line takes, in order, and the sides at which it leaves and enters."""

    source: str
    target: str
    leaves: str
    enters: str
    gutters: tuple[Gutter, ...]


class Frame(NamedTuple):
    """A rectangle, in pixels from the upper left corner."""

    x: float
    y: float
    width: float
    height: float


def routes(links: Sequence[tuple[str, str]], cells: Mapping[str, Cell]) -> list[Route]:
    """A way for each pair of boxes; where there is a choice, the gutter that fewer lines take so far."""
    used: dict[Gutter, int] = {}
    found = []
    for source, target in links:
        route = _route(source, target, cells[source], cells[target], used)
        for gutter in route.gutters:
            used[gutter] = used.get(gutter, 0) + 1
        found.append(route)
    return found


def _route(source: str, target: str, start: Cell, end: Cell, used: Mapping[Gutter, int]) -> Route:
    if start.column == end.column:
        side = _beside(start, used)
        column = start.column + (1 if side == RIGHT else 0)
        return Route(source, target, side, side, (("v", column),))
    leaves, enters = (RIGHT, LEFT) if start.column < end.column else (LEFT, RIGHT)
    first = start.column + (1 if leaves == RIGHT else 0)
    last = end.column + (1 if enters == RIGHT else 0)
    if first == last:
        return Route(source, target, leaves, enters, (("v", first),))
    across = ("h", _between(start, end, used))
    return Route(source, target, leaves, enters, (("v", first), across, ("v", last)))


def _beside(cell: Cell, used: Mapping[Gutter, int]) -> str:
    """Two boxes of a column meet at its side with fewer lines; a lane has only its inner side."""
    if cell.row is None:
        return RIGHT if cell.column < 0 else LEFT
    left, right = used.get(("v", cell.column), 0), used.get(("v", cell.column + 1), 0)
    return RIGHT if right <= left else LEFT


def _between(start: Cell, end: Cell, used: Mapping[Gutter, int]) -> int:
    """The gutter between rows: towards the target, else the emptier of the two at it."""
    row = end.row if end.row is not None else start.row
    if row is None:
        return 0
    if start.row is not None and end.row is not None and start.row != end.row:
        return end.row if start.row < end.row else end.row + 1
    return row if used.get(("h", row), 0) < used.get(("h", row + 1), 0) else row + 1


def shared(found: Sequence[Route]) -> dict[Gutter, list[int]]:
    """By gutter the numbers of the routes that take it, in the order of their tracks."""
    tracks: dict[Gutter, list[int]] = {}
    for number, route in enumerate(found):
        for gutter in dict.fromkeys(route.gutters):
            tracks.setdefault(gutter, []).append(number)
    return tracks


def points(
    found: Sequence[Route], frames: Mapping[str, Frame], spans: Mapping[Gutter, tuple[float, float]]
) -> list[list[Point]]:
    """The corners of each line. `spans` has where each gutter begins and ends, across its direction."""
    tracks = shared(found)
    ends = _ends(found, frames)
    drawn = []
    for number, route in enumerate(found):
        at = [_track(gutter, number, tracks, spans) for gutter in route.gutters]
        start, end = ends[number, True], ends[number, False]
        corners = [start]
        for place, gutter in zip(at, route.gutters, strict=True):
            corners.append((place, corners[-1][1]) if gutter[0] == "v" else (corners[-1][0], place))
        corners += [(corners[-1][0], end[1]), end]
        drawn.append(_straightened(corners))
    return drawn


def _track(
    gutter: Gutter,
    number: int,
    tracks: Mapping[Gutter, list[int]],
    spans: Mapping[Gutter, tuple[float, float]],
) -> float:
    low, high = spans[gutter]
    members = tracks[gutter]
    return low + (high - low) * (members.index(number) + 1) / (len(members) + 1)


def _ends(found: Sequence[Route], frames: Mapping[str, Frame]) -> dict[tuple[int, bool], Point]:
    """Where each line touches its boxes: spread over the side, in the order of the other ends."""
    sides: dict[tuple[str, str], list[tuple[float, int, bool]]] = {}
    for number, route in enumerate(found):
        for name, other, side, starts in (
            (route.source, route.target, route.leaves, True),
            (route.target, route.source, route.enters, False),
        ):
            far = frames[other]
            sides.setdefault((name, side), []).append((far.y + far.height / 2, number, starts))
    ends: dict[tuple[int, bool], Point] = {}
    for (name, side), touching in sides.items():
        frame = frames[name]
        x = frame.x if side == LEFT else frame.x + frame.width
        for place, (_, number, starts) in enumerate(sorted(touching), 1):
            ends[number, starts] = (x, frame.y + 8 + (frame.height - 16) * place / (len(touching) + 1))
    return ends


def _straightened(corners: list[Point]) -> list[Point]:
    """Without points that lie on the line between their neighbours."""
    kept = corners[:1]
    for point in corners[1:]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) < 0.05:
            continue
        if len(kept) > 1 and (
            kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]
        ):
            kept[-1] = point
        else:
            kept.append(point)
    return kept
