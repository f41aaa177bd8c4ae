"""From objects to every pod there will be, and what cannot be placed."""

from __future__ import annotations

import pytest
from cilium_policies.config.settings import Settings
from cilium_policies.document.finding import RefusedError
from cilium_policies.workloads.cluster import Cluster

from tests.support import cluster, deployment, namespace, service

DATABASE = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: db\nspec: {instances: 1}\n"
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: charts
spec: {chart: {spec: {chart: grafana}}}
"""
UPGRADE = (
    "apiVersion: tuppr.home-operations.com/v1alpha1\nkind: TalosUpgrade\nmetadata: {name: t}\nspec: {}\n"
)


def names(found: Cluster) -> set[str]:
    return {f"{one.namespace}/{one.name}" for one in found.workloads}


@pytest.mark.parametrize("stamp", ["", "  namespace: _\n"])
@pytest.mark.parametrize(
    "text",
    [deployment("x/web").replace("  namespace: x\n", ""), DATABASE, RELEASE],
    ids=["pods", "operator", "release"],
)
def test_an_unknown_namespace_is_an_error_with_the_cure(text: str, stamp: str) -> None:
    head, name, rest = text.partition("\nspec:")
    with pytest.raises(RefusedError, match=r"the namespace of .* is not known") as raised:
        cluster(head + "\n" + stamp.rstrip("\n") + name + rest if stamp else text)
    assert "spec.namespaces.default" in raised.value.finding.cure
    assert raised.value.finding.line


def test_a_cluster_scoped_object_without_its_operator_is_none() -> None:
    assert names(cluster(UPGRADE)) == set()


def test_a_variable_counts_as_known() -> None:
    assert names(cluster(deployment("x/web").replace("namespace: x", 'namespace: "${NS}"'))) == {"${NS}/web"}


def test_pods_of_operators_and_releases_are_known() -> None:
    placed = DATABASE.replace("name: db", "name: db\n  namespace: data")
    released = RELEASE.replace("name: charts", "name: charts\n  namespace: ops")
    found = cluster(namespace("data"), placed, released)
    components = {one.component: one.namespace for one in found.workloads}
    assert components["cloudnative-pg-cluster"] == "data"
    assert components["grafana"] == "ops"


def test_an_operators_output_that_is_rendered_stands_once() -> None:
    placed = DATABASE.replace("name: db", "name: db\n  namespace: data")
    labels = "cnpg.io/cluster: db, cnpg.io/podRole: instance, app.kubernetes.io/managed-by: cloudnative-pg"
    alone = [one for one in cluster(placed).workloads if one.component == "cloudnative-pg-cluster"]
    rendered = deployment(
        "data/db", labels=", ".join(f"{k}: {v}" for k, v in alone[0].labels.items()) or labels
    )
    both = [one for one in cluster(placed, rendered).workloads if one.component == "cloudnative-pg-cluster"]
    assert [one.rendered for one in both] == [True]


def test_an_agents_own_label_filter_narrows_selectors() -> None:
    two = (
        deployment("shop/web", labels="app: web, team: a"),
        deployment("shop/api", labels="app: api, team: b"),
    )
    found = cluster(*two, settings=Settings(identity_labels=("k8s:team",)))
    assert [one.selector for one in found.workloads] == [{"team": "a"}, {"team": "b"}]
    found = cluster(*two, settings=Settings(identity_labels=("k8s:none",)))
    assert {tuple(one.selector) for one in found.workloads} == {("io.cilium.k8s.policy.serviceaccount",)}


def test_services_find_their_pods_and_named_ports() -> None:
    web = deployment("shop/web").replace("containerPort: 8080", "{containerPort: 8080, name: http}")
    found = cluster(web, service("shop/web", target="http"))
    [behind] = found.backends(found.services[0])
    assert found.target_port(behind, "http") == (8080, "TCP", "", 0)
    assert found.target_port(behind, "metrics") is None


def test_a_workload_is_what_it_is_once_gathering_has_ended() -> None:
    (one,) = cluster(namespace("shop"), deployment("shop/web")).workloads
    with pytest.raises(AttributeError, match="component of Deployment shop/web is set after"):
        one.component = "other"


SHOWN = """apiVersion: apps/v1
kind: Deployment
metadata: {name: metrics, namespace: ops}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: metrics-server, app.kubernetes.io/instance: metrics}}
  template:
    metadata: {labels: {app.kubernetes.io/name: metrics-server, app.kubernetes.io/instance: metrics, extra: label}}
    spec: {containers: [{name: c, image: registry.k8s.io/metrics-server/metrics-server:v0.8.1}]}
---
apiVersion: v1
kind: Service
metadata: {name: metrics, namespace: ops}
spec: {selector: {app.kubernetes.io/name: metrics-server}, ports: [{port: 8443, targetPort: https}]}
"""


def test_a_release_beside_what_was_rendered_of_it_stands_once() -> None:
    """As the input shows it, with what the values tell: an address in them is an address of its pods."""
    values = "values: {fullnameOverride: metrics, someUrl: 'http://db.data:5432'}"
    release = RELEASE.replace("name: charts", "name: metrics\n  namespace: ops")
    release = release.replace("grafana}}}", f"metrics-server}}}}, {values}}}")
    alone = cluster(namespace("ops"), release)
    found = cluster(namespace("ops"), release, SHOWN)
    (one,), (behind,) = found.workloads, found.services

    assert [one.key for one in alone.workloads] == [one.key]
    assert (one.rendered, one.labels["extra"], one.chart) == (True, "label", "metrics-server")
    assert one.values["fullnameOverride"] == "metrics"
    assert "http://db.data:5432" in [text.value for text in one.texts]
    assert [(port.port, port.target) for port in behind.ports] == [(8443, "https")]


def test_a_release_beside_pods_of_its_name_that_are_another_program_stands_beside_them() -> None:
    release = RELEASE.replace("name: charts", "name: metrics\n  namespace: ops").replace(
        "grafana", "metrics-server"
    )
    other = SHOWN.replace("metrics-server", "web")
    found = cluster(namespace("ops"), release, other)

    assert sorted(one.rendered for one in found.workloads) == [False, True]


def test_a_release_of_a_chart_nobody_knows_beside_what_was_rendered_of_it_stands_once() -> None:
    release = RELEASE.replace("name: charts", "name: metrics\n  namespace: ops").replace(
        "grafana", "own-chart"
    )
    labelled = SHOWN.replace("extra: label", "helm.sh/chart: own-chart-1.2.0")
    other = SHOWN.replace("extra: label", "helm.sh/chart: own-chart-2-1.2.0")

    assert [one.rendered for one in cluster(namespace("ops"), release, labelled).workloads] == [True]
    assert sorted(one.rendered for one in cluster(namespace("ops"), release, other).workloads) == [
        False,
        True,
    ]


OF_A_FOLDER = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: metrics, namespace: argocd}
spec:
  destination: {namespace: ops}
  source: {repoURL: 'https://git.example.org/apps', path: applications/umbrella, helm: {valueFiles: [values.yaml]}}
"""


def test_a_chart_of_a_repositorys_folder_beside_its_parts_stands_once() -> None:
    """The folder is called otherwise than the charts that label what was rendered of it; what somebody wrote beside a
    release has no chart's label, and a part without a release's name tells nothing where several releases are."""
    part = SHOWN.replace("extra: label", "helm.sh/chart: redis-1.2.0")
    unnamed = part.replace("app.kubernetes.io/instance: metrics", "app: cache")
    second = OF_A_FOLDER.replace("name: metrics", "name: logs")

    def rendered(*given: str) -> list[bool]:
        return sorted(one.rendered for one in cluster(namespace("ops"), *given).workloads)

    assert rendered(OF_A_FOLDER, part) == rendered(OF_A_FOLDER, unnamed) == [True]
    assert rendered(OF_A_FOLDER, SHOWN) == [False, True]
    assert rendered(OF_A_FOLDER, second, unnamed) == [False, False, True]


def test_a_job_whose_name_is_no_label_has_no_pods() -> None:
    """The API server refuses the Job: its name becomes a label of its pods. A policy for it Cilium would refuse."""
    long = "the-metrics-of-the-whole-house"
    values = "values: {crds: {cleanup: {enabled: true}}}"
    release = RELEASE.replace("name: charts", f"name: {long}\n  namespace: ops")
    release = release.replace(
        "{chart: {spec: {chart: grafana}}}",
        f"{{chart: {{spec: {{chart: victoria-metrics-operator}}}}, {values}}}",
    )
    found = cluster(namespace("ops"), release)
    job = [
        one for one in found.unnamed if one.selector.get("batch.kubernetes.io/job-name", "").startswith(long)
    ]
    assert len(job) == 1
    assert not any(len(value) > 63 for one in found.workloads for value in one.labels.values())


@pytest.mark.parametrize(("kind", "component"), [("Job", ""), ("StatefulSet", "cloudnative-pg-cluster")])
def test_a_job_out_of_a_servers_image_is_a_client(kind: str, component: str) -> None:
    version = "batch/v1" if kind == "Job" else "apps/v1"
    pods = "{containers: [{name: c, image: 'ghcr.io/cloudnative-pg/postgresql:17'}]}"
    seed = f"""apiVersion: {version}
kind: {kind}
metadata: {{name: seed, namespace: data}}
spec: {{selector: {{matchLabels: {{app: seed}}}}, template: {{metadata: {{labels: {{app: seed}}}}, spec: {pods}}}}}
"""
    (one,) = cluster(namespace("data"), seed).workloads
    assert one.component == component


@pytest.mark.parametrize(
    ("sources", "is_tree"),
    [
        ("[]", True),
        ("[{repoURL: https://git.example.org/a, ref: built}]", True),
        ("[{repoURL: https://charts.example.org, chart: redis}, {repoURL: x, ref: built}]", False),
        ("[{repoURL: https://git.example.org/a, ref: values}]", False),
        ("[web]", False),
        ("built", False),
    ],
)
def test_applications_that_build_has_built_are_one_cluster(sources: str, is_tree: bool) -> None:
    """As `build` leaves them: their repositories alone, for Argo CD's own server."""
    one = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: %s, namespace: argocd}\n"
    both = [
        f"{one % name}spec: {{destination: {{namespace: shop}}, sources: {sources}}}\n" for name in ("a", "b")
    ]
    assert cluster(*both).is_tree is is_tree
    assert not cluster(both[0]).is_tree


def test_what_runs_beside_an_objects_pods_tells_nothing_of_them() -> None:
    """A Job that unpacks an operator is not the operator; of a kind of which all that is known runs beside, that is
    all there is."""
    subscription = """apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: {name: anybodys, namespace: a}
spec: {name: anybodys, source: catalog, sourceNamespace: olm}
"""
    store = """apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: s3, namespace: a}
spec: {configuration: {destinationPath: "s3://x"}}
"""
    assert [one.source.name for one in cluster(subscription).makers] == ["anybodys"]
    assert cluster(store).makers == []
