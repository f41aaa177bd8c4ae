"""Recognition: labels first, then image, then name; ties and shared labels."""

import pytest
from cilium_policies.catalogue import index, load
from cilium_policies.catalogue.recognise import may_be_part, recognise, repository_of

ENTRIES = [
    {"component": "wide", "match": [{"app": "db"}], "images": ["vendor/db"]},
    {
        "component": "narrow",
        "match": [{"app": "db", "role": "proxy"}],
        "edges": [{"from": "gateway", "ports": ["81/TCP"]}],
    },
    {"component": "any", "match": [{"owner": "*", "app": "made"}]},
    {
        "component": "one",
        "match": [{"app": "twin"}],
        "charts": [{"chart": "first"}],
        "workload": "Deployment/NAME-one",
    },
    {
        "component": "two",
        "match": [{"app": "twin"}],
        "images": ["vendor/two"],
        "edges": [{"from": "gateway", "ports": ["82/TCP"]}],
    },
    {
        "component": "generic",
        "match": [{"control-plane": "manager"}],
        "sharedLabels": "true",
        "images": ["vendor/generic"],
        "workload": "Deployment/manager",
    },
    {
        "component": "default",
        "match": [{"app": "registry", "chart": "*"}],
        "sharedLabels": "true",
        "images": ["vendor/suite-registry"],
        "workload": "Deployment/suite-registry",
    },
    {"component": "registry", "match": [{"app": "registry"}]},
    {
        "component": "swept",
        "match": [{"app": "sweep", "chart": "*"}],
        "sharedLabels": "true",
        "images": ["vendor/suite-sweep"],
    },
    {"component": "sweep", "match": [{"app": "sweep"}], "workload": "CronJob/sweep"},
    {"component": "hook", "match": [{"batch.kubernetes.io/job-name": "*-create"}]},
    {"component": "pictured", "images": ["vendor/pictured", "library/db"]},
]
CATALOGUE = load.Catalogue(index.assemble({one["component"]: one for one in ENTRIES}))


@pytest.mark.parametrize(
    ("pod", "component"),
    [
        ({"labels": {"app": "db", "tier": "x"}}, "wide"),
        ({"labels": {"app": "db", "role": "proxy"}}, "narrow"),
        ({"labels": {"app": "made", "owner": "whoever"}}, "any"),
        ({"labels": {"app": "made"}}, None),
        ({"labels": {"app": "twin"}}, None),
        ({"labels": {"app": "twin"}, "chart": "first"}, "one"),
        ({"labels": {"app": "twin"}, "images": ["docker.io/vendor/two:1"]}, "two"),
        ({"labels": {"app": "twin"}, "chart": "first", "images": ["vendor/two"]}, "one"),
        ({"labels": {"control-plane": "manager"}, "name": "manager"}, "generic"),
        ({"labels": {"control-plane": "manager"}, "name": "manager", "images": ["other/manager"]}, None),
        ({"labels": {"app": "twin"}, "name": "release-one"}, "one"),
        ({"labels": {"app": "twin"}, "ports": [82]}, "two"),
        ({"labels": {"control-plane": "manager"}}, None),
        (
            {"labels": {"control-plane": "manager"}, "images": ["r.example:5000/vendor/generic@sha256:00"]},
            "generic",
        ),
        ({"labels": {"app": "other"}, "images": ["x.io/vendor/pictured:2", "side/car:1"]}, "pictured"),
        (
            {"labels": {"app": "other"}, "images": ["side/car:1", "x.io/vendor/pictured:2"]},
            None,
        ),  # a side-car's
        ({"labels": {"app": "other"}, "images": ["ghcr.io/my-vendor/pictured:2"]}, None),
        # a registry of one's own keeps the last name, or writes all of the path in one
        ({"labels": {"app": "other"}, "images": ["x.io/mirror/pictured:2"]}, "pictured"),
        ({"labels": {"app": "other"}, "images": ["x.io/mirror/docker.io-vendor-pictured:2"]}, "pictured"),
        ({"labels": {"app": "other"}, "images": ["x.io:5000/db:1"]}, "pictured"),
        ({"labels": {"app": "other"}, "images": ["x.io/mirror/two:1"]}, "two"),
        ({"labels": {"app": "other"}, "images": ["x.io/mirror/my-pictured:2"]}, None),
        ({"labels": {"app": "other"}, "images": ["my/mirror/pictured:2"]}, None),
        ({"labels": {}, "kind": "Job", "name": "release-create"}, "hook"),
        ({"labels": {}, "kind": "Job", "name": "release-created"}, None),
        ({"labels": {}, "kind": "Deployment", "name": "release-create"}, None),
        ({"labels": {}, "images": ["vendor/db:1"]}, "wide"),
        ({"labels": {}, "images": ["db:1"]}, "pictured"),
        ({"labels": {"app": "db"}, "images": ["vendor/pictured"]}, "wide"),
        # a framework's labels that do not count hide no other entry's, and its image tells before those
        ({"labels": {"app": "registry", "chart": "own-1.2"}, "images": ["own/registry:2"]}, "registry"),
        ({"labels": {"app": "registry", "chart": "own-1.2"}, "images": ["vendor/suite-registry"]}, "default"),
        ({"labels": {"app": "sweep", "chart": "own-1.2"}, "kind": "CronJob"}, "sweep"),
        ({"labels": {"app": "sweep", "chart": "own-1.2"}, "kind": "Deployment"}, None),
        ({"labels": {"app": "registry", "chart": "own-1.2"}, "images": ["vendor/pictured"]}, "pictured"),
        ({"labels": {"app": "x", "chart": "own-1.2"}, "images": ["own/registry:2"]}, None),
    ],
)
def test_recognition(pod, component):
    found = recognise(CATALOGUE, **pod)
    assert (found.name if found else None) == component


@pytest.mark.parametrize(
    ("image", "component"),
    [
        ("zookeeper:3.9", "zookeeper"),
        ("ghcr.io/hostzero-gmbh/keycloak-operator:v1", "keycloak-operator-hostzero"),
    ],
)
def test_an_image_that_other_charts_run_too_tells_its_own_program(image, component):
    """An entry of a chart that brings somebody's program says `runs`: two with the image in `images` tell nothing."""
    found = recognise(load.load(), labels={"app": "own"}, images=[image], name="own", kind="Deployment")
    assert found is not None
    assert found.name == component


@pytest.mark.parametrize(
    ("image", "component"),
    [
        ("mirror/embyserver", "emby"),
        ("mirror/postgres", "postgresql"),
        ("mirror/redis", "redis"),
        ("mirror/zwave-js-ui", "zwave-js-ui"),
        ("mirror/gotify-server", "gotify"),
        ("shop/server", ""),
        ("shop/controller", ""),
        ("shop/order-service", ""),  # a demo's, by its path alone
        ("shop/web", ""),
        ("shop/my-redis", ""),
    ],
)
def test_the_last_name_of_an_image_tells_where_it_is_no_ones_else(image: str, component: str) -> None:
    image = f"registry.acme.com/{image}:1"
    found = recognise(load.load(), labels={"app": "own"}, images=[image], name="own", kind="Deployment")
    assert (found.name if found else "") == component


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("nginx", "library/nginx"),
        ("docker.io/nginx:1", "library/nginx"),
        ("host:5000/a/b", "host:5000/a/b"),
        ("host:5000/a/b:v1@sha256:ab", "host:5000/a/b"),
        ("ghcr.io/a/b@sha256:ab", "ghcr.io/a/b"),
        ("docker.io/bitnamilegacy/postgresql:15", "docker.io/bitnami/postgresql"),
        ("mirror.example.com/hub/bitnamisecure/redis", "mirror.example.com/hub/bitnami/redis"),
    ],
)
def test_repository_of_an_image(image, repository):
    assert repository_of(image) == repository


@pytest.mark.parametrize(
    ("labels", "image", "component"),
    [
        ({"app.kubernetes.io/name": "vaultwarden", "app": "pass-web"}, "registry.own/vw", "vaultwarden"),
        ({"app": "ci-web"}, "concourse/concourse:8", "concourse-web"),
        ({"app": "ci-worker"}, "concourse/concourse:8", "concourse-worker"),
        ({"app": "shop-web"}, "registry.own/shop", ""),
    ],
)
def test_the_labels_of_a_chart_that_many_others_write_hide_no_ones_own(
    labels: dict[str, str], image: str, component: str
) -> None:
    found = recognise(load.load(), labels={**labels, "release": "r"}, images=[image], name=labels["app"])
    assert (found.name if found else "") == component


def test_a_label_of_the_charts_is_asked_of_pods_that_have_it_or_that_labels_tell_of() -> None:
    wanted = {"app.kubernetes.io/component": "controller"}
    assert may_be_part(wanted, {"app": "rollouts"}, by_label=False)
    assert not may_be_part(wanted, {"app": "rollouts"}, by_label=True)
    assert not may_be_part(wanted, {"app.kubernetes.io/component": "dashboard"}, by_label=False)
