"""The JSON schema: every component file is valid by it, and it agrees with the program's own check."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from cilium_policies.catalogue import index
from cilium_policies.catalogue.check import problems
from cilium_policies.catalogue.forms import CHART, CONDITION, EDGE, MAKER, TOP

SCHEMA = json.loads(index.COMPONENTS.with_name("component.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
VALID = {
    "component": "mine",
    "match": [{"app": "mine"}],
    "edges": [{"from": "gateway", "ports": ["80/TCP"], "when": {"value": "a.b", "is": "x"}}],
    "charts": [{"chart": "mine", "enabled": "a", "services": [{"name": "a", "ports": [{"port": "80"}]}]}],
}


@pytest.mark.parametrize("path", sorted(index.COMPONENTS.glob("*.yaml")), ids=lambda path: Path(path).stem)
def test_every_file_is_valid(path):
    VALIDATOR.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_schema_and_check_know_the_same_keys():
    definitions = SCHEMA["$defs"]
    assert set(SCHEMA["properties"]) == set(TOP)
    assert set(definitions["chart"]["properties"]) == set(CHART)
    assert set(definitions["maker"]["properties"]) == set(MAKER)
    assert set(definitions["edge"]["properties"]) == set(EDGE)
    assert set(definitions["condition"]["properties"]) == set(CONDITION)


def changed(path, value):
    entry = copy.deepcopy(VALID)
    place = entry
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return entry


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("component",), "Mine"),
        (("colour",), "red"),
        (("match",), {"app": "mine"}),
        (("match", 0, "app"), ["mine"]),
        (("edges", 0, "from"), "gatway"),
        (("edges", 0, "to"), "dns"),
        (("edges", 0, "ports"), ["http"]),
        (("edges", 0, "when"), "sometimes"),
        (("edges", 0, "when"), {"valeu": "a"}),
        (("edges", 0, "when"), {"mentions": "weather"}),
        (("edges", 0, "when"), [{"object": "Provider", "has": []}]),
        (("charts", 0, "lables"), {"a": "b"}),
        (("charts", 0, "services", 0, "ports"), "80"),
    ],
)
def test_both_refuse(path, value):
    assert problems(VALID) == []
    assert list(VALIDATOR.iter_errors(VALID)) == []
    entry = changed(path, value)
    assert problems(entry)
    assert list(VALIDATOR.iter_errors(entry))
