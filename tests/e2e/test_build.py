"""`build` on invented repositories, held to the library that Flux builds with."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest
import yaml

from tests.builds import deployment, home, ks, kustomization, laid, namespace, two_clusters
from tests.e2e.manifests import documents, name, own, policies
from tests.tools import environment, require, run, succeeded

pytestmark = pytest.mark.e2e

OWNER = "kustomize.toolkit.fluxcd.io"


@pytest.fixture(autouse=True)
def kustomize() -> None:
    require("kustomize")


def built(folder: Path, *options: str) -> list[dict]:
    return documents(succeeded(run(["cilium-policies", "build", *options, folder])))


def failed(folder: Path, *options: str) -> list[str]:
    """The lines on stderr of a build that prints nothing and exits 1."""
    done = run(["cilium-policies", "build", *options, folder])
    assert (done.returncode, done.stdout) == (1, "")
    return lines(done.stderr)


def said(folder: Path, *options: str) -> list[str]:
    """The lines on stderr of a build that succeeds."""
    done = run(["cilium-policies", "build", *options, folder])
    succeeded(done)
    return lines(done.stderr)


def lines(stderr: str) -> list[str]:
    return [line.removeprefix("cilium-policies: ") for line in stderr.splitlines()]


def one(docs: list[dict], wanted: str) -> dict:
    (found,) = [doc for doc in docs if name(doc) == wanted]
    return found


def test_a_home_repository(tmp_path):
    docs = built(laid(tmp_path, home()))

    web = one(docs, "Deployment media/my-web")
    assert web["metadata"]["labels"] == {
        "app.kubernetes.io/name": "web",
        f"{OWNER}/name": "web",
        f"{OWNER}/namespace": "flux-system",
    }
    container = web["spec"]["template"]["spec"]["containers"][0]
    assert web["spec"]["replicas"] == "2"
    assert container["image"] == "docker.io/library/app:2"
    # nothing sets OTHER, SOPS hides TOKEN, and $$ is Flux's escape
    assert container["env"] == [{"name": "URL", "value": "http://${OTHER}/${TOKEN:=none}/${HOME}"}]
    assert one(docs, "Service media/my-web")["spec"]["ports"][0]["targetPort"] == "8080"
    assert one(docs, "ConfigMap media/my-gatus")["data"] == {"url": "https://web.example.com"}
    assert one(docs, "Namespace /media")


def test_what_is_not_known_is_said(tmp_path):
    done = run(["cilium-policies", "build", laid(tmp_path, home())])
    assert done.stderr.splitlines() == [
        "cilium-policies: Kustomization flux-system/web: nothing sets OTHER: left as written",
        "cilium-policies: Kustomization flux-system/web: SOPS encrypts what TOKEN is set to: left as written",
        "cilium-policies: kustomize built 4 Kustomizations: 9 documents",
    ]


@pytest.mark.usefixtures("flux")
@pytest.mark.parametrize(
    ("layout", "options"), [(home, []), (two_clusters, ["--cluster", "clusters/staging"])]
)
def test_each_kustomization_is_what_fluxs_library_makes_of_it(tmp_path, layout, options):
    """The library builds without a cluster, so it gets the values of `substituteFrom` in place."""
    root = laid(tmp_path / "repo", layout())
    docs = built(root, *options)
    settings = {"DOMAIN": "example.com", "REPLICAS": "3", "OTHER": "${OTHER}", "TOKEN": "${TOKEN:=none}"}
    units = [doc for doc in docs if doc["apiVersion"].startswith(OWNER)]
    assert units
    for unit in copy.deepcopy(units):
        if "postBuild" in unit["spec"]:
            unit["spec"]["postBuild"]["substitute"] = settings | unit["spec"]["postBuild"].get(
                "substitute", {}
            )
            del unit["spec"]["postBuild"]["substituteFrom"]
        unit["spec"]["prune"] = True
        file = tmp_path / "ks.yaml"
        file.write_text(yaml.safe_dump(unit))
        common = unit["spec"].get("commonMetadata", {}).get("labels", {})
        command = ["flux", "build", "kustomization", unit["metadata"]["name"], "--dry-run", "--copy", root]
        command += ["--path", root / unit["spec"]["path"], "--kustomization-file", file]
        wanted = documents(succeeded(run(command)))
        for doc in wanted:
            doc["metadata"]["labels"].update(common)
        owner = unit["metadata"]["name"]
        made = [doc for doc in docs if doc["metadata"]["labels"].get(f"{OWNER}/name") == owner]
        assert sorted(map(json.dumps, map(sorted_keys, made))) == sorted(
            map(json.dumps, map(sorted_keys, wanted))
        )


def sorted_keys(doc):
    return json.loads(json.dumps(doc, sort_keys=True))


def test_one_cluster_of_two(tmp_path):
    root = laid(tmp_path, two_clusters())
    for cluster in ("production", "staging"):
        web = one(built(root, "--cluster", f"clusters/{cluster}"), "Deployment web/web")
        assert web["spec"]["template"]["spec"]["containers"][0]["image"] == f"docker.io/library/app:{cluster}"
    assert failed(root) == [
        "this repository holds 2 clusters; name one: --cluster clusters/production, --cluster clusters/staging"
    ]


def test_kubectl_builds_the_same(tmp_path):
    require("kubectl")
    root = laid(tmp_path, home())
    assert built(root, "--with", "kubectl") == built(root, "--with", "kustomize")


def test_one_that_fails_is_a_line_and_nothing_is_printed(tmp_path):
    files = home() | {"kubernetes/apps/media/web/app/service.yaml": "kind: Service\n"}
    lines = failed(laid(tmp_path, files))
    assert lines[-2].startswith("Kustomization flux-system/web: kustomize: ")
    assert str(tmp_path) not in lines[-2]
    assert lines[-1] == "1 not built, so nothing is printed; --partial prints the rest"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (
            {"kubernetes/apps/media/web/app/deployment.yaml": deployment("x", env="A=${B")},
            "Deployment media/my-x: Flux cannot read the expression of value; write $${ for a literal one",
        ),
        (
            {"kubernetes/apps/media/web/ks.yaml": ks("web", "./nowhere")},
            "spec.path ./nowhere is not a folder",
        ),
        ({"kubernetes/apps/media/web/app/kustomization.yaml": "resources: [\n"}, "not YAML"),
    ],
)
def test_failures_say_why(tmp_path, files, why):
    assert why in failed(laid(tmp_path, home() | files))[-2]


def test_the_cause_is_said_and_not_what_kustomize_tried_before(tmp_path):
    """kustomize takes what is not there for a folder and an address for a repository, and says so; warnings are no
    cause."""
    files = {
        "kustomization.yaml": kustomization("media", more="commonLabels: {a: b}\n"),
        "media/kustomization.yaml": kustomization("web"),
        "media/web/kustomization.yaml": kustomization("./ks.yaml"),
    }
    (line, _) = failed(laid(tmp_path, files))
    assert line == ".: kustomize: in media/web: media/web/ks.yaml is not there"
    laid(tmp_path, {"media/web/ks.yaml": "a: *b\n"})
    assert failed(tmp_path)[0].startswith(
        ".: kustomize: in media/web: ./ks.yaml: MalformedYAMLError: yaml: unknown anchor"
    )
    laid(tmp_path, {"media/web/kustomization.yaml": kustomization("http://127.0.0.1:1/x/crds.yaml")})
    (line, _) = failed(tmp_path)
    assert line.startswith(
        ".: kustomize: in media/web: cannot fetch http://127.0.0.1:1/…: dial tcp 127.0.0.1:1: "
    )
    assert "git" not in line


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {x: tiger, y: tiger}\n"
NAMELESS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {annotations: {a: tiger}, labels: {b: tiger}}\n"
PATCH = "resources: [all.yaml]\npatches:\n- target: {kind: Secret}\n  patch: |\n"
REPLACED = """\
resources: [all.yaml]
replacements:
- source: {kind: Secret, name: a, fieldPath: data.x}
  targets: [{select: {kind: Secret}, fieldPaths: [data.y.z]}]
"""


@pytest.mark.parametrize(
    ("kustomized", "objects", "said"),
    [
        ("secretGenerator: [{name: s, literals: [tiger]}]\n", SECRET, "a literal source is not key=value"),
        ("secretGenerator: [{name: s, files: [a=b=tiger]}]\n", SECRET, "file path contains '='"),
        ("resources: [all.yaml]\n", NAMELESS, "missing metadata.name"),
        (f"{PATCH}    tiger\n", SECRET, "unable to parse SM or JSON patch"),
        (
            f"{PATCH}    [{{op: replace, path: /data/x,\n      value: tiger}}]\n    tiger\n\n",
            SECRET,
            "JSON patch",
        ),
        (REPLACED, SECRET, "expected MappingNode but got ScalarNode"),
        ("resources: ['https://me:tiger@127.0.0.1:1/a?ref=v1']\n", SECRET, "127.0.0.1:1"),
        ("resources: ['https://me:ti/tiger@127.0.0.1:1/a?ref=v1']\n", SECRET, "cannot fetch …"),
    ],
)
def test_what_kustomize_repeats_of_the_input_is_left_out(tmp_path, kustomized, objects, said):
    lines = failed(laid(tmp_path, {"kustomization.yaml": kustomized, "all.yaml": objects}))
    assert said in lines[0]
    assert "tiger" not in "".join(lines)


def test_partial_marks_what_failed(tmp_path):
    files = home() | {"kubernetes/apps/media/web/app/service.yaml": "kind: Service\n"}
    docs = built(laid(tmp_path, files), "--partial")
    mark = one(docs, "Kustomization flux-system/web")["metadata"]["annotations"][
        "cilium-policies.fn/not-built"
    ]
    assert mark.startswith("kustomize: ")
    assert {doc["kind"] for doc in docs} == {"Kustomization", "ConfigMap", "Secret", "Namespace"}


def test_other_sources_and_other_clusters_are_left_out_and_said(tmp_path):
    elsewhere = """\
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: GitRepository
        metadata: {name: crds, namespace: flux-system}
        spec: {url: https://github.com/example/crds}
        """
    crds = ks("crds", "./kubernetes/apps").replace(
        "name: flux-system\n    namespace", "name: crds\n    namespace"
    )
    remote = ks("remote", "./kubernetes/apps/media", "kubeConfig: {secretRef: {name: other}}")
    files = {"kubernetes/flux/meta/crds.yaml": elsewhere, "kubernetes/flux/meta/ks.yaml": crds + remote}
    done = run(["cilium-policies", "build", laid(tmp_path, home() | files)])
    assert done.returncode == 0
    assert done.stderr.splitlines()[2:4] == [
        "cilium-policies: Kustomization flux-system/crds: not built: its source GitRepository flux-system/crds is not "
        "this repository; --source flux-system/crds=DIR builds it from a folder",
        "cilium-policies: Kustomization flux-system/remote: applies to another cluster (kubeConfig): left out; "
        "--cluster kubernetes/apps/media builds it",
    ]


def test_another_clusters_kustomization_is_built_as_that_cluster_has_it(tmp_path):
    remote = ks("far", "./far", "targetNamespace: shop\nkubeConfig: {secretRef: {name: far}}")
    files = home() | {"kubernetes/flux/meta/ks.yaml": remote, "far/web.yaml": deployment("web")}
    docs = built(laid(tmp_path, files), "--cluster", "far")
    assert list(map(name, docs)) == ["Deployment shop/web"]


def test_an_artifact_made_of_this_repository_is_built(tmp_path):
    generator = """\
        apiVersion: source.extensions.fluxcd.io/v1beta1
        kind: ArtifactGenerator
        metadata: {name: all, namespace: flux-system}
        spec:
          sources: [{alias: repo, kind: GitRepository, name: flux-system}]
          artifacts:
            - name: apps
              copy:
                - {from: "@repo/apps/base/**", to: "@artifact/base/"}
                - {from: "@repo/apps/staging/**", to: "@artifact/staging/"}
        """
    apps = ks("apps", "./staging").replace(
        "GitRepository\n    name: flux-system", "ExternalArtifact\n    name: apps"
    )
    files = {"clusters/staging/artifacts.yaml": generator, "clusters/staging/apps.yaml": apps}
    docs = built(laid(tmp_path, two_clusters() | files), "--cluster", "clusters/staging")
    assert one(docs, "Deployment web/web")


@pytest.mark.parametrize("where", ["file", "source"])
def test_what_flux_does_not_fetch_is_not_built(tmp_path, where):
    """A folder without a kustomization loses the file; a kustomization that lists it fails, as in Flux."""
    files = home() | {"kubernetes/flux/meta/old.yaml": namespace("old")}
    rules = "/kubernetes/flux/meta/old.yaml\n"
    if where == "file":
        files[".sourceignore"] = rules
    else:
        files["kubernetes/flux/cluster/source.yaml"] = (
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n"
            "metadata: {name: flux-system, namespace: flux-system}\n"
            f"spec: {{url: 'https://git.example.com/home', ignore: {rules.strip()}}}\n"
        )
    root = laid(tmp_path / "one", files)
    assert "Namespace /media" in {name(doc) for doc in built(root)}
    assert "Namespace /old" not in {name(doc) for doc in built(root)}
    root = laid(tmp_path / "two", home() | {".sourceignore": "service.yaml\n"})
    lines = failed(root)
    assert "Kustomization flux-system/web: kustomize: " in lines[-2]
    assert "service.yaml" in lines[-2]
    assert str(tmp_path) not in lines[-2]
    root = laid(tmp_path / "three", home() | {".sourceignore": "/kubernetes/apps/media/web/app/\n"})
    assert failed(root)[-2] == (
        "Kustomization flux-system/web: spec.path ./kubernetes/apps/media/web/app is excluded from what Flux fetches"
        " (.sourceignore)"
    )


def test_a_folder_that_no_kustomization_builds_is_no_empty_stream(tmp_path):
    files = {".git/HEAD": "", "kubernetes/spare/web.yaml": deployment("web")}
    files["kubernetes/flux/meta/more/x.yaml"] = namespace("x")
    root = laid(tmp_path, home() | files)
    assert failed(root / "kubernetes" / "spare") == [
        "no Flux Kustomization of kubernetes/flux/cluster builds kubernetes/spare; "
        "name another folder, or --cluster PATH, or build the whole repository"
    ]
    assert failed(root / "kubernetes" / "flux" / "meta" / "more") == [
        "no Flux Kustomization of kubernetes/flux/cluster begins in kubernetes/flux/meta/more: it is part of "
        "Kustomization flux-system/cluster-meta; build that one's folder, kubernetes/flux/meta"
    ]
    assert built(root / "kubernetes" / "apps" / "media")


def test_messages_name_the_folder_that_a_document_comes_from(tmp_path):
    app = "kubernetes/apps/media/web/app"
    broken = deployment("x").replace("{app: 'x'}", "{app: ['x']}", 1)
    stream = succeeded(
        run(["cilium-policies", "build", laid(tmp_path, home() | {f"{app}/deployment.yaml": broken})])
    )
    assert f"---\n# Source: {app}\napiVersion: apps/v1\n" in stream
    said = run(["cilium-policies", "-v", "--only-policies"], stdin=stream).stderr
    line = stream[: stream.index(f"# Source: {app}\napiVersion: apps/v1")].count("\n") + 1
    assert f"warning: {app} (stdin:{line}): " in said


def test_a_plain_kustomization(tmp_path):
    files = {
        "kustomization.yaml": kustomization("web.yaml", more="namespace: shop\n"),
        "web.yaml": deployment("web"),
    }
    assert [name(doc) for doc in built(laid(tmp_path, files))] == ["Deployment shop/web"]


def test_charts_of_a_kustomization_stay_releases_with_their_values(tmp_path):
    chart = """\
        namespace: shop
        helmCharts:
          - {name: redis, repo: "https://charts.example.com", releaseName: cache, valuesFile: redis.yaml}
        """
    files = {
        "overlay/kustomization.yaml": kustomization("../base", more="namespace: shop\n"),
        "base/kustomization.yaml": kustomization("web.yaml", more=chart),
        "base/web.yaml": deployment("web"),
        "base/redis.yaml": "architecture: standalone\n",
    }
    docs = built(laid(tmp_path, files))
    assert [name(doc) for doc in docs] == ["Deployment shop/web", "Kustomization shop/cache"]
    assert docs[1]["helmCharts"][0]["valuesInline"] == {"architecture": "standalone"}


def test_charts_of_one_release_name_stay_apart(tmp_path):
    """kustomize asks Helm for templates only, so several charts may have one release's name; two objects of one name
    would be one."""
    chart = """\
        helmCharts:
          - {name: grafana, releaseName: monitoring, namespace: shop, valuesInline: {replicas: "2"}}
          - {name: tempo, releaseName: traces, namespace: shop}
          - {name: prometheus-blackbox-exporter, releaseName: monitoring, namespace: shop}
        """
    files = {
        "kustomization.yaml": kustomization("web.yaml", more=chart),
        "web.yaml": deployment("web"),
    }
    docs = [doc for doc in built(laid(tmp_path, files)) if doc["kind"] == "Kustomization"]
    assert [doc["metadata"]["name"] for doc in docs] == ["monitoring", "traces"]
    assert [one["name"] for one in docs[0]["helmCharts"]] == ["grafana", "prometheus-blackbox-exporter"]
    assert docs[0]["helmCharts"][0]["valuesInline"] == {"replicas": "2"}


def test_variants_of_one_application_are_a_question(tmp_path):
    files = {"base/kustomization.yaml": kustomization("web.yaml"), "base/web.yaml": deployment("web")}
    files |= {f"overlays/{one}/kustomization.yaml": kustomization("../../base") for one in ("dev", "prod")}
    (line,) = failed(laid(tmp_path, files))
    assert line.startswith(
        "2 kustomizations here, and 2 of them share bases; choose one: cilium-policies build"
    )
    assert len(built(tmp_path / "overlays" / "prod")) == 1


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        ({"helmfile.yaml": "releases: []\n"}, "is a helmfile: helmfile renders it; helmfile -f"),
        ({"charts/web/Chart.yaml": "name: web\n"}, "is a Helm chart: helm renders it with the values"),
        (
            {"web.yaml": namespace("web")},
            "no Flux Kustomization, Application, kustomization or fleet.yaml; cilium-policies report",
        ),
        ({"README.md": "x"}, "no manifests"),
        ({"compose.yaml": "services: {web: {image: app}}\n"}, "no manifests"),
        (
            {f"releases/{one}/helmfile.yaml": "releases: []\n" for one in ("a", "b")},
            "2 helmfiles here, as ",
        ),
        (
            {
                "helmfile.d/01.yaml.gotmpl": "releases: []\n",
                "helmfile.d/charts/web/Chart.yaml": "name: web\n",
            },
            "helmfile.d is a helmfile: helmfile renders it; helmfile -f ",
        ),
        (
            {"clusters/home.yaml": "releases:\n  - name: web\n    chart: stable/web\n"},
            "clusters/home.yaml is a helmfile",
        ),
        (
            {".kluctl.yaml": "targets: []\n", "web/web.yaml": deployment("web")},
            ".kluctl.yaml is of kluctl: kluctl renders it; kluctl render --print-all -t TARGET | cilium-policies",
        ),
        (
            {"src/cdk8s.yaml": "language: typescript\n", "src/helm/web/Chart.yaml": "name: web\n"},
            "src/cdk8s.yaml is of cdk8s: cdk8s renders it; cdk8s synth --stdout | cilium-policies report",
        ),
        (
            {
                "environments/web/main.jsonnet": "{}",
                "lib/a.libsonnet": "{}",
                "environments/db/main.jsonnet": "{}",
            },
            "environments/db/main.jsonnet: Jsonnet renders them; tk export FOLDER environments/NAME",
        ),
        (
            {"web.cue": "x: 1\n"},
            "web.cue is of CUE: CUE renders it; cue export --out yaml > FOLDER/NAME.yaml",
        ),
        ({"web.cue": "x: 1\n", "web.yaml": namespace("web")}, "reads manifests as they are"),
    ],
)
def test_what_it_does_not_build_is_answered_with_the_line_that_does(tmp_path, files, answer):
    (line,) = failed(laid(tmp_path, files))
    assert answer in line


def test_what_others_make_of_a_folder_with_kustomizations_is_said(tmp_path):
    """kluctl puts variables and charts into them. A `fleet.yaml` of another program is none of Rancher's Fleet."""
    files = {
        "web/kustomization.yaml": kustomization("web.yaml"),
        "web/web.yaml": deployment("web"),
        ".kluctl.yml": "targets: []\n",
        "db/fleet.yaml": deployment("fleet-server"),
    }
    assert said(laid(tmp_path, files)) == [
        ".kluctl.yml: kluctl renders it, with variables and charts that are not here: "
        "kluctl render --print-all -t TARGET | cilium-policies report > report.html",
        "kustomize built 1 kustomization: 1 documents",
    ]


def test_the_choices_begin_with_what_builds_on_most(tmp_path):
    files = {f"{one}/kustomization.yaml": kustomization("web.yaml") for one in ("a", "b")}
    files |= {f"{one}/web.yaml": deployment(one) for one in ("a", "b")}
    files |= {
        "alone/kustomization.yaml": kustomization("../a"),
        "whole/kustomization.yaml": kustomization("../a", "../b"),
    }
    (line,) = failed(laid(tmp_path, files))
    assert [Path(one).name for one in line.rpartition("with ")[2].split(", ")] == ["whole", "alone"]


def test_a_part_of_an_unpacked_archive_says_where_the_repository_may_begin(tmp_path):
    """No Git says it, and what lies above is read for nobody who does not name it."""
    root = laid(tmp_path, home())
    (line,) = failed(root / "kubernetes/flux/cluster")
    assert line == (
        f"none of the paths that are built lie in {root}/kubernetes/flux/cluster, and no .git above it says where the "
        f"repository begins; if it begins in {os.path.relpath(root)}: "
        f"cilium-policies build {os.path.relpath(root)} --cluster kubernetes/flux/cluster; if here: git init"
    )
    docs = built(root, "--cluster", "kubernetes/flux/cluster")
    assert "Deployment media/my-web" in {name(doc) for doc in docs}


def test_a_link_to_nowhere_is_no_manifest(tmp_path):
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    (line,) = failed(tmp_path)
    assert "no manifests" in line


def test_neither_tool(tmp_path):
    root = laid(tmp_path / "repo", home())
    program = tmp_path / "bin" / "cilium-policies"
    program.parent.mkdir()
    import sys

    program.write_text(f"#!{sys.executable}\nfrom cilium_policies.cli import program\nprogram()\n")
    program.chmod(0o755)
    done = run([program, "build", root], env=environment(PATH=str(program.parent)))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "cilium-policies: neither kustomize nor kubectl is in PATH; install kustomize"
    )


def test_policies_of_a_built_repository(tmp_path):
    stream = succeeded(run(["cilium-policies", "build", laid(tmp_path, home())]))
    made = succeeded(run(["cilium-policies", "--only-policies"], stdin=stream))
    assert {name(doc).split()[1] for doc in own(documents(made))} >= {"media/default-deny", "media/my-web"}
    assert policies(made)["media/my-web"]["spec"]["endpointSelector"]["matchLabels"] == {"app": "web"}


def test_what_was_not_built_closes_nothing_and_fails_the_check(tmp_path):
    files = home() | {"kubernetes/apps/media/web/app/service.yaml": "kind: Service\n"}
    stream = succeeded(run(["cilium-policies", "build", "--partial", laid(tmp_path, files)]))
    made = run(["cilium-policies", "-v"], stdin=stream)
    checked = run(["cilium-policies", "check"], stdin=succeeded(made))

    assert "media/default-deny" not in policies(made.stdout)
    assert (
        "no default-deny in namespace media: Kustomization flux-system/web was not built: kustomize: "
        in made.stderr
    )
    assert checked.returncode == 1
    assert "Kustomization flux-system/web was not built: kustomize: " in checked.stderr


def test_a_kustomization_that_was_not_built_closes_nothing(tmp_path):
    """No Flux says what it is: a kustomization that is no object of the cluster stands for it. What it builds on says
    where it goes."""
    files = {
        "web/kustomization.yaml": kustomization("web.yaml", more="namespace: shop\n"),
        "web/web.yaml": deployment("web"),
        "db/kustomization.yaml": kustomization("../base", "none.yaml"),
        "base/kustomization.yaml": kustomization("db.yaml", more="namespace: shop\n"),
        "base/db.yaml": deployment("db"),
    }
    stream = succeeded(run(["cilium-policies", "build", "--partial", laid(tmp_path, files)]))
    made = run(["cilium-policies", "-v"], stdin=stream)
    assert "shop/web" in policies(succeeded(made))
    assert "shop/default-deny" not in policies(made.stdout)
    assert "no default-deny in namespace shop: Kustomization db was not built: kustomize: " in made.stderr


def test_what_names_no_namespace_and_was_not_built_closes_no_default_one(tmp_path):
    files = {"kustomization.yaml": kustomization("none.yaml")}
    (mark,) = built(laid(tmp_path, files), "--partial")
    assert mark["metadata"]["annotations"]["cilium-policies.fn/not-built-namespaces"] == "default"


def test_where_the_files_say_their_objects_go(tmp_path):
    target = "targetNamespace: media\n"
    files = home() | {
        "kubernetes/apps/media/web/app/service.yaml": "kind: Service\n",
        "kubernetes/apps/media/web/app/kustomization.yaml": kustomization(
            "deployment.yaml", "service.yaml", more="namespace: elsewhere\n"
        ),
    }
    files = {path: text.replace(f"  {target}", "") for path, text in files.items()}
    docs = built(laid(tmp_path, files), "--partial")
    marks = one(docs, "Kustomization flux-system/web")["metadata"]["annotations"]
    assert marks["cilium-policies.fn/not-built-namespaces"] == "elsewhere"


@pytest.mark.usefixtures("flux")
@pytest.mark.parametrize("index", [["--index"], []], ids=["index", "by hand"])
def test_written_policies_reconcile_where_a_parent_moves_its_kustomizations(tmp_path, index):
    """`namespace:` of a namespace's kustomization moves every ks.yaml in it; Flux then finds the source by its name."""
    listed = ["./namespace.yaml", "./web/ks.yaml"]
    place = "kubernetes/apps/media/kustomization.yaml"
    root = laid(tmp_path / "repo", home() | {place: kustomization(*listed, more="namespace: media\n")})
    before = succeeded(run(["cilium-policies", "build", root]))
    options = ["--output", root / "kubernetes" / "apps", "--set", "write.pathPrefix=kubernetes/apps", *index]
    written = run(["cilium-policies", "write", *options], stdin=before)
    assert (written.returncode, "does not list" in written.stderr) == (0, not index), written.stderr
    if not index:
        laid(root, {place: kustomization(*listed, "./network-policies/ks.yaml", more="namespace: media\n")})

    after = built(root)

    where = "flux-system" if index else "media"
    moved = one(after, f"Kustomization {where}/media-network-policies")
    assert moved["spec"]["sourceRef"] == {
        "kind": "GitRepository",
        "name": "flux-system",
        "namespace": "flux-system",
    }
    assert one(after, "CiliumNetworkPolicy media/default-deny")
    assert one(after, "CiliumNetworkPolicy media/my-web")
    checked = run(["cilium-policies", "check", "-", root], stdin=before)
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr
    again = run(["cilium-policies", "check"], stdin=succeeded(run(["cilium-policies", "build", root])))
    assert again.returncode == 0, again.stderr


def resource_set(resources, more=""):
    return f"""\
        apiVersion: fluxcd.controlplane.io/v1
        kind: ResourceSet
        metadata: {{name: tenants, namespace: flux-system}}
        spec:
          inputs: [{{tenant: a, replicas: 2}}, {{tenant: b, replicas: 3}}]
          {more}
          resources: {resources}
        """


def test_resource_sets_become_what_they_make(tmp_path):
    made = resource_set(
        '[{apiVersion: v1, kind: Namespace, metadata: {name: "<< inputs.tenant >>"}}, '
        "{apiVersion: v1, kind: Namespace, metadata: {name: shared}}]",
        "resourcesTemplate: '{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: << inputs.tenant >>}, "
        "data: {n: << inputs.replicas | quote >>}}'",
    )
    docs = built(laid(tmp_path, home() | {"kubernetes/flux/meta/set.yaml": made}))
    found = [
        doc for doc in docs if "resourceset.fluxcd.controlplane.io/name" in doc["metadata"].get("labels", {})
    ]
    wanted = ["ConfigMap a/x", "ConfigMap b/x", "Namespace /a", "Namespace /b", "Namespace /shared"]
    assert sorted(map(name, found)) == wanted
    assert one(docs, "ConfigMap b/x")["data"] == {"n": "3"}


def test_resource_sets_that_are_not_known_here_are_said(tmp_path):
    made = resource_set(
        '[{apiVersion: v1, kind: Namespace, metadata: {name: "<< slugify inputs.tenant >>"}}]'
    )
    done = run(["cilium-policies", "build", laid(tmp_path, home() | {"kubernetes/flux/meta/set.yaml": made})])
    assert done.returncode == 0
    said = "not expanded: the expression << slugify inputs.tenant >> (run flux-operator build rset)"
    assert f"cilium-policies: ResourceSet flux-system/tenants: {said}" in done.stderr.splitlines()


def test_this_program_in_a_kustomization_is_left_out_of_the_build(tmp_path):
    config = "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\nmetadata: {name: x}\n"
    files = {
        "kustomization.yaml": kustomization(
            "web.yaml", more="namespace: shop\ntransformers: [policies.yaml]\n"
        ),
        "policies.yaml": config,
        "web.yaml": deployment("web"),
    }
    assert [name(doc) for doc in built(laid(tmp_path, files))] == ["Deployment shop/web"]


def test_a_release_with_unset_variables_is_not_rendered_by_flate(tmp_path):
    """flate puts nothing where nothing sets a variable; what it then renders is not what the cluster runs."""
    head = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
    release = f"{head}metadata: {{name: NAME}}\nspec: {{values: {{a: VALUE}}}}\n"
    app = "kubernetes/apps/media/web/app/"
    files = home() | {
        f"{app}one.yaml": release.replace("NAME", "one").replace("VALUE", '"${OTHER}"'),
        f"{app}two.yaml": release.replace("NAME", "two").replace("VALUE", '"${APP}"'),
        f"{app}kustomization.yaml": kustomization("one.yaml", "two.yaml"),
    }
    charts = "".join(
        deployment(f"{one}-server", namespace="media").replace(
            "\n  name", f"\n  labels:\n    helm.toolkit.fluxcd.io/name: my-{one}\n"
            "    helm.toolkit.fluxcd.io/namespace: media\n  name", 1)
        for one in ("one", "two")
    )  # fmt: skip
    stand_in = tmp_path / "bin" / "flate"
    laid(tmp_path / "bin", {"flate": f"#!/bin/sh\ncat <<'EOF'\n{charts}EOF\n"})
    stand_in.chmod(0o755)
    env = environment()
    env["PATH"] = f"{stand_in.parent}:{env['PATH']}"
    done = run(["cilium-policies", "build", "--with", "flate", laid(tmp_path / "repository", files)], env=env)
    assert done.returncode == 0, done.stderr
    found = {name(doc) for doc in documents(done.stdout)}
    assert {"HelmRelease media/my-one", "Deployment media/two-server"} <= found
    assert not {"HelmRelease media/my-two", "Deployment media/one-server"} & found
    assert "HelmRelease media/my-one: not rendered: nothing sets all of its variables" in done.stderr


def test_what_another_repository_puts_into_a_closed_namespace_is_a_warning(tmp_path):
    elsewhere = """\
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: GitRepository
        metadata: {name: other, namespace: flux-system}
        spec: {url: https://github.com/example/other}
        """
    other = ks("other", "./deploy", "targetNamespace: media")
    other = other.replace("name: flux-system\n    namespace", "name: other\n    namespace")
    files = home() | {"kubernetes/flux/meta/other.yaml": elsewhere, "kubernetes/flux/meta/ks.yaml": other}
    stream = succeeded(run(["cilium-policies", "build", laid(tmp_path, files)]))
    made = run(["cilium-policies", "-v"], stdin=stream)
    assert (
        "default-deny in namespace media, into which Kustomization flux-system/other puts what" in made.stderr
    )
    assert "media/default-deny" in policies(made.stdout)
    assert run(["cilium-policies", "check"], stdin=made.stdout).returncode == 0


def artifact(called: str, path: str, source: str, kind: str = "OCIRepository") -> str:
    return ks(called, path).replace(
        "kind: GitRepository\n    name: flux-system", f"kind: {kind}\n    name: {source}"
    )


def fleet() -> dict[str, str]:
    """A pipeline makes one artifact of k8s/infra; another one is made elsewhere."""
    return {
        "k8s/clusters/home/all.yaml": artifact("controllers", "./controllers", "infra")
        + artifact("web", "./configs/web", "infra")
        + artifact("team", "./", "team"),
        "k8s/infra/controllers/x.yaml": namespace("controllers"),
        "k8s/infra/configs/web/web.yaml": deployment("web", namespace="web"),
    }


def test_an_artifact_of_a_folder_begins_where_all_its_paths_are(tmp_path):
    stream = succeeded(run(["cilium-policies", "build", laid(tmp_path, fleet())]))
    assert "# Source: k8s/infra/controllers\n" in stream
    assert "# Source: k8s/infra/configs/web\n" in stream
    assert (
        "kind: Namespace\nmetadata:\n  labels" in stream
    )  # the root of the repository is not built for "./"
    assert stream.count("kind: Deployment") == 1


def test_a_folder_can_be_named_for_a_source(tmp_path):
    laid(tmp_path / "team", {"app.yaml": deployment("app", namespace="team")})
    repository = laid(tmp_path / "fleet", fleet())
    said = run(["cilium-policies", "build", repository]).stderr
    assert (
        "its source OCIRepository flux-system/team is not this repository; --source flux-system/team=DIR"
        in said
    )
    docs = built(repository, "--source", f"flux-system/team={tmp_path / 'team'}")
    assert "Deployment team/app" in {name(doc) for doc in docs}
    wrong = run(["cilium-policies", "build", "--source", "team=none", repository])
    assert wrong.returncode == 2
    assert "--source team=none: no such folder" in wrong.stderr


def test_a_source_whose_namespace_a_kustomization_sets_is_this_repository(tmp_path):
    """The files name no namespace; the address of the source is that of another host."""
    source = """\
        ---
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: GitRepository
        metadata: {name: apps}
        spec: {url: https://git.example.com/apps.git}
        """
    apps = ks("apps", "./sites/home/apps").replace("  namespace: flux-system\nspec", "spec")
    apps = apps.replace("name: flux-system\n    namespace: flux-system", "name: apps")
    files = {
        "sites/home/start/apps.yaml": apps,
        "sites/home/start/source.yaml": source,
        "sites/home/start/kustomization.yaml": kustomization(
            "apps.yaml", "source.yaml", more="namespace: flux-system\n"
        ),
        "sites/home/apps/kustomization.yaml": kustomization("web.yaml"),
        "sites/home/apps/web.yaml": deployment("web", namespace="web"),
    }
    assert "Deployment web/web" in {name(doc) for doc in built(laid(tmp_path, files))}


def patched_by_itself(spec: str) -> dict[str, str]:
    """`flux bootstrap` writes `gotk-sync.yaml`, and the kustomization beside it patches it."""
    patch = f"""\
        apiVersion: kustomize.toolkit.fluxcd.io/v1
        kind: Kustomization
        metadata: {{name: flux-system, namespace: flux-system}}
        spec:
          {spec}
        """
    return {
        "clusters/home/flux-system/gotk-sync.yaml": ks("flux-system", "./clusters/home"),
        "clusters/home/flux-system/patch.yaml": patch,
        "clusters/home/flux-system/kustomization.yaml": kustomization(
            "gotk-sync.yaml", more="patches: [{path: patch.yaml}]\n"
        ),
        "clusters/home/apps.yaml": ks("apps", "./apps/${ENV}"),
        "apps/prod/web.yaml": deployment("web", namespace="web"),
    }


def test_the_first_kustomization_is_what_it_makes_of_itself(tmp_path):
    files = patched_by_itself("postBuild: {substitute: {ENV: prod}}")
    assert "Deployment web/web" in {name(doc) for doc in built(laid(tmp_path, files))}


def test_the_first_kustomization_that_fails_as_it_makes_itself_is_marked(tmp_path):
    files = patched_by_itself("patches: [{target: {kind: Kustomization}, patch: '- {op: remove, path: /x}'}]")
    (root,) = built(laid(tmp_path, files), "--partial")
    assert name(root) == "Kustomization flux-system/flux-system"
    assert "error in remove" in root["metadata"]["annotations"]["cilium-policies.fn/not-built"]


def parts(source: str) -> dict[str, str]:
    """A Kustomization tells how an artifact of this source is made, and its siblings take it."""
    generator = f"""\
        apiVersion: source.extensions.fluxcd.io/v1beta1
        kind: ArtifactGenerator
        metadata: {{name: parts, namespace: flux-system}}
        spec:
          sources: [{{alias: repo, kind: {source}, name: flux-system}}]
          artifacts:
            - name: web
              copy: [{{from: "@repo/apps/web/", to: "@artifact/apps/web/"}}]
        """
    web = [artifact(one, "./apps/web", "web", "ExternalArtifact") for one in ("web", "same")]
    return {
        "k8s/clusters/home/all.yaml": artifact("apps", "./apps", "flux-system"),
        "k8s/apps/kustomization.yaml": kustomization("generator.yaml", "web.yaml"),
        "k8s/apps/generator.yaml": artifact("generator", "./generator", "flux-system"),
        "k8s/generator/generator.yaml": generator,
        "k8s/apps/web.yaml": "".join(web),
        "k8s/apps/web/web.yaml": deployment("web", namespace="web"),
    }


def test_an_artifact_that_a_sibling_tells_of_is_built_after_it(tmp_path):
    """Flux tries again until the artifact is there; the paths of an OCI artifact begin where it was made."""
    docs = [name(doc) for doc in built(laid(tmp_path, parts("OCIRepository")))]
    assert docs.count("Deployment web/web") == 2


def test_an_artifact_that_cannot_be_made_says_why_to_all_that_take_it(tmp_path):
    (line, _) = said(laid(tmp_path, parts("HelmChart")))
    assert line == (
        "Kustomization flux-system/same and 1 more: not built: ArtifactGenerator flux-system/parts copies from "
        "HelmChart flux-system/flux-system, not this repository; --source flux-system/web=DIR builds it from a folder"
    )


def test_what_the_cluster_does_not_lead_to_is_said(tmp_path):
    """A second cluster that no file starts, by the names of the first one; an application that is commented out."""
    other = {path.replace("kubernetes/", "other/"): text for path, text in home().items() if "/apps/" in path}
    other = {path: text.replace("./kubernetes/", "./other/") for path, text in other.items()}
    other["other/apps/media/mail/ks.yaml"] = ks("mail", "./other/apps/media/mail/app")
    folder = laid(
        tmp_path / "two",
        home() | other | {"kubernetes/flux/cluster/own.yaml": ks("own", "./kubernetes/flux/cluster")},
    )
    why = "a Kustomization that nothing in kubernetes/flux/cluster leads to: left out"
    assert f"other/apps/media/mail/ks.yaml and 1 more: {why}; --cluster other/apps/media builds it" in said(
        folder
    )
    old = {"kubernetes/apps/media/old/ks.yaml": ks("old", "./kubernetes/apps/media/old/app")}
    assert f"kubernetes/apps/media/old/ks.yaml: {why}" in said(laid(tmp_path / "one", home() | old))
    assert not [line for line in said(laid(tmp_path / "none", home())) if why in line]


_READS_VARIABLES = "postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}, {kind: Secret, name: no}]}"


def test_a_childs_variables_are_there_where_the_cluster_runs(tmp_path):
    """Flux applies the parent again once its child has made the ConfigMap: what it hands on has the values."""
    child = ks("web", "./web", "targetNamespace: ${SPACE}\npostBuild: {substitute: {HOST: '${NAME:=none}'}}")
    files = {
        "cluster/flux-system.yaml": ks("flux-system", "./cluster"),
        "cluster/apps.yaml": ks("apps", "./apps", _READS_VARIABLES),
        "apps/settings.yaml": ks("settings", "./settings"),
        "apps/web.yaml": child,
        "settings/vars.yaml": (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\n"
            "data: {SPACE: shop, NAME: web}\n"
        ),
        "web/web.yaml": deployment("web", "${HOST}/app:${TAG}"),
    }
    root = laid(tmp_path, files)
    (web,) = [one for one in built(root) if name(one).startswith("Deployment ")]
    assert name(web) == "Deployment shop/web"
    assert web["spec"]["template"]["spec"]["containers"][0]["image"] == "web/app:${TAG}"
    assert said(root)[:-1] == [
        "Kustomization flux-system/apps: variables from Secret no: not in the repository",
        "Kustomization flux-system/web: nothing sets TAG: left as written",
    ]


def test_a_childs_variables_that_nobody_asks_for_cost_no_second_build(tmp_path):
    files = {
        "cluster/flux-system.yaml": ks("flux-system", "./cluster"),
        "cluster/apps.yaml": ks(
            "apps", "./apps", "postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}"
        ),
        "apps/settings.yaml": ks("settings", "./settings"),
        "settings/vars.yaml": (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {A: b}\n"
        ),
    }
    assert said(laid(tmp_path, files)) == ["kustomize built 3 Kustomizations: 4 documents"]


def test_what_a_child_encrypts_takes_no_default(tmp_path):
    """Where the cluster runs its value is that of the Secret, which nobody here can read; the default is nobody's."""
    files = {
        "cluster/flux-system.yaml": ks("flux-system", "./cluster"),
        "cluster/apps.yaml": ks(
            "apps", "./apps", "postBuild: {substituteFrom: [{kind: Secret, name: vars}]}"
        ),
        "apps/settings.yaml": ks("settings", "./settings"),
        "apps/web.yaml": deployment("web", env="HOST=${HOST:=db.example.com}", namespace="web"),
        "settings/vars.yaml": (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: vars, namespace: flux-system}\n"
            "stringData: {HOST: 'ENC[AES256_GCM,data:abc=,type:str]'}\n"
            "sops: {mac: 'ENC[AES256_GCM,data:abc=,type:str]'}\n"
        ),
    }
    root = laid(tmp_path, files)
    (web,) = [one for one in built(root) if name(one) == "Deployment web/web"]
    assert web["spec"]["template"]["spec"]["containers"][0]["env"] == [
        {"name": "HOST", "value": "${HOST:=db.example.com}"}
    ]
    assert said(root)[:-1] == [
        "Kustomization flux-system/apps: SOPS encrypts what HOST is set to: left as written"
    ]
