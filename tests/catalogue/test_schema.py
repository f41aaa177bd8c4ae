"""The catalogue's schemas: every file is valid by them, and the program's checker agrees with jsonschema."""

from __future__ import annotations

# ruff: noqa: E501
import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
import yaml
from cilium_policies.catalogue import files, index
from cilium_policies.catalogue.check import problems, said
from cilium_policies.catalogue.conditions import MENTIONS
from cilium_policies.catalogue.parts import parse_port
from cilium_policies.document.schema import BOOLEANS, INTEGER
from hypothesis import given
from hypothesis import strategies as st

FOLDERS = {
    "component": Path(files.COMPONENTS),
    "distribution": Path(files.DISTRIBUTIONS),
    "cloud": Path(files.CLOUDS),
}
FILES = [(kind, path) for kind, folder in FOLDERS.items() for path in sorted(folder.glob("*.yaml"))]
SCHEMAS = {
    kind: json.loads(index.COMPONENTS.with_name(f"{kind}.schema.json").read_text()) for kind in FOLDERS
}
REGISTRY = referencing.Registry().with_resources(
    (f"{kind}.schema.json", referencing.Resource.from_contents(schema)) for kind, schema in SCHEMAS.items()
)
FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("pod-port")
def _is_port(value: object) -> bool:
    return (
        not isinstance(value, str) or value == "probes" or "{port}" in value or parse_port(value) is not None
    )


# Scalars are text in this program: the reference reads text as numbers and booleans where these are asked for.
TEXTS = (
    jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, str) and re.fullmatch(INTEGER, value) is not None
    )
    .redefine("boolean", lambda _, value: isinstance(value, str) and value in BOOLEANS)
    .redefine("number", lambda _, value: False)
)


def _minimum(validator: Any, limit: int, value: Any, schema: Any) -> Any:
    if validator.is_type(value, "integer") and int(value) < limit:
        yield jsonschema.ValidationError("out of range")


def _maximum(validator: Any, limit: int, value: Any, schema: Any) -> Any:
    if validator.is_type(value, "integer") and int(value) > limit:
        yield jsonschema.ValidationError("out of range")


OF_TEXTS = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, {"minimum": _minimum, "maximum": _maximum}, type_checker=TEXTS
)
REFERENCE = {
    kind: OF_TEXTS(schema, registry=REGISTRY, format_checker=FORMATS) for kind, schema in SCHEMAS.items()
}
VALID = {
    "component": "mine",
    "match": [{"app": "mine"}],
    "edges": [{"from": "gateway", "ports": ["80/TCP"], "when": {"value": "a.b", "is": "x"}}],
    "charts": [{"chart": "mine", "enabled": "a", "services": [{"name": "a", "ports": [{"port": "80"}]}]}],
}


@pytest.mark.parametrize(("kind", "path"), FILES, ids=[f"{kind}-{path.stem}" for kind, path in FILES])
def test_every_file_is_valid_as_an_editor_reads_it(kind: str, path: Path) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMAS[kind], registry=REGISTRY, format_checker=FORMATS)
    validator.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_schema_has_the_words_of_the_program() -> None:
    words = SCHEMAS["component"]["$defs"]["condition"]["properties"]["mentions"]["enum"]
    assert sorted(words) == sorted(MENTIONS)


def _changed(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    entry: Any = copy.deepcopy(VALID)
    place = entry
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return dict(entry)


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("component",), "Mine", "component: 'Mine' does not have the form of this field; write small letters, digits, dots and dashes"),
        (("hue",), "red", "hue: unknown field 'hue'; known here: component, what, role, "),
        (("match",), {"app": "mine"}, "match: expected a list, found a mapping; write […]"),
        (("match", 0, "app"), ["mine"], "match[0].app: expected text, found a list"),
        (("edges", 0, "from"), "gatway", "edges[0].from: 'gatway' does not have the form of this field; did you mean gateway?"),
        (("edges", 0, "to"), "dns", "edges[0]: needs exactly one of from, to, has from and to; keep one"),
        (("edges", 0, "ports"), ["http"], "edges[0].ports[0]: 'http' does not have the form of this field; write 8080/TCP or 8000-8010/UDP"),
        (("edges", 0, "ports"), ["70000/TCP"], "edges[0].ports[0]: '70000/TCP' is not a port; write 8080/TCP or 8000-8010/UDP"),
        (("edges", 0, "when"), "sometimes", "edges[0].when: unknown value 'sometimes'; write peer, evidence, asked, or a condition"),
        (("edges", 0, "when"), {"valeu": "a"}, "edges[0].when.valeu: unknown field 'valeu'; did you mean value?"),
        (("edges", 0, "when"), {}, "edges[0].when: is an empty mapping; remove the field or give it members"),
        (("edges", 0, "when"), {"mentions": "weather"}, "edges[0].when.mentions: unknown value 'weather'; known here: object-storage, chat, sign-in, mail"),
        (("edges", 0, "when"), {"arg": "("}, "edges[0].when.arg: '(' is not a regular expression: missing ), unterminated subpattern at position 0"),
        (("edges", 0, "when"), [{"object": "Provider", "has": []}], "edges[0].when[0].has: is an empty list; remove the field or give it members"),
        (("edges", 0, "names"), [{"why": "x"}], "edges[0].names[0]: needs one of hosts, repository, value"),
        (("edges", 0, "names"), ["no name"], "edges[0].names[0]: 'no name' does not have the form of this field; write api.example.org or *.example.org"),
        (("charts", 0, "lables"), {"a": "b"}, "charts[0].lables: unknown field 'lables'; did you mean labels?"),
        (("charts", 0, "services", 0, "ports"), "80", "charts[0].services[0].ports: expected a list, found '80'; write ['80']"),
        (("charts", 0, "services"), [{"name": "a"}], "charts[0].services[0]: needs one of ports, portsOf; add ports:"),
        (("images",), {"a": "b"}, "images: expected a list, found a mapping"),
        (("partLabel",), {"a": "b"}, "partLabel: expected text, found a mapping; write text"),
        (("hostNetwork",), "maybe", "hostNetwork: 'maybe' is not a boolean; write true or false"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_path_and_what_to_do(
    path: tuple[Any, ...], value: object, line: str
) -> None:
    assert problems(VALID) == []
    entry = _changed(path, value)
    assert not REFERENCE["component"].is_valid(entry) or "regular expression" in line
    assert said(problems(entry)[0]).startswith(line)


BODIES = [
    (kind, index._texts_of(path)) for kind, path in FILES if kind != "component" or path.stem[0] in "acgkp"
]
NOISE = st.recursive(
    st.sampled_from(["", "x", "true", "0", "8080", "80/TCP", "evidence", "gateway", "a.example.org"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["kind", "name", "value", "is", "x"]), inner, max_size=2)
    ),
    max_leaves=3,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(place for key, member in members for place in _places(member, (*path, key)))]


@given(st.sampled_from(BODIES), st.data())
def test_the_checker_says_what_jsonschema_says(body: tuple[str, Any], data: st.DataObject) -> None:
    """A real entry with one place changed: another value, a member left out, a key misspelt."""
    kind, entry = body[0], copy.deepcopy(body[1])
    path = data.draw(st.sampled_from(_places(entry)[1:]))
    place: Any = entry
    for key in path[:-1]:
        place = place[key]
    way = data.draw(st.sampled_from(["value", "absent", "key"]))
    if way == "value":
        place[path[-1]] = data.draw(NOISE)
    else:
        value = place.pop(path[-1])
        if way == "key" and isinstance(place, dict):
            place[f"{path[-1]}s"] = value
    assert (problems(entry, kind) == []) == REFERENCE[kind].is_valid(entry), [
        said(one) for one in problems(entry, kind)
    ]
