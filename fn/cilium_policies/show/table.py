"""A table as text for a terminal, as Markdown, CSV or JSON. Knows nothing of what the cells mean."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence

from cilium_policies.lean import NamedTuple

Cell = str | int | None
FORMS = ("text", "json", "md", "csv")


class Column(NamedTuple):
    """`key` names the column in JSON and CSV, `title` for people."""

    key: str
    title: str

    @property
    def whole(self) -> bool:
        """Whether its cells are to be pasted: they stay on one line."""
        return self.key == "cure"


class Table(NamedTuple):
    """Rows of cells below named columns. `title` stands above it, `empty` in place of a table without rows."""

    title: str
    columns: tuple[Column, ...]
    rows: list[tuple[Cell, ...]]
    empty: str = "nothing"


def columns(*names: str) -> tuple[Column, ...]:
    """Columns from `key` or `key=Title`."""
    parts = [name.partition("=") for name in names]
    return tuple(Column(key, title or key.replace("_", " ")) for key, _, title in parts)


def rendered(tables: Sequence[Table], form: str, width: int = 0) -> str:
    """Tables one below the other in one of FORMS; `width` limits text to a terminal's columns (0: no limit).

    JSON is a list of objects for one table, an object of such lists by title for several; CSV of several
    tables is the first one's, as CSV holds one table.
    """
    if form == "json":
        return _json(tables)
    if form == "csv":
        return _csv(tables[0])
    if form == "md":
        return "\n".join(_markdown(table) for table in tables)
    return "\n".join(_text(table, width) for table in tables)


def _json(tables: Sequence[Table]) -> str:
    lists = [[_object(table, row) for row in table.rows] for table in tables]
    if len(tables) == 1:
        return json.dumps(lists[0], ensure_ascii=False, indent=2) + "\n"
    named = {table.title: rows for table, rows in zip(tables, lists, strict=True)}
    return json.dumps(named, ensure_ascii=False, indent=2) + "\n"


def _object(table: Table, row: tuple[Cell, ...]) -> dict[str, Cell]:
    return {column.key: cell for column, cell in zip(table.columns, row, strict=True)}


def _csv(table: Table) -> str:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.key for column in table.columns])
    writer.writerows([[_inert(_plain(cell)) for cell in row] for row in table.rows])
    return out.getvalue()


def _inert(cell: str) -> str:
    """Spreadsheets run cells that begin like a formula; names in manifests are anybody's."""
    return f"'{cell}" if cell[:1] in ("=", "+", "@") or (cell[:1] == "-" and len(cell) > 1) else cell


def _markdown(table: Table) -> str:
    head = f"### {table.title}\n\n" if table.title else ""
    if not table.rows:
        return f"{head}{table.empty}\n"
    lines = [[column.title for column in table.columns], ["---"] * len(table.columns)]
    lines += [[_markdown_cell(cell) for cell in row] for row in table.rows]
    return head + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _markdown_cell(cell: Cell) -> str:
    text = _plain(cell).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return text.replace("*", "\\*").replace("_", "\\_").replace("`", "\\`")


def _text(table: Table, width: int) -> str:
    head = f"{table.title}\n" if table.title else ""
    if not table.rows:
        return f"{head}{table.empty}\n"
    cells = [[column.title.upper() for column in table.columns]]
    cells += [[_plain(cell) for cell in row] for row in table.rows]
    widths = [max(map(columns_of, column)) for column in zip(*cells, strict=True)]
    room = width - sum(widths[:-1]) - 2 * (len(widths) - 1)
    if not width or widths[-1] <= room:
        return head + "".join(_text_line(line, widths) for line in cells)
    if room >= _READABLE and not table.columns[-1].whole:
        return head + "".join(_folded(line, widths, room) for line in cells)
    return head + "\n".join(_block(table.columns, line, width) for line in cells[1:])


_READABLE = 24  # columns of a text that is folded


def _text_line(cells: Iterable[str], widths: list[int]) -> str:
    parts = [_padded(cell, width) for cell, width in zip(cells, widths, strict=True)]
    return "  ".join(parts).rstrip() + "\n"


def _folded(cells: list[str], widths: list[int], room: int) -> str:
    """A row whose last cell goes on below itself."""
    first, *more = _wrapped(cells[-1], room)
    indent = " " * (sum(widths[:-1]) + 2 * (len(widths) - 1))
    return _text_line([*cells[:-1], first], widths) + "".join(f"{indent}{line}\n" for line in more)


def _block(named: Sequence[Column], cells: list[str], width: int) -> str:
    """A row as lines of its own, a cell a line, for a terminal that is too narrow for the table."""
    lines: list[str] = []
    for column, cell in zip(named, cells, strict=True):
        if cell:
            lead = f"{column.title}: " if lines else ""
            indent = "  " if lines else ""
            folded = (
                [cell] if column.whole else _wrapped(cell, max(_READABLE, width - len(indent + lead) - 2))
            )
            lines += [f"{indent}{lead}{folded[0]}", *(f"{indent}  {line}" for line in folded[1:])]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most so many columns; a word that is longer stays whole."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and columns_of(lines[-1]) + 1 + columns_of(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def columns_of(text: str) -> int:
    """How many terminal columns a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_width(letter) for letter in text)


def _width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns_of(text))


def _plain(cell: Cell) -> str:
    """A cell on one line, without control characters: a name must not move a terminal's cursor."""
    text = "" if cell is None else str(cell)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " for letter in text)
