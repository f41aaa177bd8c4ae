"""What rests on another namespace's word: `list --foreign`, marks, and a diff that fails on it."""

from __future__ import annotations

from pathlib import Path

from tests.support import deployment, namespace, service, stream

from .test_answers import answered
from .within import within

HERE = (
    namespace("shop"),
    namespace("data"),
    deployment("data/db", port=5432),
    service("data/db", port=5432, target="5432"),
)
CLIENT = deployment("shop/web", extra="env: [{name: DB, value: 'postgres://db.data:5432/x'}]")
INPUT = stream(*HERE, CLIENT)


def test_who_asks_and_what_consents_is_listed() -> None:
    said = within("list", "--foreign", "--mode", "enforce", stdin=INPUT).stdout.decode()
    assert "data, on the word of shop" in said
    assert "db ingress <= shop/web : 5432/TCP (Deployment shop/web env DB at stdin:" in said
    assert "  - {from: shop, to: data}" in said


def test_the_consent_that_is_offered_consents(tmp_path: Path) -> None:
    [one] = answered("list", "--foreign", stdin=INPUT)["items"]
    assert (one["namespace"], one["name"], one["direction"], one["asks"]) == ("data", "db", "ingress", "shop")
    assert one["open"]
    config = tmp_path / "config.yaml"
    config.write_text(
        "apiVersion: cilium-policies.fn/v1alpha1\nkind: CiliumPolicies\n"
        f"spec: {{trust: {{foreign: deny, grants: [{one['consent']}]}}}}\n"
    )
    assert answered("list", "--foreign", "--config", str(config), stdin=INPUT)["items"] == []


def test_a_consent_to_a_port_is_none_to_the_range_around_it() -> None:
    own = "apiVersion: %s\nkind: %s\nmetadata: {name: own, namespace: %s}\nspec: %s"
    pods = "{matchLabels: {'k8s:io.kubernetes.pod.namespace': data, app: db}}"
    ask = "{endpointSelector: {matchLabels: {app: web}}, egress: [{toEndpoints: [%s], toPorts: [{ports: [%s]}]}]}"
    let = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [%s]}]}"
    one, many = "{port: '5432'}", "{port: '5432', endPort: 5440}"
    for asked, opened, foreign in ((one, one, 0), (one, many, 0), (many, many, 0), (many, one, 1)):
        policies = (
            own % ("cilium.io/v2", "CiliumNetworkPolicy", "shop", ask % (pods, asked)),
            own % ("networking.k8s.io/v1", "NetworkPolicy", "data", let % opened),
        )
        text = stream(*HERE, deployment("shop/web"), *policies)
        assert len(answered("list", "--foreign", stdin=text)["items"]) == foreign


def test_deny_leaves_it_out_and_says_so() -> None:
    words = ("--mode", "enforce", "--set", "trust.foreign=deny")
    [one] = answered("list", "--foreign", *words, stdin=INPUT)["items"]
    assert not one["open"]
    told = within("list", "--uncovered", *words, stdin=INPUT).stdout.decode()
    assert "data/db ingress" in told


def test_a_connection_on_anothers_word_is_marked() -> None:
    rows = answered("list", "--why", "--mode", "enforce", stdin=INPUT)["items"]
    [row] = [one for one in rows if one["from"].get("name") == "web" and one["to"].get("name") == "db"]
    assert row["marks"] == ["on the word of namespace shop"]


def test_a_change_that_another_namespace_asks_for_fails(tmp_path: Path) -> None:
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    before.write_bytes(stream(*HERE, deployment("shop/web")))
    after.write_bytes(INPUT)
    words = ("diff", "--mode", "enforce", "--fail-on", "new-cross-namespace", str(before), str(after))
    failed = within(*words, stdin=b"")
    assert failed.returncode == 1
    assert "another namespace's word" in failed.stdout.decode()
    after.write_bytes(stream(*HERE, deployment("shop/web"), deployment("shop/more"), service("shop/more")))
    assert within(*words, stdin=b"").returncode == 0


def test_an_address_from_shared_configuration_is_marked() -> None:
    shared = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: all, namespace: data}\ndata: {DB: 'db:5432'}\n"
    )
    reads = "envFrom: [{configMapRef: {name: all}}]"
    one, two = deployment("data/one", extra=reads), deployment("data/two", extra=reads)
    others = [deployment(f"data/other-{number}") for number in range(6)]  # or the row is about every pod
    rows = answered("list", "--why", "--mode", "enforce", stdin=stream(*HERE, *others, shared, one, two))[
        "items"
    ]
    [row] = [row for row in rows if row["to"].get("name") == "db" and row["from"].get("name") == "one"]
    assert row["marks"] == ["from configuration that several workloads share"]
    rows = answered("list", "--why", "--mode", "enforce", stdin=stream(*HERE, *others, shared, one))["items"]
    [row] = [row for row in rows if row["to"].get("name") == "db" and row["from"].get("name") == "one"]
    assert row["marks"] == []
