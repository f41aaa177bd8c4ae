"""Charts that others bring as dependencies have the rows of those charts, with the values below their key."""

from __future__ import annotations

from typing import Any

import pytest
from cilium_policies.catalogue.bundled import bring
from cilium_policies.catalogue.conditions import chart_makes
from cilium_policies.catalogue.load import load
from cilium_policies.catalogue.model import CatalogueError, ChartEntry, Component


def _brought(row: dict[str, Any], dependency: dict[str, str]) -> list[ChartEntry]:
    """The rows that a chart `shop` has of a dependency."""
    bodies: dict[str, dict[str, Any]] = {"db": {"component": "db", "charts": [row]}}
    bring(bodies, {"shop": [dependency]})
    return [one for one in Component(bodies["db"]).charts if one.chart == "shop"]


@pytest.mark.parametrize(
    ("enabled", "default", "values", "made"),
    [
        (None, None, {}, True),
        (None, None, {"db": {"enabled": "false"}}, False),
        ("backup.on", "false", {}, False),  # on in the chart that brings it, off in its own
        ("backup.on", "false", {"db": {"backup": {"on": "true"}}}, True),
        ("backup.on", "false", {"db": {"enabled": "false", "backup": {"on": "true"}}}, False),
        ({"not": {"value": "sentinel.on"}}, None, {}, True),
        ({"not": {"value": "sentinel.on"}}, None, {"db": {"sentinel": {"on": "true"}}}, False),
        ({"all": ["a", {"value": "b", "is": "x"}]}, "false", {"db": {"a": "true", "b": "x"}}, True),
        ({"all": ["a", {"value": "b", "is": "x"}]}, "false", {"db": {"a": "true", "b": "y"}}, False),
        ({"all": ["a", {"value": "b", "is": "x"}]}, "false", {"a": "true", "b": "x"}, False),
    ],
)
def test_a_switch_of_the_dependency_is_read_below_its_key(
    enabled: Any, default: str | None, values: dict[str, Any], made: bool
) -> None:
    row = {"chart": "db", "labels": {"app": "{name}"}}
    row |= {"enabled": enabled} if enabled is not None else {}
    row |= {"default": default} if default is not None else {}
    found = _brought(row, {"chart": "db"})
    assert [chart_makes(one, values) for one in found] == [made]


def test_it_is_off_where_the_chart_that_brings_it_says_so() -> None:
    found = _brought({"chart": "db"}, {"chart": "db", "enabled": "store.db.on", "default": "false"})
    assert [chart_makes(one, {}) for one in found] == [False]
    assert [chart_makes(one, {"store": {"db": {"on": "true"}}}) for one in found] == [True]


def test_its_values_and_its_name_are_those_of_its_key() -> None:
    parts = {"chart": "db", "values": "primary", "workload": "{fullname}"}
    assert [(one.values, one.name) for one in _brought(parts, {"chart": "db", "as": "store"})] == [
        ("store.primary", "store")
    ]
    named = {"chart": "db", "name": "db-router"}
    assert [one.name for one in _brought(named, {"chart": "db", "as": "store"})] == ["db-router"]
    full = _brought({"chart": "db", "workload": "{fullname}-0"}, {"chart": "db", "fullname": "shop-db"})
    assert [one.workload for one in full] == ["{values.fullnameOverride|shop-db}-0"]


def test_a_chart_of_another_publisher_is_none() -> None:
    row = {"chart": "db", "publisher": "acme"}
    assert _brought(row, {"chart": "db", "publisher": "acme"})
    for wrong in (
        {"chart": "db"},
        {"chart": "db", "publisher": "other"},
        {"chart": "none"},
        {"chart": "db", "on": "x"},
    ):
        with pytest.raises(CatalogueError, match=r"bundled\.yaml: shop"):
            _brought(row, wrong)


def test_what_a_components_own_file_says_of_a_part_is_said_once() -> None:
    catalogue = load()
    for chart in ("weblate", "prometheus", "gitea", "superset", "airflow", "loki", "sentry"):
        rows = [
            (one.name, entry.values, str(entry.labels), entry.workload)
            for one, entry in catalogue.by_chart(chart)
        ]
        assert len(rows) == len(set(rows)), chart


def test_no_pod_of_a_chart_stands_twice() -> None:
    """Two writers' rows of one pod make two policies of it, and each of what one of them alone says."""
    catalogue = load()
    for chart in catalogue.head["charts"]:
        rows = [(one.name, repr(row)) for one, row in catalogue.by_chart(chart)]
        assert len(rows) == len(set(rows)), chart
