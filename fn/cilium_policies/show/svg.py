"""SVG text: escaped, measured, and the parts that the map and the focus picture share."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from math import hypot

ASSETS = os.path.join(os.path.dirname(__file__), "assets")
FONT = "system-ui, Segoe UI, Roboto, Helvetica Neue, Arial, Noto Sans, sans-serif"
NARROW = frozenset("iljtfI.,:;|'!()[]/ ")
WIDE = frozenset("mwMW@%")


def asset(name: str) -> str:
    """The text of a file beside this module."""
    with open(os.path.join(ASSETS, name), encoding="utf-8") as file:
        return file.read()


@lru_cache(maxsize=10_000)  # the same ports and names stand at many lines
def measured(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is in a sans-serif face, in pixels; rather too wide than too narrow."""
    units = sum(
        0.36 if one in NARROW else 0.95 if one in WIDE else 0.63 if ord(one) < 0x300 else 1.0 for one in text
    )
    return units * size * (1.13 if bold else 1.0)


def cut(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, or what of it fits, with an ellipsis."""
    if measured(text, size, bold=bold) <= room:
        return text
    kept = text
    while kept and measured(kept + "…", size, bold=bold) > room:
        kept = kept[:-1]
    return kept + "…"


def text(x: float, y: float, content: str, css: str, extra: str = "") -> str:
    """A text element whose baseline starts at (x, y)."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}"{_letters(css)}{extra}>{clean(content)}</text>'


_FORBIDDEN = re.compile("[\x00-\x1f\ufffe\uffff]")
_NO_LINES = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_SPECIAL = re.compile("[\x00-\x1f&<>\"'\ufffe\uffff]")


def is_clean(content: str) -> bool:
    """Whether nothing in it has to be escaped or left out."""
    return _SPECIAL.search(content) is None


def clean(content: str) -> str:
    """Escaped for an element or an attribute, without what XML forbids."""
    if _SPECIAL.search(content) is None:  # most texts of a large page
        return content
    return _escaped(_FORBIDDEN.sub("", content)).replace('"', "&quot;").replace("'", "&#x27;")


def lines(content: str) -> str:
    """A text of several lines, escaped for an element."""
    return _escaped(_NO_LINES.sub("", content))


def _escaped(content: str) -> str:
    """As `html.escape` without quotes, whose module also brings every named entity of HTML: ten milliseconds."""
    return content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def title(content: str) -> str:
    """What a pointer shows over the element it stands in."""
    return f"<title>{clean(content)}</title>"


def document(body: str, width: float, height: float, label: str) -> str:
    """A whole SVG file with its own style, light and dark."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{clean(label)}" font-family="{FONT}">\n'
        f"<style>{asset('colours.css')}{asset('picture.css')}</style>\n"
        f'<rect class="paper" fill="{_PAPER}" width="100%" height="100%"/>\n{body}</svg>\n'
    )


def under(place: tuple[float, float, float, float]) -> str:
    """Paper below a text on a line: x, y, width, height."""
    x, y, width, height = place
    return f'<rect class="paper" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{_PAPER}"/>'


def arrow(corners: Sequence[tuple[float, float]], tone: str) -> str:
    """A line with rounded corners and a head at its end; two paths, as not every viewer draws markers in a line's
    colour."""
    ends = list(corners)
    (x1, y1), (x2, y2) = ends[-2], ends[-1]
    length = hypot(x2 - x1, y2 - y1) or 1.0
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    ends[-1] = (x2 - 7 * dx, y2 - 7 * dy)
    head = (
        f"M{x2:.1f} {y2:.1f}L{x2 - 8 * dx - 3.6 * dy:.1f} {y2 - 8 * dy + 3.6 * dx:.1f}"
        f"L{x2 - 8 * dx + 3.6 * dy:.1f} {y2 - 8 * dy - 3.6 * dx:.1f}z"
    )
    return f'<path d="{_rounded(ends)}"{paint("link", tone)}/><path d="{head}"{paint("head", tone)}/>'


_RADIUS = 6.0


def _rounded(corners: Sequence[tuple[float, float]]) -> str:
    parts = [f"M{corners[0][0]:.1f} {corners[0][1]:.1f}"]
    for before, (x, y), after in zip(corners, corners[1:], corners[2:], strict=False):
        one, other = hypot(x - before[0], y - before[1]), hypot(after[0] - x, after[1] - y)
        radius = min(_RADIUS, one / 2, other / 2)
        ax, ay = x - (x - before[0]) / (one or 1) * radius, y - (y - before[1]) / (one or 1) * radius
        bx, by = x + (after[0] - x) / (other or 1) * radius, y + (after[1] - y) / (other or 1) * radius
        parts.append(f"L{ax:.1f} {ay:.1f}Q{x:.1f} {y:.1f} {bx:.1f} {by:.1f}")
    return "".join([*parts, f"L{corners[-1][0]:.1f} {corners[-1][1]:.1f}"])


# The light theme as attributes: what stands where a style sheet is not read (librsvg, a wiki) or not allowed (a strict
# CSP). The style sheet is stronger than they are.
_INK, _SOFT, _LINE, _PAPER, _LINK = "#1d2733", "#5b6876", "#d3dae2", "#ffffff", "#7b8a9a"
_TONES = {
    "good": ("#1a7f4b", "#e6f5ec"),
    "warn": ("#9a6400", "#fdf3dc"),
    "mixed": ("#5f6b1d", "#f1f3d9"),
    "bad": ("#c0262d", "#fdeaea"),
    "off": ("#6d7681", "#eceff2"),
    "outside": ("#6a3fc4", "#f0eafc"),
    "plain": (_LINE, "#f5f7fa"),
}
_TEXTS = {
    "name": (13, 600, _INK),
    "small": (12, 600, _INK),
    "alarm": (10, 700, _PAPER),
    "badge": (10, 600, _SOFT),
    "row": (11, 400, _INK),
    "note": (10, 400, _SOFT),
    "label": (10, 400, _SOFT),
    "chip": (10, 400, _SOFT),
}


@lru_cache(maxsize=256)  # thousands of lines and boxes have one of few looks
def paint(what: str, tone: str) -> str:
    """The class of a shape (box, key, alert, link, head) and its colours as attributes."""
    line, fill = _TONES.get(tone, _TONES["plain"])
    strong = line if tone in ("bad", "outside") else _LINK
    if what == "link":
        return f' class="link {tone}" fill="none" stroke="{strong}" stroke-width="1.2"'
    if what in ("head", "alert"):
        return f' class="{what} {tone}" fill="{strong}"'
    dashes = ' stroke-dasharray="4 3"' if tone == "off" else ""
    css = "box" if what == "box" else f"{what} {tone}"
    return f' class="{css}" fill="{fill}" stroke="{line}"{dashes}'


@lru_cache(maxsize=256)
def _letters(css: str) -> str:
    """Size, weight and colour of a text by its class, whose second word may be a tone."""
    base, _, tone = css.partition(" ")
    size, weight, fill = _TEXTS.get(base, _TEXTS["row"])
    if base in ("row", "badge") and tone in ("bad", "off", "outside", "good", "warn", "mixed"):
        fill = _TONES[tone][0]
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    return f' font-size="{size}"{bold} fill="{fill}"'
