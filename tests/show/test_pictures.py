"""Pictures: every group is there, nothing overlaps, text is escaped, and the same graph draws the same bytes."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from cilium_policies.show import svg
from cilium_policies.show.focus import focus, focus_svg
from cilium_policies.show.graph import Graph, Group, Link, Node, View
from cilium_policies.show.layout import WIDTH, Box, layout
from cilium_policies.show.mermaid import mermaid
from cilium_policies.show.overview import overview_svg
from cilium_policies.show.page import page
from cilium_policies.show.table import Table, columns
from hypothesis import given
from hypothesis import strategies as st

from . import graphs

SIZES = (2, 3, 10, 24, 25, 80)


@pytest.mark.parametrize("count", SIZES)
def test_no_box_covers_another_and_all_fit_the_width(count: int) -> None:
    placed = layout(View(graphs.graph(count)))
    boxes = list(placed.boxes.values())
    assert len(boxes) == count + 2
    for number, one in enumerate(boxes):
        assert one.x >= 0
        assert one.y >= 0
        assert one.x + one.width <= placed.width <= WIDTH
        assert one.y + one.height <= placed.height
        assert not any(_overlap(one, other) for other in boxes[number + 1 :])


@pytest.mark.parametrize("count", SIZES)
def test_no_line_runs_behind_a_box(count: int) -> None:
    view = View(graphs.graph(count))
    placed = layout(view)
    assert len(placed.lines) == len(view.lines)
    for link, corners in zip(view.lines, placed.lines, strict=True):
        assert _touches(placed.boxes[link.source], corners[0])
        assert _touches(placed.boxes[link.target], corners[-1])
        for one, other in itertools.pairwise(corners):
            assert one[0] == other[0] or one[1] == other[1]  # level or upright
            assert not any(_crosses(one, other, box) for box in placed.boxes.values()), link


@pytest.mark.parametrize("key", ["team-1", "system", "metrics"])
def test_no_line_runs_behind_a_box_inside_a_group(key: str) -> None:
    body, *_ = focus(View(graphs.graph(24)), key)
    boxes = [
        Box(*map(float, found))
        for found in re.findall(
            r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="7"', body
        )
    ]
    lines = re.findall(r'<path d="(M[^"]*)" class="link', body)
    assert boxes
    assert lines
    for path in lines:
        points = [tuple(map(float, one)) for one in re.findall(r"([\d.]+) ([\d.]+)(?=[LQM]|$)", path)]
        for one, other in itertools.pairwise(points):
            assert not any(_crosses(one, other, box) for box in boxes)


def _touches(box: Box, point: tuple[float, float]) -> bool:
    return point[0] in (box.x, box.x + box.width) and box.y < point[1] < box.y + box.height


def _crosses(one: tuple[float, ...], other: tuple[float, ...], box: Box) -> bool:
    """Whether a piece of a line passes through a box; touching its side is no crossing."""
    low_x, high_x = sorted((one[0], other[0]))
    low_y, high_y = sorted((one[1], other[1]))
    across = low_x < box.x + box.width - 1 and box.x + 1 < high_x
    return across and low_y < box.y + box.height - 1 and box.y + 1 < high_y


def test_callers_stand_before_those_that_they_call_inside_a_group() -> None:
    """web → api → db, and a worker that nobody calls, in one namespace: a chain from left to right."""
    nodes = tuple(Node(name, "shop", name) for name in ("api", "db", "web", "worker"))
    links = (Link("web", "api", "8081"), Link("api", "db", "5432"), Link("db", "web", "1"))
    view = View(Graph("", (Group("shop", "shop"),), nodes, links))
    root = ET.fromstring(focus_svg(view, "shop"))
    at = {
        one.get("data-group"): float(next(iter(one.iter("{http://www.w3.org/2000/svg}rect"))).get("x", ""))
        for one in root.iter()
        if one.get("data-group")
    }
    assert len({at["web"], at["api"], at["db"]}) == 3
    order = sorted(("web", "api", "db"), key=lambda name: at[name])
    assert order in (
        ["web", "api", "db"],
        ["api", "db", "web"],
        ["db", "web", "api"],
    )  # a circle begins anywhere
    drawn = {(one.get("data-from"), one.get("data-to")) for one in root.iter() if one.get("data-from")}
    assert drawn == {("web", "api"), ("api", "db"), ("db", "web")}


def test_colours_stand_in_the_picture_itself() -> None:
    """librsvg, previews and a strict CSP read no style sheet with var(): each shape and text has its colour."""
    text = re.sub(r"<style>.*?</style>", "", overview_svg(View(graphs.graph(10))), flags=re.S)
    assert "var(" not in text
    for one in ET.fromstring(text).iter():
        tag = one.tag.rpartition("}")[2]
        if tag in ("rect", "path", "circle"):
            assert one.get("fill", "").startswith("#") or one.get("stroke", "").startswith("#"), ET.tostring(
                one
            )
        if tag == "text":
            assert one.get("fill", "").startswith("#")
            assert one.get("font-size")


def test_a_legend_goes_on_below_itself() -> None:
    entries = tuple(
        (tone, "a meaning that is rather long and goes on") for tone in ("good", "warn", "bad", "off")
    )
    node = Node("a", "a", "a")
    root = ET.fromstring(overview_svg(View(Graph("", (Group("a", "a"),), (node,), (), entries))))
    width = float(root.get("width", "0"))
    keys = [one for one in root.iter() if "key" in (one.get("class") or "").split()]
    assert len({one.get("y") for one in keys}) > 1
    assert all(float(one.get("x", "0")) < width for one in keys)


def _overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


@pytest.mark.parametrize("count", SIZES)
def test_an_svg_is_xml_that_names_every_group_and_loads_nothing(count: int) -> None:
    text = overview_svg(View(graphs.graph(count)))
    root = ET.fromstring(text)
    shown = {one.get("data-group") for one in root.iter() if one.get("data-group")}
    assert shown == {group.key for group in graphs.graph(count).groups}
    assert not re.search(r"(href|url\(|@import|<script)", text)
    assert text == overview_svg(View(graphs.graph(count)))


def test_every_link_is_a_line_or_a_word() -> None:
    view = View(graphs.graph(80))
    drawn = {(one.source, one.target) for one in view.lines}
    for link in view.graph.links:
        source, target = view.group_of(link.source), view.group_of(link.target)
        if source == target:
            continue
        words = {(side, key) for side, key, _ in view.chips.get(target, [])}
        called = {(side, key) for side, key, _ in view.chips.get(source, [])}
        assert (source, target) in drawn or ("in", source) in words or ("out", target) in called


def test_what_everybody_calls_is_a_word_and_the_rest_of_its_links_are_lines() -> None:
    view = View(graphs.graph(80))
    assert all(
        ("out", "system") in {chip[:2] for chip in view.chips[f"team-{number}"]} for number in range(70)
    )
    assert any("system" in (one.source, one.target) for one in view.lines)


def test_the_layout_shortens_links() -> None:
    """Eight pairs that talk only to each other: neighbours in the picture, whatever their names' order."""
    names = [f"{pair}{side}" for side in "ab" for pair in range(8)]
    links = tuple(Link(f"{pair}a", f"{pair}b", "80") for pair in range(8))
    groups = tuple(Group(name, name) for name in names)
    view = View(Graph("", groups, tuple(Node(name, name, name) for name in names), links))
    boxes = layout(view).boxes
    far = [
        pair
        for pair in range(8)
        if abs(boxes[f"{pair}a"].x - boxes[f"{pair}b"].x) > 240
        or abs(boxes[f"{pair}a"].y - boxes[f"{pair}b"].y) > 100
    ]
    assert far == []


def test_a_focus_names_every_member_and_every_peer_with_its_ports() -> None:
    view = View(graphs.graph(10))
    key = "team-3"
    text = "".join(ET.fromstring(focus_svg(view, key)).itertext())
    for node in view.members[key]:
        assert node.title in text
    for link in view.graph.links:
        ends = {view.group_of(link.source), view.group_of(link.target)}
        if key in ends:
            assert link.label in text
            assert all(view.groups[end].title in text for end in ends)


def test_words_in_markup_are_escaped_everywhere() -> None:
    evil = '</svg><script>alert("1")</script>&\x00\x1b'
    groups = (Group(evil, evil, badge=evil, note=evil), Group("b", "b"))
    nodes = (Node("x", evil, evil, note=evil), Node("y", "b", "y"))
    view = View(Graph(evil, groups, nodes, (Link("x", "y", evil, evil, why=evil),), (("good", evil),)))
    for text in (overview_svg(view), focus_svg(view, evil), focus_svg(view, "b")):
        assert "script" not in {one.tag.rpartition("}")[2] for one in ET.fromstring(text).iter()}
    html = "".join(page(view, [], [(evil, Table(evil, columns("a=" + evil), [(evil,)]))], evil))
    assert html.count("<script") == 1
    assert "\x1b" not in html
    assert "<script" not in mermaid(view)


@given(st.text())
def test_a_cut_text_fits(content: str) -> None:
    kept = svg.cut(content, 100, 11)
    assert kept == content or (kept.endswith("…") and svg.measured(kept, 11) <= 100)


def test_mermaid_names_groups_and_lists_the_busy_ones_below() -> None:
    text = mermaid(View(graphs.graph(80)))
    assert text.startswith("```mermaid\nflowchart LR\n")
    assert text.count("```") == 2
    assert len(re.findall(r"^  g\d+\[", text, re.M)) == 82
    assert "- **system** is called from metrics, team-0" in text
    assert '-->|"5432' in text


def test_a_page_is_one_file_that_loads_nothing() -> None:
    view = View(graphs.graph(10))
    html = "".join(
        page(view, [], [("Connections", Table("Connections", columns("from", "to"), [("a", "b")]))])
    )
    assert "Content-Security-Policy" in html
    assert not re.search(r"<(link|img|iframe|object|embed)\b|\bsrc=|@import|url\(", html)
    assert all(one.startswith("#") for one in re.findall(r'href="([^"]*)"', html))
