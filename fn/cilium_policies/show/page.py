"""One self-contained HTML page: the picture, one view a group, and tables. It needs no server and no network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

from cilium_policies.lean import NamedTuple
from cilium_policies.show import svg
from cilium_policies.show.focus import focus
from cilium_policies.show.graph import View
from cilium_policies.show.overview import overview
from cilium_policies.show.table import Cell, Table

# The browser itself refuses whatever the page would load from elsewhere.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'"


LARGE = 500_000  # characters: above, what is not shown yet waits as text


class Section(NamedTuple):
    """One view of the page: its element's attributes, and what stands in it."""

    attributes: str
    content: str


class Tile(NamedTuple):
    """A number at the head of the page; `link` is the tab it leads to ("" for none)."""

    number: str
    text: str
    tone: str = "plain"
    link: str = ""


class Sheet(NamedTuple):
    """A text with a name, under a heading of its `group`; `note` says what it is. `read` gives the text."""

    name: str
    group: str
    note: str
    read: Callable[[], str]

    @property
    def text(self) -> str:
        return self.read()


Known = Mapping[tuple[str, str], str]  # texts below their names, by name and note


def page(
    view: View,
    tiles: Sequence[Tile],
    tables: Sequence[tuple[str, Table]],
    note: str = "",
    sheets: Sequence[Sheet] = (),
    sheets_name: str = "Policies",
    known: Known | None = None,
    drawn: Callable[[View], list[str]] | None = None,
) -> list[str]:
    """The page's HTML, in pieces: one text would be a copy of twice their size, as a few signs need two bytes. `tables`
    pairs a tab's name with its table, `sheets` are texts on a tab of their own; cells that name a group or a sheet lead
    to it; `note` stands at the foot. `known` are some of the `texts`, and `drawn` gives the `pictures`, where somebody
    works them out elsewhere."""
    title = svg.clean(view.graph.title)
    tabs = [("map", "Map"), *((_slug(name), name) for name, _ in tables)]
    if sheets:
        tabs.insert(3, (_slug(sheets_name), sheets_name))
    named = {sheet.name for sheet in sheets}
    sections = [
        *(_table(_slug(name), table, view, named) for name, table in tables),
    ]
    if sheets:
        sections.append(Section(f'id="{_slug(sheets_name)}"', texts(sheets, known)))
    whole, *groups = drawn(view) if drawn else pictures(view)
    sections += (Section(_group(key), one) for key, one in zip(view.groups, groups, strict=True))
    later = sum(len(one.content) for one in sections) > LARGE
    return [
        "<!doctype html>\n",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta name="color-scheme" content="light dark">\n',
        f"<style>{svg.asset('colours.css')}{svg.asset('picture.css')}{svg.asset('page.css')}</style>",
        f"{_NO_SCRIPTS if later else ''}</head>\n",
        f"<body>\n<header><h1>{title}</h1>{_tools()}</header>\n",
        f'<div class="tiles">{"".join(map(_tile, tiles))}</div>\n',
        f"<nav>{''.join(_tab(slug, name) for slug, name in tabs)}</nav>\n<main>\n",
        whole,
        _WAITS if later else "",
        *(piece for one in sections for piece in _section(one, later=later)),
        f"</main>\n<footer>{svg.clean(note)}</footer>\n",
        f"<script>{svg.asset('page.js')}</script>\n</body></html>\n",
    ]


def _section(one: Section, *, later: bool) -> tuple[str, str, str]:
    """A section. In a large page its content is text to a browser until it is shown: what `noscript` holds is parsed
    at once only where no script runs."""
    opening, closing = ("<noscript>", "</noscript>") if later else ("", "")
    return f"<section {one.attributes}>{opening}", one.content, f"{closing}</section>\n"


# Where a server forbids scripts, yet the browser has them, what waits stays away: one line says so.
_WAITS = (
    '<p class="waits">The other tabs appear by the page\'s own script, which the server that shows the page forbids: '
    "save the file and open it, or make the report with -o md.</p>\n"
)
_NO_SCRIPTS = "<noscript><style>.waits{display:none}</style></noscript>"


def _tools() -> str:
    return (
        '<div class="tools"><input id="search" type="search" placeholder="search  ( / )" aria-label="search" '
        'autocomplete="off" spellcheck="false"><button id="theme" type="button" title="light or dark ( t )">'
        "◐<span class=hidden>light or dark</span></button></div>"
    )


def _tile(tile: Tile) -> str:
    inner = f"<b>{svg.clean(tile.number)}</b> <span>{svg.clean(tile.text)}</span>"
    if tile.link:
        return f'<a class="tile {tile.tone}" href="#{_slug(tile.link)}">{inner}</a>'
    return f'<div class="tile {tile.tone}">{inner}</div>'


def _tab(slug: str, name: str) -> str:
    return f'<a href="#{slug}" id="tab-{slug}">{svg.clean(name)}</a>'


def pictures(view: View) -> list[str]:
    """The map, then the content of each group's section, in their order."""
    return [overall(view), *pictures_of(view, list(view.groups))]


def pictures_of(view: View, groups: Sequence[str]) -> list[str]:
    """The content of these groups' sections."""
    return [_picture_of(view, key) for key in groups]


def overall(view: View) -> str:
    """The map."""
    kinds = sorted({link.kind for link in view.graph.links if link.kind})
    boxes = "".join(
        f'<label><input type="checkbox" class="kind" value="{svg.clean(kind)}" checked>{svg.clean(kind)}</label>'
        for kind in kinds
    )
    filters = f'<fieldset class="filters"><legend>show</legend>{boxes}</fieldset>' if len(kinds) > 1 else ""
    body, width, height = overview(view)
    hint = (
        "Point at a box to see its lines, open it for its workloads. Peers with many connections are named inside "
        "the boxes instead; pods that the input does not show are not drawn."
    )
    return (
        f'<section id="map">{_ZOOM}{filters}<p class="hint">{hint}</p>'
        f'{_picture(body, width, height, view.graph.title)}<p class="none" hidden>nothing matches</p></section>\n'
    )


_ZOOM = (
    '<p class="zoom"><button type="button" value="out" title="smaller ( - )">−</button>'
    '<button type="button" value="all" title="the whole picture ( 0 )">⤢</button>'
    '<button type="button" value="in" title="larger ( + )">+</button></p>'
)


def _picture(body: str, width: float, height: float, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width * 1.3:.0f}px" role="group" '
        f'aria-label="{svg.clean(label)}" font-family="{svg.FONT}">\n{body}</svg>'
    )


def _group(key: str) -> str:
    """Attributes of a group's section; an address (#group-…) of its own, so that links and the back button work."""
    return f'id="group-{_slug(key)}" class="group" data-group="{svg.clean(key)}"'


def _picture_of(view: View, key: str) -> str:
    group = view.groups[key]
    body, width, height = focus(view, key)
    note = f" <small>{svg.clean(group.badge)}</small>" if group.badge else ""
    about = f"<p>{svg.clean(group.note)}</p>" if group.note else ""
    return (
        f'<h2><a href="#map" title="back to the map ( Esc )">←</a> {svg.clean(group.title)}{note}</h2>{about}'
        f"{_ZOOM}{_picture(body, width, height, group.title)}"
    )


def texts(sheets: Sequence[Sheet], known: Known | None = None) -> str:
    """Each text folded away below its name; an address of its own opens it. `known` are some that are `folded`
    already."""
    known = known or {}
    head = f'<p class="count" aria-live="polite">{len(sheets)} rows</p>\n'
    return "".join([head, *(known.get((one.name, one.note)) or folded(one) for one in sheets)])


def folded(sheet: Sheet) -> str:
    """A text below its name."""
    return (
        f'<details class="sheet" id="sheet-{_slug(sheet.name)}"><summary>{svg.clean(sheet.name)} '
        f"<small>{svg.clean(sheet.note)}</small></summary><pre>{svg.lines(sheet.text)}</pre></details>\n"
    )


def _table(slug: str, table: Table, view: View, sheets: set[str]) -> Section:
    if not table.rows:
        return Section(f'id="{slug}"', f"<p>{svg.clean(table.empty)}</p>")
    head = "".join(
        f'<th scope="col"><button type="button">{svg.clean(one.title)}</button></th>' for one in table.columns
    )
    forms = [_cell_of(one.key, view, sheets) for one in table.columns]
    rows = "".join(f"<tr><td>{'</td><td>'.join(_cells(row, forms))}</td></tr>\n" for row in table.rows)
    return Section(
        f'id="{slug}"',
        f'<p class="count" aria-live="polite">{len(table.rows)} rows</p>'
        f"<table><caption>{svg.clean(table.title)}</caption><thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}</tbody></table>",
    )


def _cells(row: tuple[Cell, ...], forms: list[Callable[[str], str]]) -> list[str]:
    """A row's cells as they are written. Most rows hold nothing to escape, which to ask of a whole one takes less."""
    texts = ["" if cell is None else str(cell) for cell in row]
    plain = svg.is_clean("".join(texts))
    return [
        text if plain and form is svg.clean else form(text) for form, text in zip(forms, texts, strict=True)
    ]


def _cell_of(key: str, view: View, sheets: set[str]) -> Callable[[str], str]:
    """How a column writes its text: the name of a group or of what is in it leads there, that of a sheet to its
    text."""

    @cache  # the same ends stand in many rows
    def linked(text: str) -> str:
        group = text.rpartition(" of ")[2].partition("/")[0]
        if group in view.groups:
            return f'<a href="#group-{_slug(group)}">{svg.clean(text)}</a>'
        return svg.clean(text)

    def rules(text: str) -> str:
        return "; ".join([_rule(one, sheets) for one in text.split("; ")]) if text else ""

    if key in ("from", "to", "namespace"):
        return linked
    return rules if key == "rule" else svg.clean


def _rule(text: str, sheets: set[str]) -> str:
    name, _, rest = text.partition(" ")
    if name not in sheets:
        return svg.clean(text)
    return f'<a href="#sheet-{_slug(name)}">{svg.clean(name)}</a> {svg.clean(rest)}'


@lru_cache(maxsize=10_000)  # the same few names lead to a group or a text from every row
def _slug(name: str) -> str:
    """What can stand in an address: letters, digits and hyphens; other signs by their number."""
    return re.sub(
        r"[^a-z0-9-]", lambda found: "-" if found[0] == " " else f"_{ord(found[0]):x}", name.lower()
    )
