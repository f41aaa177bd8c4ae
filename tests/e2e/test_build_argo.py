"""`build` on invented repositories in the layouts of Argo CD."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from tests.builds import deployment, kustomization, laid, namespace
from tests.e2e.manifests import name, policies
from tests.e2e.test_build import built, failed, one
from tests.tools import require, run, succeeded

pytestmark = pytest.mark.e2e
HERE = "https://git.example.com/home.git"


@pytest.fixture(autouse=True)
def kustomize() -> None:
    require("kustomize")


def application(called: str, source: str, home: str = "web", more: str = "", server: str = "") -> str:
    """An Application; `source` are the lines of `spec.source`."""
    where = server or "https://kubernetes.default.svc"
    return (
        f"---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {called}, namespace: argocd}}\n"
        f"spec:\n  project: default\n  destination: {{server: '{where}', namespace: {home}}}\n"
        f"  source:\n    repoURL: {HERE}\n{indent(source, '    ')}{indent(more, '  ')}"
    )


def application_set(spec: str) -> str:
    """An ApplicationSet of Go's templates; `spec` are the lines below `spec`, in which HERE is this repository."""
    head = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: apps, namespace: argocd}\n"
    )
    return f"{head}spec:\n  goTemplate: true\n{indent(dedent(spec), '  ')}".replace("HERE", HERE)


def applications(*names: str) -> list[str]:
    """What `name` calls Applications of these names."""
    return [f"Application argocd/{one}" for one in names]


def app_of_apps() -> dict[str, str]:
    return {
        "root.yaml": application("root", "path: argocd\n", "argocd"),
        "argocd/web.yaml": application(
            "web",
            "path: apps/web\nkustomize:\n  images: ['docker.io/library/app:2']\n",
            more="syncPolicy: {syncOptions: [CreateNamespace=true]}\n",
        ),
        "argocd/plain.yaml": application(
            "plain", "path: apps/plain\ndirectory: {recurse: true, exclude: '*.json'}\n"
        ),
        "argocd/redis.yaml": application("redis", "chart: redis\ntargetRevision: 1.2.3\n").replace(
            HERE, "https://charts.example.com"
        ),
        "apps/web/kustomization.yaml": kustomization("web.yaml"),
        "apps/web/web.yaml": deployment("web"),
        "apps/plain/deep/db.yaml": deployment("db") + namespace("other"),
        "apps/plain/deep/not.json": "{",
    }


def test_applications_of_applications(tmp_path):
    docs = built(laid(tmp_path, app_of_apps()))
    assert {name(doc) for doc in docs} == {
        *applications("root", "web", "plain", "redis"),
        "Namespace /web",
        "Namespace /other",
        "Deployment web/web",
        "Deployment web/db",
    }
    container = one(docs, "Deployment web/web")["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "docker.io/library/app:2"
    assert one(docs, "Application argocd/redis")["spec"]["sources"][0]["chart"] == "redis"


def test_an_application_set_over_folders(tmp_path):
    sets = application_set("""\
        generators:
          - git: {repoURL: "HERE", directories: [{path: apps/*}]}
        template:
          metadata: {name: "{{.path.basename}}"}
          spec:
            destination: {name: in-cluster, namespace: "{{.path.basename}}"}
            source: {repoURL: "HERE", path: "{{.path.path}}"}
        """)
    files = {
        "set.yaml": sets,
        "apps/web/web.yaml": deployment("web"),
        "apps/db/kustomization.yaml": kustomization("db.yaml"),
    }
    docs = built(laid(tmp_path, files | {"apps/db/db.yaml": deployment("db")}))
    assert [name(doc) for doc in docs if doc["kind"] == "Deployment"] == [
        "Deployment db/db",
        "Deployment web/web",
    ]
    assert not [doc for doc in docs if doc["kind"] == "ApplicationSet"]


def test_a_chart_of_the_repository_is_rendered_and_its_dependencies_stay_charts(tmp_path):
    require("helm")
    chart = """\
        apiVersion: v2
        name: web
        version: 1.0.0
        dependencies:
          - {name: redis, version: 1.2.3, repository: https://charts.example.com, alias: cache}
          - {name: mysql, version: 1.2.3, repository: https://charts.example.com, condition: mysql.enabled}
        """
    files = {
        "app.yaml": application("web", "path: charts/web\nhelm:\n  valueFiles: [prod.yaml]\n"),
        "charts/web/Chart.yaml": chart,
        "charts/web/values.yaml": "image: app:1\nmysql: {enabled: false}\ncache: {architecture: standalone}\n",
        "charts/web/prod.yaml": "image: app:2\n",
        "charts/web/templates/web.yaml": deployment("{{ .Release.Name }}", "{{ .Values.image }}"),
    }
    docs = built(laid(tmp_path, files))
    container = one(docs, "Deployment web/web")["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "app:2"
    assert one(docs, "Application argocd/web")["spec"]["sources"] == [
        {
            "chart": "redis",
            "helm": {
                "releaseName": "web",
                "valuesObject": {"architecture": "standalone", "nameOverride": "cache"},
            },
            "repoURL": "https://charts.example.com",
            "targetRevision": "1.2.3",
        },
        # nothing comes of it, but Argo CD's repository server reads it
        {"ref": "built", "repoURL": "https://git.example.com/home.git"},
    ]


def test_several_clusters_are_a_question(tmp_path):
    files = app_of_apps() | {
        "far.yaml": application("far", "path: apps/web\n", server="https://far.example.com:6443"),
        "root.yaml": application("root", "path: argocd\n", "argocd"),
    }
    root = laid(tmp_path, files)
    assert failed(root) == [
        "Applications here are applied to 2 clusters; name one: --cluster in-cluster, "
        "--cluster https://far.example.com:6443"
    ]
    docs = built(root, "--cluster", "https://far.example.com:6443")
    assert [name(doc) for doc in docs] == ["Application argocd/far", "Deployment web/web"]


def test_a_path_that_is_not_there_fails(tmp_path):
    files = app_of_apps() | {"argocd/gone.yaml": application("gone", "path: apps/gone\n")}
    assert failed(laid(tmp_path, files))[0] == (
        "Application argocd/gone: path apps/gone is not a folder of the repository"
    )
    docs = built(tmp_path, "--partial")
    mark = one(docs, "Application argocd/gone")["metadata"]["annotations"]["cilium-policies.fn/not-built"]
    assert mark == "path apps/gone is not a folder of the repository"


def test_where_the_files_of_what_failed_say_their_objects_go(tmp_path):
    files = app_of_apps() | {
        "argocd/gone.yaml": application("gone", "path: apps/gone\n"),
        "apps/gone/kustomization.yaml": "namespace: elsewhere\nresources: [none.yaml]\n",
    }
    docs = built(laid(tmp_path, files), "--partial")
    marks = one(docs, "Application argocd/gone")["metadata"]["annotations"]
    assert marks["cilium-policies.fn/not-built-namespaces"] == "elsewhere"


def test_a_path_of_another_branch_says_which_one_to_build(tmp_path):
    """Rendered manifests often lie in a branch of their own."""
    files = {
        "apps.yaml": application("web", "path: manifests/web\ntargetRevision: manifests\n"),
        ".git/HEAD": "ref: refs/heads/main\n",
        ".git/config": f'[remote "origin"]\n\turl = {HERE}\n',
    }
    assert failed(laid(tmp_path, files)) == [
        "Application argocd/web: path manifests/web is not a folder of the repository, of which branch main is "
        "checked out and Argo CD reads manifests: check that out and build it",
        "1 not built, so nothing is printed; --partial prints the rest",
    ]
    laid(tmp_path, {".git/HEAD": "ref: refs/heads/manifests\n"})
    assert (
        failed(tmp_path)[0] == "Application argocd/web: path manifests/web is not a folder of the repository"
    )


def test_policies_of_a_built_repository(tmp_path):
    stream = succeeded(run(["cilium-policies", "build", laid(tmp_path, app_of_apps())]))
    made = policies(succeeded(run(["cilium-policies", "--only-policies"], stdin=stream)))
    assert {"web/default-deny", "web/web", "web/db", "web/redis"} <= set(made)


def app_chart() -> dict[str, str]:
    """A chart whose templates are Applications; somebody installs it once. Another one is installed by it."""
    head = "apiVersion: v2\nname: start\nversion: 1.0.0\n"
    web = application("web", "path: apps/web\n").replace(HERE, "{{ .Values.repoURL }}")
    more = application("more", "path: charts/more\nhelm: {valuesObject: {called: given}}\n", "argocd")
    return {
        "charts/start/Chart.yaml": head
        + "dependencies:\n  - {name: argo-cd, version: 9.1.4, repository: https://charts.example.com}\n",
        "charts/start/values.yaml": f"repoURL: {HERE}\nargo-cd: {{configs: {{}}}}\n",
        "charts/start/templates/apps.yaml": web + more,
        "charts/more/Chart.yaml": head.replace("start", "more"),
        "charts/more/values.yaml": "called: own\n",
        "charts/more/templates/apps.yaml": application("{{ .Values.called }}", "path: apps/other\n", "other"),
        "apps/web/web.yaml": deployment("web"),
        "apps/other/other.yaml": deployment("other"),
    }


def test_a_chart_of_applications_that_no_application_names_is_where_argo_cd_starts(tmp_path):
    require("helm")
    docs = built(laid(tmp_path, app_chart()))
    assert {name(doc) for doc in docs} == {
        *applications("start", "web", "more", "given"),
        "Deployment web/web",
        "Deployment other/other",
    }
    (chart,) = one(docs, "Application argocd/start")["spec"]["sources"]
    assert chart["chart"] == "argo-cd"


def test_objects_without_a_name_and_files_that_are_no_manifests(tmp_path):
    """Argo CD creates what has `generateName`, a hook as a rule, and passes over files that hold no object."""
    job = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: migrate-}\nspec: {template: {}}\n"
    files = {
        "app.yaml": application("web", "path: web\n"),
        "web/web.yaml": deployment("web"),
        "web/job.yaml": job,
        "web/values.yaml": "replicas: 1\n",
        "web/list.yaml": "apiVersion: v1\nkind: List\n"
        "items:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
    }
    docs = built(laid(tmp_path, files))
    assert [doc["kind"] for doc in docs] == ["Application", "Job", "ConfigMap", "Deployment"]
    assert docs[2]["metadata"] == {"name": "a", "namespace": "web"}


def test_a_link_to_nowhere_in_a_folder_of_manifests_is_passed_over(tmp_path):
    """As Argo CD does, with a warning of its own (`destination of symlink … is missing`)."""
    root = laid(tmp_path, {"app.yaml": application("web", "path: web\n"), "web/web.yaml": deployment("web")})
    (root / "web/gone.yaml").symlink_to("nowhere")
    assert [doc["kind"] for doc in built(root)] == ["Application", "Deployment"]


def test_a_template_in_a_folder_of_manifests_fails(tmp_path):
    files = {
        "app.yaml": application("web", "path: web\n"),
        "web/web.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.name }}: x}\n",
    }
    assert failed(laid(tmp_path, files))[0].startswith("Application argocd/web: web/web.yaml: not YAML")


def test_charts_alone_leave_nothing_for_kustomize(tmp_path):
    """A folder of which only charts are left would be an empty kustomization, which kustomize refuses."""
    chart = "helmCharts:\n  - {name: redis, repo: 'https://charts.example.com', releaseName: cache}\n"
    files = {
        "app.yaml": application("web", "path: web\n"),
        "alone.yaml": application("alone", "path: web/cache\n", "alone"),
        "web/kustomization.yaml": kustomization("web.yaml", "cache"),
        "web/web.yaml": deployment("web"),
        "web/cache/kustomization.yaml": kustomization(more=chart),
    }
    docs = built(laid(tmp_path, files))
    assert sorted(name(doc) for doc in docs) == [
        "Application argocd/alone",
        "Application argocd/web",
        "Deployment web/web",
        "Kustomization alone/cache",
        "Kustomization web/cache",
    ]


def test_what_fails_without_its_charts_is_named_by_its_own_folder(tmp_path):
    """A folder with charts is built as a copy without them: nobody knows that one by its name."""
    chart = "helmCharts:\n  - {name: redis, repo: 'https://charts.example.com', releaseName: cache}\n"
    files = {
        "app.yaml": application("web", "path: web\n"),
        "web/kustomization.yaml": kustomization("cache"),
        "web/cache/kustomization.yaml": kustomization("gone.yaml", more=chart),
    }
    said = failed(laid(tmp_path, files))[0]
    assert said.startswith("Application argocd/web: kustomize: in web/cache: ")
    assert "web/cache/gone.yaml is not there" in said


def test_a_template_patch_that_changes_no_source_is_passed_over(tmp_path):
    sets = application_set("""\
        generators: [{list: {elements: [{app: web}]}}]
        template:
          metadata: {name: '{{ .app }}'}
          spec:
            source: {repoURL: HERE, path: 'apps/{{ .app }}'}
            destination: {server: https://kubernetes.default.svc, namespace: '{{ .app }}'}
        templatePatch: |
          spec:
            syncPolicy:
              automated:
                prune: {{ .prune }}
        """)
    files = {"sets.yaml": sets, "apps/web/web.yaml": deployment("web")}
    assert one(built(laid(tmp_path, files)), "Deployment web/web")
    other = sets.replace("syncPolicy:\n", "source: {helm: {}}\n").replace("automated:", "helm:")
    laid(tmp_path, {"sets.yaml": other.replace("prune:", "valueFiles:")})
    said = run(["cilium-policies", "build", tmp_path]).stderr
    assert "its Applications are not known: its templatePatch, which is not evaluated here" in said


def test_namespaced_kinds_called_cluster_and_argo_kinds_get_the_destination(tmp_path):
    """CloudNativePG's Cluster lies in a namespace, as a Rollout does; a `namespace` in a spec is not the object's."""
    rollout = (
        "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec: {namespace: x}\n"
    )
    database = (
        "---\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 1}\n"
    )
    issuer = "---\napiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: acme}\nspec: {}\n"
    files = {"app.yaml": application("web", "path: web\n"), "web/all.yaml": rollout + database + issuer}
    docs = built(laid(tmp_path, files))
    assert {name(doc) for doc in docs[1:]} == {"Rollout web/web", "Cluster web/db", "ClusterIssuer /acme"}


def test_a_chart_that_makes_no_application_is_no_empty_stream(tmp_path):
    """What its own values switch off, or what needs others, is no cluster."""
    require("helm")
    template = application("web", "path: apps/web\n")
    files = {
        "charts/sets/Chart.yaml": "apiVersion: v2\nname: sets\nversion: 1.0.0\n",
        "charts/sets/values.yaml": "enabled: false\n",
        "charts/sets/templates/web.yaml": f"{{{{- if .Values.enabled }}}}\n{template}{{{{- end }}}}\n",
    }
    (line,) = failed(laid(tmp_path / "off", files))
    assert "charts/sets is a Helm chart: helm renders it with the values you install it with" in line
    wanting = {"charts/sets/templates/need.yaml": '{{ required "url must be set" .Values.url }}\n'}
    assert failed(laid(tmp_path / "wanting", files | wanting))


def test_of_another_repository_or_cluster_the_host_is_named_and_nothing_behind_it(tmp_path):
    """A token may stand in a path, and what somebody pasted behind an address in its place."""
    other = application("other", "path: shop\n").replace(HERE, "https://git.acme.com/TOKEN/shop.git")
    values = "path: apps/chart\nhelm: {valueFiles: ['https://me:TOKEN@files.acme.com/TOKEN/v.yaml']}\n"
    files = app_of_apps() | {
        "other.yaml": other,
        "values.yaml": application("values", values),
        "apps/chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    }
    done = run(["cilium-policies", "build", laid(tmp_path, files)])
    assert "TOKEN" not in done.stderr
    assert "Application argocd/other: not built: its source https://git.acme.com/… is not this" in done.stderr
    assert (
        "Application argocd/values: values file https://files.acme.com/… is not in the repository"
        in done.stderr
    )
    noted = one(built(tmp_path), "Application argocd/other")["metadata"]["annotations"]
    assert noted == {
        "cilium-policies.fn/not-in-repository": "its source https://git.acme.com/… is not this repository"
    }


def test_clusters_that_begin_alike_are_asked_for_by_their_whole_address(tmp_path):
    """As a Rancher's are: a path tells them apart, and it is shown no more than a user or a query is."""
    servers = {
        "one": "https://rancher.acme.com/k8s/clusters/c-TOKEN",
        "two": "https://rancher.acme.com/k8s/clusters/c-m-TOKEN",
        "far": "https://me:TOKEN@far.acme.com:6443/TOKEN",
        "odd": "https://odd.acme.com\nhttpsPassword: x/TOKEN@y",
    }
    files = {
        f"{called}.yaml": application(called, "path: apps/web\n", server=server.replace("\n", "\n\n  "))
        for called, server in servers.items()
    }
    root = laid(tmp_path, files | {"apps/web/web.yaml": deployment("web")})
    assert failed(root) == [
        "Applications here are applied to 4 clusters; name one: --cluster https://far.acme.com:6443, "
        "--cluster ADDRESS (of 1 that begin with what is not shown), "
        "--cluster ADDRESS (of 2 that begin with https://rancher.acme.com)"
    ]
    for called, asked in (
        ("far", "https://far.acme.com:6443"),
        ("two", servers["two"]),
        ("odd", servers["odd"]),
    ):
        assert name(built(root, "--cluster", asked)[0]) == f"Application argocd/{called}"
    assert "TOKEN" not in " ".join(failed(root, "--cluster", "https://rancher.acme.com"))
