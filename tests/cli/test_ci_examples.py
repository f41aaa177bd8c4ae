"""What people copy into their pipelines: each command line is one that the program takes; the schemas hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import jsonschema
import pytest
import yaml
from cilium_policies.cli.group import group

from tools import map_picture

ROOT = Path(__file__).parents[2]
FILES = (
    "examples/github-actions/policies.yaml",
    "examples/gitlab/.gitlab-ci.yml",
    "examples/flate/README.md",
    "examples/pre-commit/.pre-commit-config.yaml",
    "README.md",
    "docs/night.md",
)
SCHEMAS = ROOT / "docs/schema"


def command_lines(text: str) -> list[str]:
    """What stands behind `cilium-policies` and behind `arguments:`, up to a pipe or redirection."""
    piped = re.findall(r"(?:^|[|;(] *|- )cilium-policies ([a-z][a-z-]*[^|>;`)\n]*)", text, re.M)
    return piped + re.findall(r"arguments: ([a-z][^,}\n]*)", text)


@pytest.mark.parametrize("file", FILES)
def test_each_command_and_option_is_known(file: str) -> None:
    for line in command_lines((ROOT / file).read_text("utf-8")):
        name, *words = line.split()
        command = group.get_command(click.Context(group), name)
        assert command is not None, line
        known = {form for option in command.params for form in option.opts}
        assert {word for word in words if word.startswith("-") and word != "-"} <= known, line


def test_the_workflows_are_yaml_and_name_nothing_that_anybody_could_claim() -> None:
    for file in ("action.yml", *FILES[:2]):
        text = (ROOT / file).read_text("utf-8")
        assert isinstance(yaml.safe_load(text), dict)
        assert not re.search(r"uses: [^./][^@]*cilium-policies", text)
        assert not re.search(r"pip install cilium-policies", text)
    assert json.loads((ROOT / "examples/renovate/renovate.json").read_text("utf-8"))["customManagers"]


def test_renovate_finds_the_image_of_a_function_config() -> None:
    (manager,) = json.loads((ROOT / "examples/renovate/renovate.json").read_text("utf-8"))["customManagers"]
    pattern = manager["matchStrings"][0].replace("(?<", "(?P<")
    found = re.search(pattern, "      container: {image: registry.example.org/tools/cilium-policies:0.1.0}")
    assert found
    assert (found["depName"], found["currentValue"]) == (
        "registry.example.org/tools/cilium-policies",
        "0.1.0",
    )


def test_the_schema_of_the_config_takes_the_config_with_every_field() -> None:
    schema = json.loads((SCHEMAS / "config.json").read_text("utf-8"))
    config = yaml.safe_load((ROOT / "function-config.yaml").read_text("utf-8"))
    jsonschema.validate(config, schema, jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**config, "spec": {"mode": "loud"}}, schema, jsonschema.Draft202012Validator)
    first = (ROOT / "function-config.yaml").read_text("utf-8").splitlines()[0]
    assert (ROOT / first.partition("$schema=")[2]).exists()


def test_the_schema_of_tests_takes_both_forms() -> None:
    schema = json.loads((SCHEMAS / "policytest.json").read_text("utf-8"))
    head = {"apiVersion": "cilium-policies.fn/v1alpha1", "kind": "PolicyTest"}
    tests = [
        "a/b -> world:443 deny",
        {"to": {"pod": "a/b"}, "onlyFrom": ["*"]},
        {"from": "world", "to": "a/b"},
    ]
    jsonschema.validate({**head, "tests": tests}, schema, jsonschema.Draft202012Validator)
    for wrong in ([], ["a/b"], [{"to": "a/b"}], [{"from": "a", "to": "b", "expect": "maybe"}]):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**head, "tests": wrong}, schema, jsonschema.Draft202012Validator)


def test_the_picture_of_the_readme_is_what_the_report_draws() -> None:
    assert map_picture.FILE.read_text("utf-8") == map_picture.drawn()


def test_the_readme_fits_a_stranger() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.count("\n") < 170
    assert "docs/map.svg" in text
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert link.startswith("http") or (ROOT / link).exists(), link
