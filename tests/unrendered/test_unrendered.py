"""The helpers of the check of unrendered releases, on a chart of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml
from cilium_policies.questions.record import NAMESPACE, RELEASE

from tests.tools import require
from tests.unrendered.__main__ import noted
from tests.unrendered.compare import pods, silent, unrendered
from tests.unrendered.mirrors import Chart, charts, mirrored, unpacked
from tests.unrendered.render import Renderer, switches, with_all

_POD = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: "{{{{ .Release.Name }}}}-{name}"}}
spec:
  template:
    metadata: {{labels: {labels}}}
    spec: {{{spec}containers: [{{name: main, image: registry.example.org/x}}]}}
"""


def _deployment(name: str, labels: str, spec: str = "") -> str:
    return _POD.format(name=name, labels=labels, spec=spec)


def _mirrors(into: Path) -> Path:
    """A repository shop/charts with a chart that the catalogue knows by its name, one that it brings, and what nobody
    installs: a library, a test's chart, a chart around one of the same name."""
    place = into / "shop+charts" / "repo"
    labels = '{app.kubernetes.io/name: metrics-server, app.kubernetes.io/instance: "{{ .Release.Name }}"}'
    files = {
        "charts/metrics-server/Chart.yaml": """apiVersion: v2
name: metrics-server
version: 3.1.0
dependencies: [{name: store, version: 1.0.0, repository: "https://charts.example.org", condition: store.enabled}]
""",
        "charts/metrics-server/values.yaml": "cache: {enabled: false}\nstore: {enabled: false}\nlog: {debug: false}\n",
        "charts/metrics-server/templates/server.yaml": _deployment("server", labels),
        "charts/metrics-server/templates/cache.yaml": "{{ if .Values.cache.enabled }}\n"
        + _deployment("cache", "{app: cache}")
        + "{{ end }}\n",
        "charts/metrics-server/templates/node.yaml": _deployment(
            "node", "{app: node}", "hostNetwork: true, "
        ),
        "charts/store/Chart.yaml": "apiVersion: v2\nname: store\nversion: 1.0.0\n",
        "charts/store/values.yaml": "shards: {create: false}\n",
        "charts/store/templates/store.yaml": _deployment("store", "{app: store}"),
        "charts/common/Chart.yaml": "apiVersion: v2\nname: common\nversion: 1.0.0\ntype: library\n",
        "tests/metrics-server/Chart.yaml": "apiVersion: v2\nname: other\nversion: 1.0.0\n",
        "mine/store/Chart.yaml": "apiVersion: v2\nname: store\nversion: 2.0.0\ndependencies: [{name: store}]\n",
    }
    for path, text in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x"),
    ):
        subprocess.run(["git", "-C", str(place), *command], check=True)
    return into


def test_a_chart_with_its_parts_is_held_against_what_its_release_alone_gives(tmp_path: Path) -> None:
    require("helm")
    found = [one for place in mirrored(_mirrors(tmp_path)) for one in charts(*place)]
    assert [(one.repository, one.folder, one.version) for one in found if one.is_installed] == [
        ("shop/charts", "charts/metrics-server", "3.1.0"),
        ("shop/charts", "charts/store", "1.0.0"),
    ]
    server, store = (one for one in found if one.is_installed)
    copy = tmp_path / "copy"
    unpacked(server, {"store": [store]}, copy)
    # in the order of the values, then what it brings: its switch and those within
    assert switches(copy) == [("cache", "enabled"), ("store", "enabled"), ("store", "shards", "create")]
    helm = Renderer(copy)
    usual = helm.usual()
    assert usual, helm.fault
    # no policy selects what is on the host's network
    assert [str(one) for one in pods(usual.stream)] == [f"Deployment/{RELEASE}-server"]
    known = unrendered("metrics-server", server.published, usual.values)
    assert silent(list(pods(usual.stream)), known) == []
    (every,) = helm.switched(usual)
    assert every.values["store"] == {"enabled": True, "shards": {"create": True}}
    more = list(pods(every.stream))
    assert sorted(one.name for one in more) == [f"{RELEASE}-{name}" for name in ("cache", "server", "store")]
    lacking = silent(more, unrendered("metrics-server", server.published, every.values))
    assert sorted(one.name for one in lacking) == [f"{RELEASE}-cache", f"{RELEASE}-store"]
    # told as pods are, the cache has a line of its own
    told = with_all({"cache": {"replicas": 2}}, [("cache", "enabled"), ("store", "enabled")])
    lacking = silent(more, unrendered("metrics-server", server.published, told))
    assert sorted(one.name for one in lacking) == [f"{RELEASE}-store"]


def test_what_does_not_render_together_is_rendered_in_halves(tmp_path: Path) -> None:
    require("helm")
    switch = "{{ if .Values.%s.enabled }}\n%s{{ end }}\n"
    files = {
        "Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
        "values.yaml": "a: {enabled: false}\nb: {enabled: false}\nc: {enabled: false}\n",
        "templates/a.yaml": switch % ("a", _deployment("a", "{app: a}")),
        "templates/b.yaml": switch % ("b", '{{ fail "never" }}\n'),
        "templates/c.yaml": switch % ("c", _deployment("c", "{app: c}")),
        "templates/d.yaml": '{{ $_ := required "say who" .Values.who }}\n',
        "ci/x-values.yaml": "who: me\n",
    }
    for path, text in files.items():
        (tmp_path / "chart" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "chart" / path).write_text(text, encoding="utf-8")
    helm = Renderer(tmp_path / "chart")
    usual = helm.usual()
    assert usual, helm.fault
    assert usual.values == {"who": "me"}  # by which its authors test it
    assert [[one.name for one in pods(each.stream)] for each in helm.switched(usual)] == [
        [f"{RELEASE}-a"],
        [f"{RELEASE}-c"],
    ]


def test_pods_of_jobs_and_tests() -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "init", "annotations": {"helm.sh/hook": "pre-install"}},
        "spec": {
            "template": {"metadata": {"labels": {"app": "init"}}, "spec": {"serviceAccountName": "maker"}}
        },
    }
    test = {**job, "metadata": {"name": "try", "annotations": {"helm.sh/hook": "test"}}}
    (one,) = pods(yaml.safe_dump_all([job, test]))
    assert (str(one), one.namespace) == ("Job/init (hook)", NAMESPACE)
    assert one.labels == {
        "app": "init",
        "batch.kubernetes.io/job-name": "init",
        "io.cilium.k8s.policy.serviceaccount": "maker",
    }


def test_the_newest_version_that_was_read_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "versions.yaml"
    file.write_text("# why\nold: 9.0.0\nshop: 1.2.0\n", encoding="utf-8")

    def read(name: str, version: str, repository: str = "x/y") -> Chart:
        return Chart(tmp_path, repository, "", name, version, {})

    # placeholders that a release replaces are no versions that were read
    versions = [
        ("shop", "1.10.0"),
        ("shop", "0.9.0"),
        ("a", "0.1.0"),
        ("b", "0.0.0"),
        ("c", "2.0.0-devel"),
        ("d", "v3.0.1"),
        ("e", "1.0.0", "x/one"),  # of two, and the catalogue does not say which
        ("e", "7.0.0", "x/two"),
        ("f", "1.0.0", "bitnami/charts"),
    ]
    noted(file, (read(*one) for one in versions))
    assert file.read_text(encoding="utf-8") == "# why\nd: v3.0.1\nold: 9.0.0\nshop: 1.10.0\n"
