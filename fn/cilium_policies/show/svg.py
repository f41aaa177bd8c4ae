"""SVG text: escaped, measured, and the parts that the map and the focus picture share."""

from __future__ import annotations

from html import escape
from math import hypot
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
NARROW = frozenset("iljtfI.,:;|'!()[]/ ")
WIDE = frozenset("mwMW@%")


def asset(name: str) -> str:
    """The text of a file beside this module."""
    return (ASSETS / name).read_text("utf-8")


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
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}"{extra}>{clean(content)}</text>'


def clean(content: str) -> str:
    """Escaped for an element or an attribute, without what XML forbids."""
    return escape("".join(one for one in content if one >= " " and one not in "\ufffe\uffff"), quote=True)


def title(content: str) -> str:
    """What a pointer shows over the element it stands in."""
    return f"<title>{clean(content)}</title>"


def document(body: str, width: float, height: float, label: str) -> str:
    """A whole SVG file with its own style, light and dark."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{clean(label)}">\n'
        f"<style>{asset('colours.css')}{asset('picture.css')}</style>\n"
        f'<rect class="paper" width="100%" height="100%"/>\n{body}</svg>\n'
    )


def arrow(start: tuple[float, float], bend: tuple[float, float], end: tuple[float, float], css: str) -> str:
    """A quadratic curve with a head at its end; two paths, as not every viewer draws markers in a line's colour."""
    length = hypot(end[0] - bend[0], end[1] - bend[1]) or 1.0
    dx, dy = (end[0] - bend[0]) / length, (end[1] - bend[1]) / length
    base = (end[0] - 8 * dx, end[1] - 8 * dy)
    line = f"M{start[0]:.1f} {start[1]:.1f}Q{bend[0]:.1f} {bend[1]:.1f} {base[0]:.1f} {base[1]:.1f}"
    head = (
        f"M{end[0]:.1f} {end[1]:.1f}L{base[0] - 3.6 * dy:.1f} {base[1] + 3.6 * dx:.1f}"
        f"L{base[0] + 3.6 * dy:.1f} {base[1] - 3.6 * dx:.1f}z"
    )
    return f'<path d="{line}" class="link {css}"/><path d="{head}" class="head {css}"/>'
