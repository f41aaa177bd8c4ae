"""`build` on repositories of Rancher's Fleet, in the layouts of rancher/fleet-examples."""

from __future__ import annotations

import pytest

from tests.builds import deployment, kustomization, laid
from tests.e2e.manifests import documents, name, policies
from tests.e2e.test_build import built, failed, lines, one
from tests.tools import require, run, succeeded

pytestmark = pytest.mark.e2e

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], selector: {app: web}}\n"
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "port: 80\n",
    "templates/web.yaml": """\
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: "{{ .Release.Name }}"}
        spec:
          selector: {matchLabels: {app: "{{ .Release.Name }}"}}
          template:
            metadata: {labels: {app: "{{ .Release.Name }}"}}
            spec: {containers: [{name: web, image: web, ports: [{containerPort: {{ .Values.port }}}]}]}
        """,
}


@pytest.fixture(autouse=True)
def tools() -> None:
    require("kustomize")


def of_targets(**targets: str) -> str:
    """Targets that select by `env`; each with further lines."""
    made = "targetCustomizations:\n"
    for env, more in targets.items():
        made += f"  - name: {env}\n    clusterSelector: {{matchLabels: {{env: {env}}}}}\n"
        made += "".join(f"    {line}\n" for line in more.splitlines())
    return made


def chart(folder: str) -> dict[str, str]:
    return {f"{folder}/{path}": text for path, text in CHART.items()}


def port(docs: list[dict], wanted: str) -> int:
    (container,) = one(docs, wanted)["spec"]["template"]["spec"]["containers"]
    return int(container["ports"][0]["containerPort"])


def test_a_link_that_leads_nowhere_makes_no_bundle(tmp_path):
    """As for Fleet, which asks for the file behind it (internal/fleetyaml/fleetyaml.go: os.Stat)."""
    files = {
        "web/fleet.yaml": "namespace: shop\n",
        "web/web.yaml": deployment("web"),
        "old/web.yaml": deployment("old"),
    }
    root = laid(tmp_path, files)
    (root / "old/fleet.yaml").symlink_to("../gone.yaml")
    assert sorted(map(name, built(root))) == ["Deployment shop/web", "Namespace /shop"]


def test_manifests_with_the_overlays_of_a_target(tmp_path):
    """`namespace` moves all that the bundle holds; a file in an overlay replaces, one with _patch patches."""
    files = {
        "web/fleet.yaml": "namespace: shop\nnamespaceLabels: {team: a}\n"
        + of_targets(test="yaml: {overlays: [small]}", prod="yaml: {overlays: [small, large]}"),
        "web/web.yaml": deployment("web", namespace="elsewhere"),
        "web/service.yaml": SERVICE,
        "web/values.yaml": "no: manifest\n",
        "web/overlays/small/web_patch.yaml": "spec: {replicas: 1}\n",
        "web/overlays/large/web_patch.yaml": "- {op: replace, path: /spec/replicas, value: 3}\n",
        "web/overlays/large/service.yaml": SERVICE.replace("port: 80", "port: 81"),
        "web/.fleetignore": "secret*\nold/*\n",
        "web/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n",
        "web/old/web.yaml": deployment("old"),
    }
    root = laid(tmp_path, files)
    test, prod = built(root, "--cluster", "test"), built(root, "--cluster", "env=prod")
    assert sorted(map(name, test)) == ["Deployment shop/web", "Namespace /shop", "Service shop/web"]
    assert one(test, "Namespace /shop")["metadata"]["labels"]["team"] == "a"
    assert [one(docs, "Deployment shop/web")["spec"]["replicas"] for docs in (test, prod)] == ["1", "3"]
    assert [one(docs, "Service shop/web")["spec"]["ports"][0]["port"] for docs in (test, prod)] == [
        "80",
        "81",
    ]


def test_the_kustomization_of_a_target(tmp_path):
    """`defaultNamespace` is for what names none."""
    files = {
        "web/fleet.yaml": "defaultNamespace: shop\n"
        + of_targets(test="kustomize: {dir: overlays/test}", prod="doNotDeploy: true"),
        "web/base/kustomization.yaml": kustomization("web.yaml", "other.yaml"),
        "web/base/web.yaml": deployment("web"),
        "web/base/other.yaml": deployment("other", namespace="elsewhere"),
        "web/overlays/test/kustomization.yaml": kustomization("../../base", more="namePrefix: test-\n"),
        "db/fleet.yaml": "defaultNamespace: db\n",
        "db/db.yaml": deployment("db"),
    }
    root = laid(tmp_path, files)
    assert sorted(map(name, built(root, "--cluster", "test"))) == [
        "Deployment db/db",
        "Deployment elsewhere/test-other",
        "Deployment shop/test-web",
        "Namespace /db",
        "Namespace /shop",
    ]
    assert sorted(map(name, built(root, "--cluster", "prod"))) == ["Deployment db/db", "Namespace /db"]


def test_charts_of_the_repository_are_rendered_with_the_values_of_a_target(tmp_path):
    """What a kustomization beside it changes, it changes of what the chart makes."""
    require("helm")
    targets = of_targets(
        test="helm: {valuesFiles: [test.yaml]}", prod="helm: {values: {port: 82}}\nkustomize: {dir: prod}"
    )
    files = chart("web") | {
        "web/fleet.yaml": "namespace: shop\nhelm: {releaseName: web, values: {port: 81}}\n" + targets,
        "web/test.yaml": "port: 83\n",
        "web/prod/kustomization.yaml": kustomization("extra.yaml", more="commonAnnotations: {who: prod}\n"),
        "web/prod/extra.yaml": deployment("extra"),
    }
    root = laid(tmp_path, files)
    test, prod = built(root, "--cluster", "test"), built(root, "--cluster", "prod")
    assert port(test, "Deployment shop/web") == 83
    assert port(prod, "Deployment shop/web") == 82
    assert {name(doc) for doc in prod if "who" in doc["metadata"].get("annotations", {})} == {
        "Deployment shop/web",
        "Deployment shop/extra",
    }
    assert port(built(root, "--cluster", "env=none"), "Deployment shop/web") == 81


def test_a_chart_from_elsewhere_is_read_as_a_release(tmp_path):
    files = {
        "db/fleet.yaml": "defaultNamespace: db\nhelm:\n  releaseName: main\n  repo: https://charts.example.com\n"
        "  chart: postgresql\n  values: {auth: {database: shop}}\n"
    }
    stream = succeeded(run(["cilium-policies", "build", laid(tmp_path, files)]))
    (made,) = [doc for doc in documents(stream) if "helmCharts" in doc]
    assert made["helmCharts"] == [
        {
            "name": "postgresql",
            "repo": "https://charts.example.com",
            "version": "",
            "releaseName": "main",
            "valuesInline": {"auth": {"database": "shop"}},
        }
    ]
    assert "db/default-deny" in policies(succeeded(run(["cilium-policies", "--only-policies"], stdin=stream)))


def test_values_that_another_bundle_brings_are_those_of_the_release(tmp_path):
    """Names of fields as Go reads them, which takes any case."""
    config = """\
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: more}
        data: {values.yaml: "auth: {database: other}"}
        """
    refs = "[{configMapKeyRef: {name: more, namespace: db}}, {secretKeyRef: {name: gone}}]"
    files = {
        "db/fleet.yaml": "defaultnamespace: db\nhelm:\n  releaseName: main\n  repo: https://charts.example.com\n"
        f"  chart: postgresql\n  values: {{auth: {{database: shop, user: a}}}}\n  valuesFrom: {refs}\n",
        "config/fleet.yaml": "namespace: db\n",
        "config/more.yaml": config,
    }
    done = run(["cilium-policies", "build", laid(tmp_path, files)])
    (made,) = [doc for doc in documents(succeeded(done)) if "helmCharts" in doc]
    assert made["helmCharts"][0]["valuesInline"] == {"auth": {"database": "other", "user": "a"}}
    assert made["namespace"] == "db"
    assert lines(done.stderr)[0] == "Bundle db: values from Secret db/gone are not read"


def test_a_release_is_named_after_its_git_repo(tmp_path):
    """Its objects and their labels are called by it: nothing is guessed."""
    require("helm")
    root = laid(tmp_path, chart("apps/web") | {"apps/web/fleet.yaml": "namespace: shop\n"})
    assert failed(root)[0] == (
        "Bundle apps/web: its release is named after a GitRepo, which is not in this repository; "
        "name it: --source GITREPO=., or write helm.releaseName"
    )
    docs = built(root, "--source", f"fleet={root}")
    assert "Deployment shop/fleet-apps-web" in map(name, docs)
    (tmp_path / "apps/web/fleet.yaml").write_text("namespace: shop\nname: mine\n")
    assert "Deployment shop/mine" in map(name, built(root))


def test_what_was_not_built_closes_nothing(tmp_path):
    files = {
        "web/fleet.yaml": "namespace: shop\n",
        "web/web.yaml": deployment("web"),
        "db/fleet.yaml": "namespace: shop\nhelm: {chart: db, repo: 'https://charts.example.com'}\n",
    }
    stream = succeeded(run(["cilium-policies", "build", "--partial", laid(tmp_path, files)]))
    made = policies(succeeded(run(["cilium-policies", "--only-policies"], stdin=stream)))
    assert "shop/web" in made
    assert "shop/default-deny" not in made


def test_the_paths_of_a_git_repo_are_what_fleet_applies(tmp_path):
    """Also one without a `fleet.yaml`; what lies beside them is said."""
    git_repo = """\
        apiVersion: fleet.cattle.io/v1alpha1
        kind: GitRepo
        metadata: {name: shop, namespace: fleet-default}
        spec: {repo: https://git.example.com/shop, paths: [/web, plain]}
        """
    files = {
        ".git/config": '[remote "origin"]\n\turl = git@git.example.com:shop.git\n',
        "repo.yaml": git_repo,
        "web/fleet.yaml": "namespace: shop\n",
        "web/web.yaml": deployment("web"),
        "web/inner/fleet.yaml": "namespace: inner\n",
        "web/inner/web.yaml": deployment("web"),
        "plain/db.yaml": deployment("db", namespace="db"),
        "old/fleet.yaml": "namespace: old\n",
        "old/web.yaml": deployment("web"),
    }
    done = run(["cilium-policies", "build", laid(tmp_path, files)])
    docs = documents(succeeded(done))
    assert {name(doc) for doc in docs if doc["kind"] == "Deployment"} == {
        "Deployment shop/web",
        "Deployment inner/web",
        "Deployment db/db",
    }
    assert lines(done.stderr) == [
        "old/web.yaml: a manifest below no fleet.yaml: left out, name its folder to read it",
        "kustomize built 3 bundles: 5 documents",
    ]


def test_each_git_repo_names_the_releases_of_its_paths(tmp_path):
    """Paths may be patterns; manifests beside other bundles are a bundle of the path's own."""
    require("helm")
    repos = "".join(
        f"---\napiVersion: fleet.cattle.io/v1alpha1\nkind: GitRepo\nmetadata: {{name: {name}}}\n"
        f"spec: {{repo: 'https://git.example.com/shop', paths: ['{path}']}}\n"
        for name, path in (("one", "apps/w*"), ("two", "/db"))
    )
    helm_op = "---\napiVersion: fleet.cattle.io/v1alpha1\nkind: HelmOp\nmetadata: {name: redis}\nspec: {}\n"
    files = (
        chart("apps/web")
        | chart("db/chart")
        | {
            ".git/config": '[remote "origin"]\n\turl = https://git.example.com/shop.git\n',
            "repos.yaml": repos + helm_op,
            "apps/web/fleet.yaml": "namespace: web\n",
            "apps/other/fleet.yaml": "namespace: other\n",
            "db/chart/fleet.yaml": "namespace: db\n",
            "db/more.yaml": deployment("more", namespace="db"),
        }
    )
    done = run(["cilium-policies", "build", laid(tmp_path, files)])
    assert {name(doc) for doc in documents(succeeded(done)) if doc["kind"] == "Deployment"} == {
        "Deployment web/one-apps-web",
        "Deployment db/two-db-chart",
        "Deployment db/more",
    }
    assert "HelmOp redis: not read: build reads what fleet.yaml says" in lines(done.stderr)


def test_a_kustomization_that_is_asked_for_is_built_whatever_lies_below_it(tmp_path):
    files = {
        "kustomization.yaml": kustomization("web/web.yaml", more="namespace: own\n"),
        "web/web.yaml": deployment("web"),
        "web/fleet.yaml": "namespace: fleet\n",
    }
    root = laid(tmp_path, files)
    assert list(map(name, built(root))) == ["Deployment own/web"]
    assert "Deployment fleet/web" in map(name, built(root / "web"))
    (root / "fleet.yaml").write_text("namespace: all\n")
    assert "Deployment all/web" in map(name, built(root))


def test_a_patch_without_its_file_fails_as_in_fleet(tmp_path):
    files = {
        "web/fleet.yaml": "yaml: {overlays: [a]}\n",
        "web/web.yaml": deployment("web"),
        "web/overlays/a/gone_patch.yaml": "spec: {}\n",
    }
    assert failed(laid(tmp_path, files))[0] == (
        "Bundle web: no file gone.yaml for web/overlays/a/gone_patch.yaml to patch; Fleet applies nothing of the bundle"
    )


def test_nothing_beside_the_repository_is_read(tmp_path):
    """Values, a kustomization and what is to be ignored may be links to a stranger's files, or paths to them."""
    laid(tmp_path, {"secret/values.yaml": "password: x\n", "secret/ignore": "*.yaml\n"})
    laid(tmp_path, {"secret/kustomization.yaml": kustomization("values.yaml")})
    helm = "helm: {releaseName: a, chart: a, repo: 'https://charts.example.com', valuesFiles: [v.yaml]}\n"
    files = {
        ".git/config": "",
        "values/fleet.yaml": helm,
        "up/fleet.yaml": helm.replace("v.yaml", "../../../secret/values.yaml"),
        "dir/fleet.yaml": "kustomize: {dir: ../../secret}\n",
        "plain/fleet.yaml": "namespace: a\n",
        "plain/web.yaml": deployment("web"),
    }
    root = laid(tmp_path / "repo", files)
    (root / "values/v.yaml").symlink_to("../../secret/values.yaml")
    (root / "plain/.fleetignore").symlink_to("../../secret/ignore")
    done = run(["cilium-policies", "build", "--partial", root])
    assert "Deployment a/web" in map(name, documents(succeeded(done)))
    assert "password" not in done.stdout
    said = lines(done.stderr)
    assert (
        "Bundle dir: kustomize.dir ../../secret leads out of the repository; nothing beside it is read"
        in said
    )
    assert [line for line in said if "is not in the repository" in line] == [
        "Bundle up: values file ../../../secret/values.yaml is not in the repository; "
        "Fleet makes no bundle without it",
        "Bundle values: values file v.yaml is not in the repository; Fleet makes no bundle without it",
    ]
