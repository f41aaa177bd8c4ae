"""`build`: where Argo CD starts in a repository, and what no Application of it applies."""

from __future__ import annotations

import json
import os

import pytest

from tests.builds import deployment, kustomization, laid
from tests.e2e.manifests import name
from tests.e2e.test_build import built, failed, one, said
from tests.e2e.test_build_argo import HERE, app_of_apps, application, application_set, applications
from tests.tools import require

pytestmark = pytest.mark.e2e
_CHARTS = "https://charts.example.com"


@pytest.fixture(autouse=True)
def kustomize() -> None:
    require("kustomize")


def test_an_app_of_apps_that_lies_in_its_own_path(tmp_path):
    """It manages itself; somebody applied it once by hand."""
    files = app_of_apps() | {"argocd/root.yaml": application("root", "path: argocd\n", "argocd")}
    del files["root.yaml"]
    built_names = {name(doc) for doc in built(laid(tmp_path, files))}
    assert built_names >= {*applications("root", "web", "plain", "redis"), "Deployment web/web"}


def test_applications_that_each_lie_in_their_own_path(tmp_path):
    """A folder for each, with the Application beside what it applies."""
    files = {
        f"{one}/{file}": text
        for one in ("web", "db")
        for file, text in {
            "application.yaml": application(one, f"path: {one}\n", one),
            "kustomization.yaml": kustomization("app.yaml"),
            "app.yaml": deployment(one),
        }.items()
    }
    docs = built(laid(tmp_path, files))
    assert {name(doc) for doc in docs} == {
        *applications("web", "db"),
        "Deployment web/web",
        "Deployment db/db",
    }


def test_two_that_hold_each_other_start_once(tmp_path):
    files = {
        "a/b.yaml": application("b", "path: b\n", "argocd"),
        "b/a.yaml": application("a", "path: a\n", "argocd"),
        "b/app.yaml": deployment("web"),
    }
    docs = built(laid(tmp_path, files))
    assert sorted(name(doc) for doc in docs) == [*applications("a", "b"), "Deployment argocd/web"]


def test_what_no_application_applies_is_said(tmp_path):
    """An Application that the kustomization of its folder leaves out, and a folder that Terraform applies."""
    files = {
        "root.yaml": application("root", "path: argocd\n", "argocd"),
        "argocd/kustomization.yaml": kustomization("web.yaml"),
        "argocd/web.yaml": application("web", "path: apps/web\n"),
        "argocd/off.yaml": application("off", "path: apps/off\n"),
        "apps/web/kustomization.yaml": kustomization("../base", "web.yaml"),
        "apps/web/web.yaml": deployment("web"),
        "apps/base/kustomization.yaml": kustomization("db.yaml"),
        "apps/base/db.yaml": deployment("db"),
        "elsewhere/kustomization.yaml": kustomization("x.yaml"),
        "elsewhere/x.yaml": deployment("x"),
    }
    root = laid(tmp_path, files)
    assert said(root)[:-1] == [
        "Application argocd/off (argocd/off.yaml): the Application of its folder leaves it out: not built",
        "elsewhere: a kustomization that no Application here builds: left out, name its folder to build it",
    ]
    (root / ".git").mkdir()
    assert [name(doc) for doc in built(root / "elsewhere")] == ["Deployment /x"]
    assert "Application argocd/web" in [name(doc) for doc in built(root / "apps")]  # its Applications' folder


def test_generators_that_are_programs_stand_for_files_and_charts(tmp_path):
    """KSOPS' Secrets by their encrypted files, and the older form of `helmCharts`."""
    secret = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {a: 'ENC[x]'}\nsops: {version: 3}\n"
    )
    files = {
        "app.yaml": application("web", "path: web\n"),
        "web/kustomization.yaml": kustomization(
            "web.yaml", more="generators:\n- secrets/generator.yaml\n- chart.yaml\n"
        ),
        "web/web.yaml": deployment("web"),
        "web/secrets/generator.yaml": (
            "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: secrets}\nfiles: [key.enc.yaml]\n"
        ),
        "web/secrets/key.enc.yaml": secret,
        "web/chart.yaml": (
            "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: redis}\n"
            f"name: redis\nrepo: {_CHARTS}\nversion: 1.2.3\nreleaseName: cache\nvaluesFile: values.yaml\n"
        ),
        "web/values.yaml": "architecture: standalone\n",
    }
    docs = built(laid(tmp_path, files))
    assert {"Deployment web/web", "Secret web/key"} <= {name(doc) for doc in docs}
    (chart,) = one(docs, "Kustomization web/cache")["helmCharts"]
    assert chart["repo"] == _CHARTS
    assert chart["valuesInline"] == {"architecture": "standalone"}


def test_what_ksops_lays_over_an_object_of_the_base(tmp_path):
    """The object is there once, and its values are those that SOPS hides."""
    encrypted = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"
        "  annotations: {kustomize.config.k8s.io/behavior: merge}\n"
        "data: {url: 'ENC[AES256_GCM,data:AAAA,type:str]'}\nsops: {version: 3.9.0}\n"
    )
    files = {
        "app.yaml": application("web", "path: web\n"),
        "web/kustomization.yaml": kustomization("../base", more="generators: [generator.yaml]\n"),
        "web/generator.yaml": (
            "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [settings.enc.yaml]\n"
        ),
        "web/settings.enc.yaml": encrypted,
        "base/kustomization.yaml": kustomization("settings.yaml"),
        "base/settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b, url: x}\n",
    }
    docs = built(laid(tmp_path, files))
    settings = one(docs, "ConfigMap web/settings")
    assert settings["data"] == {"a": "b", "url": "ENC[AES256_GCM,data:AAAA,type:str]"}


def test_a_generator_of_another_program_fails(tmp_path):
    files = {
        "app.yaml": application("web", "path: web\n"),
        "web/kustomization.yaml": kustomization(more="generators: [other.yaml]\n"),
        "web/other.yaml": "apiVersion: example.com/v1\nkind: Other\nmetadata: {name: x}\n",
    }
    assert failed(laid(tmp_path, files))[0].startswith("Application argocd/web: kustomize: ")


def test_yaml_that_go_reads_and_python_does_not(tmp_path):
    """A key twice in what a chart prints (the last one counts), and an anchor that is set again in values."""
    require("helm")
    claim = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\n"
        "  annotations:\n    mode: a\n    mode: b\n"
    )
    files = {
        "app.yaml": application("web", "path: web\n"),
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/values.yaml": "a: {host: &host x.example.com, tls: *host}\nb: {host: &host y.example.com, tls: *host}\n",
        "web/templates/claim.yaml": claim,
        "web/templates/config.yaml": (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
            "data: {hosts: '{{ .Values.a.tls }} {{ .Values.b.tls }}'}\n"
        ),
    }
    docs = built(laid(tmp_path, files))
    assert one(docs, "PersistentVolumeClaim web/data")["metadata"]["annotations"] == {"mode": "b"}
    assert one(docs, "ConfigMap web/web")["data"] == {"hosts": "x.example.com y.example.com"}


def test_an_expression_where_nothing_is_built_from_it(tmp_path):
    """Name, source and place are evaluated; an annotation is not asked for."""
    template = application_set("""\
        generators: [{list: {elements: [{name: web}, {name: db, namespace: data}]}}]
        template:
          metadata:
            name: '{{ .name }}'
            annotations: {of: '{{ camelcase .name }}'}
          spec:
            source: {repoURL: HERE, path: 'apps/{{ .name }}'}
            destination: {name: in-cluster, namespace: '{{ default .name (dig "namespace" "" .) }}'}
        """)
    files = {
        "apps.yaml": template,
        "apps/web/web.yaml": deployment("web"),
        "apps/db/db.yaml": deployment("db"),
    }
    docs = built(laid(tmp_path, files))
    assert {"Deployment web/web", "Deployment data/db"} <= {name(doc) for doc in docs}


def test_values_files_that_are_read_are_elsewhere_no_more(tmp_path):
    """A chart from elsewhere with values of this repository: `list` knows them, and names the file it does not."""
    source = (
        f"sources:\n- {{chart: redis, repoURL: {_CHARTS}, targetRevision: 1.2.3, "
        "helm: {valueFiles: [$here/values/redis.yaml, $other/more.yaml]}}\n"
        f"- {{repoURL: {HERE}, ref: here}}\n- {{repoURL: 'https://git.example.com/o.git', ref: other}}\n"
    )
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: redis, namespace: argocd}\nspec:\n"
    files = {
        "app.yaml": application("web", "path: web\n"),
        "redis.yaml": head + "".join(f"  {line}\n" for line in source.splitlines()),
        "values/redis.yaml": "architecture: standalone\n",
        "web/web.yaml": deployment("web"),
    }
    sources = one(built(laid(tmp_path, files)), "Application argocd/redis")["spec"]["sources"]
    assert sources[0]["helm"] == {
        "valueFiles": ["$other/more.yaml"],
        "valuesObject": {"architecture": "standalone"},
    }


def test_manifests_that_no_application_builds_are_said(tmp_path):
    files = {
        "app.yaml": application("web", "path: apps/web\n"),
        "apps/web/web.yaml": deployment("web"),
        "by-hand/db.yaml": deployment("db"),
        "by-hand/settings.yaml": "kind: Deployment\n",
        "by-hand/template.yaml": "apiVersion: apps/v1\nkind: [Deployment\n",
    }
    left = "a manifest that no Application here builds: left out, name its folder to read it"
    folder = laid(tmp_path, files)
    (folder / "by-hand/gone.yaml").symlink_to("nowhere.yaml")
    assert said(folder)[:-1] == [f"by-hand/db.yaml: {left}"]
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "web"}}
    laid(folder, {"by-hand/web.json": json.dumps(rollout)})
    assert said(folder)[:-1] == [f"by-hand/db.yaml and 1 more: {left}"]


def test_a_path_of_another_repository_covers_nothing_of_this_one(tmp_path):
    """`path: .` of somebody else's repository hid all that no Application here builds."""
    other = application("other", "path: .\n").replace(HERE, "https://git.example.com/other.git")
    files = {
        "other.yaml": other,
        "app.yaml": application("web", "path: apps/web\n"),
        "apps/web/web.yaml": deployment("web"),
        "by-hand/db.yaml": deployment("db"),
        "elsewhere/kustomization.yaml": kustomization("x.yaml"),
        "elsewhere/x.yaml": deployment("x"),
    }
    assert said(laid(tmp_path, files))[:-1] == [
        "Application argocd/other: not built: its source https://git.example.com/… is not this repository",
        "elsewhere: a kustomization that no Application here builds: left out, name its folder to build it",
        "by-hand/db.yaml: a manifest that no Application here builds: left out, name its folder to read it",
    ]


def test_applications_of_which_nothing_is_here_leave_the_folders_own_kustomization(tmp_path):
    """An example for others, beside what the repository itself is."""
    files = {
        "kustomization.yaml": kustomization("manifests/web.yaml"),
        "manifests/web.yaml": deployment("web"),
        "examples/argocd/application.yaml": application("web", "path: examples/argocd/web\n"),
        "examples/argocd/web/web.jsonnet": "{}",
    }
    root = laid(tmp_path, files)
    assert [name(doc) for doc in built(root)] == ["Deployment /web"]
    assert said(root) == [
        "Application argocd/web: jsonnet is not evaluated here: examples/argocd/web/web.jsonnet",
        "kustomize built 1 kustomization: 1 documents",
    ]
    (root / ".git").mkdir()
    folder = os.path.relpath(root / "manifests")
    assert failed(root / "manifests") == [
        f"nothing to build in {folder}: no Flux Kustomization, Application, kustomization or fleet.yaml; "
        f"cilium-policies report {folder} reads manifests as they are"
    ]


def changed_by_hand() -> dict[str, str]:
    """The first Application stands in a base, and an overlay for each cluster says where it leads."""
    files = {
        ".git/config": "",
        "bootstrap/base/root.yaml": application("root", "path: argocd/none\n", "argocd"),
        "bootstrap/base/kustomization.yaml": kustomization("root.yaml"),
        "other/app.yaml": application("other", "path: apps/other\n"),
        "apps/other/web.yaml": deployment("other"),
    }
    for cluster in ("prod", "test"):
        path = f"- {{op: replace, path: /spec/source/path, value: argocd/{cluster}}}"
        patch = f"patches: [{{target: {{kind: Application}}, patch: '{path}'}}]\n"
        files |= {
            f"bootstrap/{cluster}/kustomization.yaml": kustomization("../base", more=patch),
            f"argocd/{cluster}/web.yaml": application("web", f"path: apps/{cluster}\n"),
            f"apps/{cluster}/web.yaml": deployment(cluster),
        }
    return files


def test_an_overlay_of_applications_that_nobody_builds_was_applied_by_hand(tmp_path):
    files = changed_by_hand()
    root = laid(tmp_path / "two", files)
    (line,) = failed(root)
    assert line.startswith(
        "2 kustomizations change the same Applications; choose one: cilium-policies build FOLDER"
    )
    assert {name(doc) for doc in built(root / "bootstrap/prod")} == {
        *applications("root", "web"),
        "Deployment web/prod",
    }
    alone = {path: text for path, text in files.items() if "/test/" not in path}
    assert {name(doc) for doc in built(laid(tmp_path / "one", alone))} == {
        *applications("root", "web", "other"),
        "Deployment web/prod",
        "Deployment web/other",
    }


def test_an_overlay_of_applications_that_cannot_be_built_leaves_them_as_they_lie(tmp_path):
    files = {path: text for path, text in changed_by_hand().items() if "/test/" not in path}
    files["bootstrap/prod/kustomization.yaml"] += "components: [none]\n"
    files["bootstrap/base/root.yaml"] = application("root", "path: argocd/prod\n", "argocd")
    root = laid(tmp_path, files)
    assert "Deployment web/prod" in {name(doc) for doc in built(root)}
    (line,) = [one for one in said(root) if "bootstrap/prod" in one]
    assert "bootstrap/prod is not built, so its Applications are as they lie: kustomize: " in line
