"""The compiled catalogue: one JSON array of a line each, of which `packed.py` decodes those that a run asks for.

`[{"stamp":…,"head":[…]},\\n{component},\\n…,\\n{table},\\n…,\\n{head}]`: the first line says where the head stands,
the head where each component and each look-up table does. Built with the wheel; a source tree rebuilds it when a file
changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path

from cilium_policies.catalogue import files, injects
from cilium_policies.catalogue.asked import asked
from cilium_policies.catalogue.bundled import bring
from cilium_policies.catalogue.check import problems, said
from cilium_policies.catalogue.distributions import serving
from cilium_policies.catalogue.flows import purposes, texts
from cilium_policies.catalogue.model import CatalogueError, Component
from cilium_policies.catalogue.packed import PACKED
from cilium_policies.catalogue.parts import group_kind
from cilium_policies.kube.objects import mappings, text
from cilium_policies.lean import Any

COMPONENTS = Path(files.COMPONENTS)
PLATFORMS = {"distribution": Path(files.DISTRIBUTIONS), "cloud": Path(files.CLOUDS)}
INDEX = Path(files.INDEX)
# lists of an entry's that become tables of their own, and by which field of a row it is found
_FOUND_BY = {
    "routes": "kind",
    "creates": "chart",
    "embeds": "kind",
    "copies": "kind",
    "writes": "of",
    "adds": "kind",
    "tells": "kind",
    "documents": "of",
}


def build(out: Path | None = None, source: Path | None = None) -> Path:
    """Compile all component files into `out` (default: beside this module); replaced in one step.

    Raises CatalogueError for an invalid file, OSError where `out` cannot be written.
    """
    target = out or INDEX
    content = compiled(source or COMPONENTS)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.write_bytes(content)
    os.replace(partial, target)
    return target


def renewed(target: str, source: str) -> bytes:
    """The index of a source tree, kept in `target` where that can be written."""
    try:
        return build(Path(target), Path(source)).read_bytes()
    except OSError:
        return compiled(Path(source))


def compiled(source: Path) -> bytes:
    """The index of a folder of component files."""
    mark = files.stamp(
        source
    )  # before they are read: one that comes meanwhile makes the next reader look again
    bodies = {}
    for path in sorted(source.glob("*.yaml"), key=lambda path: path.stem):
        body = read_file(path)
        bodies[body["component"]] = body
    if source == COMPONENTS:
        bring(bodies, _texts_of(Path(files.BUNDLED)))
    platforms = {
        kind: {path.stem: read_platform(path, kind) for path in sorted(folder.glob("*.yaml"))}
        for kind, folder in PLATFORMS.items()
    }
    versions = _texts_of(Path(files.VERSIONS))
    return assemble(bodies, mark, platforms, _texts_of(Path(files.NO_PODS)), versions)


def read_file(path: Path) -> dict[str, Any]:
    """One component file as a mapping of texts. Raises CatalogueError with file, path and cure."""
    data = _texts_of(path)
    wrong = problems(data)
    if wrong:
        raise CatalogueError(f"{path.name}: {said(wrong[0])}")
    if data["component"] != path.stem:
        raise CatalogueError(f"{path.name}: component: is {data['component']}, must be the file's name")
    return dict(data)


def read_platform(path: Path, kind: str) -> dict[str, Any]:
    """A `distribution`'s or a `cloud`'s file (the kind) as a mapping of texts. Raises CatalogueError."""
    data = _texts_of(path)
    wrong = problems(data, kind)
    if wrong or data.get(kind) != path.stem:
        raise CatalogueError(
            f"{path.name}: {said(wrong[0]) if wrong else f'{kind}: must be the name of the file'}"
        )
    return dict(data)


def _texts_of(path: Path) -> Any:
    import yaml

    try:
        return yaml.load(
            path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)
        )
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path.name}: not YAML: {' '.join(str(error).split())}") from None


def assemble(
    bodies: dict[str, dict[str, Any]],
    mark: str = "",
    platforms: Any = None,
    idle: dict[str, Any] | None = None,
    versions: dict[str, str] | None = None,
) -> bytes:
    """The index of these entries, each with the edges that others state of it. `idle` are the kinds of which no pods
    come, by group, `versions` the newest one of each chart that was held against its entries."""
    mirrors = mirrored(bodies)
    platforms = platforms or {kind: {} for kind in PLATFORMS}
    tables = {"platforms": platforms, **recognition(bodies), "serving": serving(platforms["distribution"])}
    tables["versions"] = versions or {}
    tables["asked"] = asked(bodies.values(), platforms.values())
    for group, kinds in (idle or {}).items():
        of_components = tables["idle"].get(group, [])
        tables["idle"][group] = kinds if kinds == "*" else [*kinds, *of_components]
    tables["labels"] = {
        key: {value: _entries(rows) for value, rows in values.items()}
        for key, values in tables["labels"].items()
    }
    for name in PACKED:
        tables[name] = {key: _rows(rows) for key, rows in tables[name].items()}
    parts = {name: {**body, "mirrored": mirrors.get(name, [])} for name, body in bodies.items()}
    lines = [_encode(one) for one in (*parts.values(), *tables.values())]
    ends = list(accumulate(len(line) + 2 for line in lines))
    places = [[end - len(line) - 2, end - 2] for end, line in zip(ends, lines, strict=True)]
    head = {
        "places": {name: f"{first} {end}" for name, (first, end) in zip(parts, places, strict=False)},
        "tables": dict(zip(tables, places[len(parts) :], strict=True)),
    }
    lines.append(_encode(head))
    first = _encode({"stamp": mark, "head": [ends[-1], ends[-1] + len(lines[-1])]})
    return b"[" + first + b",\n" + b",\n".join(lines) + b"]\n"


def _rows(rows: list[list[Any]]) -> str | list[Any]:
    """Rows of two words as one text, which is taken apart when somebody asks: each start reads all of them. As they are
    where blanks would not tell the words."""
    words = [str(word) for row in rows for word in row]
    return rows if any(" " in word for word in words) else " ".join(words)


def _entries(rows: list[tuple[str, dict[str, str]]]) -> str | list[Any]:
    """The same of match entries: `name key=value key=value`."""
    texts = [" ".join((name, *(f"{key}={value}" for key, value in labels.items()))) for name, labels in rows]
    clear = all(
        text.count(" ") == len(labels) and "|" not in text and not any("=" in key for key in labels)
        for text, (_, labels) in zip(texts, rows, strict=True)
    )
    return "|".join(texts) if clear else [list(row) for row in rows]


def mirrored(bodies: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """For each component the edges that other entries state of it: mapping, `owner`, and the purpose as `number`."""
    found: dict[str, list[dict[str, Any]]] = {}
    for owner, body in bodies.items():
        for number, edge in purposes(mappings(body.get("edges"))):
            peer = text(edge.get("from") or edge.get("to"))
            if peer.startswith("component:") and peer[10:] != owner:
                found.setdefault(peer[10:], []).append({**edge, "owner": owner, "number": number})
    return found


def recognition(bodies: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Look-up tables: label key and value to match entries (a component, its pods' labels), image and workload names,
    charts, kinds."""
    entries = [(name, labels) for name, body in bodies.items() for labels in Component(body).match if labels]
    often: dict[tuple[str, str], int] = {}
    for _, labels in entries:
        for pair in labels.items():
            often[pair] = often.get(pair, 0) + 1
    tables: dict[str, Any] = {
        "labels": {},
        "images": {},
        "shared": [],
        "charts": {},
        "kinds": {},
        "creates": {},
        "idle": {},
        "roles": {},
        "proxies": {},
        "injects": {},
        "routes": {},
        "clouds": {},
        "makes": {},
        "reads": {},
        "writes": {},
        "ignores": {},
        "embeds": {},
        "copies": {},
        "adds": {},
        "tells": {},
        "documents": {},
        "redirects": {},
    }
    for name, labels in entries:
        # the rarest pair finds the entry; a value that may be anything finds too much
        key, value = min(labels.items(), key=lambda pair: ("*" in pair[1], often[pair], pair))
        tables["labels"].setdefault(key, {}).setdefault("*" if "*" in value else value, []).append(
            (name, labels)
        )
    for name, body in bodies.items():
        _tables_of(Component(body), name, tables)
    tables["publishers"] = publishers(tables["images"])
    return tables


def publishers(images: Mapping[str, list[Any]]) -> list[str]:
    """Those of several components, by the table of images: they make programs for everybody."""
    programs: dict[str, set[str]] = {}
    for rows in images.values():
        for path, component in rows:
            if "/" in path:
                programs.setdefault(path.partition("/")[0], set()).add(component)
    return sorted(group for group, found in programs.items() if len(found) > 1)


def _tables_of(component: Component, name: str, tables: dict[str, Any]) -> None:
    for image in component.images:
        tables["images"].setdefault(image.rpartition("/")[2], []).append([image, name])
    if component.shared_labels:
        tables["shared"].append(name)
    _parts(component, name, tables)
    for number, chart in enumerate(component.charts):
        tables["charts"].setdefault(chart.chart, []).append([name, number])
    for kind in texts(component.data.get("makesNoPods")):
        tables["idle"].setdefault(group_kind(kind)[0], []).append(group_kind(kind)[1])
    for key, found_by in _FOUND_BY.items():
        for one in mappings(component.data.get(key)):
            tables[key].setdefault(text(one.get(found_by)), []).append([name, one])
    for key in ("makes", "reads", "ignores", "redirects"):
        if rows := mappings(component.data.get(key)):
            tables[key][name] = rows
    _injections(component, name, tables["injects"])
    for number, made in enumerate(component.made_by):
        tables["kinds"].setdefault(f"{made.group}/{made.kind}", []).append([name, number])


def _parts(component: Component, name: str, tables: dict[str, Any]) -> None:
    """What it is to others."""
    if component.role:
        tables["roles"].setdefault(component.role, {})[name] = _usual(component)
    if proxy := component.data.get("proxy"):
        made = [one for each in component.made_by for one in texts(each.via.get("made"))]
        tables["proxies"][name] = {**proxy, "classes": list(dict.fromkeys(made))} if made else proxy
    if clouds := texts(component.data.get("cloud")):
        tables["clouds"][name] = clouds


def _injections(component: Component, name: str, table: dict[str, list[list[Any]]]) -> None:
    for number, one in enumerate(mappings(component.data.get("injects"))):
        for key in injects.keys(one):
            row = [name, number]
            rows = table.setdefault(key, [])
            rows += [row] if row not in rows else []


def _usual(component: Component) -> dict[str, str]:
    """The labels by which its pods are known wherever they run: only of what an operator makes from an object, under
    one name in every cluster. A vendor's agent is a peer where the input shows it, and nowhere else."""
    first = component.match[0] if component.match and component.made_by else {}
    name = first.get("app.kubernetes.io/name", "*")
    return first if "*" in name else {"app.kubernetes.io/name": name}


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
