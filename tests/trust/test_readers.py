"""Objects that somebody's controller looks up (the catalogue's `reads`): written by one namespace, they open another
team's database only as long as `spec.trust.foreign` is not deny."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from cilium_policies.catalogue.flows import texts
from cilium_policies.catalogue.load import load
from cilium_policies.function import Options, run

from tests.short import manifests
from tests.trust.sweep import BASE

_DATABASE, _PORT = "db.victim.svc.cluster.local:9999", "9999"
_USUAL = ("url", "address", "endpoint", "host", "server", "repoURL", "brokers", "hosts", "connectionString")
_EVERY = 6  # some eighty rows; all of them held on 29 November 2026


def rows() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Component, chart and row of each that reads objects of a namespace."""
    catalogue = load()
    for name in sorted(catalogue.components):
        component = catalogue.get(name)
        charts = component.charts if component is not None else ()
        for row in catalogue.head["reads"].get(name, ()):
            kind = row.get("kind", "")  # the platform's, whoever calls it so, is nobody's in a namespace
            if charts and kind not in ("", "Application") and not kind.startswith("Cluster"):
                yield name, charts[0].chart, row


def written(row: dict[str, Any]) -> dict[str, Any]:
    """An object of that kind in evil, which names the database in each field that the row has and in the usual ones."""
    group = row.get("group", "")
    body: dict[str, Any] = {
        "apiVersion": f"{group}/v1" if group else "v1",
        "kind": row["kind"],
        "metadata": {"name": str(row.get("name", "one")).rpartition("/")[2], "namespace": "evil"},
        "spec": dict.fromkeys(_USUAL, f"http://{_DATABASE}"),
    }
    for path in texts(row.get("fields")):
        at = body
        *above, last = path.split(".")
        for key in above:
            at = at.setdefault(key, {}) if isinstance(at, dict) else {}
        if isinstance(at, dict) and not isinstance(at.get(last), dict):
            at[last] = f"http://{_DATABASE}"
    return body


def openings(chart: str, body: dict[str, Any], trust: str) -> list[str]:
    """Who is let in on the port that the object names."""
    release = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "reader", "namespace": "monitoring"},
        "spec": {"chart": {"spec": {"chart": chart}}},
    }
    options = Options(overrides=(("mode", "enforce"), ("trust.foreign", trust)), only_policies=True)
    cluster = manifests(yaml.safe_dump([*BASE, release, body], sort_keys=False))
    outcome = run([("stdin", cluster)], options)
    assert outcome.code == 0, outcome.stderr
    found = []
    for policy in yaml.safe_load_all(outcome.stdout):
        for spec in (policy.get("specs") or [policy["spec"]]) if policy else ():
            for rule in spec.get("ingress") or () if policy["metadata"]["namespace"] == "victim" else ():
                ports = [one["port"] for at in rule.get("toPorts") or () for one in at["ports"]]
                found += [json.dumps(rule)] * (_PORT in ports)
    return found


@pytest.mark.parametrize(
    ("chart", "row"), [pytest.param(chart, row, id=name) for name, chart, row in [*rows()][::_EVERY]]
)
def test_what_a_controller_looks_up_opens_nobody_elses_pods_under_deny(
    chart: str, row: dict[str, Any]
) -> None:
    assert openings(chart, written(row), "deny") == []


def test_such_an_object_does_open_them_where_it_is_announced() -> None:
    """The test above would be passed by objects that nobody reads."""
    sample = [*rows()][::_EVERY]
    assert (
        sum(bool(openings(chart, written(row), "announce")) for _, chart, row in sample) >= len(sample) // 2
    )
