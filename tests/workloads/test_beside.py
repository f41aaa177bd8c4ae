"""A single build with the inventory of the tree: peers it could not know, and no policies for them."""

from cilium_policies.catalogue.load import load
from cilium_policies.document.split import split
from cilium_policies.function import Options, run
from cilium_policies.kube.reading import objects
from cilium_policies.workloads.condensed import condense

from tests.support import deployment, namespace, service, stream

ROOT = stream(namespace("shop"), namespace("back"))
API = stream(deployment("back/api"), service("back/api", target="8080"))
WEB = stream(deployment("shop/web", extra="env:\n- {name: API_URL, value: 'http://api.back.svc:80/v1'}\n"))


def inventory(**files: bytes) -> bytes:
    found = [one for name, data in files.items() for one in objects([split(data, name)]).objects]
    return condense(found, files, load()).encode()


def only(data: bytes, name: str, known: bytes | None = None) -> tuple[str, list[str]]:
    given = ("inventory.yaml", known) if known else None
    outcome = run([(name, data)], Options(inventory=given, only_policies=True, verbose=True))
    assert outcome.code == 0, outcome.stderr
    return outcome.stdout.decode(), outcome.stderr


def test_both_ends_of_an_edge_between_builds() -> None:
    known = inventory(root=ROOT, api=API, web=WEB)
    web, _ = only(WEB, "web", known)
    assert "k8s:io.kubernetes.pod.namespace: back" in web
    assert 'port: "8080"' in web
    assert "namespace: back\n  labels" not in web
    api, _ = only(API, "api", known)
    assert "k8s:io.kubernetes.pod.namespace: shop" in api


def test_an_inventory_older_than_the_build_is_said() -> None:
    known = inventory(root=ROOT, api=API, web=WEB)
    _, said = only(WEB.replace(b"/v1", b"/v2"), "web", known)
    assert any("changed since inventory cluster was made" in line for line in said)
    _, said = only(WEB, "web", known)
    assert not any("inventory" in line for line in said)


def test_an_inventory_in_the_input_is_found_by_its_name() -> None:
    known = inventory(root=ROOT, api=API, web=WEB)
    options = Options(overrides=(("inventory", "cluster"),), only_policies=True)
    outcome = run([("web", WEB + b"---\n" + known)], options)
    assert outcome.code == 0, outcome.stderr
    assert b"k8s:io.kubernetes.pod.namespace: back" in outcome.stdout
    missing = run([("web", WEB)], options)
    assert missing.code == 1
    assert "no ClusterInventory called cluster" in missing.stderr[0]
