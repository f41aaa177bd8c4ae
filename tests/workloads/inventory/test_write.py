"""A tree condensed and read back: the same policies, nothing of Secrets, known by what it was made from."""

from __future__ import annotations

import ast
from pathlib import Path

import cilium_policies
import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.cilium.model import Policy, Rule
from cilium_policies.config.model import Config
from cilium_policies.config.settings import settings
from cilium_policies.document.parse import load as parse_yaml
from cilium_policies.document.split import split
from cilium_policies.evidence.told import told
from cilium_policies.generate.plan import plan
from cilium_policies.generate.policies import Policies
from cilium_policies.kube.inventory import Inventory
from cilium_policies.kube.kinds import READ_KINDS
from cilium_policies.kube.objects import Object, Where
from cilium_policies.kube.pods import WORKLOAD_KINDS
from cilium_policies.kube.reading import objects as read_objects
from cilium_policies.workloads import credentials
from cilium_policies.workloads.gather import gather
from cilium_policies.workloads.inventory import texts, write
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.fixtures import required_corpus
from tests.workloads.inputs import objects

WIDE = {
    "default-deny",
    "allow-dns",
    "allow-dns-server",
    "allow-kube-apiserver",
}  # by Namespace, see function.py
TREES = ["apps-root-bjws", "apps-root-buroa", "apps-root-onedr0p", "apps-root-template"]


def inventory(files: dict[str, str]) -> write.SavedInventory:
    data = {name: content.encode() for name, content in files.items()}
    found = [one for name, content in files.items() for one in objects(content, name)]
    return write.SavedInventory(write.parse(write.write_inventory(found, data, load(), told).encode()))


def policies(own: list[Object], others: list[Object] | None = None) -> dict[tuple[str, str], Policy]:
    """What the plan makes of these objects, with those of an inventory beside them."""
    others = others or []
    told = settings(Config(), Inventory([*own, *others]), load())
    cluster = gather(own, load(), told, others)
    made = Policies(plan(cluster, Config(), load())).policies
    return {(one.namespace, one.name): plain(one) for one in made}


def plain(policy: Policy) -> Policy:
    """The policy without what its rules were made from: that names objects, which are others in each run."""

    def rules(given: tuple[Rule, ...] | None) -> tuple[Rule, ...] | None:
        return None if given is None else tuple(rule._replace(edges=()) for rule in given)

    specs = [one._replace(ingress=rules(one.ingress), egress=rules(one.egress)) for one in policy.specs]
    return policy._replace(specs=tuple(specs))


def opened(policy: Policy) -> set[str]:
    """The rules of a policy but for the API server's and DNS: they stand with the Namespace, where a build has it."""
    rules = {
        f"{way} {rule!r}"
        for one in policy.specs
        for way in ("ingress", "egress")
        for rule in getattr(one, way)
    }
    empty = {f"{way} {Rule()!r}" for way in ("ingress", "egress")}
    wide = ("entities=('kube-apiserver',)", "why='cluster DNS'")
    return {rule for rule in rules - empty if not any(mark in rule for mark in wide)}


@pytest.fixture(scope="module", params=TREES)
def tree(request):
    """Files of a tree, their objects by file, and the tree's inventory."""
    directory = required_corpus() / request.param
    paths = [directory / "input.yaml", *sorted(directory.glob("apps/*.yaml"))]
    files = {str(path.relative_to(directory)): path.read_bytes() for path in paths}
    read = {name: read_objects([split(data, name)]).objects for name, data in files.items()}
    every = [one for found in read.values() for one in found]
    return files, read, write.write_inventory(every, files, load(), told)


def test_the_condensed_tree_gives_the_same_policies(tree):
    _, read, text = tree
    whole = policies([one for found in read.values() for one in found])
    body = write.parse(text.encode())
    builds = body["spec"]["builds"]
    again = [Object(one, Where(build["file"], 0)) for build in builds for one in build["objects"]]
    assert policies(again) == whole


def test_a_single_build_beside_the_inventory_gives_its_part_of_the_whole(tree):
    files, read, text = tree
    whole = policies([one for found in read.values() for one in found])
    known = write.SavedInventory(write.parse(text.encode()))
    seen = set()
    for name, own in list(read.items())[1::9]:
        for key, policy in policies(own, known.others(own, {name: files[name]})).items():
            if key[1] not in WIDE:
                assert opened(policy) == opened(whole[key]), (name, key)
                assert policy.specs[0].subject == whole[key].specs[0].subject
                seen.add(key)
    assert seen


def test_the_quick_reader_agrees_with_yaml(tree):
    _, _, text = tree
    assert write.parse(text.encode()) == parse_yaml(text.encode())
    assert len(text) < 330_000


SECRET = """
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: apps}
stringData:
  PASSWORD: hunter2
  DATABASE_URL: postgres://bob:hunter2@db.data.svc:5432/secretdb?sslmode=hunter2
  DB_HOST: db.data
  DB_PORT: "5432"
  NOTE: call 10.0.0.1 for hunter2
  config.yaml: |
    password: hunter2
    server: redis://:hunter2@cache:6379/0
data:
  API_TOKEN: aHVudGVyMg==
  REMOTE: aHR0cHM6Ly9ib2I6aHVudGVyMkBhcGkuZXhhbXBsZS5vcmcvaHVudGVyMg==
"""


def test_of_a_secret_only_keys_hosts_and_ports_are_kept():
    (body,) = inventory({"a.yaml": SECRET}).builds[0]["objects"]
    assert body["stringData"] == {
        "PASSWORD": "",
        "DATABASE_URL": "postgres://db.data.svc:5432",
        "DB_HOST": "db.data",
        "DB_PORT": "5432",
        "NOTE": "",
        "config.yaml": "---\nserver: redis://cache:6379",  # a file of one line, no value of the file's key
        "API_TOKEN": "",
        "REMOTE": "https://api.example.org",
    }


def test_of_an_encrypted_secret_only_keys_are_kept():
    (body,) = inventory({"a.yaml": SECRET + "sops: {mac: hunter2}\n"}).builds[0]["objects"]
    assert set(body["stringData"].values()) == {""}
    assert body["sops"] == {}


@given(
    st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), min_size=8, max_size=20),
    st.text("ab_", min_size=1),
)
def test_a_secrets_text_never_passes_unless_it_is_an_address(value: str, key: str):
    kept = credentials.addresses(value, key)
    assert kept == "" or "://" in value or kept.rpartition(":")[2].isdigit() or key.endswith(("host", "port"))


def test_credentials_in_addresses_and_plain_values_are_left_out():
    text = texts.Texts((), (), told).tree(
        {"url": "amqp://bob:hunter2@mq:5672", "adminPassword": "hunter2", "secretName": "creds"}
    )
    assert text == {"url": "amqp://mq:5672", "adminPassword": "", "secretName": "creds"}


def test_far_apart_stays_far_apart_in_reduced_texts():
    long = "host: one\n" + "nothing\n" * 30 + "port: 1\n" + "x" * 300
    lines = texts.Texts((), (), told).text(long).split("\n")
    assert lines.index("port: 1") - lines.index("host: one") > 3


HERE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: apps}\nspec: {ports: [{port: %s}]}\n"


def names(found: list[Object]) -> list[str]:
    return [one.name for one in found]


def test_the_build_at_hand_is_known_by_its_file_its_content_or_its_objects():
    one, two = HERE % ("a", 1) + "---\n" + HERE % ("b", 1), HERE % ("c", 1)
    known = inventory({"apps/one.yaml": one, "apps/two.yaml": two})
    by_name = objects(HERE % ("x", 1), "one.yaml")
    assert names(known.others(by_name)) == ["c"]
    assert names(known.others(objects(one), {"": one.encode()})) == ["c"]
    changed = objects(HERE % ("a", 2) + "---\n" + HERE % ("b", 1) + "---\n" + HERE % ("new", 1))
    assert names(known.others(changed)) == ["c"]
    assert names(known.others(objects(HERE % ("new", 1)))) == ["a", "b", "c"]


def test_objects_of_the_input_hide_those_of_the_inventory():
    known = inventory({"apps/one.yaml": "---\n".join(HERE % (name, 1) for name in "abcd")})
    assert names(known.others(objects(HERE % ("a", 2)))) == ["b", "c", "d"]


def test_open_names_do_not_make_builds_alike():
    app = HERE % ('"${APP}"', 1) + "---\n" + HERE % ("%s", 1)
    known = inventory({"one.yaml": app % "one", "two.yaml": app % "two"})
    assert names(known.others(objects(app % "one", "one.yaml"))) == ["${APP}", "two"]


def test_objects_of_an_inventory_say_so():
    (one,) = inventory({"apps/one.yaml": HERE % ("a", 1)}).others([])
    assert one.where.elsewhere
    assert one.where.file.endswith("/apps/one.yaml")
    assert not Where("apps/one.yaml").elsewhere


def test_it_knows_what_it_was_made_from():
    known = inventory({"apps/one.yaml": HERE % ("a", 1), "two.yaml": HERE % ("b", 1)})
    same, other = (HERE % ("a", 1)).encode(), (HERE % ("a", 2)).encode()
    assert known.knows({"apps/one.yaml": same})
    assert known.knows({"": same})
    assert not known.knows({"apps/one.yaml": other})
    assert not known.knows({"one.yaml": same, "three.yaml": other})


def test_it_is_local_config_and_stable():
    files = {"b.yaml": HERE % ("b", 1), "a.yaml": HERE % ("a", 1)}
    found = [one for name, content in files.items() for one in objects(content, name)]
    data = {name: content.encode() for name, content in files.items()}
    text = write.write_inventory(found, data, load(), told)
    assert 'config.kubernetes.io/local-config: "true"' in text
    assert text == write.write_inventory(found, data, load(), told)
    assert [build["file"] for build in parse_yaml(text.encode())["spec"]["builds"]] == ["a.yaml", "b.yaml"]


def test_a_release_for_another_cluster_stays_one():
    release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a, namespace: b}\n"
    release += "spec: {chart: {spec: {chart: loki}}, kubeConfig: {secretRef: {name: remote}}}\n"
    [kept] = inventory({"a.yaml": release}).others([])
    assert kept.spec["kubeConfig"] == {"secretRef": {"name": "remote"}}


CHARTS = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: %s
secretGenerator: [{name: keys, literals: [tiger]}]
helmCharts:
- {name: app-template, releaseName: %s, repo: https://charts.example.com, version: 4.1.1, valuesInline: {motto: tiger}}
"""


def test_charts_of_kustomizations_are_kept():
    """None of them has a name: those of the other builds are not the own one."""
    files = {f"{name}.yaml": CHARTS % (name, name) for name in ("a", "b", "c")}
    others = inventory(files).others(objects(files["a.yaml"], "a.yaml"))
    assert [one.body["namespace"] for one in others] == ["b", "c"]
    [chart] = others[0].body["helmCharts"]
    assert (chart["name"], chart["releaseName"], chart["version"]) == ("app-template", "b", "4.1.1")
    assert "tiger" not in str([one.body for one in others])


def test_only_what_is_read_of_an_object_is_kept():
    """By the declarations in `kube/kinds.py`: a field that nobody reads is no part of an inventory."""
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: b}\n"
    account += "automountServiceAccountToken: false\nimagePullSecrets: [{name: registry}]\n"
    slices = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, namespace: b}\n"
    slices += "addressType: IPv4\nendpoints: [{addresses: [192.0.2.7]}]\nports: [{port: 5432}]\nodd: {x: y}\n"
    kept = {one.kind: set(one.body) for one in inventory({"a.yaml": account, "b.yaml": slices}).others([])}
    identity = {"apiVersion", "kind", "metadata"}
    assert kept["ServiceAccount"] == identity | {"automountServiceAccountToken"}
    assert kept["EndpointSlice"] == identity | {"addressType", "endpoints", "ports"}


def test_an_empty_tree():
    text = write.write_inventory([], {}, load(), told)
    assert write.SavedInventory(write.parse(text.encode())).others([]) == []


def test_a_rewritten_inventory_is_read_as_well():
    """kustomize and kpt write it in block style."""
    body = "apiVersion: cilium-policies.fn/v1alpha1\nkind: ClusterInventory\nmetadata: {name: x}\nspec:\n  builds:\n"
    body += "  - file: a.yaml\n    objects:\n    - kind: Service\n      metadata:\n        name: a\n"
    assert names(write.SavedInventory(write.parse(body.encode())).others([])) == ["a"]


def test_every_kind_that_code_asks_an_inventory_for_survives():
    """Literals in `inventory.of(…)` and `.get(…)`, and in upper-case tuples named beside them."""
    source = Path(cilium_policies.__file__).parent
    asked = set()
    for path in [
        *source.glob("generate/**/*.py"),
        *source.glob("evidence/**/*.py"),
        *source.glob("config/**/*.py"),
        *source.glob("workloads/**/*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("of", "get")
            ):
                owner = ast.unparse(node.func.value)
                if owner.endswith(("inventory", "shown")):
                    asked |= {
                        one.value
                        for one in node.args
                        if isinstance(one, ast.Constant) and one.value[:1].isupper()
                    }
    assert len(asked) > 20
    assert asked - {"PersistentVolumeClaim"} <= READ_KINDS | WORKLOAD_KINDS
