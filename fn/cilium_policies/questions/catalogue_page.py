"""`docs/catalogue.md`, made from the catalogue: `python -m cilium_policies.questions.catalogue_page [FILE]`."""

from __future__ import annotations

import sys
from pathlib import Path

from cilium_policies.catalogue.load import Catalogue, load
from cilium_policies.questions import components
from cilium_policies.show.table import Table, rendered

_HEAD = """# The catalogue

Made from `fn/cilium_policies/catalogue/components/` by `python -m cilium_policies.questions.catalogue_page`; a test
holds the two together. `cilium-policies components show NAME` prints one entry. An edge is stated once, in the
client's entry, and gives both sides; its source is its own or, where it says *checked*, the entry's. Ports are pod
ports. Where an input shows other ports (Services, probes, containers), the input counts.

*When* says what switches an edge on: *always* means whenever the component stands there and, for an edge to another
component, that one too; *the input asks for it*: a route, monitor, Service or address in it
does. A component of your own is the same form under `spec.components.define`.
"""


def page(catalogue: Catalogue) -> str:
    """The whole reference as Markdown."""
    names = sorted(catalogue.components)
    parts = [
        _HEAD,
        f"{len(names)} components: " + ", ".join(f"[{one}](#{_anchor(one)})" for one in names) + "\n",
    ]
    for name in names:
        component = catalogue.components[name]
        parts.append(f"## {name}\n\n{_facts(components.recognition(component))}")
        table = components.edges(catalogue, component)
        if table.rows:
            parts.append(rendered([table._replace(title="")], "md").strip() + "\n")
        parts.append(_facts(components.choices(component), 2))
    return "\n".join(parts)


def _facts(table: Table, skipped: int = 0) -> str:
    """A table's rows as a list; the last `skipped` rows stand on every page and are left out."""
    rows = table.rows[: len(table.rows) - skipped] if skipped else table.rows
    return "".join(f"- {row[0]}: {' · '.join(str(cell) for cell in row[1:])}\n" for row in rows)


def _anchor(name: str) -> str:
    return name.replace(".", "")


def main(arguments: list[str]) -> None:
    """Writes the page to the file named, else to standard output."""
    text = page(load())
    if arguments:
        Path(arguments[0]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
