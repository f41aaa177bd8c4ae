"""What an inventory keeps of a text says the same addresses, and of an object the names that lead from it to others.

Each case is a spelling of which an inventory once lost the address, so that a build beside it cut the flow.
"""

from __future__ import annotations

import re

import pytest
from cilium_policies.catalogue.load import load
from cilium_policies.evidence.told import told
from cilium_policies.kube.objects import Object
from cilium_policies.workloads.inventory.prune import Pruner
from cilium_policies.workloads.rewritten import _read
from cilium_policies.workloads.vaults import configuration

from tests.workloads.inputs import objects

NAMED = """
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}}
---
{apiVersion: v1, kind: Service, metadata: {name: openfga, namespace: identity}}
"""
TEXTS = Pruner(load(), set(), objects(NAMED), told).texts


@pytest.mark.parametrize(
    ("key", "value", "host", "port"),
    [
        ("SPRING_DATASOURCE_URL", "jdbc:postgresql://me:tiger@db.cart:5432/x?a=tiger", "db.cart", 5432),
        ("PRICING_ADDR", "dns:///pricing.catalog.svc.cluster.local:50051", "pricing.catalog.svc.cluster.local", 50051),
        ("REDIS_SENTINELS", "cart-sentinel.shop:26379", "cart-sentinel.shop", 26379),
        ("AUTH_SERVICE", "openfga.identity.svc.cluster.local:8081", "openfga.identity.svc.cluster.local", 8081),
        ("DB", "me:tiger@tcp(db.eu.rds.amazonaws.com:3306)/x", "db.eu.rds.amazonaws.com", 3306),
    ],
)  # fmt: skip
def test_an_address_is_found_again(key: str, value: str, host: str, port: int) -> None:
    kept = TEXTS.text(value, key)

    assert "tiger" not in kept
    assert (host, port) in {(one.host, one.port) for one in told(kept, key, False)}


@pytest.mark.parametrize(
    "rule",
    [
        "rewrite name api.acme.com cart.shop.svc.cluster.local",
        "rewrite name exact api.acme.com cart.shop.svc.cluster.local",
        "rewrite continue {\n        name exact api.acme.com cart.shop.svc.cluster.local\n    }",
    ],
)
def test_names_that_dns_rewrites_are_found_again(rule: str) -> None:
    """A suffix's and a pattern's are not: what begins with a dot, or is escaped, is no name, and not kept."""
    corefile = f".:53 {{\n    {rule}\n    forward . /etc/resolv.conf\n}}\n"
    assert [*_read(TEXTS.text(corefile, "Corefile"))] == [*_read(corefile)] != []


def test_arguments_are_read_as_one_text() -> None:
    """The host of a client stands in another argument than its port."""
    words = ["mysql", "-h", "cart-fe", "-P", "9030", "-utiger"]
    kept = TEXTS.tree({"args": words})["args"]

    assert "tiger" not in " ".join(kept)
    assert ("cart-fe", 9030) in {(one.host, one.port) for one in told("\n".join(kept), "", True)}


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("apk add --no-cache curl tiger", "apk --no-cache add|apk add"),
        ("apt-get -qq update && apt-get install -y tiger", "apt-get -qq update"),
        ("pip install tiger==1.0", "pip install"),
        ("npm ci --omit=tiger", "npm ci"),
        ("uvx tiger@latest", "uvx"),
        ("ollama pull tiger", "ollama pull"),
        ("gh release download tiger", "gh release"),
        ("gcloud storage cp tiger", "gcloud storage"),
    ],
)
def test_a_command_that_fetches_is_one_still(command: str, found: str) -> None:
    """No address stands in it: what it calls is known by its words, and by nothing else."""
    script = f"#!/bin/sh\nset -e\n{command}\nexec /app\n"
    for kept in (TEXTS.tree({"args": ["sh", "-c", script]})["args"][-1], TEXTS.text(script, "run.sh")):
        assert "tiger" not in kept
        assert any(one in kept for one in found.split("|"))


def test_a_file_keeps_its_form() -> None:
    """A job of a Prometheus is what stands below its name; a reader that parses it finds the same."""
    value = (
        "scrape_configs:\n- job_name: tiger jobs\n  kubernetes_sd_configs:\n  - role: pod\n  relabel_configs:\n"
        "  - action: keep\n    regex: 'true'\n    source_labels: [__meta_kubernetes_pod_annotation_scrape]\n"
        "  basic_auth: {username: me, password: tiger}\n"
    )
    kept = TEXTS.file(value, "prometheus.yml")

    assert "tiger" not in kept
    assert "- role: pod" in kept
    assert "__meta_kubernetes_pod_annotation_scrape" in kept


POD = """
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: b}
spec:
  containers:
  - name: c
    image: ghcr.io/a/b:1@sha256:DIGEST
    env:
    - {name: SPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
    - {name: TOKEN, valueFrom: {secretKeyRef: {name: keys, key: token}}}
  volumes:
  - {name: v, csi: {driver: secrets-store.csi.k8s.io, volumeAttributes: {secretProviderClass: vault, other: tiger}}}
""".replace("DIGEST", "0" * 64)


def test_names_of_images_secrets_and_fields_stay() -> None:
    [pod] = objects(POD)
    kept = Pruner(load(), set(), (), told).prune(pod)
    assert kept is not None
    [container] = kept["spec"]["containers"]

    assert container["image"].endswith("0" * 64)
    assert [one["name"] for one in container["env"]] == ["SPACE", "TOKEN"]
    assert container["env"][1]["valueFrom"]["secretKeyRef"] == {"name": "keys", "key": "token"}
    assert "tiger" not in str(kept)
    assert kept["spec"]["volumes"][0]["csi"]["volumeAttributes"] == {"secretProviderClass": "vault"}


@pytest.mark.parametrize(
    ("name", "kept"),
    [("prod/tiger/settings.yaml", ".yaml"), ("tiger-config", "config"), ("tiger/db-password", "")],
)
def test_of_a_class_of_a_vault_that_its_files_are_configuration(name: str, kept: str) -> None:
    body = {"spec": {"parameters": {"objects": f'- objectName: "{name}"\n  objectType: secretsmanager\n'}}}
    one = Object({"kind": "SecretProviderClass", "metadata": {"name": "c", "namespace": "n"}, **body})

    pruned = Pruner(load(), set(), (), told).prune(one)

    assert pruned is not None
    assert pruned["spec"] == {"parameters": {"objects": kept}}
    assert bool(configuration(Object(pruned))) == bool(configuration(one)) == bool(kept)


@pytest.mark.parametrize(
    "kind", ["projectcontour.io/v1 HTTPProxy", "objectbucket.io/v1alpha1 ObjectBucketClaim"]
)
def test_objects_that_an_entry_reads_are_kept(kind: str) -> None:
    version, _, name = kind.partition(" ")
    [one] = objects(
        f"apiVersion: {version}\nkind: {name}\nmetadata: {{name: a, namespace: b}}\nspec: {{c: {{d: e}}}}\n"
    )

    assert Pruner(load(), set(), (), told).prune(one) is not None


def test_annotations_that_are_read_keep_their_words() -> None:
    """How a cloud's load balancer is set up says whether pods see its clients."""
    prefix = "service.beta.kubernetes.io/aws-load-balancer"
    notes = {
        f"{prefix}-nlb-target-type": "ip",
        f"{prefix}-scheme": "internet-facing",
        f"{prefix}-target-group-attributes": "preserve_client_ip.enabled=true,stickiness.enabled=false",
        "acme.com/scrape": "true",
        "acme.com/port": "9100",
        "serving.kserve.io/deploymentMode": "Standard",  # an entry reads it
    }
    others = {"acme.com/motto": "tiger", f"{prefix}-name": "tiger"}
    body = {"kind": "Service", "metadata": {"name": "a", "namespace": "b", "annotations": notes | others}}
    kept = Pruner(load(), set(), (), told).prune(Object({"apiVersion": "v1", **body}))

    assert kept is not None
    assert kept["metadata"]["annotations"] == notes | dict.fromkeys(others, "x")


_RUNNER = """\
[[runners]]
  token = "tiger"
  [runners.kubernetes]
    image = "harbor.acme.com/tiger:1"
    namespace = "ci-jobs"
    [[runners.kubernetes.volumes.config_map]]
      mount_path = "/etc/tiger"
      name = "build-settings"
    [[runners.kubernetes.volumes.config_map]]
      name = "tiger"
"""


def test_the_config_map_that_a_runner_has_its_jobs_mount_is_named_still() -> None:
    """Lines lie between what says so and its name; one that nobody in the tree has is no name."""
    tree = "{apiVersion: v1, kind: ConfigMap, metadata: {name: build-settings, namespace: ci-jobs}}"
    kept = Pruner(load(), set(), objects(tree), told).texts.file(_RUNNER, "config.template.toml")

    (mounts,) = (one for one in load().asked["makes"] if "config_map" in one)
    assert re.findall(mounts, kept, re.MULTILINE) == ["build-settings"]
    assert "tiger" not in kept


_ISSUERS = """
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: corp}
spec:
  venafi:
    zone: tiger
    tpp: {url: "https://tpp.pki.acme.corp/vedsdk?x=tiger", caBundle: dGlnZXI=, credentialsRef: {name: tpp}}
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: own, namespace: shop}
spec: {selfSigned: {}}
"""


def test_an_issuer_says_still_whom_it_asks_and_of_what_kind_it_is() -> None:
    """A CA of one's own in the LAN, and one that asks nobody: the entry of cert-manager looks for both."""
    tree = list(objects(_ISSUERS))
    pruner = Pruner(load(), set(), tree, told)
    corp, own = (pruner.prune(one) for one in tree)
    assert corp is not None
    assert own is not None

    assert corp["spec"]["venafi"]["tpp"]["url"] == "https://tpp.pki.acme.corp"
    assert "tiger" not in str(corp)
    assert "dGlnZXI=" not in str(corp)
    assert "selfSigned" in own["spec"]


def test_where_external_dns_points_a_name_stays_with_the_variable_in_it() -> None:
    """Flux fills it in; without it a name that DNS leads out of the cluster would end at the gateway."""
    note = "external-dns.alpha.kubernetes.io/target"
    tree = list(
        objects(f"""
{{apiVersion: v1, kind: Service, metadata: {{name: gw, namespace: shop,
  annotations: {{{note}: "external.${{DOMAIN}}"}}}}}}
""")
    )
    kept = Pruner(load(), set(), tree, told).prune(tree[0])
    assert kept is not None
    assert kept["metadata"]["annotations"] == {note: "external.${DOMAIN}"}
