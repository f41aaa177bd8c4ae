"""`components`, `components NAME` and the pages of docs/catalogue say what the data say."""

import re
from pathlib import Path

import pytest
import yaml
from cilium_policies.catalogue import wording
from cilium_policies.catalogue.load import load
from cilium_policies.document.finding import RefusedError
from cilium_policies.questions import components

from tools import catalogue_page

CATALOGUE = load()
DOCS = Path(__file__).parents[2] / "docs"


def test_the_pages_are_what_the_catalogue_says():
    there = [DOCS / "catalogue.md", *(DOCS / "catalogue").glob("*.md")]
    made = catalogue_page.pages(CATALOGUE)
    assert {str(path.relative_to(DOCS)): path.read_text(encoding="utf-8") for path in there} == made, (
        "run: make docs"
    )


def test_list_finds_by_name_chart_image_and_kind():
    assert len(components.listed(CATALOGUE).rows) == len(CATALOGUE.components)
    by = {
        word: [row[0] for row in components.listed(CATALOGUE, word).rows]
        for word in ("grafana/loki", "VMSingle", "gateway-helm")
    }
    assert "loki" in by["grafana/loki"]
    assert "vmsingle" in by["VMSingle"]
    assert "envoy-gateway" in by["gateway-helm"]
    assert components.listed(CATALOGUE, "nothing-like-this").rows == []


def test_show_has_both_directions_and_every_own_edge():
    found, edges, outside, choices = components.shown(CATALOGUE, "loki")
    assert any("object-storage hosts" in str(row) for row in outside.rows)
    assert ("labels", wording.labels(CATALOGUE.components["loki"].match[0])) in found.rows
    assert {row[0] for row in edges.rows} == {"from", "to"}
    assert ("from", "component:grafana") in {row[:2] for row in edges.rows}
    assert len(edges.rows) == len(CATALOGUE.edges_of("loki"))
    assert choices.rows[-1][0] == "spec.components.define"


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(RefusedError) as refusal:
        components.shown(CATALOGUE, "grafanna")
    assert refusal.value.finding.cure == "did you mean grafana?"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (None, "always"),
        ("peer", "both are present"),
        ({"value": "a.b"}, "value 'a.b' set"),
        ({"value": ["a", "b"], "is": "x"}, "value 'a' or 'b' is 'x'"),
        (
            {"object": "Provider", "has": "spec.type", "matches": "slack"},
            "a Provider is in the input with 'spec.type' matches 'slack'",
        ),
        ([{"component": "loki"}, {"env": "A", "matches": "b"}], "loki is present or variable 'A' holds 'b'"),
        (
            {"not": {"arg": "--x"}, "replicas": "2"},
            "it has 2 replicas or more and not (an argument holds '--x')",
        ),
        ({"mentions": "object-storage"}, "its configuration mentions object storage outside"),
    ],
)
def test_conditions_in_words(condition, words):
    assert wording.when(condition) == words


def test_ports_that_an_object_holds_are_not_called_any():
    rows = components.shown(CATALOGUE, "agones-gameserver")[1].rows
    assert ("from", "world", "those at 'spec.template.spec.ports' or 'spec.ports'") in {
        row[:3] for row in rows
    }


def test_the_examples_of_an_own_component_are_valid():
    example, roles, ring = (
        yaml.load(text, Loader=yaml.BaseLoader)["spec"]["components"]
        for text in re.findall(
            r"```yaml\n(.*?)```", (DOCS / "catalogue.md").read_text(encoding="utf-8"), re.S
        )
    )
    assert [edge.part for edge in load(roles["define"]).get("ledger").own_edges][1:] == [("importer",)] * 2
    found = load(example["define"], example["disable"])
    assert found.by_chart("ledger")[0][0].name == "ledger"
    assert found.get("podinfo") is None
    ((_, made),) = load(ring["define"]).made_by("example.org", "Ring")
    assert (made.each, made.moves) == ("spec.pools", ((8080, ("spec.httpPort",)),))
