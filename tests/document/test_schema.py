"""The own checker says yes and no exactly where jsonschema does."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from cilium_policies.config.read import SCHEMA
from cilium_policies.document.schema import BOOLEANS, INTEGER, Path, check, matches, path_of, path_text
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import schema_build

DEFINED = schema_build.schema_of(schema_build.DEFINITION.read_text("utf-8"))


def _is_integer(_: Any, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(INTEGER, value) is not None


def _limit(fits: Any) -> Any:
    def keyword(validator: Any, limit: int, value: Any, schema: Any) -> Any:
        if validator.is_type(value, "integer") and not fits(int(value), limit):
            yield jsonschema.ValidationError("out of range")

    return keyword


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Any:
    """JSON Schema's `$` is the very end of the text; Python's also matches before a last newline."""
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield jsonschema.ValidationError("pattern")


# Scalars are text in this program, so the reference is jsonschema with types that read text.
TYPES = (
    jsonschema.Draft4Validator.TYPE_CHECKER.redefine("integer", _is_integer)
    .redefine("boolean", lambda _, value: isinstance(value, str) and value in BOOLEANS)
    .redefine("string", lambda _, value: isinstance(value, str))
)
REFERENCE = jsonschema.validators.extend(
    jsonschema.Draft4Validator,
    validators={
        "minimum": _limit(lambda value, limit: value >= limit),
        "maximum": _limit(lambda value, limit: value <= limit),
        "pattern": _pattern,
    },
    type_checker=TYPES,
)(DEFINED)


def _without_nulls(value: Any, schema: Any) -> Any:
    """A known member without a value counts as absent (Kubernetes' reading); an entry of a list does not."""
    if isinstance(value, list) and schema:
        return [_without_nulls(member, schema.get("items")) for member in value]
    if not isinstance(value, dict) or not schema:
        return value
    branches = [one for one in schema.get("oneOf", [schema]) if one["type"] == "object"]
    kept = {}
    for key, member in value.items():
        below = next((one["properties"][key] for one in branches if key in one.get("properties", {})), None)
        others = [one.get("additionalProperties", True) for one in branches]
        if below is None:
            below = next((one for one in others if isinstance(one, dict)), None)
        if member is not None or below is None:
            kept[key] = _without_nulls(member, below)
    return kept


NOISE = st.recursive(
    st.none() | st.sampled_from(["", "x", "true", "yes", "0", "-1", "8080", "65536", "1e3", "off", "audit"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["mode", "x", "pod"]), inner, max_size=2)
    ),
    max_leaves=4,
)
WORDS = (
    "world none component:x cidr:10.0.0.0/8 a/b 8080/TCP 1-2/UDP 80/tcp * 1h 1x 1.18 v1.16.3 1 media Media"
)
TEXTS = st.sampled_from([*WORDS.split(), "*\n", "media\n", ""])


def _drawn(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that mostly fit a schema, so that the interesting misses are near hits."""
    if "oneOf" in schema:
        fitting = st.one_of(*map(_drawn, schema["oneOf"]))
    elif schema["type"] == "object":
        fitting = _drawn_object(schema)
    elif schema["type"] == "array":
        fitting = st.lists(_drawn(schema["items"]), max_size=2)
    elif "enum" in schema:
        fitting = st.sampled_from(schema["enum"]) | TEXTS
    elif schema["type"] == "boolean":
        fitting = st.sampled_from(["true", "false", "False", "TRUE", "yes", "on", "tRue", "1"])
    elif schema["type"] == "integer":
        fitting = st.integers(-2, 70000).map(str)
    else:
        fitting = TEXTS
    return st.one_of(fitting, fitting, fitting, fitting, fitting, fitting, NOISE)


def _drawn_object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    properties = {name: _drawn(below) for name, below in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    kept = {name: one for name, one in properties.items() if name in required}
    optional = {name: one for name, one in properties.items() if name not in required}
    objects = st.fixed_dictionaries(kept, optional=optional)
    others = schema.get("additionalProperties", True)
    inner = _drawn(others) if isinstance(others, dict) else st.just("text")
    extra = st.dictionaries(
        st.sampled_from(["media", "app.kubernetes.io/name", "unknown"]), inner, max_size=1
    )
    if others is False:
        extra = st.one_of(st.just({}), st.just({}), st.just({}), st.just({}), st.just({}), extra)
    return st.tuples(objects, extra).map(lambda pair: {**pair[0], **pair[1]})


def _parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schema and every schema inside it: a small one is met by chance far more often than the whole."""
    below = [*schema.get("properties", {}).values(), *schema.get("oneOf", [])]
    below += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    return [schema, *(part for one in below for part in _parts(one))]


PART_AND_VALUE = st.sampled_from(_parts(SCHEMA)).flatmap(lambda one: st.tuples(st.just(one), _drawn(one)))


@settings(max_examples=600, deadline=None)
@given(PART_AND_VALUE)
def test_agrees_with_jsonschema(drawn: tuple[dict[str, Any], Any]) -> None:
    schema, value = drawn
    reference = REFERENCE.evolve(schema=schema)
    assert (next(check(schema, value), None) is None) == reference.is_valid(_without_nulls(value, schema))


@pytest.mark.parametrize(
    "spec",
    [
        {"mode": "audit"},
        {"rollout": {"phases": [["a"]], "phase": "1"}},
        {"allow": [{"from": "world", "to": {"pod": "a/b"}}]},
    ],
)
def test_the_reference_accepts_what_is_right(spec: dict[str, Any]) -> None:
    body = {"apiVersion": "cilium-policies.fn/v1alpha1", "kind": "CiliumPolicies", "spec": spec}
    assert REFERENCE.is_valid(body)
    assert not list(check(SCHEMA, body))


def test_the_definition_is_a_schema_without_unknown_keywords() -> None:
    jsonschema.Draft4Validator.check_schema(DEFINED)
    known = {"type", "enum", "pattern", "minLength", "minimum", "maximum", "properties", "required"}
    known |= {"additionalProperties", "items", "oneOf", "description", "default", "example"}

    def walk(schema: dict[str, Any]) -> None:
        assert set(schema) <= known
        if "pattern" in schema:  # what a refusal shows
            assert "example" in schema
        below = [*schema.get("properties", {}).values(), *schema.get("oneOf", [])]
        below += [
            schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)
        ]
        for one in below:
            walk(one)

    walk(DEFINED)


def test_defaults_in_the_definition_fit_it() -> None:
    parts = [part for part in _parts(DEFINED) if "default" in part]
    assert parts
    for part in parts:
        jsonschema.Draft4Validator(part).validate(part["default"])


def test_module_and_reference_page_follow_the_definition() -> None:
    assert schema_build.DATA.read_text("utf-8") == schema_build.data_text(DEFINED)
    assert schema_build.REFERENCE.read_text("utf-8") == schema_build.reference_text(DEFINED)


def test_a_path_reads_as_users_write_it() -> None:
    assert path_text(("spec", "allow", 2, "from")) == "spec.allow[2].from"
    assert path_text(("spec", "labels", "app.kubernetes.io/name")) == 'spec.labels["app.kubernetes.io/name"]'


def test_a_dollar_is_the_very_end() -> None:
    assert matches("^a$", "a")
    assert not matches("^a$", "a\n")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("spec.allow[0].from", ("spec", "allow", 0, "from")),
        ('metadata.labels["app.kubernetes.io/name"]', ("metadata", "labels", "app.kubernetes.io/name")),
        ("", ()),
    ],
)
def test_a_path_and_its_text(text: str, path: Path) -> None:
    assert path_of(text) == path
    assert path_text(path) == text
