"""Whose pods are whose in one namespace: programs that share a release's name, pods without labels of their own,
Services that ask for labels which only the operator knows."""

from __future__ import annotations

from cilium_policies.catalogue.load import load
from cilium_policies.cilium.model import Requirement
from cilium_policies.config.settings import Settings
from cilium_policies.kube.labels import JOB_NAME
from cilium_policies.workloads.cluster import Cluster
from cilium_policies.workloads.gather import gather
from cilium_policies.workloads.model import Workload
from cilium_policies.workloads.selectors import Neighbours, equal, joint

from tests.workloads.inputs import objects

PARTS = (
    {
        "component": "widget",
        "what": "x",
        "match": [{"app.kubernetes.io/name": "widget"}, {"app.kubernetes.io/name": "widget", "part": "ui"}],
        "images": ["example/widget"],
    },
    {"component": "larder", "what": "x", "match": [{"app": "larder"}], "images": ["example/larder"]},
    {
        "component": "store",
        "what": "x",
        "match": [{"store": "*"}],
        "madeBy": [
            {
                "kind": "Store",
                "group": "example.org",
                "labels": {"store": "{name}", "kind": "store"},
                "services": [
                    {"name": "{name}-rw", "ports": [{"name": "db", "port": "5432", "target": "5432"}]}
                ],
            }
        ],
    },
)


def _pods(name: str, image: str, labels: str, kind: str = "Deployment") -> str:
    template = f"metadata: {{labels: {labels}}}, spec: {{containers: [{{name: x, image: '{image}'}}]}}"
    spec = f"template: {{{template}}}"
    version = "apps/v1"
    if kind == "CronJob":
        spec, version = f"jobTemplate: {{spec: {{{spec}}}}}", "batch/v1"
    metadata = f"name: {name}, namespace: apps"
    return f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"


def _cluster(content: str) -> Cluster:
    return gather(objects(content), load(define=PARTS), Settings())


def _named(cluster: Cluster) -> dict[str, Workload]:
    return {one.name: one for one in cluster.workloads}


def _labels(role: str) -> str:
    return f"{{app.kubernetes.io/name: widget, app.kubernetes.io/instance: widget, role: {role}}}"


def test_a_program_beside_the_one_that_a_release_is_called_after_is_what_its_image_says():
    found = _named(
        _cluster(
            _pods("widget", "registry.invalid/example/widget:1", _labels("main"))
            + _pods("widget-cache", "registry.invalid/example/larder:1", _labels("cache"))
            + _pods("widget-convert", "registry.invalid/other/convert:1", _labels("convert"))
        )
    )
    assert {name: one.component for name, one in found.items()} == {
        "widget": "widget",
        "widget-cache": "larder",
        "widget-convert": "",
    }
    assert all(one.selector.get("role") for one in found.values()), "each has a policy of its own"


def test_so_it_is_where_a_mirror_keeps_the_last_name_alone_or_no_label_tells_of_a_release():
    found = _named(
        _cluster(
            _pods("widget", "registry.invalid/mirror/widget:1", _labels("main"))
            + _pods("widget-convert", "registry.invalid/mirror/convert:1", _labels("convert"))
        )
    )
    assert [one.component for one in found.values()] == ["widget", ""]
    plain = "{app.kubernetes.io/name: widget, role: %s}"
    found = _named(
        _cluster(
            _pods("widget", "example/widget:1", plain % "main")
            + _pods("widget-proxy", "nginx:1", plain % "proxy")
            + _pods("widget-own", "registry.invalid/us/our-widget:1", plain % "own")
        )
    )
    assert [one.component for one in found.values()] == ["widget", "", "widget"]


def test_a_mirrored_image_or_several_labels_leave_a_component_what_it_is():
    alone = _named(_cluster(_pods("widget", "registry.invalid/mirror/copy:1", _labels("main"))))
    assert alone["widget"].component == "widget"
    part = _labels("ui").replace("role: ui", "part: ui")
    found = _named(
        _cluster(
            _pods("widget", "registry.invalid/example/widget:1", _labels("main"))
            + _pods("widget-ui", "registry.invalid/example/widget-ui:1", part)
        )
    )
    assert found["widget-ui"].component == "widget"


def test_pods_without_labels_are_selected_by_account_and_by_what_their_neighbours_carry():
    found = _named(
        _cluster(
            _pods("dump", "registry.invalid/dump:1", "{}", "CronJob")
            + _pods("web", "registry.invalid/web:1", "{app: web}")
            + _pods("other", "registry.invalid/other:1", "{tier: back}", "CronJob")
        )
    )
    dump = found["dump"]
    account = {"io.cilium.k8s.policy.serviceaccount": "default"}
    assert dump.selector == {"batch.kubernetes.io/job-name": "*", **account}
    assert dump.absent == ("tier",), "or its policy would open every Job's pods of this account"
    assert found["web"].absent == ()


def test_a_service_may_ask_for_labels_that_only_the_operator_knows():
    cluster = _cluster(
        "apiVersion: example.org/v1\nkind: Store\nmetadata: {name: main, namespace: apps}\nspec: {}\n"
        + "".join(
            f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: apps}}\n"
            f"spec: {{selector: {selector}, ports: [{{port: 5432}}]}}\n"
            for name, selector in (
                ("primary", "{store: main, role: primary}"),
                ("other-key", "{kind: store, of: main}"),
                ("elsewhere", "{store: second, role: primary}"),
                ("anybody", "{role: primary}"),
            )
        )
    )
    behind = {}
    for name in ("primary", "other-key", "elsewhere", "anybody"):
        service = cluster.service("apps", name)
        assert service is not None
        behind[name] = [one.name for one in cluster.backends(service)]
    assert behind == {"primary": ["main"], "other-key": ["main"], "elsewhere": [], "anybody": []}


def test_what_a_group_shares_does_not_select_pods_of_its_release_whose_labels_are_known_in_part():
    def pods(called: str, **labels: str) -> Workload:
        made = Workload("apps", called, "Job")
        made.release, made.component = "demo", called.partition("-")[0]
        made.labels = made.selector = {
            JOB_NAME if key == "job" else key: value for key, value in labels.items()
        }
        return made

    before = pods("hook-before", name="demo", instance="demo", job="before")
    after = pods("hook-after", name="demo", instance="demo", job="after")
    server = pods("server", name="demo", tier="server")  # its instance label is not known
    found = joint([before, after], Neighbours([before, after, server]))
    assert found is not None
    assert Requirement(f"k8s:{JOB_NAME}", "In", ("after", "before")) in found
    other = pods("other", name="other")
    assert joint([before, after], Neighbours([before, after, other])) == equal(
        {"name": "demo", "instance": "demo"}
    )
