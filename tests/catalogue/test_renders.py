"""Pods of real charts: each matched by exactly one entry, its declared ports covered or listed.

renders.jsonl holds, for each workload of `helm template` of 181 charts with release `relx` (default values,
and each part switched on once), its labels without volatile ones, images, declared ports, and the component
that the chart's documentation and the given facts call it; `closed` are the ports that stay closed on purpose
(profiling, debugging) or belong to peers that no entry names.
"""

import json
from pathlib import Path

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.catalogue.recognise import recognise

from tests.engine.facts import component_of, facts_directory, load_facts

ROWS = [json.loads(line) for line in Path(__file__).with_name("renders.jsonl").read_text().splitlines()]
CATALOGUE = load()
# The facts call its query-frontend and gateways Tempo, although they are parts of the distributed one.
SPLIT = {
    "gatekeeper-hooks": "gatekeeper",
    "gatus-sidecar": "gatus",
    "spegel-cleanup": "spegel",
}  # roles that have an entry of their own, and the facts' name for all of them
FINER = "tempo-distributed"
IDS = [f"{row['chart']}/{row['name']}" for row in ROWS]


def numbers(row):
    return [int(port.partition("/")[0]) for port in row["ports"]]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_one_entry_matches(row):
    pod = {"labels": row["labels"], "kind": row["kind"], "name": row["name"], "ports": numbers(row)}
    assert recognise(CATALOGUE, **pod, images=row["images"], namespace="ns").name == row["component"]
    by_labels = recognise(CATALOGUE, **pod)
    assert by_labels is None or by_labels.name == row["component"], "labels and image disagree"


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_declared_ports_are_covered_or_listed(row):
    component = CATALOGUE.components[row["component"]]
    if component.host_network:
        return
    covered = {
        f"{number}/{port.protocol}"
        for edge in CATALOGUE.edges_of(component.name)
        if edge.direction == "ingress" or edge.peer == f"component:{component.name}"
        for port in edge.pod_ports()
        for number in range(port.number, (port.end or port.number) + 1)
    }
    assert set(row["ports"]) - covered == set(row.get("closed", []))


@pytest.mark.skipif(facts_directory() is None, reason="needs ../shared/facts beside the checkout")
def test_components_are_those_of_the_facts():
    facts = load_facts(facts_directory())
    known = [(row, component_of(row["labels"], facts)) for row in ROWS if row["chart"] != FINER]
    assert sum(name is not None for _, name in known) > 350
    assert [
        row for row, name in known if name not in (None, SPLIT.get(row["component"], row["component"]))
    ] == []


def test_the_chart_that_made_a_pod_lists_it():
    """Each component of a render stands in its chart's entries, so that unrendered trees know it too."""
    missing = {
        (row["chart"], row["component"])
        for row in ROWS
        if row["component"] not in {one.name for one, _ in CATALOGUE.by_chart(row["chart"])}
    }
    assert missing == set()
