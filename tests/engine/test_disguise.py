"""The disguises: what each changes, that the cluster works as before, and a sample of the metamorphic measure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine import manifests
from tests.engine.corpus import cases
from tests.engine.disguise import run
from tests.engine.disguises import DISGUISES
from tests.engine.manifests import Cluster

CASE = Path(__file__).resolve().parent / "disguised"


def dressed(name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The fixture's objects under a disguise, and the rows."""
    [case] = cases(CASE)
    before = manifests.read(case.builds, case.folder / "runtime.yaml", tuple(row.query for row in case.rows))
    found: Cluster = DISGUISES[name](before)
    texts = "\n---\n".join(one.text for build in found.builds for one in build)
    return [one for one in yaml.safe_load_all(texts) if one], [dict(row) for row in found.rows]


def the(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    [found] = [one for one in objects if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def pod(objects: list[dict[str, Any]], name: str) -> dict[str, Any]:
    template: dict[str, Any] = the(objects, "Deployment", name)["spec"]["template"]
    return template


@pytest.mark.parametrize(
    ("disguise", "image"),
    [
        ("images by a proxy", "registry.corp.example/proxy/docker.io/library/redis:7"),
        ("images in ECR", "111122223333.dkr.ecr.eu-central-1.amazonaws.com/docker-hub/library/redis:7"),
        ("images mirrored flat", "registry.corp.example/mirror/redis:7"),
        ("images with a prefix", "harbor.corp.example/platform/corp-redis:7"),
        ("images in one segment", "registry.corp.example:5000/mirror/redis:7"),
    ],
)
def test_images_under_other_names(disguise: str, image: str) -> None:
    objects, _ = dressed(disguise)
    assert pod(objects, "cache")["spec"]["containers"][0]["image"] == image
    own = pod(objects, "web")["spec"]["containers"][0]["image"]
    assert own == "registry.acme.example/shop/web:1", "one's own registry is no mirror's source"


def test_a_namespace_under_another_name_wherever_it_is_named() -> None:
    objects, rows = dressed("namespaces with a suffix")
    the(objects, "Namespace", "shop-prod")
    env = {one["name"]: one["value"] for one in pod(objects, "web")["spec"]["containers"][0]["env"]}
    assert env["CACHE_URL"] == "redis://cache.shop-prod.svc.cluster.local:6379"
    binding = the(objects, "RoleBinding", "web")
    assert binding["subjects"][0]["namespace"] == binding["metadata"]["namespace"] == "shop-prod"
    assert the(objects, "ConfigMap", "settings")["data"]["a.yaml"] == "db: db.shop-prod:5432\nspeaks: shop\n"
    assert rows[0] == {
        "from": {"pod": "shop-prod/web"}, "to": {"pod": "shop-prod/cache"}, "port": 6379, "protocol": "TCP",
    }  # fmt: skip


def test_labels_of_other_conventions() -> None:
    objects, _ = dressed("plain labels")
    assert pod(objects, "web")["metadata"]["labels"] == {"app": "web", "stack": "shop"}
    assert the(objects, "Service", "web")["spec"]["selector"] == {"app": "web", "stack": "shop"}
    objects, _ = dressed("labels by name")
    assert pod(objects, "cache")["metadata"]["labels"] == {"app": "cache"}
    assert the(objects, "Service", "cache")["spec"]["selector"] == {"app": "cache"}


def test_services_and_accounts_under_other_names_are_followed_by_who_names_them() -> None:
    objects, _ = dressed("kustomize's prefix")
    web = pod(objects, "corp-web")["spec"]
    env = {one["name"]: one["value"] for one in web["containers"][0]["env"]}
    assert env["CACHE_URL"] == "redis://corp-cache.shop.svc.cluster.local:6379"
    assert web["serviceAccountName"] == "corp-web"
    assert the(objects, "RoleBinding", "web")["subjects"][0]["name"] == "corp-web"
    assert web["volumes"][0]["configMap"]["name"] == "settings-7g5k2m9h4t"
    rule = the(objects, "Ingress", "web")["spec"]["rules"][0]["http"]["paths"][0]
    assert rule["backend"]["service"] == {"name": "corp-web", "port": {"number": 80}}


def test_containers_that_say_the_same_otherwise() -> None:
    objects, _ = dressed("variables from ConfigMaps")
    [web] = pod(objects, "web")["spec"]["containers"]
    assert "env" not in web
    told = the(objects, "ConfigMap", web["envFrom"][0]["configMapRef"]["name"])
    assert told["data"] == {"CACHE_URL": "redis://cache.shop.svc.cluster.local:6379"}
    objects, _ = dressed("commands in a shell")
    [web] = pod(objects, "web")["spec"]["containers"]
    assert web["command"] == ["sh", "-c", "exec /web --api-url=https://api.stripe.com"]
    objects, _ = dressed("ports undeclared")
    assert "ports" not in pod(objects, "web")["spec"]["containers"][0]
    assert the(objects, "Service", "web")["spec"]["ports"] == [{"port": 80, "targetPort": 8080}]


def test_names_shorter_and_longer() -> None:
    for disguise, host in (
        ("short names", "redis://cache:6379"),
        ("full names", "redis://cache.shop.svc.cluster.local.:6379"),
        ("another domain, untold", "redis://cache.shop.svc.k8s.corp.internal:6379"),
    ):
        objects, _ = dressed(disguise)
        assert pod(objects, "web")["spec"]["containers"][0]["env"][0]["value"] == host


@pytest.mark.judge
def test_what_passes_passes_in_every_disguise(judge: Any) -> None:
    [case] = cases(CASE)
    for loss in run(judge, case, list(DISGUISES)):
        assert loss.before.measure.full
        assert loss.numbers() == (4, 4, 0, 0, 0), (loss.disguise, [str(miss) for _, miss in loss.misses()])


@pytest.mark.judge
def test_a_sample_of_the_corpus_is_cut_in_silence_by_no_disguise(judge: Any, corpus: Path) -> None:
    [case] = [one for one in cases(corpus) if one.name == "online-boutique"]
    for loss in run(judge, case, list(DISGUISES)):
        assert loss.numbers()[3:] == (0, 0), (loss.disguise, [str(miss) for _, miss in loss.misses()])
