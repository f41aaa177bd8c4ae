"""A `fleet.yaml` for one cluster, by Fleet's rules: the first target that fits, laid over the rest."""

from __future__ import annotations

import pytest
from cilium_policies.builds.fleet_bundles import release_name
from cilium_policies.builds.fleet_options import Cluster, chosen, filled, for_cluster, with_files
from cilium_policies.document.finding import RefusedError


def target(name: str, more: dict | None = None, **labels: str) -> dict:
    return {"name": name, "clusterSelector": {"matchLabels": labels}, **(more or {})}


def test_the_first_target_that_fits_counts():
    spec = {
        "namespace": "shop",
        "targetCustomizations": [
            target("eu", {"namespace": "shop-eu"}, region="eu"),
            target("prod", {"namespace": "shop-prod"}, env="prod"),
        ],
    }
    cluster = Cluster(labels={"env": "prod", "region": "eu"})
    assert for_cluster(spec, cluster)["namespace"] == "shop-eu"
    assert for_cluster(spec, Cluster(labels={"env": "test"}))["namespace"] == "shop"


def test_a_target_that_asks_for_nothing_fits_no_cluster_and_an_empty_selector_all():
    targets = [{"name": "a", "namespace": "none"}, {"namespace": "all", "clusterSelector": {}}]
    spec = {"targetCustomizations": targets}
    assert for_cluster(spec, Cluster())["namespace"] == "all"
    assert for_cluster(spec, Cluster("a"))["namespace"] == "all"


def test_all_that_fit_are_laid_over_each_other_where_that_is_asked_for():
    spec = {
        "targetCustomizationMode": "AllMatches",
        "helm": {"chart": "web", "values": {"a": 1, "b": {"c": 1}}},
        "targetCustomizations": [
            target("one", {"helm": {"values": {"b": {"d": 2}}}}, env="prod"),
            target("two", {"helm": {"values": {"a": 3}}, "yaml": {"overlays": ["x"]}}, env="prod"),
        ],
    }
    made = for_cluster(spec, Cluster(labels={"env": "prod"}))
    assert made["helm"]["values"] == {"a": 3, "b": {"c": 1, "d": 2}}
    assert made["yaml"] == {"overlays": ["x"]}


@pytest.mark.parametrize(
    "spec",
    [
        {"targetCustomizations": [target("prod", {"doNotDeploy": True}, env="prod")]},
        {"overrideTargets": [target("", None, env="test")]},
    ],
)
def test_what_is_not_applied_there(spec):
    assert for_cluster(spec, Cluster(labels={"env": "prod"})) is None


def test_a_target_is_asked_for_by_its_name_and_fits_others_by_what_it_selects():
    """Most repositories have a target of each name in many files; one of another name may select the same."""
    first = {"targetCustomizations": [target("prod", {"namespace": "a"}, env="prod")]}
    second = {"targetCustomizations": [target("production", {"namespace": "b"}, env="prod")]}
    cluster = chosen([first, second], "prod")
    assert (for_cluster(first, cluster)["namespace"], for_cluster(second, cluster)["namespace"]) == ("a", "b")


def test_which_cluster_is_asked_where_it_matters():
    assert chosen([{"namespace": "shop"}], "") == Cluster()
    specs = [{"targetCustomizations": [target("prod", None, env="prod"), target("", None, env="test")]}]
    with pytest.raises(RefusedError) as refusal:
        chosen(specs, "")
    assert refusal.value.finding.cure.startswith("name one: --cluster prod, --cluster env=test, or")
    with pytest.raises(RefusedError, match=r"--cluster none: no fleet\.yaml here has such a target"):
        chosen(specs, "none")


def test_values_files_are_read_for_a_chart_that_is_named():
    """Fleet reads none for a chart in the bundle's own folder, which it does not name."""
    files = {"top.yaml": {"a": 2, "b": 2}, "prod.yaml": {"b": 3}}
    spec = {
        "helm": {"chart": "web", "values": {"a": 1}, "valuesFiles": ["top.yaml"]},
        "targetCustomizations": [target("prod", {"helm": {"valuesFiles": ["prod.yaml"]}}, env="prod")],
    }
    made = for_cluster(with_files(spec, files.__getitem__), Cluster("prod"))
    assert made["helm"]["values"] == {"a": 2, "b": 3}
    own = with_files({"helm": {"values": {"a": 1}, "valuesFiles": ["top.yaml"]}}, files.__getitem__)
    assert own["helm"]["values"] == {"a": 1}


def test_values_hold_what_is_known_of_the_cluster():
    """What nobody knows here takes no default: the cluster may have that label."""
    helm = {
        "values": {
            "env": "${ .ClusterLabels.env | upper }",
            "host": "web.${ .ClusterLabels.domain }",
            "zone": '${ .ClusterLabels.zone | default "a" }',
            "label": "global.fleet.clusterLabels.env",
            "other": "global.fleet.clusterLabels.tier",
        }
    }
    values, left = filled(helm, Cluster(labels={"env": "prod"}))
    assert values == {
        "env": "PROD",
        "host": "web.${domain}",
        "zone": "${zone}",
        "label": "prod",
        "other": "${tier}",
    }
    assert len(left) == 3
    raw, _ = filled({**helm, "disablePreProcess": True}, Cluster(labels={"env": "prod"}))
    assert raw["env"] == "${ .ClusterLabels.env | upper }"


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("repo/apps/web", "repo-apps-web"),
        # rancher/fleet: internal/names/name_test.go
        ("long-name-test-shortpath-with@char", "long-name-test-shortpath-with-char-031bab5e"),
        ("long-name-test--App_-_12.factor", "long-name-test-app-12-factor-0efbac37"),
        ("1234567890" * 5 + "123a", "12345678901234567890123456789012345678901234567-fdba4"),
        ("1234567890" * 4 + "123456-1234567", "1234567890123456789012345678901234567890123456-d0bce"),
    ],
)
def test_releases_are_called_as_fleet_calls_them(name, release):
    assert release_name(name) == release


def test_of_an_address_in_a_targets_place_no_more_is_shown_than_its_host():
    """A choice is a line for people, and a path may hold a token."""
    spec = {"targetCustomizations": [{"clusterName": "https://me:hunter2@rancher.acme.com/hunter2"}]}
    with pytest.raises(RefusedError) as caught:
        chosen([spec], "")
    assert "--cluster https://rancher.acme.com/…" in str(caught.value.finding)
    assert "hunter2" not in str(caught.value.finding)
