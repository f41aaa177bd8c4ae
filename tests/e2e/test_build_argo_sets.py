"""`build`: ApplicationSets whose Applications a patch, a selector or a plugin shapes, and charts beside charts."""

from __future__ import annotations

import pytest

from tests.builds import deployment, kustomization, laid, namespace
from tests.e2e.manifests import name
from tests.e2e.test_build import built, one, said
from tests.e2e.test_build_argo import HERE, application, application_set
from tests.tools import require, run

pytestmark = pytest.mark.e2e
CLONED = {".git/config": f'[remote "origin"]\n\turl = {HERE}\n'}  # nothing else says what this repository is


@pytest.fixture(autouse=True)
def tools() -> None:
    require("kustomize")
    require("helm")


SET = application_set("""\
    generators:
      - git:
          repoURL: HERE
          files: [{path: 'apps/*/app.yaml'}]
          values: {called: '{{ .path.basename }}'}
        selector: {matchExpressions: [{key: enabled, operator: In, values: ['true']}]}
    template:
      metadata: {name: '{{ .values.called }}', namespace: argocd}
      spec:
        destination: {name: in-cluster, namespace: '{{ .namespace }}'}
    templatePatch: |
      {{- if hasKey . "folder" }}
      metadata:
        name: '{{ $.values.called }}-{{ .folder }}'
      {{- end }}
      spec:
        source:
          repoURL: HERE
          {{- if hasKey . "folder" }}
          path: '{{ .path.path }}/{{ .folder }}'
          {{- else }}
          path: '{{ .path.path }}'
          {{- end }}
          {{- with .plugin }}
          plugin:
            {{- toYaml . | nindent 14 }}
          {{- end }}
    """)


def test_a_patch_is_evaluated_and_a_selector_asked(tmp_path):
    """A file with a list makes an Application for each entry."""
    files = CLONED | {
        "sets.yaml": SET,
        "apps/web/app.yaml": "- {enabled: 'true', namespace: web, folder: a}\n"
        "- {enabled: true, namespace: other, folder: b}\n",
        "apps/web/a/kustomization.yaml": kustomization("web.yaml"),
        "apps/web/a/web.yaml": deployment("web"),
        "apps/web/b/kustomization.yaml": kustomization("web.yaml"),
        "apps/web/b/web.yaml": deployment("more"),
        "apps/db/app.yaml": "enabled: 'true'\nnamespace: db\n",
        "apps/db/kustomization.yaml": kustomization("db.yaml"),
        "apps/db/db.yaml": deployment("db"),
        "apps/off/app.yaml": "enabled: 'false'\nnamespace: off\n",
        "apps/off/kustomization.yaml": kustomization("off.yaml"),
        "apps/off/off.yaml": deployment("off"),
    }
    docs = built(laid(tmp_path, files))
    assert {name(doc) for doc in docs if doc["kind"] == "Deployment"} == {
        "Deployment web/web",
        "Deployment other/more",
        "Deployment db/db",
    }
    assert {"Application argocd/web-a", "Application argocd/db"} <= {name(doc) for doc in docs}


def test_what_a_plugin_renders_is_built_without_it(tmp_path):
    files = CLONED | {
        "sets.yaml": SET,
        "apps/web/app.yaml": "enabled: 'true'\nnamespace: web\nplugin: {name: fill}\n",
        "apps/web/kustomization.yaml": kustomization("web.yaml"),
        "apps/web/web.yaml": deployment("web", env="HOST=${HOST}"),
        "apps/code/app.yaml": "enabled: 'true'\nnamespace: code\nplugin: {name: jsonnet}\n",
        "apps/code/main.jsonnet": "{}\n",
        "apps/code/kustomization.yaml": "resources: [nothing.yaml]\n",
    }
    root = laid(tmp_path, files)
    assert one(built(root), "Deployment web/web")
    assert {
        "Application argocd/code: apps/code is rendered by a plugin: not built",
        "Application argocd/web: its plugin is not run: what it fills in is left as written",
    } <= set(said(root))
    (why,) = (
        line
        for line in said(root)
        if line.startswith("Application argocd/code: apps/code without its plugin: ")
    )
    assert "nothing.yaml" in why


def test_a_chart_of_a_registry_by_its_whole_address(tmp_path):
    source = "path: .\nhelm: {valueFiles: [$values/values/redis.yaml]}\n"  # the application's repoURL is replaced below
    app = application("redis", source).replace(
        f"repoURL: {HERE}", "repoURL: oci://charts.example.com/all/redis"
    )
    files = {
        "app.yaml": app,
        "other.yaml": application("web", "path: web\n"),
        "web/web.yaml": deployment("web"),
    }
    chart, *kept = one(built(laid(tmp_path, files)), "Application argocd/redis")["spec"]["sources"]
    assert all(set(each) == {"repoURL", "ref"} for each in kept)  # what Argo CD reads beside it
    assert (chart["repoURL"], chart["chart"]) == ("charts.example.com/all", "redis")


def test_charts_beside_a_chart_and_the_library_of_app_template(tmp_path):
    """What lies in the repository is rendered with it; a chart that calls the library is app-template."""
    head = "apiVersion: v2\nversion: 1.0.0\n"
    image = "image: {repository: docker.io/library/app, tag: '1'}"
    values = f"controllers: {{main: {{containers: {{app: {{{image}}}}}}}}}\nbeside: {{called: given}}\n"
    files = {
        "app.yaml": application("web", "path: charts/web\n"),
        "charts/web/Chart.yaml": f"{head}name: web\ndependencies:\n"
        "- {name: common, version: 5.1.0, repository: 'https://bjw-s-labs.github.io/helm-charts'}\n"
        "- {name: beside, version: 1.0.0, repository: 'file://../beside'}\n",
        "charts/web/values.yaml": values,
        "charts/web/templates/common.yaml": '{{ include "bjw-s.common.loader.all" . }}\n',
        "charts/beside/Chart.yaml": f"{head}name: beside\n",
        "charts/beside/templates/x.yaml": deployment("x").replace(
            "docker.io", "{{ .Values.called }}.example.com"
        ),
    }
    docs = built(laid(tmp_path, files))
    (container,) = one(docs, "Deployment web/x")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "given.example.com/library/app:1"
    chart, *kept = one(docs, "Application argocd/web")["spec"]["sources"]
    assert all(set(each) == {"repoURL", "ref"} for each in kept)  # what Argo CD reads beside it
    assert chart["chart"] == "app-template"
    assert "main" in chart["helm"]["valuesObject"]["controllers"]


def test_what_only_the_clusters_secret_sets_is_said_and_its_namespace_warned_of(tmp_path):
    """The annotations of a cluster's Secret, as Terraform writes them, stand in no file: no path with an expression in
    it is one of a folder that is missing."""
    bridge = application_set("""\
        generators: [{clusters: {}}]
        template:
          metadata: {name: 'addons-{{name}}'}
          spec:
            source: {repoURL: HERE, path: '{{metadata.annotations.basepath}}addons'}
            destination: {name: '{{name}}', namespace: web}
        """).replace("  goTemplate: true\n", "")
    files = {
        "sets.yaml": bridge,
        "app.yaml": application("web", "path: apps/web\n"),
        "apps/web/web.yaml": namespace("web") + deployment("web", namespace="web"),
    }
    done = run(["cilium-policies", "build", laid(tmp_path, files)])
    why = "its Applications are not known: nothing here sets {{metadata.annotations.basepath}}"
    assert done.returncode == 0
    assert (
        f"ApplicationSet argocd/apps: {why}; `argocd appset generate -o yaml FILE` prints them" in done.stderr
    )
    warned = run(["cilium-policies", "-v", "--only-policies"], stdin=done.stdout).stderr
    assert (
        f"default-deny in namespace web, into which ApplicationSet argocd/apps puts what the input does not show: {why}"
        in warned
    )


def test_what_is_not_evaluated_is_said_and_its_namespace_warned_of(tmp_path):
    """Argo CD evaluates jsonnet in a folder of manifests, and a plugin may render what has no other form."""
    files = {
        "app.yaml": application("web", "path: apps/web\n"),
        "plugin.yaml": application("made", "path: apps/made\nplugin: {name: mine}\n", "made"),
        "apps/web/web.yaml": namespace("web") + namespace("made") + deployment("web"),
        "apps/web/more.jsonnet": "{}",
        "apps/web/most.jsonnet": "{}",
        "apps/web/lib.libsonnet": "{}",
        "apps/made/input.txt": "x",
    }
    done = run(["cilium-policies", "build", laid(tmp_path, files)])
    assert done.returncode == 0
    why = "jsonnet is not evaluated here: apps/web/more.jsonnet and 1 more"
    assert f"Application argocd/web: {why}" in done.stderr
    warned = run(["cilium-policies", "-v", "--only-policies"], stdin=done.stdout).stderr
    puts = "puts what the input does not show"
    assert f"default-deny in namespace web, into which Application argocd/web {puts}: {why}" in warned
    rest = "apps/made is rendered by a plugin: not built"
    assert f"default-deny in namespace made, into which Application argocd/made {puts}: {rest}" in warned
