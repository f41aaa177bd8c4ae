"""Expectations of policies: what holds, what fails with which rule, what cannot be known, and that a record notices."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from cilium_policies.checks.snapshot import with_generated
from cilium_policies.document.finding import RefusedError, line_of
from cilium_policies.questions.expected import read
from cilium_policies.questions.judged import Judge
from cilium_policies.questions.recorded import recorded

from ..cli.within import Done, within
from ..support import deployment, namespace, service, stream
from .small import policy, small

INPUT = stream(
    namespace("shop"),
    deployment(
        "shop/web",
        extra="env: [{name: API, value: 'http://api:80/'}, {name: W, value: 'https://api.github.com'}]",
    ),
    deployment("shop/api", port=8081, extra="env: [{name: DB, value: 'postgres://db.data:5432/x'}]"),
    service("shop/api", port=80, target="8081"),
    namespace("data"),
    deployment("data/db", port=5432),
    service("data/db", port=5432, target="5432"),
)
HEAD = "apiVersion: cilium-policies.fn/v1alpha1\nkind: PolicyTest\ntests:\n"


def judged(*entries: str, data: bytes = INPUT) -> list[tuple[str, ...]]:
    """The failures of each entry, in enforce."""
    made = small(data.decode(), mode="enforce")
    judge = Judge(made.enforced(), made.run.made.config)
    text = HEAD + "".join(f"- {entry}\n" for entry in entries)
    return [judge.judge(one).failures for one in read("expect.yaml", text.encode())]


@pytest.mark.parametrize(
    "entry",
    [
        "shop/web -> shop/api:80",  # the Service's port
        "shop/web -> shop/api:8081 allow",
        "data/db -> shop/web:8080 deny",
        "shop/web -> internet:443 allow",
        "shop/web -> 10.0.0.0/8:443 deny",
        "shop/web -> api.github.com:443 allow",
        "data/db -> world deny",
        "'* -> data/db:5432 only from shop/api'",
        "'* -> data/db only from shop/api'",
        "'* -> shop/web:22 deny'",
        "{from: {pod: shop/web}, to: {service: shop/api}, ports: [80/TCP], expect: allow}",
        "{to: {pod: data/db}, ports: [5432/TCP], onlyFrom: [{pod: shop/api}]}",
        "{from: {namespace: data}, to: world, expect: deny}",
        "shop/web -> data/db:5432 deny",
    ],
)
def test_what_holds(entry: str) -> None:
    assert judged(entry) == [()]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("shop/web -> data/db:5432", "shop/web => data/db 5432/TCP: denied by CiliumNetworkPolicy/"),
        (
            "shop/web -> shop/api:80 deny",
            "shop/web => shop/api 8081/TCP: allowed by CiliumNetworkPolicy/shop/web spec.egress[0],"
            " CiliumNetworkPolicy/shop/api spec.ingress[0]",
        ),
        ("shop/web -> world deny", "shop/web => world: 443/TCP is allowed for internet"),
        ("shop/web -> 1.2.3.0/24:443 deny", "443/TCP is allowed for internet"),
        ("shop/* -> data/db:5432", "shop/web => data/db 5432/TCP: denied"),
        ("shop/api -> data/db:5432-5433", "shop/api => data/db 5433/TCP: denied"),
        ("shop/gone -> world:443 deny", "pod:shop/gone matches nothing in the input"),
        ("gone/* -> world:443 deny", "matches nothing in the input"),
        ("shop/api -> data/db", "only 5432/TCP is allowed"),
        ("'* -> data/db:5432 only from shop/web'", "shop/api => data/db 5432/TCP: allowed"),
        ("'* -> data/db only from nobody'", "shop/api => data/db 5432/TCP: allowed"),
        ("'* -> shop/api:8081 only from gone/x'", "pod:gone/x matches nothing in the input"),
        ("'* -> data/db:5432 deny'", "shop/api => data/db 5432/TCP: allowed"),
        ("world -> internet:443", "no policy applies between these ends"),
    ],
)
def test_what_does_not(entry: str, why: str) -> None:
    (failures,) = judged(entry)
    assert any(why in failure for failure in failures), failures


def test_what_a_policy_of_the_users_opens_counts() -> None:
    opened = policy(
        "{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEntities: [world]}]}", "o", "data"
    )
    data = INPUT + opened.encode()
    (failures,) = judged("'* -> data/db:5432 only from shop/api'", data=data)
    assert failures == ("world => data/db 5432/TCP: allowed",)
    assert judged("world -> data/db:5432 deny", data=data) != [()]
    assert judged("world -> data/db:5432 allow", data=data) == [()]


def test_nodes_on_any_port() -> None:
    rule = "{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEntities: [host, kube-apiserver]}]}"
    data = INPUT + policy(rule, "o", "data").encode()
    assert judged("host -> data/db allow", "kube-apiserver -> data/db allow", data=data) == [(), ()]
    assert judged("remote-node -> data/db deny", data=data) == [()]


def test_a_verdict_that_cannot_be_known_fails() -> None:
    rule = (
        "{toFQDNs: [{matchName: a.example.org}]},"
        " {toEndpoints: [{}], toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchPattern: '*'}]}}]}"
    )
    named = policy(f"{{endpointSelector: {{matchLabels: {{app: db}}}}, egress: [{rule}]}}", "o", "data")
    (failures,) = judged("data/db -> 198.51.100.7:443 allow", data=INPUT + named.encode())
    assert "cannot be known" in failures[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: x\n", "e.yaml:1: this is not a PolicyTest"),
        (f"{HEAD}", "it holds no tests"),
        (f"{HEAD}- a/b => \n", "e.yaml:4: tests[0]"),
        (f"{HEAD}- a/b -> world:443\n- a/b -> world:99999\n", "e.yaml:5: tests[1]"),
        (f"{HEAD}- {{from: {{pod: a/b}}, to: world, expect: maybe}}\n", "write allow or deny"),
        (f"{HEAD}- {{from: {{pod: a/b}}, tö: world}}\n", "unknown field"),
        (f"{HEAD}- {{from: {{pods: a/b}}, to: world}}\n", "is not a peer"),
        (f"{HEAD}- plain -> world\n", "'plain' is not a peer"),
    ],
)
def test_what_is_no_test_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        read("e.yaml", text.encode())
    assert said in line_of(refusal.value.finding)


def command(tmp_path: pytest.TempPathFactory, text: str, *more: str, data: bytes = INPUT) -> Done:
    file = f"{tmp_path}/expect.yaml"
    with open(file, "w", encoding="utf-8") as out:
        out.write(text)
    return within("test", file, "--mode", "enforce", *more, stdin=data)


def test_the_command(tmp_path: pytest.TempPathFactory) -> None:
    text = f"{HEAD}- shop/web -> shop/api:80 allow\n- shop/web -> data/db:5432 allow\n"
    done = command(tmp_path, text)
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "ok    shop/web -> shop/api:80 allow"
    assert lines[1].startswith("FAIL  shop/web -> data/db:5432 allow (")
    assert lines[1].endswith("expect.yaml:5)")
    assert b"test: 1 failure of 2 tests" in done.stderr
    assert command(tmp_path, f"{HEAD}- shop/web -> shop/api:80\n").returncode == 0
    suite = ET.fromstring(command(tmp_path, text, "-o", "junit").stdout)
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed = suite.findall("testcase")[1]
    assert failed.get("line") == "5"
    assert "denied" in (failed.findtext("failure") or "")


def test_nothing_to_look_at_fails(tmp_path: pytest.TempPathFactory) -> None:
    text = f"{HEAD}- shop/web -> shop/api:80\n"
    assert command(tmp_path, text, data=b"").returncode == 1
    only = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: a}\n"
    assert b"no namespace" in command(tmp_path, text, data=only).stderr
    assert within("test").returncode == 2


def test_a_record_holds_and_misses_every_rule_that_is_dropped() -> None:
    """Mutation: each allow rule of each generated policy taken out on its own breaks a recorded test."""
    made = small(INPUT.decode(), mode="enforce")
    cluster, policies = made.run.made.plan.cluster, made.run.made.policies.policies
    tests = read("r.yaml", recorded(made.enforced()).encode())
    whole = Judge(made.enforced(), made.run.made.config)
    assert [one.text for one in tests if not whole.judge(one).passed] == []
    dropped = 0
    for number, one in enumerate(policies):
        if one.name in ("default-deny", "allow-dns"):  # nobody in this input answers DNS
            continue
        for at, spec in enumerate(one.specs):
            for name in ("ingress", "egress"):
                rules = getattr(spec, name) or ()
                for place, rule in enumerate(rules):
                    if rule == rule._replace(
                        endpoints=None, entities=None, cidrs=None, fqdns=None, ports=None
                    ):
                        continue
                    left = (*rules[:place], *rules[place + 1 :]) or (type(rule)(),)
                    specs = (*one.specs[:at], spec._replace(**{name: left}), *one.specs[at + 1 :])
                    changed = [*policies[:number], one._replace(specs=specs), *policies[number + 1 :]]
                    judge = Judge(with_generated(cluster, changed, enforced=True), made.run.made.config)
                    assert any(not judge.judge(test).passed for test in tests), (one.name, name, place)
                    dropped += 1
    assert dropped >= 5


def test_the_record_is_sorted_and_is_a_file_of_tests(tmp_path: pytest.TempPathFactory) -> None:
    done = within("test", "--record", "--mode", "enforce", stdin=INPUT)
    entries = [line for line in done.stdout.decode().splitlines() if line.startswith("  - ")]
    assert entries == sorted(entries)
    assert "  - shop/web -> shop/api:8081 allow" in entries
    assert '  - "* -> data/db only from shop/api"' in entries
    assert command(tmp_path, done.stdout.decode()).returncode == 0


def test_labels_of_a_namespace_mean_no_pod_of_another() -> None:
    (failures,) = judged(
        "{from: {labels: {namespace: data, matchLabels: {app: web}}}, to: {pod: data/db}, expect: deny}"
    )
    assert failures == ("labels:data/app=web matches nothing in the input",)
