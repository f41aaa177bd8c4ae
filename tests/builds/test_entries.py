"""Where clusters start, and what is asked where there are several."""

from __future__ import annotations

from pathlib import Path

import pytest
from cilium_policies.builds.entries import chosen, entries
from cilium_policies.builds.git import address
from cilium_policies.builds.repository import Repository, clean
from cilium_policies.document.finding import RefusedError

from tests.builds import home, ks, kustomization, laid, namespace, two_clusters


def names(root: Path) -> list[str]:
    return [one.name for one in entries(Repository(str(root)))]


def start(folder: str, path: str, base: str) -> dict[str, str]:
    """A folder with a Kustomization, and the folder that this one builds, which builds on a base."""
    return {
        f"{folder}/apps.yaml": ks("apps", f"./{path}/"),
        f"{path}/kustomization.yaml": kustomization(base),
    }


def test_one_cluster_by_the_folder_of_its_first_kustomizations(tmp_path: Path) -> None:
    assert names(laid(tmp_path, home())) == ["kubernetes/flux/cluster"]


def test_flux_bootstrap_is_a_kustomization_below_its_own_path(tmp_path: Path) -> None:
    assert names(laid(tmp_path, two_clusters())) == ["clusters/production", "clusters/staging"]


def test_several_clusters_are_a_question_with_the_choices(tmp_path: Path) -> None:
    repository = Repository(str(laid(tmp_path, two_clusters())))
    with pytest.raises(RefusedError) as refused:
        chosen(entries(repository), repository, "")
    assert refused.value.finding.text == (
        "this repository holds 2 clusters; name one: --cluster clusters/production, --cluster clusters/staging"
    )


@pytest.mark.parametrize(
    "asked", ["clusters/staging", "./clusters/staging/", "clusters/staging/apps.yaml/.."]
)
def test_a_cluster_is_named_by_its_folder(tmp_path: Path, asked: str) -> None:
    repository = Repository(str(laid(tmp_path, two_clusters())))
    assert chosen(entries(repository), repository, asked).name == "clusters/staging"


def test_a_folder_above_one_cluster_names_it(tmp_path: Path) -> None:
    files = {"a/flux/ks.yaml": ks("apps", "./a/apps"), "b/flux/ks.yaml": ks("apps", "./b/apps")}
    files |= {"a/apps/x.yaml": namespace("x"), "b/apps/x.yaml": namespace("x")}
    repository = Repository(str(laid(tmp_path, files)))
    assert chosen(entries(repository), repository, "b").name == "b/flux"


def test_the_folder_asked_for_names_its_cluster(tmp_path: Path) -> None:
    laid(tmp_path, two_clusters() | {".git/config": ""})
    repository = Repository(str(tmp_path / "clusters" / "staging"))
    assert (repository.root, repository.asked) == (str(tmp_path), "clusters/staging")
    assert chosen(entries(repository), repository, "").name == "clusters/staging"


def test_without_git_the_paths_tell_where_the_repository_begins(tmp_path: Path) -> None:
    laid(tmp_path / "repo", home())
    assert Repository(str(tmp_path / "repo" / "kubernetes")).root == str(tmp_path / "repo")


def test_a_flux_instance_says_where_it_starts(tmp_path: Path) -> None:
    instance = """\
        apiVersion: fluxcd.controlplane.io/v1
        kind: FluxInstance
        metadata: {name: flux, namespace: flux-system}
        spec: {sync: {kind: GitRepository, path: clusters/home}}
        """
    files = {"clusters/home/apps.yaml": ks("apps", "./apps"), "clusters/home/flux/instance.yaml": instance}
    assert names(laid(tmp_path, files | {"apps/x.yaml": namespace("x")})) == ["clusters/home"]


def test_the_chart_of_a_flux_instance_says_so_too(tmp_path: Path) -> None:
    release = """\
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {name: flux-instance, namespace: flux-system}
        spec:
          chartRef: {kind: OCIRepository, name: flux-instance}
          values: {instance: {sync: {kind: GitRepository, path: kubernetes/flux/cluster}}}
        """
    files = home() | {"kubernetes/apps/flux-system/flux-instance/app/helmrelease.yaml": release}
    assert names(laid(tmp_path, files)) == ["kubernetes/flux/cluster"]


def test_its_values_in_a_file_of_their_own_say_so_too(tmp_path: Path) -> None:
    """kustomize makes a ConfigMap of the file for the release's `valuesFrom`; two files are two clusters."""
    files = {
        f"clusters/{one}/{file}": text
        for one in ("dev", "prod")
        for file, text in {
            "apps.yaml": ks("apps", "./apps"),
            "flux/values.yaml": f"instance:\n  sync:\n    kind: GitRepository\n    path: clusters/{one}\n",
        }.items()
    }
    laid(tmp_path, files | {"apps/x.yaml": namespace("x")})
    assert names(tmp_path) == ["clusters/dev", "clusters/prod"]


def test_values_of_an_instance_beside_another_start_tell_nothing(tmp_path: Path) -> None:
    values = "instance: {sync: {kind: GitRepository, path: clusters/home/flux}}\n"
    files = two_clusters() | {"clusters/staging/flux/values.yaml": values.replace("home", "staging")}
    assert names(laid(tmp_path, files)) == ["clusters/production", "clusters/staging"]


def test_paths_below_the_folder_that_an_artifact_is_made_of(tmp_path: Path) -> None:
    """The pipeline pushes `kubernetes`: the first Kustomization leads to the applications, of which one is off."""
    first = ks("cluster", "./apps/overlays/home").replace("kind: GitRepository", "kind: OCIRepository")
    app = ks("web", "./apps/base/web/app").replace("kind: GitRepository", "kind: ExternalArtifact")
    files = {
        "kubernetes/clusters/home/ks.yaml": first,
        "kubernetes/apps/overlays/home/kustomization.yaml": kustomization("../../base/web/ks.yaml"),
        "kubernetes/apps/base/web/ks.yaml": app,
        "kubernetes/apps/base/off/ks.yaml": app.replace("web", "off"),
        "kubernetes/apps/base/web/app/x.yaml": namespace("x"),
        "kubernetes/apps/base/off/app/x.yaml": namespace("x"),
    }
    assert names(laid(tmp_path, files)) == ["kubernetes/clusters/home"]


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/a/b",
        "https://github.com/A/b.git",
        "ssh://git@github.com/a/b",
        "git@github.com:a/b.git",
        "https://token@github.com/a/b/",
    ],
)
def test_addresses_of_one_repository_are_one(url: str) -> None:
    assert address(url) == "github.com/a/b"


@pytest.mark.parametrize(
    ("path", "made"), [("./", ""), ("", ""), ("./a/b/", "a/b"), ("/a", "a"), ("../x", "../x")]
)
def test_paths_are_cleaned(path: str, made: str) -> None:
    assert clean(path) == made


def test_applications_that_lie_below_their_own_path_start_nothing(tmp_path: Path) -> None:
    files = home() | {"kubernetes/apps/media/web/ks.yaml": ks("web", "./kubernetes/apps/media/web")}
    assert names(laid(tmp_path, files)) == ["kubernetes/flux/cluster"]


def test_what_a_base_beside_the_path_holds_starts_nothing(tmp_path: Path) -> None:
    """Tenants: each cluster's folder builds on a base that holds the tenant's own Kustomization."""
    files = {
        "tenants/base/sync.yaml": ks("team", "./team"),
        "tenants/base/kustomization.yaml": kustomization("sync.yaml"),
    }
    for cluster in ("a", "b"):
        files |= start(f"clusters/{cluster}", f"tenants/{cluster}", "../base")
    assert names(laid(tmp_path, files)) == ["clusters/a", "clusters/b"]


def test_what_an_overlay_leaves_out_starts_nothing(tmp_path: Path) -> None:
    """The first Kustomization builds others by way of an overlay; an application that is switched off stands beside."""
    files = {
        "clusters/home/ks.yaml": ks("apps", "./apps/overlays/home"),
        "apps/overlays/home/kustomization.yaml": kustomization("../../base/media"),
        "apps/base/media/kustomization.yaml": kustomization("web/ks.yaml"),
        "apps/base/media/web/ks.yaml": ks("web", "./apps/base/media/web/app"),
        "apps/base/media/web/app/kustomization.yaml": kustomization(),
        "apps/base/spare/ks.yaml": ks("spare", "./apps/base/spare/app"),
        "apps/base/spare/app/kustomization.yaml": kustomization(),
    }
    assert names(laid(tmp_path, files)) == ["clusters/home"]


def test_a_repository_inside_another_begins_where_its_paths_do(tmp_path: Path) -> None:
    laid(tmp_path, {".git/config": "", "README.md": ""})
    inner = laid(tmp_path / "examples" / "home", home())
    assert Repository(str(inner)).root == str(inner)
    assert Repository(str(inner / "kubernetes" / "flux")).root == str(inner)


def test_a_kustomization_file_limits_what_a_path_builds(tmp_path: Path) -> None:
    """An application whose path is a folder above everything, of whose files its kustomization names none: it leads
    to no other, though all of them lie below it."""
    files = {
        "k8s/kustomization.yaml": kustomization(),
        "k8s/clusters/home/bootstrap/start.yaml": ks("apps", "./k8s/clusters/home/apps"),
        "k8s/clusters/home/apps/ai/kustomization.yaml": kustomization("database.yaml", "web.yaml"),
        "k8s/clusters/home/apps/ai/database.yaml": ks("database", "./k8s", namespace="ai"),
        "k8s/clusters/home/apps/ai/web.yaml": ks("web", "./k8s/apps/web", namespace="ai"),
        "k8s/clusters/home/apps/media/database.yaml": ks("database", "./k8s", namespace="media"),
        "k8s/apps/web/x.yaml": namespace("x"),
    }
    assert names(laid(tmp_path, files)) == ["k8s/clusters/home/bootstrap"]


def test_an_application_in_its_own_folder_starts_nothing_where_another_folder_names_it(
    tmp_path: Path,
) -> None:
    """Each application holds its Kustomization, whose path is that folder; sites name the applications. One that
    no site names is switched off."""
    files = {
        "common/cache/kustomization.yaml": kustomization("app/ks.yaml"),
        "common/cache/app/ks.yaml": ks("cache", "./common/cache/app/"),
        "common/cache/app/kustomization.yaml": kustomization("x.yaml"),
        "common/cache/app/x.yaml": namespace("cache"),
        "common/spare/app/ks.yaml": ks("spare", "./common/spare/app/"),
        "common/spare/app/kustomization.yaml": kustomization("x.yaml"),
        "common/spare/app/x.yaml": namespace("spare"),
    }
    for site in ("north", "south"):
        files |= start(f"sites/{site}/start", f"sites/{site}/apps", "../../../common/cache/")
    assert names(laid(tmp_path, files)) == ["sites/north/start", "sites/south/start"]


def test_the_release_of_a_flux_instance_needs_no_source_beside_it(tmp_path: Path) -> None:
    """The source of its chart stands in a file of its own, and no Kustomization lies above the applications."""
    release = """\
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {name: flux-instance, namespace: flux-system}
        spec:
          chartRef: {kind: OCIRepository, name: flux-instance}
          values: {instance: {sync: {kind: GitRepository, path: apps/}}}
        """
    files = {
        "apps/flux/app.ks.yaml": ks("flux", "./apps/flux/app"),
        "apps/flux/app/release.yaml": release,
        "apps/web/app.ks.yaml": ks("web", "./apps/web/app"),
        "apps/web/app/x.yaml": namespace("web"),
    }
    assert names(laid(tmp_path, files)) == ["apps"]


def test_the_root_of_an_artifact_is_not_that_of_the_repository(tmp_path: Path) -> None:
    """A pipeline makes Flux's artifact of one folder; where Flux starts is told by the Kustomizations."""
    instance = """\
        apiVersion: fluxcd.controlplane.io/v1
        kind: FluxInstance
        metadata: {name: flux, namespace: flux-system}
        spec: {sync: {kind: OCIRepository, url: 'oci://registry.test/cluster', path: ./}}
        """
    files = {
        "k8s/clusters/local/flux-system/instance.yaml": instance,
        "k8s/clusters/local/apps.yaml": ks("apps", "./k8s/apps"),
        "k8s/apps/x.yaml": namespace("x"),
    }
    assert names(laid(tmp_path, files)) == ["k8s/clusters/local"]


def test_flux_bootstrap_at_the_root_is_the_one_cluster(tmp_path: Path) -> None:
    """Kustomizations that lie in their own path are its, and no clusters."""
    files = {
        "flux-system/gotk-sync.yaml": ks("flux-system", "./"),
        "flux-system/kustomization.yaml": kustomization("gotk-sync.yaml"),
        "media/one/ks.yaml": ks("one", "./media/one"),
        "media/two/ks.yaml": ks("two", "./media/two"),
        "media/two/kustomization.yaml": kustomization("two.yaml"),
        "media/two/two.yaml": namespace("two"),
    }
    assert names(laid(tmp_path, files)) == ["."]


def test_a_first_kustomization_that_is_a_patch_of_what_it_builds(tmp_path: Path) -> None:
    """Clusters that share one base, each with its own words for `flux-system`; a patch of an application's
    Kustomization that lies in its path is no cluster."""
    web = ks("web", "./apps/web/prod").replace("prune: true", "suspend: true").partition("  sourceRef")[0]
    files = {
        "base/flux.yaml": ks("flux-system", "./clusters/${ENV}"),
        "base/kustomization.yaml": kustomization("flux.yaml", "../apps/web/base/web.yaml"),
        "apps/web/base/web.yaml": ks("web", "./apps/web/base"),
        "apps/web/prod/kustomization.yaml": kustomization("../base"),
        "apps/web/prod/web.yaml": web,
    }
    for one in ("prod", "test"):
        files[f"patches/{one}.yaml"] = ks("flux-system", f"./clusters/{one}").partition("  sourceRef")[0]
        patches = f"patches:\n  - path: ../../patches/{one}.yaml\n  - path: ../../apps/web/prod/web.yaml\n"
        files[f"clusters/{one}/kustomization.yaml"] = kustomization("../../base", more=patches)
    assert names(laid(tmp_path, files)) == ["clusters/prod", "clusters/test"]
