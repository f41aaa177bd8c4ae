"""A single build with the inventory of the tree: peers it could not know, and no policies for them."""

from cilium_policies.catalogue.load import load
from cilium_policies.document.split import split
from cilium_policies.evidence.told import told
from cilium_policies.function import Options, run
from cilium_policies.kube.reading import objects
from cilium_policies.workloads.inventory.write import write_inventory

from tests.support import deployment, namespace, service, stream

ROOT = stream(namespace("shop"), namespace("back"))
API = stream(deployment("back/api"), service("back/api", target="8080"))
WEB = stream(deployment("shop/web", extra="env:\n- {name: API_URL, value: 'http://api.back.svc:80/v1'}\n"))


def inventory(**files: bytes) -> bytes:
    found = [one for name, data in files.items() for one in objects([split(data, name)]).objects]
    return write_inventory(found, files, load(), told).encode()


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
    _, said = only(WEB.replace(b":80/v1", b":81/v1"), "web", known)
    assert any("is older than the input: Deployment shop/web has changed" in line for line in said)
    _, said = only(WEB + b"---\n" + deployment("shop/new").encode(), "web", known)
    assert any("Deployment shop/new has come since it was made" in line for line in said)


def test_bytes_that_a_tool_wrote_anew_are_the_same_objects() -> None:
    known = inventory(root=ROOT, api=API, web=WEB)
    for data in (WEB, b"# written anew\n" + WEB, run([("web", WEB)], Options()).stdout):
        _, said = only(data, "stdin", known)
        assert not any("inventory cluster" in line for line in said)


def test_a_word_that_is_the_name_of_what_is_left_out_makes_no_build_older() -> None:
    """Beside a single build nobody knows that there is such an object."""
    web = deployment("shop/web", extra="env:\n- {name: PRIORITY, value: batch-jobs}\n").encode()
    classes = b"{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: batch-jobs}}\n"
    known = inventory(root=ROOT, classes=classes, web=web)
    _, said = only(b"# written anew\n" + web, "web", known)
    assert not any("inventory cluster" in line for line in said)


def test_check_finds_an_inventory_that_is_older() -> None:
    known = ("inventory.yaml", inventory(root=ROOT, api=API, web=WEB))
    built = run([("web", WEB)], Options(inventory=known)).stdout
    asked = Options(inventory=known, overrides=(("action", "check"), ("mode", "audit")))
    assert run([("web", built)], asked).code == 0
    older = run([("web", built.replace(b":80/v1", b":81/v1"))], asked)
    assert older.code == 1
    assert "inventory cluster is older than the input" in older.stderr[0]


def test_an_inventory_in_the_input_is_found_by_its_name() -> None:
    known = inventory(root=ROOT, api=API, web=WEB)
    options = Options(overrides=(("inventory", "cluster"),), only_policies=True)
    outcome = run([("web", WEB + b"---\n" + known)], options)
    assert outcome.code == 0, outcome.stderr
    assert b"k8s:io.kubernetes.pod.namespace: back" in outcome.stdout
    missing = run([("web", WEB)], options)
    assert missing.code == 1
    assert "no ClusterInventory called cluster" in missing.stderr[0]


def test_the_greater_part_of_a_cluster_in_one_file_has_the_rest_beside_it() -> None:
    """`build` prints one stream; who then builds one of its namespaces may hold most of its objects. What the build
    itself no longer has is gone: its namespace is shown."""
    gone = deployment("back/gone", extra="env:\n- {name: API_URL, value: 'http://api:80'}\n")
    whole = stream(
        namespace("shop"), namespace("back"), API.decode(), WEB.decode(), deployment("back/more"), gone
    )
    back = stream(namespace("back"), API.decode(), deployment("back/more"))
    api, _ = only(back, "back", inventory(whole=whole))
    assert "k8s:io.kubernetes.pod.namespace: shop" in api
    assert "gone" not in api
