"""Who uses a cloud's API: accounts, labels, env, arguments and URLs; and what opens for it."""

from __future__ import annotations

import pytest
from cilium_policies.cilium.model import Rule
from cilium_policies.config.model import ClusterConfig, Config

from tests.support import deployment, namespace, policies, ports

METADATA = {"169.254.169.254/32", "169.254.169.252/32"}


def account(annotations: str) -> str:
    metadata = f"{{name: web, namespace: a, annotations: {{{annotations}}}}}"
    return f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {metadata}\n"


def egress(*documents: str, distribution: str = "", **fields: object) -> tuple[Rule, ...]:
    config = Config(mode="enforce", cluster=ClusterConfig(distribution=distribution, **fields))  # type: ignore[arg-type]
    return policies(namespace("a"), *documents, config=config)["a/web"].specs[0].egress or ()


def is_internet(rule: Rule) -> bool:
    return any(one.cidr == "0.0.0.0/0" for one in rule.cidrs or ())


def web(extra: str = "", labels: str = "", with_account: bool = True) -> str:
    text = deployment("a/web", labels=labels, extra=extra)
    return text.replace(
        "    spec:\n      containers", "    spec:\n      serviceAccountName: web\n      containers"
    )


@pytest.mark.parametrize(
    "documents",
    [
        (web(), account("eks.amazonaws.com/role-arn: x")),
        (web(), account("iam.gke.io/gcp-service-account: x")),
        (web(), account("azure.workload.identity/client-id: x")),
        (web(labels='app: web, azure.workload.identity/use: "true"'),),
        (web("env: [{name: AWS_REGION, value: eu-west-1}]"),),
        (web("args: [--cloud-provider=aws]"),),
        (web("args: [--aws-region, eu-west-1]"),),
        (web("env: [{name: ARCHIVE, value: 's3://bucket/path'}]"),),
        (web("env: [{name: ARCHIVE, value: 'gs://bucket/path'}]"),),
        (web("args: ['--out=abfss://c@acct.dfs.core.windows.net/x']"),),
    ],
)
def test_it_opens_the_clouds_api_and_nothing_else(documents: tuple[str, ...]) -> None:
    [rule] = egress(*documents)
    assert is_internet(rule)
    assert ports([rule]) == {"443"}


@pytest.mark.parametrize(
    "extra",
    [
        "env: [{name: REGION, value: eu-west-1}]",
        "env: [{name: NOTE, value: 'see https3://x'}]",
        # an object store of the cluster's own, which the endpoint names
        "env: [{name: AWS_REGION, value: eu-west-1}, {name: S3_ENDPOINT, value: 'http://minio.store:9000'}]",
        "env: [{name: BUCKET, value: 's3://backups'}, {name: AWS_ENDPOINT_URL, value: 'http://minio.store:9000'}]",
    ],
)
def test_what_says_nothing_of_a_cloud_opens_nothing_there(extra: str) -> None:
    assert not any(is_internet(rule) for rule in egress(web(extra)))


def hosts(rules: tuple[Rule, ...]) -> set[str]:
    return ports(rule for rule in rules if rule.entities == ("host",))


def test_pod_identity_is_asked_at_the_node_on_eks_where_no_role_is_annotated() -> None:
    region = web("env: [{name: AWS_REGION, value: eu-west-1}]")
    assert hosts(egress(region, distribution="eks")) == {"80"}
    assert hosts(egress(region)) == set()
    assert hosts(egress(region, account("eks.amazonaws.com/role-arn: x"), distribution="eks")) == set()


def test_a_metadata_server_is_opened_by_the_users_word_only() -> None:
    documents = (web(), account("iam.gke.io/gcp-service-account: x"))

    def addresses(rules: tuple[Rule, ...]) -> set[str]:
        return {one.cidr for rule in rules for one in rule.cidrs or ()} & METADATA

    assert addresses(egress(*documents)) == set()  # gke is recognised, but not said
    assert addresses(egress(*documents, distribution="gke")) == METADATA
    region = web("env: [{name: AWS_REGION, value: eu-west-1}]")
    assert (
        addresses(egress(region, distribution="gke"))
        == addresses(egress(region, distribution="eks"))
        == set()
    )


def test_private_endpoints_are_where_the_user_says() -> None:
    rules = egress(web(), account("eks.amazonaws.com/role-arn: x"), private_cidrs=("10.1.0.0/16",))
    assert {one.cidr for rule in rules for one in rule.cidrs or ()} == {"0.0.0.0/0", "::/0", "10.1.0.0/16"}


SECRETS = "volumes: [{name: s, csi: {driver: secrets-store.csi.k8s.io, readOnly: true}}]"


@pytest.mark.parametrize(
    ("run", "calls"),
    [
        ("command: [sleep, infinity]", False),
        ("command: [sh, -c, 'while true; do sleep 3600; done']", False),
        ("command: [tail, -f, /dev/null]", False),
        ("command: [sh, -c, 'aws s3 sync /a s3://b; sleep 60']", True),
        ("args: [serve]", True),
    ],
)
def test_the_account_of_a_pod_that_only_holds_a_vaults_secrets_is_its_drivers(run: str, calls: bool) -> None:
    holder = web(run).replace(
        "      serviceAccountName: web\n", f"      serviceAccountName: web\n      {SECRETS}\n"
    )
    assert SECRETS in holder
    rules = egress(holder, account("eks.amazonaws.com/role-arn: x"))
    assert any(is_internet(rule) for rule in rules) is calls
